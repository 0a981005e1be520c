"""Threads and pools as authors and packages use them. It checks itself."""

import asyncio
import contextvars
import logging
import queue
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, as_completed, wait
from multiprocessing.dummy import Pool as DummyPool
from multiprocessing.pool import ThreadPool


def run():
    for check in (threads, waits, in_vain, refused, locals_, executors, pools, loops):
        check()
    return "done"


def fails(kind, words, call):
    try:
        call()
    except kind as error:
        assert words in str(error), f"no `{words}` in {error!r}"
    else:
        raise AssertionError(f"nothing failed with `{words}`")


def threads():
    seen = []
    main = threading.get_ident()

    def work(number):
        seen.append((number, threading.current_thread().name, threading.get_ident() != main))
        assert threading.active_count() == 2 and threading.current_thread() in threading.enumerate()

    started = [threading.Thread(target=work, args=(number,), name=f"worker {number}") for number in range(3)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
        assert not thread.is_alive() and thread.ident
    assert seen == [(number, f"worker {number}", True) for number in range(3)], seen
    assert threading.current_thread() is threading.main_thread() and threading.active_count() == 1
    fails(RuntimeError, "only be started once", started[0].start)

    class Own(threading.Thread):
        def run(self):
            self.result = 6 * 7

    own = Own()
    own.start()
    own.join(1)
    assert own.result == 42

    told = []
    usual, threading.excepthook = threading.excepthook, lambda args: told.append(args.exc_type)
    failing = threading.Thread(target=int, args=("x",))
    failing.start()
    leaving = threading.Thread(target=exit)
    leaving.start()
    threading.excepthook = usual
    assert told == [ValueError, SystemExit] and not failing.is_alive(), told
    variable = contextvars.ContextVar("variable", default=0)
    threading.Thread(target=variable.set, args=(1,)).start()
    assert variable.get() == 0


def took(seconds, call):
    begin = time.monotonic()
    value = call()
    passed = time.monotonic() - begin
    assert seconds <= passed < seconds + 2, (seconds, passed)
    return value


def waits():
    event, lock, condition = threading.Event(), threading.Lock(), threading.Condition()
    assert took(0.05, lambda: event.wait(0.05)) is False
    assert lock.acquire() and lock.locked() and not lock.acquire(False)
    assert took(0.05, lambda: lock.acquire(timeout=0.05)) is False
    with condition:
        assert took(0.05, lambda: condition.wait(0.05)) is False
        assert took(0.05, lambda: condition.wait_for(lambda: False, 0.05)) is False
    fails(queue.Empty, "", lambda: took(0.05, lambda: queue.Queue().get(timeout=0.05)))
    begin = time.monotonic()
    fails(queue.Empty, "", lambda: queue.Queue().get(timeout=0.05))
    fails(queue.Empty, "", lambda: queue.SimpleQueue().get(timeout=0.05))
    assert time.monotonic() - begin >= 0.1
    assert threading.Semaphore(0).acquire(timeout=0.01) is False
    lock.release()
    fails(RuntimeError, "release unlocked lock", lock.release)
    with lock, threading.RLock() as held:
        assert held
    again = threading.RLock()
    with again, again:
        pass
    event.set()
    assert event.wait()
    filled = queue.Queue()
    threading.Thread(target=filled.put, args=(1,)).start()
    assert filled.get() == 1


def in_vain():
    lock, semaphore, full = threading.Lock(), threading.BoundedSemaphore(1), queue.Queue(1)
    fails(RuntimeError, "Queue.get() would wait for ever", queue.Queue().get)
    fails(RuntimeError, "put before you get", queue.SimpleQueue().get)
    full.put(1)
    fails(RuntimeError, "Queue.put() would wait for ever: the queue is full", lambda: full.put(2))
    fails(RuntimeError, "call task_done()", full.join)
    fails(RuntimeError, "Event.wait() would wait for ever", threading.Event().wait)
    with lock:
        fails(RuntimeError, "`MainThread` waits for a lock that it holds itself: use threading.RLock", lock.acquire)
        waiting = threading.Thread(target=lock.acquire, name="greedy")
        fails(RuntimeError, "`greedy` waits for a lock that its starter `MainThread` holds", waiting.start)
    with threading.RLock() as held, ThreadPoolExecutor() as pool:
        assert held
        lock = threading.RLock()
        with lock:
            fails(RuntimeError, "starter `MainThread` holds", pool.submit(lock.acquire).result)
    semaphore.acquire()
    fails(RuntimeError, "Semaphore.acquire() would wait for ever", semaphore.acquire)
    fails(RuntimeError, "nobody else is left to come", threading.Barrier(2).wait)
    assert threading.Barrier(1).wait() == 0
    consumer = threading.Thread(target=queue.Queue().get, name="consumer")
    fails(RuntimeError, "put before you get", consumer.start)
    fails(RuntimeError, "waits for the end of a thread that waits for it", joined_by_another)
    condition = threading.Condition()
    with condition:
        fails(RuntimeError, "Condition.wait() would wait for ever", condition.wait)
    threading.Thread(target=threading.Lock().acquire).start()


def joined_by_another():
    threading.Thread(target=threading.main_thread().join).start()


def refused():
    fails(RuntimeError, "thread `beside`", threading.Thread(target=print, name="beside", daemon=True).start)
    fails(RuntimeError, "time.sleep(seconds)", threading.Timer(60, print).start)
    import _thread

    fails(RuntimeError, "give the function to threading.Thread", lambda: _thread.start_new_thread(print, ()))
    assert threading.active_count() == 1


def locals_():
    local = threading.local()
    local.value = "main"
    threading.Thread(target=lambda: setattr(local, "value", hasattr(local, "value"))).start()
    assert local.value == "main"

    class Counted(threading.local):
        def __init__(self):
            self.count = 0

    counted = Counted()

    def count():
        counted.count += 1
        return counted.count

    with ThreadPoolExecutor(2) as pool:
        assert [pool.submit(count).result() for _ in range(3)] == [1, 2, 3]
    assert counted.count == 0


def executors():
    names = set()

    def half(number):
        names.add(threading.current_thread().name)
        return number // (number != 3) // 2

    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="pool") as pool:
        assert list(pool.map(half, [2, 4])) == [1, 2]
        futures = [pool.submit(half, number) for number in range(5)]
        assert {future.done() for future in as_completed(futures)} == {True}
        done, waiting = wait(futures, return_when=FIRST_COMPLETED)
        assert (len(done), waiting) == (5, set())
        assert isinstance(futures[3].exception(), ZeroDivisionError)
        fails(ZeroDivisionError, "", futures[3].result)
        called = []
        futures[0].add_done_callback(called.append)
        assert called == [futures[0]] and not futures[0].cancel()
        assert pool.submit(lambda: pool.submit(half, 8).result()).result() == 4
    assert names == {"pool_0", "pool_1"}, names
    fails(RuntimeError, "after shutdown", lambda: pool.submit(half, 1))
    begun = []
    with ThreadPoolExecutor(initializer=begun.append, initargs=("here",)) as pool:
        assert [*pool.map(len, ["a", "bc"])] == [1, 2]
    assert begun == ["here"]
    logging.disable()
    broken = ThreadPoolExecutor(initializer=int, initargs=("x",))
    fails(RuntimeError, "initializer failed", broken.submit(half, 1).result)
    fails(RuntimeError, "initializer failed", lambda: broken.submit(half, 1))
    logging.disable(logging.NOTSET)


