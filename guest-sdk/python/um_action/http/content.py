"""The body of a request: there as a whole, or read piece by piece while it is sent."""

from __future__ import annotations

import io
import json
import os
import secrets as random
from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol, cast
from uuid import UUID

PIECE = 64 * 1024
"""How much of a file is read at a time, in bytes."""


class InvalidContent(ValueError):
    """Why something is no body. Never holds any of it."""


class Content(Protocol):
    """What is sent."""

    length: int | None
    """In bytes; None if it is known only when all of it was sent."""
    repeats: bool
    """Whether it can be sent once more."""

    def pieces(self) -> Iterator[bytes]:
        """All of it, from its beginning. Raises InvalidContent."""


class Whole:
    """A body that is there."""

    repeats = True

    def __init__(self, content: bytes) -> None:
        self.length: int | None = len(content)
        self._content = content

    def pieces(self) -> Iterator[bytes]:
        if self._content:
            yield self._content


class File:
    """What a file has from where it stands to its end."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._start, self.length = _place(file)
        self.repeats = self._start is not None

    def pieces(self) -> Iterator[bytes]:
        if self._start is not None:
            self._file.seek(self._start)
        while piece := self._file.read(PIECE):
            yield encoded(piece)


class Stream:
    """What an iterator gives, once."""

    length: int | None = None
    repeats = False

    def __init__(self, pieces: Iterable[object]) -> None:
        self._pieces = pieces

    def pieces(self) -> Iterator[bytes]:
        for piece in self._pieces:
            yield encoded(piece)


def encoded(piece: object) -> bytes:
    """Bytes as they are, text as UTF-8. Raises InvalidContent."""
    if isinstance(piece, bytes | bytearray | memoryview):
        return bytes(piece)
    if not isinstance(piece, str):
        raise InvalidContent(f"`data` gives pieces of bytes or text, not of {type(piece).__name__}")
    try:
        return piece.encode()
    except UnicodeEncodeError:
        raise InvalidContent("the body has half of a character in it (a lone surrogate)") from None


def json_text(value: object) -> str:
    """Compact JSON: dates and times as ISO 8601 writes them, a Decimal as a number with all its digits, a UUID as text,
    an Enum as its value. Raises TypeError, ValueError and RecursionError."""
    decimals: list[Decimal] = []
    # A float has no more than 17 digits. So the place of a Decimal is held by what nobody else can write.
    mark = random.token_hex(16)

    def plain(value: object) -> object:
        if isinstance(value, Decimal):
            decimals.append(_finite(value))
            return mark
        return _plain(value)

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=plain)
    if not decimals:
        return text
    head, *rest = text.split(f'"{mark}"')
    return head + "".join(f"{number}{part}" for number, part in zip(decimals, rest, strict=True))


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("JSON has no number for an infinite Decimal")
    return value


def _plain(value: object) -> object:
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _place(file: Any) -> tuple[int | None, int | None]:
    """Where a file stands, and how many bytes are left; None for what cannot be told."""
    try:
        start = cast(int, file.tell())
        if isinstance(file, io.TextIOBase):
            # Its places are no numbers of bytes.
            return start, None
        length = cast(int, file.seek(0, os.SEEK_END)) - start
        file.seek(start)
        return start, max(0, length)
    except (AttributeError, OSError, TypeError, ValueError):
        return None, None
