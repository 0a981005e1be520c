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
from typing import Any


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
    for stream in (sys.stdout, sys.stderr):
        _reconfigure(stream, line_buffering=True)
    _reconfigure(sys.stdin)


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


def _reconfigure(stream: Any, **options: Any) -> None:
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", **options)
