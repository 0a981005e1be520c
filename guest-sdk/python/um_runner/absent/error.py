"""What a module that is only imported raises."""

from __future__ import annotations

import tarfile


class Absent(OSError, NotImplementedError):
    """An `OSError`, as packages expect of a library, a lock or a pipe that this system has not."""


class Unavailable(Absent, tarfile.CompressionError):
    """Also a `CompressionError`, so that `tarfile` goes on to try what it knows."""


def unavailable(module: str, words: str) -> Unavailable:
    """The error of a module that can be imported and not be used."""
    return Unavailable(f"`{module}` can be imported and not be used: {words}")


class Compiled(ImportError, NotImplementedError):
    """An `ImportError`, as one for which the library is not there, so that those who can do without go on."""
