"""What descriptors stand for: the ends of connections and of pairs, and whatever else is waited for."""

from __future__ import annotations

import errno
import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

FIRST = 1 << 20
"""The first descriptor of ours; what the process has itself is below."""
Address = tuple[str, int]


class Pollable(Protocol):
    """A pollable of `wasi:io`."""

    def __exit__(self, *_: object) -> bool | None: ...


class End(Protocol):
    """One end of a stream of bytes. Nothing here waits."""

    peer: Address | None
    """None before it is connected."""

    def write(self, data: ReadableBuffer) -> int:
        """How many bytes were taken; none if there is no room. Raises OSError."""

    def read(self, limit: int) -> bytes | None:
        """What is there, up to `limit` bytes: none at the end, None if nothing is there yet. Raises OSError."""

    def peek(self, limit: int) -> bytes | None:
        """The same, and leaves it there."""

    def is_readable(self) -> bool:
        """Whether `read` has an answer, an error included."""

    def is_writable(self) -> bool:
        """Whether there is room."""

    def silence(self) -> OSError | None:
        """Why nothing will come, however long somebody waits; None if something may."""

    def pollables(self, reads: bool, writes: bool) -> list[Pollable]:
        """What to wait for. Whoever waits lets go of them."""

    def close(self) -> None:
        """Lets go of everything."""


WaitAny = Callable[[Sequence[Any], float | None], Iterable[int]]


def _no_host(pollables: Sequence[Any], seconds: float | None) -> Iterable[int]:
    raise RuntimeError("nobody has said how to wait for the host")


wait_any: WaitAny = _no_host
"""Blocks until one of these is ready or the seconds are over; the runner says how."""

_open: dict[int, End] = {}
_numbers = itertools.count(FIRST)


def opened(end: End) -> int:
    """A new descriptor for it."""
    number = next(_numbers)
    _open[number] = end
    return number


def of(number: int) -> End:
    """The end that a descriptor stands for. Raises OSError."""
    try:
        return _open[number]
    except KeyError:
        raise OSError(errno.EBADF, "Bad file descriptor") from None


def is_open(number: int) -> bool:
    """Whether it is one of ours, and not closed."""
    return number in _open


def close(number: int) -> None:
    """Closes the descriptor, and its end if it was the last one. Raises OSError."""
    end = of(number)
    del _open[number]
    if end not in _open.values():
        end.close()


Wanted = Mapping[int, tuple[bool, bool]]
"""Descriptors, and whether reading and writing are waited for."""
Ready = dict[int, tuple[bool, bool] | None]
"""Those that are ready, and for what; None where a descriptor is not open."""


def wait(wanted: Wanted, seconds: float | None) -> Ready:
    """Blocks until one of these is ready or the seconds are over.

    Raises RuntimeError where nothing could ever be.
    """
    until = None if seconds is None else time.monotonic() + seconds
    if _ready(wanted):
        # What is watched must not wait until nobody else has anything to do.
        wait_for(
            _pollables({number: ways for number, ways in wanted.items() if isinstance(_open.get(number), Watched)}), 0
        )
        return _ready(wanted)
    while True:
        left = None if until is None else max(0.0, until - time.monotonic())
        pollables = _pollables(wanted)
        if not pollables and left is None:
            raise RuntimeError(_stuck(wanted))
        wait_for(pollables, left)
        ready = _ready(wanted)
        if ready or left == 0:
            return ready


def _stuck(wanted: Wanted) -> str:
    words = "every task waits for another one, and nothing is left that could wake them"
    silences = [of(number).silence() for number in wanted if is_open(number)]
    return "; ".join([words, *(silence.strerror or "" for silence in silences[:1] if silence)])


def wait_for(pollables: Sequence[Pollable], seconds: float | None) -> None:
    """Blocks until one of these is ready or the seconds are over, and lets go of them: a stream must not end before
    what waits for it."""
    try:
        if pollables or seconds != 0:
            lent = [each.watched if isinstance(each, _Lent) else None for each in pollables]
            asked = [watched.pollable if watched else each for watched, each in zip(lent, pollables, strict=True)]
            for watched in (lent[index] for index in wait_any(asked, seconds)):
                if watched:
                    watched.is_ready = True
    finally:
        for each in pollables:
            each.__exit__(None, None, None)


def _pollables(wanted: Wanted) -> list[Pollable]:
    open_ones = [(of(number), *ways) for number, ways in wanted.items() if is_open(number)]
    return [each for end, reads, writes in open_ones for each in end.pollables(reads, writes)]


def _ready(wanted: Wanted) -> Ready:
    ready: Ready = {}
    for number, (reads, writes) in wanted.items():
        if not is_open(number):
            # The standard streams are there, and block by themselves.
            ready[number] = (reads, writes) if 0 <= number < FIRST else None
            continue
        end = of(number)
        able = (reads and end.is_readable(), writes and end.is_writable())
        if any(able):
            ready[number] = able
    return ready


class PairEnd:
    """One end of a pair of sockets, in memory."""

    def __init__(self) -> None:
        self.peer: Address | None = ("", 0)
        self._arrived = bytearray()
        self._other = self
        self._is_closed = False

    @classmethod
    def pair(cls) -> tuple[PairEnd, PairEnd]:
        one, other = cls(), cls()
        one._other, other._other = other, one
        return one, other

    @property
    def _is_alone(self) -> bool:
        return self._other._is_closed

    def write(self, data: ReadableBuffer) -> int:
        if self._is_alone:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        self._other._arrived += data
        return memoryview(data).nbytes

    def read(self, limit: int) -> bytes | None:
        piece = self.peek(limit)
        del self._arrived[: len(piece or b"")]
        return piece

    def peek(self, limit: int) -> bytes | None:
        return bytes(self._arrived[:limit]) if self._arrived or self._is_alone else None

    def is_readable(self) -> bool:
        return bool(self._arrived) or self._is_alone

    def is_writable(self) -> bool:
        return True

    def silence(self) -> OSError | None:
        return None if self.is_readable() else OSError(errno.EDEADLK, "nobody else is there to write to this pair")

    def pollables(self, reads: bool, writes: bool) -> list[Pollable]:
        return []

    def close(self) -> None:
        self._is_closed = True


class Watched:
    """Something of somebody else's that is waited for by a descriptor."""

    peer: Address | None = None

    def __init__(self, pollable: Any) -> None:
        self.pollable = pollable
        self.is_ready = False

    def write(self, data: ReadableBuffer) -> int:
        raise OSError(errno.ENOTSOCK, "Socket operation on non-socket")

    def read(self, limit: int) -> bytes | None:
        raise OSError(errno.ENOTSOCK, "Socket operation on non-socket")

    peek = read

    def is_readable(self) -> bool:
        return self.is_ready

    def is_writable(self) -> bool:
        return False

    def silence(self) -> OSError | None:
        return None

    def pollables(self, reads: bool, writes: bool) -> list[Pollable]:
        return [_Lent(self)]

    def close(self) -> None:
        """It is not ours."""


class _Lent:
    """Stands for a pollable that whoever waits does not let go of."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched

    def __exit__(self, *_: object) -> None:
        """It is not ours."""
