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
        self._empty: Any = b"" if decoder is None else ""
        self._begun: list[Any] = []
        """Of the line that has not ended: what holds no part of an end."""
        self._held = self._empty
        """What may be part of one."""

    def more(self, piece: bytes) -> Iterator[Any]:
        """The lines that are whole now."""
        text = self._held + self._decoded(piece)
        self._held = self._empty
        # What a newline may follow in the next piece is no end yet.
        if self._delimiter is None and text[-1:] in ("\r", b"\r"):
            text, self._held = text[:-1], text[-1:]
        first, *others = self._split(text)
        self._begun.append(first)
        for line in others:
            yield self._empty.join(self._begun)
            self._begun = [line]
        if self._delimiter is not None:
            self._hold(self._begun.pop())

    def rest(self) -> Iterator[Any]:
        """What stands behind the last end of a line."""
        text = self._held + self._decoded(b"", final=True)
        for line in self._split(self._empty.join(self._begun) + text):
            if line:
                yield line

    def _decoded(self, piece: bytes, final: bool = False) -> Any:
        return piece if self._decoder is None else self._decoder.decode(piece, final)

    def _hold(self, text: Any) -> None:
        """Keeps what may be the beginning of a delimiter apart."""
        lengths = range(len(self._delimiter) - 1, 0, -1)
        held = next((length for length in lengths if text.endswith(self._delimiter[:length])), 0)
        self._begun.append(text[: len(text) - held])
        self._held = text[len(text) - held :]

    def _split(self, text: Any) -> list[Any]:
        if self._delimiter is not None:
            found: list[Any] = text.split(self._delimiter)
            return found
        return (_ENDS if isinstance(text, str) else _ENDS_OF_BYTES).split(text)


def _of_kind(delimiter: str | bytes | None, is_text: bool) -> str | bytes | None:
    if isinstance(delimiter, str) and not is_text:
        return delimiter.encode()
    return delimiter.decode() if isinstance(delimiter, bytes) and is_text else delimiter or None
