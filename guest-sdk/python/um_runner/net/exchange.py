"""One request and its answer over `wasi:http`. Nothing here waits: whoever calls is told what to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from um_action.http.errors import HttpError
from um_action.http.transport import Outgoing
from um_action.http.url import Url
from um_action.wasi.http import EXPECT_BODY, Patience, RequestBody, Waiting, WasiBody, arrived, begin

from .ends import Pollable
from .http1 import AnswerWriter, BodyReader, Head

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_MOST_PENDING = 64 * 1024
"""Bytes of a body that are held until the host has room."""
_PATIENCE = Patience(answer=24 * 60 * 60.0)
"""The client keeps time itself, and the run has limits."""


class Exchange:
    """A request that is under way."""

    def __init__(self, head: Head, url: Url) -> None:
        """Sends the head. Raises HttpError."""
        self._head = head
        self._waiting = Waiting(Outgoing(head.method, url, (), None), None, advice="")
        says_length = head.length or (head.says_length and head.method in EXPECT_BODY)
        self._reader = BodyReader(head)
        self._pending = bytearray()
        self._body, arriving = begin(
            self._waiting, head.headers, head.length if says_length else None, not self.is_sent, _PATIENCE
        )
        self._arriving = [arriving]
        self._answer: AnswerWriter | None = None
        self._content: WasiBody | None = None

    @property
    def is_sent(self) -> bool:
        """Whether the client has written the whole request."""
        return self._reader.is_done

    @property
    def is_answered(self) -> bool:
        """Whether nothing follows of the answer."""
        return self._answer is not None and self._answer.is_done

    @property
    def closes(self) -> bool:
        """Whether the connection ends with the answer."""
        return not self.is_sent or (self._answer is not None and self._answer.closes)

    def has_room(self) -> bool:
        """Whether `take` takes something."""
        self._flush()
        return len(self._pending) < _MOST_PENDING

    def take(self, data: ReadableBuffer) -> int:
        """How many bytes of the body were taken: none if there is no room. Raises NotHttp and HttpError."""
        if not self.has_room():
            return 0
        taken = self._reader.feed(memoryview(data)[:_MOST_PENDING], self._pending)
        self._flush()
        return taken

    def pull(self) -> bytes | None:
        """The next bytes of the answer, None if they are not there yet. Raises HttpError."""
        self._flush()
        if self._answer is None:
            return self._first()
        piece = self._content.piece() if self._content is not None else b""
        return None if piece is None else self._framed(self._answer, piece)

    def pollables(self) -> list[Pollable]:
        """What to wait for before the next `pull`."""
        found = self.write_pollables() if self._pending else []
        return [*found, *(each.subscribe() for each in (*self._arriving, self._content) if each is not None)]

    def write_pollables(self) -> list[Pollable]:
        """What to wait for before the next `take`."""
        return [] if self._body is None else [self._body.subscribe()]

    def close(self) -> None:
        """Breaks it off, unless it is over."""
        self._drop_body()
        if self._content is not None:
            self._content.close()
        while self._arriving:
            self._arriving.pop().__exit__(None, None, None)

    def _first(self) -> bytes | None:
        answer = arrived(self._arriving[0], self._waiting)
        if answer is None:
            return None
        self._arriving.pop().__exit__(None, None, None)
        self._content = cast(WasiBody, answer.body)
        self._answer = AnswerWriter(self._head, answer.status, answer.headers)
        if self._answer.is_done:
            self.close()
        return self._answer.head

    def _framed(self, answer: AnswerWriter, piece: bytes) -> bytes:
        text = answer.framed(piece)
        if answer.is_done:
            self.close()
        return text

    def _flush(self) -> None:
        """Hands on what is pending."""
        while self._body is not None and self._pending:
            taken = self._handed_on(self._body)
            if taken is None:
                self._drop_body()
            elif taken:
                del self._pending[:taken]
            else:
                return
        body, self._body = self._body, None if self.is_sent else self._body
        if body is None:
            self._pending.clear()
        elif self.is_sent:
            body.finish()

    def _handed_on(self, body: RequestBody) -> int | None:
        """A service that answers early closes the stream: its answer counts, and what else is written goes nowhere. So
        it is if the stream breaks, which is told in the place of the answer."""
        try:
            return body.write(self._pending)
        except HttpError:
            return None

    def _drop_body(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
