"""What stands in for sockets in a run, within a Python that has them."""

from __future__ import annotations

import selectors
from collections.abc import Callable, Iterable
from typing import Any

from um_runner.loop import EventLoop
from um_runner.net import c_select, ends


class _Selector(selectors.PollSelector):
    _selector_cls = c_select.poll


def event_loop(wait_any: Callable[[Any, float | None], Iterable[int]]) -> EventLoop:
    """A loop that waits by `wait_any`, as all that is waited for does from then on."""
    ends.wait_any = wait_any
    return EventLoop(_Selector())
