"""What stands where the C module `select` does."""

from __future__ import annotations

from collections.abc import Iterable

# As WASI numbers them: those of Linux differ.
from select import POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI
from typing import Any

from um_runner.net import ends

error = OSError

__all__ = ["POLLERR", "POLLHUP", "POLLIN", "POLLNVAL", "POLLOUT", "POLLPRI", "error", "poll", "select"]


class poll:
    """See the standard library."""

    def __init__(self) -> None:
        self._masks: dict[int, int] = {}

    def register(self, fd: Any, eventmask: int = POLLIN | POLLPRI | POLLOUT) -> None:
        self._masks[_number(fd)] = eventmask

    def modify(self, fd: Any, eventmask: int) -> None:
        if _number(fd) not in self._masks:
            raise FileNotFoundError(2, "No such file or directory")
        self._masks[_number(fd)] = eventmask

    def unregister(self, fd: Any) -> None:
        del self._masks[_number(fd)]

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        """`timeout` in milliseconds."""
        seconds = None if timeout is None or timeout < 0 else timeout / 1000
        wanted = {number: (bool(mask & POLLIN), bool(mask & POLLOUT)) for number, mask in self._masks.items()}
        return [(number, _mask(able)) for number, able in ends.wait(wanted, seconds).items()]


def select(
    rlist: Iterable[Any], wlist: Iterable[Any], xlist: Iterable[Any], timeout: float | None = None
) -> tuple[list[Any], list[Any], list[Any]]:
    """`timeout` in seconds."""
    reads, writes = {_number(each): each for each in rlist}, {_number(each): each for each in wlist}
    ready = ends.wait({number: (number in reads, number in writes) for number in {**reads, **writes}}, timeout)
    if None in ready.values():
        raise OSError(9, "Bad file descriptor")
    able = {number: found or (False, False) for number, found in ready.items()}
    readable = [reads[number] for number, (can_read, _) in able.items() if can_read]
    return readable, [writes[number] for number, (_, can_write) in able.items() if can_write], []


def _number(fd: Any) -> int:
    number = fd if isinstance(fd, int) else fd.fileno()
    if not isinstance(number, int):
        raise TypeError("fileno() returned a non-integer")
    return number


def _mask(able: tuple[bool, bool] | None) -> int:
    if able is None:
        return POLLNVAL
    return (POLLIN if able[0] else 0) | (POLLOUT if able[1] else 0)
