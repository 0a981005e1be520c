"""What this package asks of whoever runs the action: um-host, or a test.

Deliberately without words: a host answers with a value or a reason, and the module that asked words the error.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Protocol

from um_action.base import NotUnderUmHost
from um_action.http.transport import Transport


@dataclass(frozen=True)
class Entry:
    """What a secret tells about itself. Never its value."""

    name: str
    """Case-sensitive."""
    description: str
    """What whoever stored it says about it; may be empty."""
    sealed: bool
    """Whether the action gets a placeholder in place of the value, which um-host puts into requests."""


class Refusal(Exception):
    """A host's "no": one of the reasons that wit/action.wit lists, such as `not-found`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Host(Protocol):
    """Whoever runs the action."""

    @property
    def input(self) -> Any:
        """What the run was started with: any JSON value; `{}` when nothing was given."""

    def secret(self, name: str) -> str:
        """The value of a secret. `Refusal`: not-found, denied, expired, unavailable."""

    def entries(self) -> list[Entry]:
        """All secrets that the run may ask for, ordered by name."""

    def closest(self, name: str) -> list[str]:
        """At most three names of secrets that resemble `name`, nearest first."""

    def workspace(self) -> str:
        """The name of the workspace."""

    def guard(self, value: str) -> None:
        """Masks a value from here on. `Refusal`: too-short, too-long, too-many."""

    def create_document(self, name: str) -> io.RawIOBase:
        """Starts a document, complete when closed. `Refusal`: invalid-name, exists, limit, unavailable."""

    def read_document(self, name: str, offset: int) -> bytes:
        """What a document that was closed has from there on, as it will appear; empty at its end. `Refusal`: not-found,
        unfinished, unavailable."""

    @property
    def transport(self) -> Transport:
        """What carries HTTP requests."""

    def log(self, line: str) -> None:
        """Takes a line of the log, without its newline."""


_host: Host | None = None


def current() -> Host:
    """Whoever runs the action. `NotUnderUmHost` in plain Python."""
    if _host is None:
        raise NotUnderUmHost
    return _host


def install(host: Host | None) -> Host | None:
    """Makes `host` the current one; answers with the one before."""
    global _host
    before, _host = _host, host
    return before
