"""An answer: its head at once; its body at once as well, or piece by piece."""

from __future__ import annotations

import codecs
import contextlib
import json
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, overload

from um_action.base import shown

from .decoding import AT_MOST, Decompress, Fault, Grown, codings, decoded
from .errors import HttpError, HttpStatusError, UnexpectedBody
from .headers import Headers
from .lines import Lines
from .links import links
from .transport import Answer
from .url import InvalidUrl, Url

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
    "cookies": "a response has `headers.all('set-cookie')`",
    "encoding": "a response decodes `text` as its content-type says; decode `content` otherwise",
}


class Response:
    """An answer of a service."""

    def __init__(
        self, method: str, address: Url, answer: Answer, decompress: Decompress, elapsed: timedelta = timedelta()
    ) -> None:
        self.method = method
        self.address = address
        self.status = answer.status
        """200 for "OK", 404 for "not found" …"""
        self.headers = Headers((name, _header(value)) for name, value in answer.headers)
        """By name in whatever case; `headers.all(name)` for one that came several times."""
        self.elapsed = elapsed
        """From when the request was sent to when the head of the answer was there."""
        self.history: list[Response] = []
        """The redirects that led here, the oldest first. Their bodies have not been read."""
        self._body = answer.body
        self._codings = codings(self.headers.all("content-encoding"))
        for coding in reversed(self._codings or ()):
            self._body = decoded(self._body, coding, decompress)
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
        """The whole body, decompressed. With `stream=True` only it raises HttpError when it did not arrive whole or in
        time, is damaged or grows too much."""
        if self._content is None:
            immediate(self.read_all(blocking=True))
        return self._content or b""

    @property
    def text(self) -> str:
        """The body in the charset that the content-type names, UTF-8 where it names none. Raises UnexpectedBody."""
        charset = _charset(self.headers.get("content-type", ""))
        self._check_coding()
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
        self._check_coding()
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
        while piece := immediate(self._piece(blocking=True)):
            yield piece

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """As `iter_bytes`, with other tasks going on in the meantime."""
        if self._content:
            yield self._content
        while self._content is None and (piece := await self._piece(blocking=False)):
            yield piece

    @overload
    def iter_lines(
        self, chunk_size: int = ..., decode_unicode: Literal[False] = ..., delimiter: str | bytes | None = ...
    ) -> Iterator[bytes]: ...

    @overload
    def iter_lines(
        self, chunk_size: int = ..., *, decode_unicode: Literal[True], delimiter: str | bytes | None = ...
    ) -> Iterator[str]: ...

    def iter_lines(
        self, chunk_size: int = 512, decode_unicode: bool = False, delimiter: str | bytes | None = None
    ) -> Iterator[Any]:
        """The body line by line, without the ends of lines, as it arrives if the call was made with `stream=True`. As
        with requests a line is bytes, and text with `decode_unicode=True`. `chunk_size` is of no consequence."""
        lines = self._lines(decode_unicode, delimiter)
        for piece in self.iter_bytes():
            yield from lines.more(piece)
        yield from lines.rest()

    async def aiter_lines(
        self, decode_unicode: bool = False, delimiter: str | bytes | None = None
    ) -> AsyncIterator[Any]:
        """As `iter_lines`, with other tasks going on in the meantime."""
        lines = self._lines(decode_unicode, delimiter)
        async for piece in self.aiter_bytes():
            for line in lines.more(piece):
                yield line
        for line in lines.rest():
            yield line

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The header `link` by what each leads to: `response.links["next"]["url"]`. Empty if there is none."""
        found = links(", ".join(self.headers.all("link")))
        for link in found.values():
            with contextlib.suppress(InvalidUrl):
                link["url"] = self.address.join(link["url"]).full
        return found

    async def read_all(self, blocking: bool = False) -> Response:
        """Reads what is left of the body into `content`."""
        if self._closed:
            raise HttpError(self.method, self.address, "the answer was closed before its body was read")
        pieces, length = [], 0
        while piece := await self._piece(blocking):
            pieces.append(piece)
            length += len(piece)
            if self._codings and length > AT_MOST:
                self.close()
                raise self._unexpected(str(Grown()))
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

    async def _piece(self, blocking: bool) -> bytes:
        try:
            return await self._body.read(blocking)
        except Fault as fault:
            self.close()
            raise self._unexpected(str(fault)) from None

    def _lines(self, decode_unicode: bool, delimiter: str | bytes | None) -> Lines:
        if not decode_unicode:
            return Lines(None, delimiter)
        try:
            return Lines(codecs.lookup(_charset(self.headers.get("content-type", ""))).incrementaldecoder(), delimiter)
        except LookupError:
            raise self._unexpected("the charset of the answer is not known here; decode the lines") from None

    def _check_coding(self) -> None:
        if self._codings is None:
            coding = shown(self.headers["content-encoding"][:80])
            raise self._unexpected(f"the answer is compressed as `{coding}`, which is not known here; see `content`")

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
