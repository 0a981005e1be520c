"""What a module that is only imported raises."""

from __future__ import annotations

import tarfile


class Unavailable(OSError, NotImplementedError, tarfile.CompressionError):
    """An `OSError`, as of a library that is not found, and a `CompressionError`, so that `tarfile` goes on to try
    what it knows."""


def unavailable(module: str, words: str) -> Unavailable:
    """The error of a module that can be imported and not be used."""
    return Unavailable(f"`{module}` can be imported and not be used: {words}")
