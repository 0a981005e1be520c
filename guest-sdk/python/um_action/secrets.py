"""The secrets of the workspace that the run belongs to, as they were when the run started.

What is handed out is in the action's hands. um-host masks it, in many encodings, in all that the run prints, returns
and publishes; that guards against accidents, not against a program that means to give it away.

Of a sealed secret a placeholder is handed out, the same for the whole run: sent as the whole of the field that the
secret goes into, it is the value when it arrives. Anywhere else the request is refused, with `SecretMisplaced` or
`SecretMisdirected`; `entries()` says which secrets are sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn, TypeVar, overload

from um_action import host
from um_action.errors import SecretNotFound, guard_error, secret_error
from um_action.host import Entry, Refusal

T = TypeVar("T")


class Secrets:
    """The secrets of the workspace: `app.secrets.NAME` and `app.secrets["NAME"]` are the value, a `str`.

    A secret whose name is also that of a method here (`get`, `guard`, `entries`, `workspace`) or begins with two
    underscores is reached with brackets. Values are read when asked for and not kept: none is in `repr`, `vars` or a
    pickle.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            # Python asks for these on its own (copy, pickle, inspect): no read of a secret to be recorded.
            raise AttributeError(f"secrets have no attribute {name!r}", name=name, obj=None)
        return _value(name)

    def __getitem__(self, name: str) -> str:
        if not isinstance(name, str):
            raise TypeError(f"secrets are asked for by name, a str, not {type(name).__name__}")
        return _value(name)

    @overload
    def get(self, name: str) -> str | None: ...

    @overload
    def get(self, name: str, default: T) -> str | T: ...

    def get(self, name: str, default: object = None) -> object:
        """The value, or `default` if the workspace has no secret of this name.

        A secret that exists but cannot be read is an error here too: `SecretDenied`, `SecretExpired`,
        `SecretUnavailable`.
        """
        try:
            return self[name]
        except SecretNotFound:
            return default

    def entries(self) -> list[Entry]:
        """Name, description and `sealed` of all secrets that this run may ask for, ordered by name. Never values."""
        return host.current().entries()

    def guard(self, value: str) -> None:
        """Has a value that was made in the run, an access token say, masked like a secret from here on.

        Raises `GuardError` when it is under 8 bytes, holds `***`, is over 64 KiB, or one too many (1,000 values,
        1 MiB a run).
        """
        if not isinstance(value, str):
            raise TypeError(f"a guarded value is a str, not {type(value).__name__}")
        try:
            host.current().guard(value)
        except Refusal as refusal:
            raise guard_error(refusal.reason) from None

    @property
    def workspace(self) -> str:
        """The name of the workspace."""
        return host.current().workspace()

    def __contains__(self, name: object) -> bool:
        return name in _names()

    def __iter__(self) -> Iterator[str]:
        return iter(_names())

    def __len__(self) -> int:
        return len(_names())

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_names()})

    def __repr__(self) -> str:
        return f"<secrets {', '.join(_names())}>".replace(" >", ">")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"secrets are read-only here: store one with `um-host secrets set {name}`")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"secrets are read-only here: delete one with `um-host secrets delete {name}`")


def _names() -> list[str]:
    return [entry.name for entry in host.current().entries()]


def _value(name: str) -> str:
    run = host.current()
    try:
        return run.secret(name)
    except Refusal as refusal:
        closest = run.closest(name) if refusal.reason == "not-found" else []
        raise secret_error(refusal.reason, name, run.workspace(), closest) from None
