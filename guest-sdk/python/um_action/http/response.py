"""An answer: its head at once; its body at once as well, or piece by piece."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from .errors import HttpError, HttpStatusError, UnexpectedBody
from .headers import Headers
from .transport import Answer
from .url import Url

if TYPE_CHECKING:
    from typing import Self

T = TypeVar("T")
_CHARSET = re.compile(r"""charset=["']?([^\s;"']+)""", re.IGNORECASE)

# Habits from other clients, and what they are called here.
_HINTS = {
    "status_code": "a response has `status`",
    "reason": "a response has `status`; `raise_for_status()` words it",
    "body": "a response has `content` (bytes), `text` and `json()`",
    "data": "a response has `content` (bytes), `text` and `json()`",
    "read": "a response has `content` (bytes), and `iter_bytes()` with `stream=True`",
    "iter_content": "a response has `iter_bytes()`",
    "iter_lines": "a response has `text.splitlines()`, and `iter_bytes()` with `stream=True`",
    "cookies": "a response has `headers.all('set-cookie')`",
    "encoding": "a response decodes `text` as its content-type says; decode `content` otherwise",
}


class Response:
    """An answer of a service."""

    def __init__(self, method: str, address: Url, answer: Answer) -> None:
        self.method = method
        self.address = address
        self.status = answer.status
        """200 for "OK", 404 for "not found" …"""
        self.headers = Headers((name, _header(value)) for name, value in answer.headers)
        """By name in whatever case; `headers.all(name)` for one that came several times."""
        self._body = answer.body
        self._content: bytes | None = None
        self._closed = False

    @property
    def url(self) -> str:
        """The address that answered, after redirects; with its query."""
        return self.address.full

    @property
    def ok(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return 200 <= self.status < 300

    @property
    def content(self) -> bytes:
        """The whole body. Raises HttpError when it did not arrive whole or in time; with `stream=True` only."""
        if self._content is None:
            immediate(self.read_all(blocking=True))
        return self._content or b""

    @property
    def text(self) -> str:
        """The body in the charset that the content-type names, UTF-8 where it names none. Raises UnexpectedBody."""
        charset = _charset(self.headers.get("content-type", ""))
        try:
            # A mark of byte order is no part of the text.
            return self.content.decode("utf-8-sig" if charset.lower() in ("utf-8", "utf8") else charset)
        except LookupError:
            raise self._unexpected("the charset of the answer is not known here; decode `content`") from None
        except UnicodeDecodeError as error:
            name = "UTF-8" if error.encoding.startswith("utf-8") else error.encoding
            raise self._unexpected(f"the answer is not {name} text (from byte {error.start} on)") from None

    def json(self) -> Any:
        """The body, read as JSON. Raises UnexpectedBody."""
        if not self.content.strip():
            raise self._unexpected(f"the answer is not JSON: it is empty (status {self.status})")
        try:
            return json.loads(self.content)
        except json.JSONDecodeError as error:
            # What follows the colon quotes the text.
            place = f"{error.msg.partition(':')[0].lower()} at line {error.lineno} column {error.colno}"
            raise self._unexpected(f"the answer is not JSON: {place} (status {self.status})") from None
        except UnicodeDecodeError as error:
            raise self._unexpected(f"the answer is not JSON: no text from byte {error.start} on") from None
        except RecursionError:
            raise self._unexpected("the answer is JSON that is nested too deeply") from None

    def raise_for_status(self) -> Response:
        """The response itself if its status is one of 200 to 299.

        Raises HttpStatusError otherwise, redirects that were not followed and 304 (not modified) included.
        """
        if not self.ok:
            raise HttpStatusError(self)
        return self

    def iter_bytes(self) -> Iterator[bytes]:
        """The body piece by piece, as it arrives if the call was made with `stream=True`. Raises HttpError."""
        if self._content is not None:
            yield from [self._content] if self._content else []
            return
        while piece := immediate(self._body.read(blocking=True)):
            yield piece

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """As `iter_bytes`, with other tasks going on in the meantime."""
        if self._content:
            yield self._content
        while self._content is None and (piece := await self._body.read(blocking=False)):
            yield piece

    async def read_all(self, blocking: bool = False) -> Response:
        """Reads what is left of the body into `content`."""
        if self._closed:
            raise HttpError(self.method, self.address, "the answer was closed before its body was read")
        pieces = []
        while piece := await self._body.read(blocking):
            pieces.append(piece)
        self._content = b"".join(pieces)
        return self

    def close(self) -> None:
        """Lets go of a body that is not to be read to its end."""
        self._closed = True
        self._body.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    if not TYPE_CHECKING:  # A type checker is to find these mistakes by itself.

        def __getattr__(self, name: str) -> NoReturn:
            hint = _HINTS.get(name, f"a response has no `{name}`")
            raise AttributeError(hint, name=name, obj=self)

    def __repr__(self) -> str:
        """Status, method and address only: headers, query and body hold credentials."""
        return f"<Response {self.status} {self.method} {self.address}>"

    def _unexpected(self, words: str) -> UnexpectedBody:
        return UnexpectedBody(self.method, self.address, words)


def immediate(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine that never suspends comes to."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise AssertionError("a blocking call has suspended; this is an error in um_action")


def _header(value: bytes) -> str:
    """UTF-8 where it is, Latin-1 as HTTP had it once otherwise: every value has a text."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _charset(content_type: str) -> str:
    named = _CHARSET.search(content_type)
    return named[1] if named else "utf-8"
