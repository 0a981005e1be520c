"""Waiting for the host: `wasi:io/poll` with a time to give up."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wit_world.imports import monotonic_clock, poll
from wit_world.imports.poll import Pollable


def wait_any(pollables: Sequence[Pollable], seconds: float | None) -> list[int]:
    """Blocks until one of these is ready or the time is over. Answers with the indices of those that are ready."""
    if seconds is None:
        return list(poll.poll(list(pollables)))
    with monotonic_clock.subscribe_duration(math.ceil(seconds * 1e9)) as timer:
        return [index for index in poll.poll([*pollables, timer]) if index < len(pollables)]
