"""What a Python finds out when it starts. The runner started when it was made: here it finds out again.

One thing stays as it was then: the seed of `hash()` for text, so sets of text have one order in every run. What
`random`, `secrets` and `uuid` give is new in each.
"""

from __future__ import annotations

import atexit
import io
import logging
import os
import posix
import sys
import time
import weakref


def forget() -> None:
    """Drops what the machine that makes the runner has told; for the end of the making."""
    # Of the exit functions of all that was imported one is of use without processes.
    atexit._clear()
    atexit.register(logging.shutdown)
    os.environ.clear()
    posix.environ.clear()
    sys.argv[:] = []
    sys.orig_argv[:] = []
    sys.path[:] = []
    sys.path_importer_cache.clear()
    sys.dont_write_bytecode = True
    # JSON that the host has let in is read as it is: time is limited for all that a script does.
    sys.set_int_max_str_digits(0)
    # They let go of what the host has handed out, in an order of their own: at the end of a run the host does that
    # itself, and a document is to be completed before.
    weakref.finalize._registered_with_atexit = True  # type: ignore[attr-defined]
    sys.stdout = sys.__stdout__ = _written(1, "strict")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _written(2, "backslashreplace")  # type: ignore[misc]
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8")


def refresh(path: str, environ: list[tuple[str, str]], arguments: list[str]) -> None:
    """Starts anew for the script at `path`."""
    folder = path.rpartition("/")[0]
    # Not `update`: it asks every class there is whether it is a mapping, a third of the time of a start.
    for name, value in environ:
        os.environ[name] = value
    sys.argv[:] = arguments or [path.rpartition("/")[2]]
    sys.orig_argv[:] = [sys.executable, *sys.argv]
    sys.path[:] = [folder]
    os.chdir(folder)
    logging._startTime = time.time_ns()  # type: ignore[attr-defined]


def _written(descriptor: int, errors: str) -> io.TextIOWrapper:
    """A stream that arrives line by line. The ones that were there have no buffer, and lose what is over 64 KiB."""
    raw = io.FileIO(descriptor, "wb", closefd=False)
    stream = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=True)
    stream.mode = "w"  # type: ignore[misc]
    return stream
