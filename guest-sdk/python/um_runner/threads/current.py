"""Which thread is the current one. Those that have not ended stand on each other, the main one below."""

from __future__ import annotations

import _thread
import asyncio
import asyncio.events
import asyncio.tasks
import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

_MAIN = _thread.get_ident()
_running: list[int] = [_MAIN]
_idents = itertools.count(_MAIN + 1)


def ident() -> int:
    """As `threading.get_ident`."""
    return _running[-1]


def is_running(ident: int) -> bool:
    """Whether this thread is the current one, or waits for those that it has started."""
    return ident in _running


def name(ident: int) -> str:
    """Of a thread that has not ended."""
    thread = threading._active.get(ident)  # type: ignore[attr-defined]
    return "a thread that has ended" if thread is None else f"`{thread.name}`"


@contextlib.contextmanager
def another(ident: int | None = None) -> Iterator[int]:
    """Has a thread, a new one or one that pauses, be the current one."""
    ident = next(_idents) if ident is None else ident
    loop: Any = asyncio.events._get_running_loop()
    swap: Any = getattr(asyncio.tasks, "_swap_current_task", None)
    task = swap(loop, None) if swap and loop is not None else None
    asyncio.events._set_running_loop(None)
    _running.append(ident)
    try:
        yield ident
    finally:
        _running.pop()
        asyncio.events._set_running_loop(loop)
        if task is not None:
            swap(loop, task)


class Worker:
    """The thread of a pool: it does one thing after the other, and pauses in between."""

    def __init__(self, name: str) -> None:
        self._thread = threading.Thread(name=name)
        self._thread._started.set()  # type: ignore[attr-defined]
        self._ident: int | None = None

    def call(self, function: Callable[[], T]) -> T:
        """Calls it in this thread."""
        active: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]
        with another(self._ident) as ident:
            self._ident = self._thread._ident = ident  # type: ignore[attr-defined]
            active[ident] = self._thread
            try:
                return function()
            finally:
                del active[ident]
