"""Pools of threads: they call what they are given, one after the other, when they are given it."""

from __future__ import annotations

import concurrent.futures.thread as executors
import multiprocessing.pool as pools
import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from um_runner.threads import current

_workers: weakref.WeakKeyDictionary[ThreadPoolExecutor, list[current.Worker]] = weakref.WeakKeyDictionary()
"""Those of an executor that have nothing to do. A function that submits to its own executor is in need of a second."""
_made: weakref.WeakKeyDictionary[ThreadPoolExecutor, int] = weakref.WeakKeyDictionary()


def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
    """As `ThreadPoolExecutor.submit`; the future is done."""
    with self._shutdown_lock:
        if self._broken:
            raise executors.BrokenThreadPool(self._broken)
        if self._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    idle = _workers.setdefault(self, [])
    worker = idle.pop() if idle else _begun(self)
    if worker is None:
        future.set_exception(executors.BrokenThreadPool(self._broken))
        return future
    try:
        result = worker.call(lambda: fn(*args, **kwargs))
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
    idle.append(worker)
    return future


def _begun(executor: Any) -> current.Worker | None:
    """A new worker, or none if it cannot begin."""
    number = _made.setdefault(executor, 0)
    _made[executor] += 1
    worker = current.Worker(f"{executor._thread_name_prefix or executor}_{number}")
    try:
        worker.call(lambda: _initialize(executor))
    except BaseException:
        executors._base.LOGGER.critical("Exception in initializer:", exc_info=True)  # type: ignore[attr-defined]
        executor._broken = "A thread initializer failed, the thread pool is not usable anymore"
        return None
    return worker


def _initialize(executor: Any) -> None:
    if hasattr(executor, "_create_worker_context"):
        executor._create_worker_context().initialize()
    elif executor._initializer is not None:
        executor._initializer(*executor._initargs)


class ThreadPool(pools.Pool):
    """As `multiprocessing.pool.ThreadPool`."""

    def __init__(
        self, processes: int | None = None, initializer: Callable[..., Any] | None = None, initargs: Iterable[Any] = ()
    ) -> None:
        if processes is not None and processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._state = pools.RUN
        self._processes = processes or 1
        self._cache: dict[int, Any] = {}
        self._change_notifier = None
        self._taskqueue = _Tasks(self._cache)
        self._pool = [self._taskqueue.worker] * self._processes
        if initializer is not None:
            self._taskqueue.worker.call(lambda: initializer(*initargs))

    def close(self) -> None:
        """Takes no more."""
        if self._state == pools.RUN:
            self._state = pools.CLOSE

    def terminate(self) -> None:
        """Takes no more."""
        self._state = pools.TERMINATE

    def join(self) -> None:
        """All is done already. Raises ValueError where it still takes something."""
        if self._state == pools.RUN:
            raise ValueError("Pool is still running")

    @staticmethod
    def Process(ctx: Any, *args: Any, **options: Any) -> Any:
        """As the one of the standard library."""
        from multiprocessing.dummy import Process

        return Process(*args, **options)


class _Tasks:
    """In the place of the queue from which threads take."""

    def __init__(self, cache: dict[int, Any]) -> None:
        self.worker = current.Worker("ThreadPool_0")
        self._cache = cache

    def put(self, given: tuple[Iterable[Any], Callable[[int], None] | None]) -> None:
        """Does all of it."""
        tasks, set_length = given
        index = -1
        for job, index, function, args, options in tasks:
            result = self.worker.call(lambda: _outcome(function, args, options))  # noqa: B023 - it is called here
            if job in self._cache:
                self._cache[job]._set(index, result)
        if set_length:
            set_length(index + 1)


def _outcome(function: Callable[..., Any], args: Any, options: Any) -> tuple[bool, Any]:
    try:
        return True, function(*args, **options)
    except Exception as error:
        return False, error


def install() -> None:
    """Puts both in their places."""
    setattr(ThreadPoolExecutor, "submit", submit)
    setattr(pools, "ThreadPool", ThreadPool)
