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
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, Protocol, cast

from componentize_py_types import Err, Ok
from wit_world.imports import compression, outgoing_handler, script, streams, types
from wit_world.imports.poll import Pollable

from um_action.base import shown
from um_action.http.call import unfit
from um_action.http.content import Content
from um_action.http.decoding import Fault, Long
from um_action.http.errors import HttpError, HttpLimitReached, HttpTimeout, InvalidRequest
from um_action.http.transport import Answer, Deadline, Outgoing

from .http_errors import INTERNAL, broken_off, failure
from .poll import wait_any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_PIECE = 64 * 1024
"""How much of a body is asked for at a time, in bytes."""

# Over 64 KiB, as it counts them, the host takes no more: leave some room for the header that is set here.
_FIELD_COST = 72
_FIELD_BYTES = 64 * 1024 - 256


EXPECT_BODY = ("POST", "PUT", "PATCH")
"""The methods whose requests say that they have no body."""


class Loop(Protocol):
    """The event loop that runs inside um-host."""

    async def ready(self, pollable: Pollable, seconds: float | None) -> None:
        """Suspends the task until this is ready or the time is over."""


class WasiTransport:
    """The way out of a run."""

    async def exchange(self, request: Outgoing, deadline: Deadline | None, blocking: bool) -> Answer:
        """See Transport."""
        waiting = Waiting(request, deadline)
        fields = [(name, value.encode()) for name, value in request.headers]
        content = request.content
        # What the request says about its length (RFC 9110, 8.6); nothing where it goes without saying.
        length = 0 if content is None else content.length
        has_body = length != 0
        if not has_body and request.method not in EXPECT_BODY:
            length = None
        seconds = None if deadline is None else deadline.remaining()
        body, arriving = begin(waiting, fields, length, has_body, Patience(seconds, seconds))
        with arriving:
            if body is not None and content is not None:
                await _send(body, content, waiting, blocking)
            while (answer := arrived(arriving, waiting)) is None:
                await waiting.until_ready(arriving, blocking)
            return answer

    async def pause(self, seconds: float, blocking: bool) -> bool:
        """See Transport."""
        if seconds * 1000 >= script.remaining():
            return False
        if blocking:
            time.sleep(seconds)
        else:
            await asyncio.sleep(seconds)
        return True

    def decompress(self, content: bytes, coding: Literal["br", "zstd"], at_most: int) -> bytes:
        """See Transport."""
        try:
            whole: bytes = compression.decompress(content, compression.Coding[coding.upper()], at_most)
            return whole
        except Err as error:
            if error.value == compression.Fault.TOO_LARGE:
                raise Long(coding) from None
            words = "breaks off" if error.value == compression.Fault.TRUNCATED else f"is not {coding}, or damaged"
            raise Fault(f"the compressed answer {words}") from None


class Patience(NamedTuple):
    """How long the host is to wait, in seconds; None: as long as it does by itself."""

    connect: float | None = None
    answer: float | None = None
    """For the first byte, and between two pieces."""


class Waiting:
    """Waits for the host on behalf of one request."""

    def __init__(
        self, request: Outgoing, deadline: Deadline | None, advice: str = "; `timeout=` lets it wait longer"
    ) -> None:
        """`advice` is what to do about a wait of the host's own, where there is no deadline."""
        self.request = request
        self._deadline = deadline
        self._advice = "" if deadline else advice
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
        words = f"the service took too long: um-host waited {waited:.1f} s for it{self._advice}"
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
        while (piece := self.piece()) is None:
            await self._until_ready(blocking)
        return piece

    def piece(self) -> bytes | None:
        """The next piece; empty at the end, None if it is not there yet. Raises HttpError."""
        if not self._closed:
            try:
                piece = self._stream.read(_PIECE)
            except Err as error:
                # It is its own frame's local: with its traceback the answer would stay until the collector comes by.
                reason = error.with_traceback(None).value
            else:
                return bytes(piece) if piece else None
            if isinstance(reason, streams.StreamError_LastOperationFailed):
                self._broken = self._waiting.stream_failure(reason)
            self.close()
        if self._broken is not None:
            raise self._broken
        return b""

    def subscribe(self) -> Pollable:
        """Ready once there is a piece. To be let go of before this is closed."""
        return self._stream.subscribe()

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


