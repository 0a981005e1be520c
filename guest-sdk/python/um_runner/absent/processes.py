"""Other processes, which there are none of: `multiprocessing` and `os.pipe` say so."""

from __future__ import annotations

import concurrent.futures.process
import multiprocessing
import multiprocessing.context
import multiprocessing.process
import os
from collections.abc import Callable
from typing import Any, NoReturn

from um_runner.absent.error import Absent

_WORDS = "an action has one process: {} is not to be had; use {}"
_POOL = "a loop, multiprocessing.pool.ThreadPool, which calls at once, or asyncio for many calls"
_SHARED = "the one of threading or queue, or a plain variable"
_ADVICE = {
    "Process": _POOL,
    "Pool": _POOL,
    "Manager": "plain dicts and lists",
    **dict.fromkeys("Queue JoinableQueue SimpleQueue".split(), "queue.Queue"),
    **dict.fromkeys("Lock RLock Condition Event Semaphore BoundedSemaphore Barrier".split(), _SHARED),
    **dict.fromkeys("Value Array RawValue RawArray".split(), "a plain variable"),
    "Pipe": "queue.Queue",
}


def refuse() -> None:
    """Has each of them raise an error that says what to do."""
    for name, advice in _ADVICE.items():
        refused = _refused(f"multiprocessing.{name}", advice)
        if name == "Process":
            # It can be named and derived from.
            setattr(multiprocessing.process.BaseProcess, "start", refused)
        else:
            setattr(multiprocessing.context.BaseContext, name, refused)
            setattr(multiprocessing, name, refused)
    executor = "concurrent.futures.ProcessPoolExecutor"
    instead = "ThreadPoolExecutor, which calls at once, or asyncio for many calls"
    setattr(concurrent.futures.process.ProcessPoolExecutor, "__init__", _refused(executor, instead))
    for name in ("pipe", "pipe2"):
        setattr(os, name, _no_pipe)


def _refused(what: str, advice: str) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise Absent(_WORDS.format(what, advice))

    return refused


def _no_pipe(*_: Any) -> NoReturn:
    raise Absent(_WORDS.format("os.pipe", "io.BytesIO or queue.Queue"))
