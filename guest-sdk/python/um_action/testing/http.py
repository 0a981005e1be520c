"""`app.http` in unit tests: answers that were written down beforehand, and a record of what was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from um_action.http import Headers, Http
from um_action.http.decoding import Fault
from um_action.http.errors import HttpError
from um_action.http.transport import Answer, Deadline, Outgoing
from um_action.http.url import Url


class UnexpectedCall(AssertionError):
    """The code under test made a call that the test has no answer for."""


@dataclass(frozen=True)
class Sent:
    """A request that was made. One that followed a redirect is one of its own."""

    method: str
    url: str
    """With its query; see `params`."""
    headers: Headers
    content: bytes

    @property
    def params(self) -> dict[str, str]:
        """The query by name; of a name that came several times the last value."""
        return dict(parse_qsl(self.url.partition("?")[2], keep_blank_values=True))

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()

    @property
    def form(self) -> dict[str, str]:
        """The body as a web form; of a name that came several times the last value."""
        return dict(parse_qsl(self.text, keep_blank_values=True))

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)

    def __repr__(self) -> str:
        return f"<Sent {self.method} {self.url}>"


@dataclass(frozen=True)
class _Planned:
    status: int
    headers: tuple[tuple[str, bytes], ...]
    content: bytes
    error: type[HttpError] | HttpError | None


class FakeHttp(Http):
    """Calls that nobody but the test answers.

        app.http.answers("GET", "https://api.example.com/contacts", json={"results": []})
        …
        assert app.http.requests[0].params == {"limit": "100"}

    What the client does happens here as well: redirects are followed, errors have their messages.
    """

    def __init__(self) -> None:
        super().__init__(lambda: self._planned)
        self._planned = _FakeTransport()

    @property
    def requests(self) -> list[Sent]:
        """What was asked so far, in order."""
        return self._planned.requests

    @property
    def pauses(self) -> list[float]:
        """How many seconds `retries=` would have waited each time; a test does not wait."""
        return self._planned.pauses

    def answers(
        self,
        method: str,
        url: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        text: str | None = None,
        content: bytes | None = None,
        error: type[HttpError] | HttpError | None = None,
    ) -> None:
        """Answers calls of this method to this address; its query counts only if `url` has one.

        Said several times, the answers are given in this order, and the last one from then on. With `error`, for
        example `HttpTimeout`, the call fails with that.
        """
        body, media_type = _body(json, text, content)
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if media_type:
            given.setdefault("content-type", media_type)
        encoded = tuple((name, value.encode()) for name, value in given.items())
        self._planned.plan(method.upper(), Url.parse(url), _Planned(status, encoded, body, error))

    def __repr__(self) -> str:
        return f"<app.http of a test, {len(self.requests)} requests made>"


class _FakeTransport:
    """Gives planned answers. See Transport."""

    def __init__(self) -> None:
        self.requests: list[Sent] = []
        self.pauses: list[float] = []
        self._plans: dict[tuple[str, str], list[_Planned]] = {}

    def plan(self, method: str, url: Url, planned: _Planned) -> None:
        self._plans.setdefault((method, url.full), []).append(planned)

    async def exchange(self, request: Outgoing, deadline: Deadline | None, blocking: bool) -> Answer:
        headers = Headers(request.headers)
        content = b"" if request.content is None else b"".join(request.content.pieces())
        self.requests.append(Sent(request.method, request.url.full, headers, content))
        planned = self._next(request)
        if not blocking:
            # Other tasks have their turn here, as they do when there is something to wait for.
            await asyncio.sleep(0)
        if isinstance(planned.error, HttpError):
            raise planned.error
        if planned.error is not None:
            raise planned.error(request.method, request.url)
        return Answer(planned.status, planned.headers, _FakeBody(b"" if request.method == "HEAD" else planned.content))

    async def pause(self, seconds: float, blocking: bool) -> bool:
        """No test waits."""
        self.pauses.append(seconds)
        return True

    def decompress(self, content: bytes, coding: str, at_most: int) -> bytes:
        """See Transport."""
        raise Fault(f"a test decompresses no {coding}: give the answer as it is, without that content-encoding")

    def _next(self, request: Outgoing) -> _Planned:
        address = request.url.full
        plans = self._plans.get((request.method, address)) or self._plans.get(
            (request.method, address.partition("?")[0])
        )
        if plans is None:
            known = "; ".join(f"{method} {url}" for method, url in self._plans) or "none"
            raise UnexpectedCall(
                f"no answer for {request.method} {address}: say one with "
                f'`app.http.answers("{request.method}", "{request.url}", …)`; there are answers for: {known}'
            )
        return plans.pop(0) if len(plans) > 1 else plans[0]


class _FakeBody:
    """A body that is there at once. See Body."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    async def read(self, blocking: bool) -> bytes:
        piece, self._left = self._left, b""
        return piece

    def close(self) -> None:
        self._left = b""


def _body(value: object, text: str | None, content: bytes | None) -> tuple[bytes, str | None]:
    if content is not None:
        return content, None
    if text is not None:
        return text.encode(), "text/plain; charset=utf-8"
    return (b"", None) if value is None else (json.dumps(value).encode(), "application/json")
