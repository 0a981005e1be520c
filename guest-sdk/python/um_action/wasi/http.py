"""Carries requests over `wasi:http`.

Resources are let go of in the order that the host asks for: what was made from another one (a pollable, a stream, the
headers) before it. One that was handed to the host is no longer ours and must not be touched again.
"""

from __future__ import annotations

import asyncio
import math
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn, Protocol, cast

from componentize_py_types import Err, Ok
from wit_world.imports import outgoing_handler, streams, types
from wit_world.imports.poll import Pollable

from um_action.base import shown
from um_action.http.call import unfit
from um_action.http.errors import HttpError, HttpLimitReached, HttpTimeout, InvalidRequest
from um_action.http.transport import Answer, Deadline, Outgoing

from .http_errors import INTERNAL, broken_off, failure
from .poll import wait_any

_PIECE = 64 * 1024
"""How much of a body is asked for at a time, in bytes."""

# Over 64 KiB, as it counts them, the host takes no more: leave some room for the header that is set here.
_FIELD_COST = 72
_FIELD_BYTES = 64 * 1024 - 256


class Loop(Protocol):
    """The event loop that runs inside um-host."""

    async def ready(self, pollable: Pollable, seconds: float | None) -> None:
        """Suspends the task until this is ready or the time is over."""


class WasiTransport:
    """The way out of a run."""

    async def exchange(self, request: Outgoing, deadline: Deadline | None, blocking: bool) -> Answer:
        """See Transport."""
        waiting = Waiting(request, deadline)
        head = _head(request)
        # A body that is taken has no length to the host, and goes out in chunks even if it is empty.
        body = head.body() if request.content else None
        try:
            arriving = outgoing_handler.handle(head, _options(deadline))
        except Err as error:
            if body is not None:
                body.__exit__(None, None, None)
            raise failure(error.value, request) from None
        with arriving:
            if body is not None:
                await _send(body, request.content or b"", waiting, blocking)
            return _answer(await _receive(arriving, waiting, blocking), waiting)


class Waiting:
    """Waits for the host on behalf of one request."""

    def __init__(self, request: Outgoing, deadline: Deadline | None) -> None:
        self.request = request
        self._deadline = deadline
        self._since = time.monotonic()

    async def until_ready(self, resource: Any, blocking: bool) -> None:
        """Raises HttpTimeout once the deadline has passed."""
        self._since = time.monotonic()
        with resource.subscribe() as pollable:
            seconds = None if self._deadline is None else self._deadline.remaining()
            if blocking:
                wait_any([pollable], seconds)
            else:
                await cast(Loop, asyncio.get_running_loop()).ready(pollable, seconds)
            # What arrives together with the deadline still counts.
            if self._deadline is not None and not pollable.ready():
                raise self.timeout()

    def timeout(self) -> HttpTimeout:
        limit = 0.0 if self._deadline is None else self._deadline.limit
        return HttpTimeout(self.request.method, self.request.url, f"no whole answer within {limit:g} s")

    def failure(self, code: types.ErrorCode) -> HttpError:
        """What the host says of the call; of a time-out, the caller's if it is over, else how long the host waited."""
        error = failure(code, self.request)
        if not isinstance(error, HttpTimeout) or isinstance(code, types.ErrorCode_InternalError):
            return error
        if self._deadline is not None and self._deadline.remaining() == 0:
            return self.timeout()
        waited = time.monotonic() - self._since
        advice = "" if self._deadline else "; `timeout=` lets it wait longer"
        words = f"the service took too long: um-host waited {waited:.1f} s for it{advice}"
        return HttpTimeout(self.request.method, self.request.url, words)

    def stream_failure(self, error: streams.StreamError_LastOperationFailed) -> HttpError:
        """What broke a stream."""
        with error.value as reason:
            code = types.http_error_code(reason)
            return broken_off(reason.to_debug_string(), self.request) if code is None else self.failure(code)


class WasiBody:
    """The body of an answer, as it arrives."""

    def __init__(self, body: types.IncomingBody, waiting: Waiting) -> None:
        self._stream = body.stream()
        # Holds both, so that they end in their order even if nobody closes this and a cycle is collected with it.
        self._end = weakref.finalize(self, _end, self._stream, body)
        self._waiting = waiting
        self._readers = 0
        self._closed = False
        self._broken: HttpError | None = None

    async def read(self, blocking: bool) -> bytes:
        """See Body."""
        while not self._closed:
            try:
                piece = self._stream.read(_PIECE)
            except Err as error:
                # It is its own frame's local: with its traceback the answer would stay until the collector comes by.
                reason = error.with_traceback(None).value
            else:
                if piece:
                    return bytes(piece)
                await self._until_ready(blocking)
                continue
            if isinstance(reason, streams.StreamError_LastOperationFailed):
                self._broken = self._waiting.stream_failure(reason)
            self.close()
        if self._broken is not None:
            raise self._broken
        return b""

    def close(self) -> None:
        """See Body."""
        self._closed = True
        if not self._readers:
            self._end()

    async def _until_ready(self, blocking: bool) -> None:
        self._readers += 1
        try:
            await self._waiting.until_ready(self._stream, blocking)
        finally:
            self._readers -= 1
            # Another task has closed this in the meantime; what is waited for must not end before the wait.
            if self._closed:
                self.close()


