"""Lines of a body that arrives in pieces."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

_ENDS = re.compile(r"\r\n|\n|\r")
_ENDS_OF_BYTES = re.compile(rb"\r\n|\n|\r")


class Lines:
    """Cuts pieces into lines, wherever the pieces end."""

    def __init__(self, decoder: codecs.IncrementalDecoder | None, delimiter: str | bytes | None) -> None:
        """Lines are bytes without a decoder. Without a delimiter they end as those of text files do."""
        self._decoder = decoder
        self._delimiter: Any = _of_kind(delimiter, decoder is not None)
        self._held: Any = b"" if decoder is None else ""

    def more(self, piece: bytes) -> Iterator[Any]:
        """The lines that are whole now."""
        self._held += piece if self._decoder is None else self._decoder.decode(piece)
        *whole, self._held = self._split(self._held)
        yield from whole

    def rest(self) -> Iterator[Any]:
        """What stands behind the last end of a line."""
        if self._decoder is not None:
            self._held += self._decoder.decode(b"", True)
        if self._held and self._delimiter is None and self._held[-1:] in ("\r", b"\r"):
            self._held = self._held[:-1]
            yield self._held
        elif self._held:
            yield self._held
        self._held = self._held[:0]

    def _split(self, text: Any) -> list[Any]:
        if self._delimiter is not None:
            found: list[Any] = text.split(self._delimiter)
            return found
        # What a newline may follow in the next piece is no end yet.
        ends = text[-1:] in ("\r", b"\r")
        body, last = (text[:-1], text[-1:]) if ends else (text, text[:0])
        parts = (_ENDS if isinstance(text, str) else _ENDS_OF_BYTES).split(body)
        parts[-1] += last
        return parts


def _of_kind(delimiter: str | bytes | None, is_text: bool) -> str | bytes | None:
    if isinstance(delimiter, str) and not is_text:
        return delimiter.encode()
    return delimiter.decode() if isinstance(delimiter, bytes) and is_text else delimiter or None
