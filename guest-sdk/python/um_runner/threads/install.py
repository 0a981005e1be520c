"""Puts all of it in its places, until the end of the process."""

from __future__ import annotations

import _thread
import queue
import threading
import types
from typing import Any

from um_runner.threads import current, locks, start


def install() -> None:
    """For before the standard library is held: some of its modules keep what they find in `threading`."""
    import _frozen_importlib

    # Imports wait for nobody, and are many.
    setattr(_frozen_importlib, "_thread", types.SimpleNamespace(**vars(_thread)))
    raw: Any = _thread
    for name in ("allocate_lock", "allocate", "lock", "LockType"):
        setattr(raw, name, locks.Lock)
    for name in ("start_new_thread", "start_new", "start_joinable_thread"):
        setattr(raw, name, start.refused)
    stock: Any = threading
    stock.Lock = stock._allocate_lock = stock._LockType = locks.Lock
    # The one in Python knows one thread from the other by `get_ident`.
    stock._CRLock = None
    stock.get_ident = current.ident
    stock._start_joinable_thread = start.at_once
    stock._ThreadHandle = start.Handle
    _give_handle(stock.main_thread())
    queue.SimpleQueue = queue._PySimpleQueue  # type: ignore[attr-defined, misc]
    import _threading_local

    stock.local = _threading_local.local
    from um_runner.threads import pools

    pools.install()


def _give_handle(main: Any) -> None:
    name = "_os_thread_handle" if hasattr(main, "_os_thread_handle") else "_handle"
    setattr(main, name, start.main_handle())
