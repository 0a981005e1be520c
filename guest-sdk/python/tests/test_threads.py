"""What threads stand on inside um-host, without being put in its place here."""

import queue
import threading
import time
import unittest
import unittest.mock
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from um_runner.threads import current, pools
from um_runner.threads.locks import Lock, WaitsForEver
from um_runner.threads.start import Handle, at_once


class LockTest(unittest.TestCase):
    def test_it_is_held_once(self) -> None:
        lock = Lock()
        self.assertTrue(lock.acquire())
        self.assertTrue(lock.locked())
        self.assertFalse(lock.acquire(False))
        lock.release()
        self.assertRaisesRegex(RuntimeError, "unlocked", lock.release)

    def test_a_timed_wait_takes_its_time(self) -> None:
        lock = Lock()
        begin = time.monotonic()
        with lock:
            self.assertFalse(lock.acquire(timeout=0.02))
        self.assertGreaterEqual(time.monotonic() - begin, 0.02)

    def test_a_wait_in_vain_names_who_holds_it(self) -> None:
        lock = Lock()
        with lock:
            self.assertRaisesRegex(WaitsForEver, "holds itself: use threading.RLock", lock.acquire)
            with current.another():
                self.assertRaisesRegex(WaitsForEver, "its starter `MainThread` holds", lock.acquire)
        with current.another():
            lock.acquire()
        self.assertRaisesRegex(WaitsForEver, "held when it ended", lock.acquire)

    def test_its_arguments_are_those_of_the_other(self) -> None:
        self.assertRaises(ValueError, Lock().acquire, False, 1)
        self.assertRaises(ValueError, Lock().acquire, True, -2)
        self.assertRaises(OverflowError, Lock().acquire, True, 1e20)

    @unittest.mock.patch("threading.Lock", Lock)
    @unittest.mock.patch("threading._allocate_lock", Lock)
    def test_what_waits_by_it_is_named(self) -> None:
        calls: dict[str, Any] = {"Queue.get": queue.Queue[int]().get, "Event.wait": threading.Event().wait}
        for name, call in calls.items():
            with self.subTest(name):
                self.assertRaisesRegex(WaitsForEver, f"^{name}\\(\\) would wait for ever", call)


class StartTest(unittest.TestCase):
    def test_what_goes_on_beside_is_refused_by_name(self) -> None:
        thread: Any = threading.Thread(target=print, name="beside", daemon=True)
        with self.assertRaisesRegex(RuntimeError, "`beside`.*leave out daemon=True"):
            at_once(thread._bootstrap, handle=Handle())
        timer: Any = threading.Timer(1, print)
        with self.assertRaisesRegex(RuntimeError, "time.sleep"):
            at_once(timer._bootstrap, handle=Handle(), daemon=False)
        self.assertRaisesRegex(RuntimeError, "threading.Thread", at_once, print)

    def test_a_thread_cannot_wait_for_one_that_waits_for_it(self) -> None:
        self.assertRaisesRegex(WaitsForEver, "waits for it", Handle().join)
        Handle().join(0)


class PoolTest(unittest.TestCase):
    def test_an_executor_calls_when_it_is_given_something(self) -> None:
        with ThreadPoolExecutor(1) as executor:
            calls: list[int] = []
            future = pools.submit(executor, calls.append, 1)
            self.assertEqual((calls, future.done()), ([1], True))
            self.assertIsInstance(pools.submit(executor, int, "x").exception(), ValueError)
        self.assertRaisesRegex(RuntimeError, "after shutdown", pools.submit, executor, print)

    def test_a_pool_calls_when_it_is_given_something(self) -> None:
        with pools.ThreadPool(3) as pool:
            self.assertEqual(pool.map(abs, [-1, -2]), [1, 2])
            self.assertRaises(ValueError, pool.map, int, ["x"])
            self.assertEqual(list(pool.imap(abs, [-3])), [3])