class RequestBody:
    """The body of a request, as it goes out. One that is not finished was broken off."""

    def __init__(self, body: types.OutgoingBody, waiting: Waiting) -> None:
        self._body, self._stream = body, body.write()
        self._end = weakref.finalize(self, _end, self._stream, body)
        self._waiting = waiting

    def write(self, content: ReadableBuffer) -> int | None:
        """How many bytes were taken, 0 if there is no room yet; None once the other side has closed the stream, whose
        answer counts. Raises HttpError."""
        try:
            room = self._stream.check_write()
            piece = bytes(memoryview(content)[:room])
            if piece:
                self._stream.write(piece)
        except Err as error:
            reason = error.with_traceback(None).value
            if isinstance(reason, streams.StreamError_LastOperationFailed):
                raise self._waiting.stream_failure(reason) from None
            return None
        return len(piece)

    def subscribe(self) -> Pollable:
        """Ready once there is room. To be let go of before this is closed."""
        return self._stream.subscribe()

    def finish(self) -> None:
        """Says that this was all. Raises HttpError."""
        self._end.detach()
        self._stream.__exit__(None, None, None)
        try:
            types.OutgoingBody.finish(self._body, None)
        except Err as error:
            raise self._waiting.failure(error.value) from None

    def close(self) -> None:
        """Breaks it off, unless it is finished."""
        self._end()


def _end(stream: streams.InputStream | streams.OutputStream, body: types.IncomingBody | types.OutgoingBody) -> None:
    stream.__exit__(None, None, None)
    body.__exit__(None, None, None)


def begin(
    waiting: Waiting, fields: Sequence[tuple[str, bytes]], length: int | None, has_body: bool, patience: Patience
) -> tuple[RequestBody | None, types.FutureIncomingResponse]:
    """Sends the head of a request. `length` is what it says of its body's, in bytes. Raises HttpError."""
    request = waiting.request
    head = _head(request, _fields(request, fields, length))
    # A body that is taken has no length to the host, and goes out in chunks even if it is empty.
    body = head.body() if has_body else None
    try:
        arriving = outgoing_handler.handle(head, _options(patience))
    except Err as error:
        if body is not None:
            body.__exit__(None, None, None)
        raise failure(error.value, request) from None
    return None if body is None else RequestBody(body, waiting), arriving


def arrived(arriving: types.FutureIncomingResponse, waiting: Waiting) -> Answer | None:
    """The answer, once its head is there. Raises HttpError."""
    result = arriving.get()
    if result is None:
        return None
    if not isinstance(result, Ok):
        raise HttpError(waiting.request.method, waiting.request.url, INTERNAL)
    if isinstance(result.value, Err):
        raise waiting.failure(result.value.value)
    with result.value.value as response:
        with response.headers() as fields:
            headers: Sequence[tuple[str, bytes]] = fields.entries()
        return Answer(response.status(), headers, WasiBody(response.consume(), waiting))


def _head(request: Outgoing, fields: types.Fields) -> types.OutgoingRequest:
    url = request.url
    head = types.OutgoingRequest(fields)
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


def _fields(request: Outgoing, given: Sequence[tuple[str, bytes]], length: int | None) -> types.Fields:
    if sum(len(name) + len(value) + _FIELD_COST for name, value in given) > _FIELD_BYTES:
        raise HttpLimitReached(request.method, request.url, "the headers are over the limit of 64 KiB")
    fields = types.Fields()
    for name, value in given:
        try:
            fields.append(name, value)
        except Err as error:
            _refused(request, name, error.value)
    if length is not None:
        # A host that frames the body by itself refuses the header, and needs none.
        with suppress(Err):
            fields.set("content-length", [str(length).encode()])
    return fields


def _refused(request: Outgoing, name: str, error: types.HeaderError) -> NoReturn:
    words = f"the header `{shown(name)}` is set by um-host; leave it out"
    if isinstance(error, types.HeaderError_InvalidSyntax):
        words = unfit(name)
    raise InvalidRequest(request.method, request.url, words)


def _options(patience: Patience) -> types.RequestOptions | None:
    if patience == Patience():
        return None
    options = types.RequestOptions()
    for step, seconds in (
        (options.set_connect_timeout, patience.connect),
        (options.set_first_byte_timeout, patience.answer),
        (options.set_between_bytes_timeout, patience.answer),
    ):
        if seconds is not None:
            # A host that does not know one of them refuses it: the deadline holds all the same. So does a zero.
            with suppress(Err):
                step(max(1, math.ceil(seconds * 1000)) * 1_000_000)
    return options


async def _send(body: RequestBody, content: Content, waiting: Waiting, blocking: bool) -> None:
    """Sends the whole body, or as much as the service takes: one that answers early closes the stream, and its answer
    counts."""
    with closing(body):
        for piece in content.pieces():
            if not await _send_piece(body, piece, waiting, blocking):
                return
        body.finish()


async def _send_piece(body: RequestBody, piece: bytes, waiting: Waiting, blocking: bool) -> bool:
    """Whether the service takes more."""
    with memoryview(piece) as left:
        while left:
            taken = body.write(left)
            if taken is None:
                return False
            if not taken:
                await waiting.until_ready(body, blocking)
            left = left[taken:]
    return True
