"""The event loop: asyncio's own for sockets, over those of `um_runner.net`.

There are no signals and other programs. `to_thread` and `run_in_executor` call the function at once, as threads do
everything (see `um_runner.threads`), and hold up every other task.
"""

from __future__ import annotations

import asyncio
import asyncio.events
import asyncio.selector_events
from collections.abc import Callable
from concurrent.futures import Executor
from selectors import BaseSelector
from typing import Any, NoReturn, TypeVar

from um_runner.net import ends
from um_runner.threads import current

T = TypeVar("T")
Waiter = asyncio.Future[None]

# Holds every task that waits, that of an abandoned loop too. Collected as garbage, what it waits for would end in an
# order that the host does not take.
_waiting: set[Waiter] = set()


class EventLoop(asyncio.selector_events.BaseSelectorEventLoop):
    """Waits for the host."""

    def __init__(self, selector: BaseSelector | None = None) -> None:
        super().__init__(selector)

    async def ready(self, pollable: Any, seconds: float | None) -> None:
        """Suspends the task until the pollable is ready or the seconds are over."""
        waiter = self.create_future()
        timer = None if seconds is None else self.call_later(seconds, _wake, waiter)
        number = ends.opened(ends.Watched(pollable))
        self.add_reader(number, _wake, waiter)
        _waiting.add(waiter)
        try:
            await waiter
        finally:
            _waiting.discard(waiter)
            self.remove_reader(number)
            ends.close(number)
            if timer is not None:
                timer.cancel()

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Calls the function at once, in the executor's thread or in one of its own."""
        result: asyncio.Future[T] = self.create_future()
        try:
            if executor is None:
                result.set_result(current.Worker("asyncio_0").call(lambda: func(*args)))
            else:
                result.set_result(executor.submit(func, *args).result())
        except Exception as error:
            result.set_exception(error)
        return result

    # Nobody else is there to wake this loop.

    def _make_self_pipe(self) -> None: ...

    def _close_self_pipe(self) -> None: ...

    def _write_to_self(self) -> None: ...


def _wake(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _refuse(name: str, words: str) -> None:
    def refused(*_: object, **__: object) -> NoReturn:
        raise NotImplementedError(words)

    refused.__name__ = name
    setattr(EventLoop, name, refused)


_NO_PROGRAMS = "an action cannot start other programs"
_NO_SIGNALS = "an action gets no signals"
_NO_PIPES = "an action reads and writes its standard streams as usual: sys.stdin, print"
for _words, _names in {
    _NO_PROGRAMS: "subprocess_exec subprocess_shell",
    _NO_SIGNALS: "add_signal_handler remove_signal_handler",
    _NO_PIPES: "connect_read_pipe connect_write_pipe",
}.items():
    for _name in _names.split():
        _refuse(_name, _words)


def install() -> None:
    """Has `asyncio.run` and whatever else makes an event loop make this one, until the end of the process."""
    events: Any = asyncio.events
    # From 3.14 on policies are private; what `asyncio.run` does with them is the same.
    base = getattr(events, "_BaseDefaultEventLoopPolicy", None) or events.BaseDefaultEventLoopPolicy
    set_policy = getattr(events, "_set_event_loop_policy", None) or events.set_event_loop_policy
    set_policy(type("EventLoopPolicy", (base,), {"_loop_factory": EventLoop})())
