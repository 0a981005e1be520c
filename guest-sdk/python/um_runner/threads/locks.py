"""Locks of one thread. To wait in vain is an error that says what for, where a lock in C ends the whole run."""

from __future__ import annotations

import sys
import threading
import time
from types import FrameType

from um_runner.threads import current

_WAITING = {
    "threading",
    "queue",
    "concurrent.futures._base",
    "concurrent.futures.thread",
    "multiprocessing.pool",
    "multiprocessing.dummy",
    "um_runner.threads.locks",
}
"""The modules in which somebody waits on behalf of somebody else."""

_ADVICE = {
    "Queue.get": "nothing is in the queue and nobody is left to put it there: put before you get, or use get_nowait()",
    "Queue.put": "the queue is full and nobody is left to take from it: make it larger, or take before you put",
    "Queue.join": "nobody is left to call task_done(): take what is in the queue before you wait for it",
    "Event.wait": "nobody is left to set the event: set it before, or give wait() a timeout",
    "Condition.wait": "nobody is left to notify: make the condition true before, or give wait() a timeout",
    "Semaphore.acquire": "nobody is left to release the semaphore: release it before",
    "Barrier.wait": "nobody else is left to come to the barrier",
    "Future.result": "nobody is left to complete the future: give what completes it to an executor",
}
_ALIASES = {
    "_PySimpleQueue.get": "Queue.get",
    "Condition.wait_for": "Condition.wait",
    "Future.exception": "Future.result",
    "as_completed": "Future.result",
    "wait": "Future.result",
}
_RULE = "an action has one thread, and what a thread or a pool is given runs to its end when it is given"


class WaitsForEver(RuntimeError):
    """Nobody is left who could end the waiting."""


class Lock:
    """As `threading.Lock`."""

    __slots__ = ("__weakref__", "_holder")

    def __init__(self) -> None:
        self._holder: int | None = None

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """True once it is held. Raises WaitsForEver where it never could be."""
        if timeout != -1:
            _check(blocking, timeout)
        if self._holder is None:
            self._holder = current.ident()
            return True
        if not blocking:
            return False
        if timeout == -1:
            raise WaitsForEver(f"{_why(self._holder)}; {_RULE}")
        time.sleep(timeout)
        return False

    def release(self) -> None:
        """Raises RuntimeError where it is not held."""
        if self._holder is None:
            raise RuntimeError("release unlocked lock")
        self._holder = None

    def locked(self) -> bool:
        """Whether somebody holds it."""
        return self._holder is not None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<{'locked' if self.locked() else 'unlocked'} {type(self).__name__} object at {id(self):#x}>"

    def _at_fork_reinit(self) -> None:
        self._holder = None

    acquire_lock, release_lock, locked_lock = acquire, release, locked


def _check(blocking: bool, timeout: float) -> None:
    if not blocking:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0:
        raise ValueError("timeout value must be a non-negative number")
    if timeout > threading.TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")


def _why(holder: int) -> str:
    called = _called(sys._getframe(2))
    if called is not None:
        return f"{called}() would wait for ever: {_ADVICE[called]}"
    if holder == current.ident():
        return (
            f"{current.name(holder)} waits for a lock that it holds itself: use threading.RLock, or release it before"
        )
    if current.is_running(holder):
        return (
            f"{current.name(current.ident())} waits for a lock that its starter {current.name(holder)} holds, which "
            "waits for it: release the lock before you start the thread"
        )
    return "this waits for a lock that a thread held when it ended: release it there"


def _called(behind: FrameType | None) -> str | None:
    """What the author, or a package, has called that came to wait."""
    called = None
    while behind is not None and behind.f_globals.get("__name__") in _WAITING:
        code, behind = behind.f_code, behind.f_back
        name = getattr(code, "co_qualname", code.co_name)
        name = _ALIASES.get(name, name)
        called = name if name in _ADVICE else called
    return called
