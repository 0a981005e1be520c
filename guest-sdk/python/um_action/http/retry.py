"""`retries=`: which calls are made again, and after how long."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from .errors import HttpError

IDEMPOTENT = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"})
"""The methods that do twice what they do once (RFC 9110, 9.2.2)."""
STATUSES = frozenset({429, 502, 503, 504})
"""The answers that say: later."""
LONGEST = 120.0
"""Seconds that a pause without Retry-After lasts at most."""


@dataclass(frozen=True)
class Retry:
    """When a call is made again. The names are those of urllib3.

    app.http.post(url, json=order, retries=app.http.Retry(3, allowed_methods=None))
    """

    total: int
    """How often, besides the first time."""
    backoff_factor: float = 0.5
    """Seconds before the first repetition where the answer does not say how long; twice as long before each other."""
    status_forcelist: Collection[int] = STATUSES
    """The statuses that a call is made again for, besides broken connections and time-outs."""
    allowed_methods: Collection[str] | None = IDEMPOTENT
    """None: whatever the method. What a service has done before it answered with an error is then done twice."""
    respect_retry_after_header: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.total, bool) or not isinstance(self.total, int) or not 0 <= self.total <= 100:
            raise TypeError("`retries` takes a number from 0 to 100, or app.http.Retry(…)")

    @classmethod
    def of(cls, given: object) -> Retry:
        """Raises TypeError."""
        return given if isinstance(given, cls) else cls(0 if given is None else given)  # type: ignore[arg-type]

    def covers(self, method: str) -> bool:
        """Whether calls of this method are made again."""
        allowed = self.allowed_methods
        return self.total > 0 and (allowed is None or method in {each.upper() for each in allowed})

    def after_status(self, status: int) -> bool:
        """Whether this answer is a reason."""
        return status in self.status_forcelist

    def after_error(self, error: HttpError) -> bool:
        """Whether this failure is one."""
        return error.is_temporary

    def pause(self, attempt: int, headers: Mapping[str, str]) -> float:
        """Seconds to wait after an attempt, counted from 0."""
        told = _retry_after(headers.get("retry-after", "")) if self.respect_retry_after_header else None
        return min(self.backoff_factor * 2.0**attempt, LONGEST) if told is None else told


def _retry_after(value: str) -> float | None:
    """Seconds from now (RFC 9110, 10.2.3): a number of them, or a date."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value) if len(value) < 10 else float("inf")
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
