"""The thread that anyio hands functions to. It waits for the first one, so it is begun anew for each.

Of its `run`, what stands before the waiting may run again. That is so of no thread in general.
"""

from __future__ import annotations

import collections
import queue
import threading
from typing import Any

from um_runner.threads import current


class _Pause(BaseException):
    """Unwinds a worker that has nothing to do."""


def is_one(thread: threading.Thread) -> bool:
    """Whether it is a worker of anyio's."""
    kind = type(thread)
    return (kind.__module__, kind.__name__) == ("anyio._backends._asyncio", "WorkerThread")


def begin(thread: Any, handle: Any) -> None:
    """Starts one, which does what it is given as soon as it is given it."""
    worker = current.Worker(thread.name)
    thread.queue = _Given(thread, worker, handle)
    handle.ident = thread._ident = next(current._idents)
    thread._started.set()
    threading._limbo.pop(thread, None)  # type: ignore[attr-defined]


class _Given(queue.Queue[Any]):
    """What the worker has to do."""

    def __init__(self, thread: Any, worker: current.Worker, handle: Any) -> None:
        super().__init__()
        self._thread, self._worker, self._handle = thread, worker, handle
        self._items: collections.deque[Any] = collections.deque()
        self._is_at_work = False

    def put_nowait(self, item: Any) -> None:
        self._items.append(item)
        if self._is_at_work:
            return
        self._is_at_work = True
        try:
            self._worker.call(self._thread.run)
            self._handle._set_done()
        except _Pause:
            pass
        finally:
            self._is_at_work = False

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if not self._items:
            raise _Pause
        return self._items.popleft()

    def task_done(self) -> None: ...
