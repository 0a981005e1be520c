"""`bz2`, which can be imported and not be used."""

from typing import NoReturn

from um_runner.absent.error import unavailable

_WORDS = "there is no bzip2 inside um-host: use gzip or zlib, or have the service send another format"

__all__ = ["BZ2Compressor", "BZ2Decompressor", "BZ2File", "compress", "decompress", "open"]


class BZ2File:
    """Refuses."""

    def __init__(self, *_: object, **__: object) -> None:
        raise unavailable("bz2", _WORDS)


class BZ2Compressor(BZ2File):
    """Refuses."""


class BZ2Decompressor(BZ2File):
    """Refuses."""


def compress(*_: object, **__: object) -> NoReturn:
    """Refuses."""
    raise unavailable("bz2", _WORDS)


open = decompress = compress
