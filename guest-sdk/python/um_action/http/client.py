"""`app.http`: calls to the services that the run may reach."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakKeyDictionary

from .call import Call, Options, with_defaults
from .content import InvalidContent
from .errors import HttpError, InvalidRequest
from .response import Response, immediate
from .retry import Retry
from .transport import Deadline, Outgoing, Transport
from .url import InvalidUrl

if TYPE_CHECKING:
    from typing import Unpack

MAX_REDIRECTS = 10
# The host keeps up to five things for every call that is under way, and 500 for the whole run.
AT_ONCE = 64
_REDIRECTS = (301, 302, 303, 307, 308)
_OF_A_BODY = ("content-type", "content-length", "content-encoding", "content-language", "transfer-encoding")
_HINTS = {
    "Session": "there are no sessions: call `app.http.get(…)`; um-host keeps connections open by itself",
    "session": "there are no sessions: call `app.http.get(…)`; um-host keeps connections open by itself",
    "Client": "there are no clients to make: call `app.http.get(…)`",
    "AsyncClient": "there are no clients to make: call `await app.http.aio.get(…)`",
    "exceptions": "errors are in `um_action.errors`",
}


class Http:
    """Calls that return when the whole answer is there.

    A run may call only the hosts that it was started with (`um-host run --allow-host …`); the error of any other call
    says which option allows it. Answers of every status are returned, see `Response.raise_for_status`. Up to 10
    redirects are followed, after a POST by a GET as browsers do; never from https to http, and to another origin
    without any header or body of the caller's. Inside of a coroutine these calls hold up every other task; `aio` has
    those that do not.

    Every call raises HttpError: InvalidRequest for a mistake in building it, HostNotAllowed, PrivateAddress,
    ConnectionFailed, HttpTimeout, HttpLimitReached.
    """

    Retry = Retry
    """Which calls are made again, for `retries=`."""

    def __init__(self, transport: Callable[[], Transport]) -> None:
        """`transport` is asked for at every call, so that a client can be made before there is one."""
        self._transport = transport
        self.aio = AsyncHttp(transport)
        """The same calls for `await`: with `asyncio.gather` several go on at once."""

    def get(self, url: str, **options: Unpack[Options]) -> Response:
        """Asks for what is at the address."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Unpack[Options]) -> Response:
        """Asks for the head of what is at the address."""
        return self.request("HEAD", url, **options)

    def post(self, url: str, **options: Unpack[Options]) -> Response:
        """Sends something new."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Unpack[Options]) -> Response:
        """Replaces what is at the address."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Unpack[Options]) -> Response:
        """Changes parts of what is at the address."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Unpack[Options]) -> Response:
        """Deletes what is at the address."""
        return self.request("DELETE", url, **options)

    def options(self, url: str, **options: Unpack[Options]) -> Response:
        """Asks what can be done with the address."""
        return self.request("OPTIONS", url, **options)

    def request(self, method: str, url: str, **options: Unpack[Options]) -> Response:
        """Makes a call of any method."""
        return immediate(_send(self._transport(), Call.of(method, url, options), blocking=True))

    if not TYPE_CHECKING:  # A type checker is to find these mistakes by itself.

        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(_HINTS.get(name, f"app.http has no `{name}`"), name=name, obj=self)

    def __repr__(self) -> str:
        return "<app.http>"


class AsyncHttp:
    """The calls of `app.http`, to be awaited: `responses = await asyncio.gather(*[app.http.aio.get(u) for u in urls])`.

    Up to 64 go on at once; others wait for their turn, and their time-out counts from there.
    """

    def __init__(self, transport: Callable[[], Transport]) -> None:
        self._transport = transport
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def get(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        """Asks for what is at the address."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        """Asks for the head of what is at the address."""
        return self.request("HEAD", url, **options)

    def post(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        """Sends something new."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        """Replaces what is at the address."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        """Changes parts of what is at the address."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        """Deletes what is at the address."""
        return self.request("DELETE", url, **options)

    def options(self, url: str, **options: Unpack[Options]) -> Coroutine[Any, Any, Response]:
        """Asks what can be done with the address."""
        return self.request("OPTIONS", url, **options)

    async def request(self, method: str, url: str, **options: Unpack[Options]) -> Response:
        """Makes a call of any method."""
        loop = asyncio.get_running_loop()
        async with self._turns.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
            return await _send(self._transport(), Call.of(method, url, options), blocking=False)

    def __repr__(self) -> str:
        return "<app.http.aio>"


async def _send(transport: Transport, call: Call, blocking: bool) -> Response:
    """Makes the call, again and again if it is one that may be."""
    if not call.retry.covers(call.first.method):
        return await _once(transport, call, blocking)
    for attempt in range(call.retry.total):
        try:
            response = await _once(transport, call, blocking)
        except HttpError as error:
            if not call.retry.after_error(error) or not await transport.pause(call.retry.pause(attempt, {}), blocking):
                raise
            continue
        if not call.retry.after_status(response.status):
            return response
        if not await transport.pause(call.retry.pause(attempt, response.headers), blocking):
            return response
        response.close()
    return await _once(transport, call, blocking)


async def _once(transport: Transport, call: Call, blocking: bool) -> Response:
    request, own = call.first, call.own_headers
    deadline = None if call.timeout is None else Deadline.after(call.timeout)
    history: list[Response] = []
    while len(history) < MAX_REDIRECTS:
        response = await _exchanged(transport, request, deadline, blocking)
        response.history = [*history]
        following = _redirect(response, request) if call.follow_redirects else None
        if following is None:
            return response if call.stream else await _whole(response, blocking)
        response.close()
        history.append(response)
        if following.url.origin != request.url.origin:
            own = []
        if following.content is None:
            own = [(name, value) for name, value in own if name.lower() not in _OF_A_BODY]
        media_type = call.media_type if following.content else None
        request = replace(following, headers=with_defaults(own, call.stream, media_type))
    raise HttpError(request.method, request.url, f"more than {MAX_REDIRECTS} redirects in a row")


async def _exchanged(transport: Transport, request: Outgoing, deadline: Deadline | None, blocking: bool) -> Response:
    before = time.monotonic()
    try:
        answer = await transport.exchange(request, deadline, blocking)
    except InvalidContent as invalid:
        raise InvalidRequest(request.method, request.url, str(invalid)) from None
    elapsed = timedelta(seconds=time.monotonic() - before)
    return Response(request.method, request.url, answer, transport.decompress, elapsed)


async def _whole(response: Response, blocking: bool) -> Response:
    try:
        return await response.read_all(blocking)
    finally:
        response.close()


def _redirect(response: Response, request: Outgoing) -> Outgoing | None:
    """How and where to ask again, without headers yet. Not from https to http: that would show the address to everyone.
    Nor with the body at another origin: whoever wrote the call has not said who may read it there."""
    location = response.headers.get("location")
    if location is None or response.status not in _REDIRECTS:
        return None
    try:
        url = response.address.join(location)
    except InvalidUrl:
        return None
    if (response.address.scheme, url.scheme) == ("https", "http"):
        return None
    method = _method_after(response.status, request.method)
    # As with requests 307 and 308 mean the same request; the others drop a body, which a GET can do without.
    content = request.content if response.status in (307, 308) else None
    if content is not None and not (content.repeats and url.origin == response.address.origin):
        return None
    if content is None and request.content is not None and method not in ("GET", "HEAD"):
        return None
    return Outgoing(method, url, (), content)


def _method_after(status: int, method: str) -> str:
    """As browsers and requests have it: what came of a POST is fetched by a GET."""
    if status in (302, 303) and method != "HEAD":
        return "GET"
    return "GET" if status == 301 and method == "POST" else method