def pools():
    with ThreadPool(4) as pool:
        assert pool.map(abs, [-1, -2, -3]) == [1, 2, 3]
        assert pool.starmap(pow, [(2, 3), (3, 2)]) == [8, 9]
        assert [*pool.imap(abs, [-1]), *sorted(pool.imap_unordered(abs, [-3, -2], chunksize=2))] == [1, 2, 3]
        assert pool.apply(divmod, (7, 2)) == (3, 1)
        told = []
        result = pool.apply_async(int, ("x",), callback=told.append, error_callback=lambda error: told.append("error"))
        assert result.ready() and not result.successful() and told == ["error"]
        fails(ValueError, "invalid literal", result.get)
        assert pool.map_async(abs, [], callback=told.append).get(1) == []
        fails(ValueError, "", lambda: pool.map(int, ["1", "x"]))

        def broken():
            yield 1
            raise KeyError("iterable")

        fails(KeyError, "iterable", lambda: list(pool.imap(abs, broken())))
        fails(ValueError, "still running", pool.join)
    fails(ValueError, "not running", lambda: pool.map(abs, []))
    pool = DummyPool()
    assert pool.map(str, range(3)) == ["0", "1", "2"]
    pool.close()
    pool.join()


def loops():
    async def name():
        await asyncio.sleep(0)
        return threading.current_thread().name

    async def main():
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert await asyncio.to_thread(threading.get_ident) != threading.get_ident()
        with ThreadPoolExecutor(1, "own") as pool:
            assert await loop.run_in_executor(pool, threading.current_thread().getName) == "MainThread"
            assert pool.submit(asyncio.run, name()).result() == "own_0"
        assert asyncio.current_task() is task and asyncio.get_running_loop() is loop
        try:
            await asyncio.to_thread(asyncio.get_running_loop)
        except RuntimeError:
            pass
        else:
            raise AssertionError("a thread has no loop of its own")
        later = asyncio.run_coroutine_threadsafe
        try:
            await asyncio.to_thread(lambda: later(asyncio.sleep(0), loop).result())
        except RuntimeError as error:
            assert "Future.result() would wait for ever" in str(error), error
        await asyncio.sleep(0.01)
        return "main"

    assert asyncio.run(main()) == "main"
