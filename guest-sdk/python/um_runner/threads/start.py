"""The start of a thread, which is its end as well."""

from __future__ import annotations

import _thread
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from um_runner.threads import anyio_worker, current
from um_runner.threads.locks import WaitsForEver

_ONE = "an action has one thread"
_RAW = f"can't start new thread: {_ONE}: give the function to threading.Thread, which calls it at once, or to asyncio"
_TIMER = (
    f"can't start the timer {{}}: {_ONE}, and nothing goes off while it works: call time.sleep(seconds) and then the "
    "function, or use asyncio"
)
_DAEMON = (
    f"can't start new thread {{}}: {_ONE}, and a daemon goes on beside it: leave out daemon=True if the thread comes "
    "to an end by itself, which it then does at its start, or use asyncio"
)


class Handle:
    """Of a thread: whether it has ended."""

    def __init__(self) -> None:
        self.ident = 0
        self._is_done = False

    def is_done(self) -> bool:
        """Whether it has ended."""
        return self._is_done

    def _set_done(self) -> None:
        self._is_done = True

    def join(self, timeout: float | None = None) -> None:
        """Raises WaitsForEver where a thread waits for one that waits for it."""
        if self._is_done:
            return
        if timeout is None:
            raise WaitsForEver(
                f"{current.name(current.ident())} waits for the end of a thread that waits for it: {_ONE}, and "
                "whoever starts another one goes on when that has ended"
            )
        time.sleep(timeout)


def at_once(function: Callable[[], object], *, handle: Any = None, daemon: bool = True) -> None:
    """As `_thread.start_joinable_thread`, of a `Thread._bootstrap`."""
    thread = getattr(function, "__self__", None)
    if not isinstance(thread, threading.Thread):
        raise RuntimeError(_RAW)
    if isinstance(thread, threading.Timer):
        raise RuntimeError(_TIMER.format(f"`{thread.name}`"))
    if anyio_worker.is_one(thread):
        anyio_worker.begin(thread, handle)
        return
    if daemon:
        raise RuntimeError(_DAEMON.format(f"`{thread.name}`"))
    stuck = _Stuck(thread)
    with current.another() as handle.ident:
        function()
    handle._set_done()
    if stuck.error is not None:
        # `start` takes it out again.
        threading._limbo[thread] = thread  # type: ignore[attr-defined]
        raise stuck.error


class _Stuck:
    """Keeps that a thread waits for ever from being only printed: what it was started for has not been done."""

    def __init__(self, thread: Any) -> None:
        self.error: WaitsForEver | None = None
        self._usual = thread._invoke_excepthook
        thread._invoke_excepthook = self

    def __call__(self, thread: threading.Thread) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, WaitsForEver):
            self.error = error
        else:
            self._usual(thread)


def refused(*arguments: object, **options: object) -> NoReturn:
    """In the place of `_thread.start_new_thread`."""
    raise RuntimeError(_RAW)


def main_handle() -> Handle:
    """Of the thread that all others stand on."""
    handle = Handle()
    handle.ident = _thread.get_ident()
    return handle
