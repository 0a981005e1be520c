"""What a Python finds out when it starts. The runner started when it was made: here it finds out again."""

from __future__ import annotations

import io
import os
import posix
import sys
from typing import Any


def forget() -> None:
    """Drops what the machine that makes the runner has told; for the end of the making."""
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
    os.environ.update(environ)
    sys.argv[:] = arguments or [path.rpartition("/")[2]]
    sys.orig_argv[:] = [sys.executable, *sys.argv]
    sys.path[:] = [folder]
    os.chdir(folder)


def _reconfigure(stream: Any, **options: Any) -> None:
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", **options)
