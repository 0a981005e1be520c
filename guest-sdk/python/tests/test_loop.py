"""The event loop, waiting for pipes where it waits for the host in a run."""

import asyncio
import contextlib
import os
import select
import sys
import threading
import time
import unittest
import warnings
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from tests.stand_ins import event_loop
from um_runner import loop
from um_runner.loop import EventLoop
from um_runner.net import ends

T = TypeVar("T")


class Pipe:
    """Ready once something was written."""

    def __init__(self) -> None:
        self.output, self.input = os.pipe()

    def write(self) -> None:
        os.write(self.input, b"x")

    def ready(self) -> bool:
        return bool(wait_any([self], 0))

    def close(self) -> None:
        os.close(self.output)
        os.close(self.input)


def wait_any(pipes: Sequence[Pipe], seconds: float | None) -> list[int]:
    ready, _, _ = select.select([pipe.output for pipe in pipes], [], [], seconds)
    return [index for index, pipe in enumerate(pipes) if pipe.output in ready]


def running() -> EventLoop:
    found = asyncio.get_running_loop()
    assert isinstance(found, EventLoop)
    return found


@unittest.skipIf(sys.version_info < (3, 11), "it runs inside um-host, on 3.14; asyncio had no Runner before 3.11")
class Loops(unittest.TestCase):
    def setUp(self) -> None:
        self.pipes = [Pipe() for _ in range(3)]
        for pipe in self.pipes:
            self.addCleanup(pipe.close)

    def run_all(self, main: Callable[[], Awaitable[T]]) -> T:
        async def awaited() -> T:
            return await main()

        with asyncio.Runner(loop_factory=lambda: event_loop(wait_any)) as runner:
            return runner.run(awaited())

    def test_a_task_goes_on_once_its_pollable_is_ready(self) -> None:
        order: list[int] = []

        async def wait(number: int) -> None:
            await running().ready(self.pipes[number], None)
            order.append(number)
            if number:
                self.pipes[number - 1].write()

        async def main() -> None:
            self.pipes[2].write()
            await asyncio.gather(*(wait(number) for number in range(3)))

        self.run_all(main)
        self.assertEqual(order, [2, 1, 0])

    def test_two_tasks_may_wait_for_the_same(self) -> None:
        async def main() -> None:
            waits = [asyncio.ensure_future(running().ready(self.pipes[0], None)) for _ in range(2)]
            await asyncio.sleep(0)
            self.pipes[0].write()
            await asyncio.gather(*waits)

        self.run_all(main)

    def test_waiting_ends_with_its_time(self) -> None:
        async def main() -> tuple[bool, float]:
            start = time.monotonic()
            await running().ready(self.pipes[0], 0.02)
            return self.pipes[0].ready(), time.monotonic() - start

        ready, seconds = self.run_all(main)
        self.assertFalse(ready)
        self.assertGreaterEqual(seconds, 0.02)

    def test_a_cancelled_wait_leaves_nothing_behind(self) -> None:
        async def main() -> int:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await running().ready(self.pipes[0], 60)
            return len(ends._open)

        before = len(ends._open)
        self.assertEqual(self.run_all(main), before)

    def test_callbacks_that_never_end_do_not_keep_others_from_being_ready(self) -> None:
        async def main() -> int:
            rounds = 0
            waiting = asyncio.ensure_future(running().ready(self.pipes[0], None))
            while not waiting.done():
                rounds += 1
                if rounds == 3:
                    self.pipes[0].write()
                await asyncio.sleep(0)
            return rounds

        self.assertLess(self.run_all(main), 10)

    def test_what_asyncio_offers_works(self) -> None:
        async def main() -> list[Any]:
            results: list[Any] = []
            queue: asyncio.Queue[int] = asyncio.Queue(1)
            lock = asyncio.Lock()

            async def put() -> None:
                for number in range(3):
                    await queue.put(number)

            async def take() -> None:
                for _ in range(3):
                    async with lock:
                        results.append(await queue.get())

            async with asyncio.TaskGroup() as group:
                group.create_task(put())
                group.create_task(take())
            try:
                await asyncio.wait_for(asyncio.Event().wait(), 0.01)
            except TimeoutError:
                results.append("late")
            results.append(await asyncio.to_thread(lambda: threading.current_thread() is threading.main_thread()))
            return results

        self.assertEqual(self.run_all(main), [0, 1, 2, "late", True])

    def test_sleepers_sleep_side_by_side(self) -> None:
        async def main() -> None:
            await asyncio.gather(*(asyncio.sleep(0.03) for _ in range(10)))

        start = time.monotonic()
        self.run_all(main)
        self.assertTrue(0.03 <= time.monotonic() - start < 0.2)

    def test_an_error_in_an_executor_is_that_of_its_result(self) -> None:
        async def main() -> None:
            await asyncio.get_running_loop().run_in_executor(None, int, "x")

        with self.assertRaisesRegex(ValueError, "invalid literal"):
            self.run_all(main)

    def test_tasks_that_nobody_can_wake_are_an_error_and_no_standstill(self) -> None:
        async def main() -> None:
            await asyncio.Event().wait()

        with self.assertRaisesRegex(RuntimeError, "nothing is left that could wake them"):
            self.run_all(main)

    def test_what_is_absent_says_what_to_do(self) -> None:
        async def program() -> None:
            await asyncio.create_subprocess_exec("ls")

        async def shell() -> None:
            await asyncio.create_subprocess_shell("ls")

        async def signal() -> None:
            asyncio.get_running_loop().add_signal_handler(2, print)

        async def pipe() -> None:
            await asyncio.get_running_loop().connect_read_pipe(asyncio.Protocol, sys.stdin)

        cases: list[tuple[Callable[[], Awaitable[None]], str]] = [
            (program, "cannot start other programs"),
            (shell, "cannot start other programs"),
            (signal, "gets no signals"),
            (pipe, "sys.stdin"),
        ]
        for main, words in cases:
            with self.subTest(words), self.assertRaisesRegex(NotImplementedError, words):
                self.run_all(main)

    def test_asyncio_run_makes_it_once_it_is_installed(self) -> None:
        async def kind() -> type:
            return type(asyncio.get_running_loop())

        before = getattr(asyncio.events, "_event_loop_policy")  # noqa: B009 - private, and put back below
        self.addCleanup(setattr, asyncio.events, "_event_loop_policy", before)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loop.install()
            self.assertIs(asyncio.run(kind()), EventLoop)
            with asyncio.Runner() as runner:
                self.assertIs(runner.run(kind()), EventLoop)
