"""What the client asks of whoever carries its requests: um-host in a run, the fake in a unit test."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from .content import Content
from .url import Url


@dataclass(frozen=True)
class Outgoing:
    """One request as it is sent; a redirect that is followed is another one."""

    method: str
    url: Url
    headers: Sequence[tuple[str, str]]
    content: Content | None


@dataclass(frozen=True)
class Deadline:
    """When a call has taken too long."""

    limit: float
    """Seconds, as the caller gave them."""
    at: float
    """On `time.monotonic()`."""

    @classmethod
    def after(cls, limit: float) -> Deadline:
        return cls(limit, time.monotonic() + limit)

    def remaining(self) -> float:
        """Seconds, never below 0."""
        return max(0.0, self.at - time.monotonic())


class Body(Protocol):
    """The body of an answer, read from the network as it is asked for."""

    async def read(self, blocking: bool) -> bytes:
        """The next piece; empty at the end. With `blocking` the coroutine never suspends. Raises HttpError."""

    def close(self) -> None:
        """Lets go of the connection, from then on `read` is at its end. Does nothing the second time."""


@dataclass(frozen=True)
class Answer:
    """Head of an answer, and the body to be read."""

    status: int
    headers: Sequence[tuple[str, bytes]]
    body: Body


class Transport(Protocol):
    """Carries one request to a service and its answer back."""

    async def exchange(self, request: Outgoing, deadline: Deadline | None, blocking: bool) -> Answer:
        """Sends the request and waits for the head of the answer, whatever its status.

        With `blocking` the coroutine never suspends: it is then done after its first step, without an event loop.
        Raises HttpError.
        """

    async def pause(self, seconds: float, blocking: bool) -> bool:
        """Waits, unless the run would be over by then: then it says False, and at once."""

    def decompress(self, content: bytes, coding: Literal["br", "zstd"], at_most: int) -> bytes:
        """The whole of what a body was. Raises decoding.Fault."""
