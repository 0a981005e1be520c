"""Undoes the compression of answers. gzip and deflate here, as they arrive; br and zstd by um-host, as a whole: Python
for WASI has no decompressor for these."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Literal, cast

from .transport import Body

WHOLE = "gzip, deflate, br, zstd"
"""What is asked for."""
PIECES = "gzip, deflate"
"""What is asked for where pieces are wanted as they arrive."""
AT_MOST = 64 * 1024 * 1024
"""Most bytes that a compressed body may grow to, unless it is read piece by piece (`stream=True`)."""
PACKED_AT_MOST = 8 * 1024 * 1024
"""Most bytes of br or zstd, which um-host takes as a whole: it lets no call have more than 16 MiB."""
_PIECE = 256 * 1024
"""Most bytes that one step makes."""
_MOST_LAYERS = 5

Coding = Literal["br", "zstd"]
Decompress = Callable[[bytes, Coding, int], bytes]
"""Raises Fault."""


class Fault(Exception):
    """Why a body cannot be decompressed. Holds none of it."""


class Long(Fault):
    """There is more of it than um-host takes at once, or would be."""

    def __init__(self, coding: str) -> None:
        super().__init__(
            f"the answer is compressed as {coding}, and longer than {PACKED_AT_MOST >> 20} MiB, or grows to more than "
            f"{AT_MOST >> 20} MiB or 200 times its size; ask for it with headers={{'accept-encoding': 'gzip'}}"
        )


class Grown(Fault):
    """It is longer than it may be."""

    def __init__(self) -> None:
        super().__init__(
            f"the compressed answer grows to more than {AT_MOST >> 20} MiB; read it with `stream=True` and "
            "`iter_bytes()`, or ask for less at once"
        )


def codings(headers: Sequence[str]) -> list[str] | None:
    """How a body is compressed, in the order in which that was done; None if one of these is not known here."""
    names = [name.strip().lower().removeprefix("x-") for value in headers for name in value.split(",")]
    named = [name for name in names if name not in ("", "identity")]
    known = all(name in ("gzip", "deflate", "br", "zstd") for name in named)
    return named if known and len(named) <= _MOST_LAYERS else None


def decoded(body: Body, coding: str, decompress: Decompress) -> Body:
    """The body as it was before it was compressed. Its `read` raises Fault as well."""
    return (
        _Inflated(body, coding) if coding in ("gzip", "deflate") else _Unpacked(body, cast(Coding, coding), decompress)
    )


class _Inflated:
    """What zlib decompresses: see Body."""

    def __init__(self, body: Body, coding: str) -> None:
        self._body = body
        self._coding = coding
        self._machine: zlib._Decompress | None = None
        self._waiting = b""
        self._has_more = False
        self._is_over = False
        self._members = 0

    async def read(self, blocking: bool) -> bytes:
        while not self._is_over:
            if not self._waiting and not self._has_more:
                self._waiting = await self._body.read(blocking)
                if not self._waiting:
                    self._ended()
                    break
            if piece := self._step():
                return piece
        return b""

    def close(self) -> None:
        self._is_over = True
        self._waiting = b""
        self._body.close()

    def _ended(self) -> None:
        self._is_over = True
        if self._machine is not None and not self._machine.eof:
            raise Fault("the compressed answer breaks off")

    def _step(self) -> bytes:
        if self._machine is None or self._machine.eof:
            self._machine = zlib.decompressobj(self._bits())
        try:
            piece = self._machine.decompress(self._waiting, _PIECE)
        except zlib.error:
            # Some services send more behind the end; what came before it was whole.
            self._is_over = True
            if self._members:
                self._machine = None
                return b""
            raise Fault(f"the answer is not {self._coding}, as its content-encoding says, or damaged") from None
        self._waiting = self._machine.unconsumed_tail or self._machine.unused_data
        self._has_more = len(piece) == _PIECE and not self._machine.eof
        if self._machine.eof:
            self._members += 1
            self._is_over = self._coding == "deflate"
        return piece

    def _bits(self) -> int:
        if self._coding == "gzip":
            return 16 + zlib.MAX_WBITS
        # RFC 9110, 8.4.1.2 means zlib, whose first byte names its method; some services leave that out.
        return zlib.MAX_WBITS if self._waiting[0] & 15 == 8 else -zlib.MAX_WBITS


class _Unpacked:
    """What is decompressed when all of it is there: see Body."""

    def __init__(self, body: Body, coding: Coding, decompress: Decompress) -> None:
        self._body = body
        self._coding = coding
        self._decompress = decompress
        self._left = memoryview(b"")
        self._is_read = False

    async def read(self, blocking: bool) -> bytes:
        if not self._is_read:
            self._is_read = True
            self._left = memoryview(await self._all(blocking))
        piece, self._left = bytes(self._left[:_PIECE]), self._left[_PIECE:]
        return piece

    async def _all(self, blocking: bool) -> bytes:
        compressed = bytearray()
        while piece := await self._body.read(blocking):
            compressed += piece
            if len(compressed) > PACKED_AT_MOST:
                raise Long(self._coding)
        return self._decompress(bytes(compressed), self._coding, AT_MOST) if compressed else b""

    def close(self) -> None:
        self._is_read = True
        self._left = memoryview(b"")
        self._body.close()
