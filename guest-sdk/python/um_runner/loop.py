"""An event loop for asyncio that waits for the host: no sockets, no threads, no signals.

What asyncio offers besides them works: `run`, `sleep`, `gather`, `wait_for`, `timeout`, `TaskGroup`, `Queue`, `Lock`.
`to_thread` and `run_in_executor` call the function at once and hold up every other task, as there are no threads.
"""

from __future__ import annotations

import asyncio
import asyncio.events
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Any, Generic, NoReturn, TypeVar

P = TypeVar("P")
T = TypeVar("T")

WaitAny = Callable[[Sequence[P], float | None], Iterable[int]]
"""Blocks until one of these is ready or the seconds are over: the indices of those that are ready."""
Waiter = asyncio.Future[None]

# Holds every task that waits, that of an abandoned loop too. Collected as garbage, what it waits for would end in an
# order that the host does not take.
_waiting: set[Waiter] = set()


class _Waits(Generic[P]):
    """What tasks wait for; it stands where other event loops have a selector."""

    def __init__(self, wait_any: WaitAny[P]) -> None:
        self._wait_any = wait_any
        self.pollables: dict[Waiter, P] = {}

    def select(self, seconds: float | None) -> list[Waiter]:
        """The waiters whose pollable is ready, after at most so many seconds."""
        if not self.pollables:
            if seconds is None:
                raise RuntimeError("every task waits for another one, and nothing is left that could wake them")
            if seconds <= 0:
                return []
        waiters = list(self.pollables)
        seconds = None if seconds is None else max(0.0, seconds)
        return [waiters[index] for index in self._wait_any(list(self.pollables.values()), seconds)]


class PollLoop(asyncio.BaseEventLoop, Generic[P]):
    """Waits with `wait_any` for whatever kind of pollable that takes."""

    def __init__(self, wait_any: WaitAny[P]) -> None:
        super().__init__()
        self._selector = _Waits(wait_any)

    async def ready(self, pollable: P, seconds: float | None) -> None:
        """Suspends the task until the pollable is ready or the seconds are over."""
        waiter = self.create_future()
        timer = None if seconds is None else self.call_later(seconds, _wake, waiter)
        self._selector.pollables[waiter] = pollable
        _waiting.add(waiter)
        try:
            await waiter
        finally:
            _waiting.discard(waiter)
            del self._selector.pollables[waiter]
            if timer is not None:
                timer.cancel()

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Calls the function at once, whatever the executor: there are no threads to call it on."""
        result: asyncio.Future[T] = self.create_future()
        try:
            result.set_result(func(*args))
        except Exception as error:
            result.set_exception(error)
        return result

    def _process_events(self, event_list: list[Waiter]) -> None:
        for waiter in event_list:
            _wake(waiter)

    def _write_to_self(self) -> None:
        """Nobody else is there to wake this loop."""


def _wake(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _refuse(name: str, words: str) -> None:
    def refused(*_: object, **__: object) -> NoReturn:
        raise NotImplementedError(words)

    refused.__name__ = name
    setattr(PollLoop, name, refused)


_NO_SOCKETS = "an action has no sockets; call services with `await app.http.aio.get(…)`"
_NO_PROGRAMS = "an action cannot start other programs"
_NO_SIGNALS = "an action gets no signals"
_NO_PIPES = "an action reads and writes its standard streams as usual: sys.stdin, print"
for _words, _names in {
    _NO_SOCKETS: (
        "create_connection create_server create_datagram_endpoint create_unix_connection create_unix_server "
        "connect_accepted_socket getaddrinfo getnameinfo sendfile start_tls sock_accept sock_connect sock_recv "
        "sock_recv_into sock_recvfrom sock_recvfrom_into sock_sendall sock_sendfile sock_sendto"
    ),
    _NO_PROGRAMS: "subprocess_exec subprocess_shell",
    _NO_SIGNALS: "add_signal_handler remove_signal_handler",
    _NO_PIPES: "connect_read_pipe connect_write_pipe add_reader add_writer remove_reader remove_writer",
}.items():
    for _name in _names.split():
        _refuse(_name, _words)


def install(wait_any: WaitAny[Any] | None = None) -> None:
    """Has `asyncio.run` and whatever else makes an event loop make this one, until the end of the process."""
    if wait_any is None:
        from um_action.wasi.poll import wait_any as wait_for_host

        wait_any = wait_for_host
    events: Any = asyncio.events
    # From 3.14 on policies are private; what `asyncio.run` does with them is the same.
    base = getattr(events, "_BaseDefaultEventLoopPolicy", None) or events.BaseDefaultEventLoopPolicy
    set_policy = getattr(events, "_set_event_loop_policy", None) or events.set_event_loop_policy
    set_policy(type("PollPolicy", (base,), {"_loop_factory": lambda _: PollLoop(wait_any)})())