def _end(stream: streams.InputStream, body: types.IncomingBody) -> None:
    stream.__exit__(None, None, None)
    body.__exit__(None, None, None)


def _head(request: Outgoing) -> types.OutgoingRequest:
    url = request.url
    head = types.OutgoingRequest(_fields(request))
    steps: tuple[tuple[Callable[[Any], None], object, str], ...] = (
        (head.set_method, _method(request.method), "the method is not valid"),
        (head.set_scheme, types.Scheme_Https() if url.scheme == "https" else types.Scheme_Http(), INTERNAL),
        (head.set_authority, url.authority, "um-host does not take this host and port"),
        (head.set_path_with_query, url.path_with_query, "um-host does not take this path or query"),
    )
    for step, value, words in steps:
        try:
            step(value)
        except Err:
            raise InvalidRequest(request.method, url, words) from None
    return head


def _method(method: str) -> types.Method:
    known = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
    if method in known:
        return cast(types.Method, getattr(types, f"Method_{method.capitalize()}")())
    return types.Method_Other(method)


def _fields(request: Outgoing) -> types.Fields:
    if sum(len(name) + len(value.encode()) + _FIELD_COST for name, value in request.headers) > _FIELD_BYTES:
        raise HttpLimitReached(request.method, request.url, "the headers are over the limit of 64 KiB")
    fields = types.Fields()
    for name, value in request.headers:
        try:
            fields.append(name, value.encode())
        except Err as error:
            _refused(request, name, error.value)
    length = len(request.content or b"")
    # What the request says about its length (RFC 9110, 8.6); nothing where it goes without saying.
    if length or request.method in ("POST", "PUT", "PATCH"):
        # A host that frames the body by itself refuses the header, and needs none.
        with suppress(Err):
            fields.set("content-length", [str(length).encode()])
    return fields


def _refused(request: Outgoing, name: str, error: types.HeaderError) -> NoReturn:
    words = f"the header `{shown(name)}` is set by um-host; leave it out"
    if isinstance(error, types.HeaderError_InvalidSyntax):
        words = unfit(name)
    raise InvalidRequest(request.method, request.url, words)


def _options(deadline: Deadline | None) -> types.RequestOptions | None:
    if deadline is None:
        return None
    options = types.RequestOptions()
    # A zero would be refused; the deadline itself is kept by `Waiting`.
    remaining = max(1, math.ceil(deadline.remaining() * 1000)) * 1_000_000
    for step in (options.set_connect_timeout, options.set_first_byte_timeout, options.set_between_bytes_timeout):
        # A host that does not know one of them refuses it: the deadline holds all the same.
        with suppress(Err):
            step(remaining)
    return options


async def _send(body: types.OutgoingBody, content: bytes, waiting: Waiting, blocking: bool) -> None:
    """Sends the whole body, or as much as the service takes: one that answers early closes the stream, and its answer
    counts."""
    taken = False
    try:
        with body.write() as stream:
            taken = await _write(stream, content, waiting, blocking)
    finally:
        if not taken:
            body.__exit__(None, None, None)
    if not taken:
        return
    try:
        types.OutgoingBody.finish(body, None)
    except Err as error:
        raise waiting.failure(error.value) from None


async def _write(stream: streams.OutputStream, content: bytes, waiting: Waiting, blocking: bool) -> bool:
    """Whether everything was taken: not when the other side has closed the stream."""
    start = 0
    while start < len(content):
        try:
            room = stream.check_write()
            if room:
                stream.write(content[start : start + room])
                start += room
        except Err as error:
            reason = error.with_traceback(None).value
            if isinstance(reason, streams.StreamError_LastOperationFailed):
                raise waiting.stream_failure(reason) from None
            return False
        if not room:
            await waiting.until_ready(stream, blocking)
    return True


async def _receive(arriving: types.FutureIncomingResponse, waiting: Waiting, blocking: bool) -> types.IncomingResponse:
    while (result := arriving.get()) is None:
        await waiting.until_ready(arriving, blocking)
    if not isinstance(result, Ok):
        raise HttpError(waiting.request.method, waiting.request.url, INTERNAL)
    if isinstance(result.value, Err):
        raise waiting.failure(result.value.value)
    return result.value.value


def _answer(response: types.IncomingResponse, waiting: Waiting) -> Answer:
    with response:
        with response.headers() as fields:
            headers: Sequence[tuple[str, bytes]] = fields.entries()
        return Answer(response.status(), headers, WasiBody(response.consume(), waiting))
