"""Threads, which there are none of, say so."""

from __future__ import annotations

import _thread
import threading
from typing import Any, NoReturn


def refuse() -> None:
    """Has every start of a thread raise an error that says what to do in its place."""
    for module in (_thread, threading):
        for name in ("start_new_thread", "start_joinable_thread", "start_new", "_start_joinable_thread"):
            if hasattr(module, name):
                setattr(module, name, _refused)


def _refused(*arguments: Any, **options: Any) -> NoReturn:
    raise RuntimeError(
        "an action cannot start threads: work in order, or make several calls at once with asyncio and app.http.aio"
    )
