"""The secrets of the workspace that the run belongs to, as they were when the run started.

What is handed out is in the action's hands. um-host masks it, in many encodings, in all that the run prints, returns
and publishes; that guards against accidents, not against a program that means to give it away.

Of a sealed secret a placeholder is handed out, the same for the whole run: sent as the whole of the field that the
secret goes into, it is the value when it arrives. Anywhere else the request is refused, with `SecretMisplaced` or
`SecretMisdirected`; `entries()` says which secrets are sealed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn, TypeVar, overload

from um_action import host
from um_action.errors import SecretNotFound, guard_error, secret_error
from um_action.host import Entry, Refusal
from um_action.http.errors import workspace_option

T = TypeVar("T")

_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]{0,127}")

_ASK = 'ask for one by its name, as in app.secrets.NAME or app.secrets["NAME"]'
# What it may mean in code that takes this for a dictionary, or for another library's secrets.
_NO_METHODS = {
    "all": "list(app.secrets) has the names",
    "delete": "`um-host secrets delete NAME` does that",
    "exists": '"NAME" in app.secrets tells whether there is one',
    "fetch": _ASK,
    "get_secret": _ASK,
    "getenv": _ASK,
    "has": '"NAME" in app.secrets tells whether there is one',
    "list": "list(app.secrets) has the names",
    "load": _ASK,
    "names": "list(app.secrets) has the names",
    "pop": _ASK,
    "read": _ASK,
    "set": "`um-host secrets set NAME` stores one",
    "setdefault": _ASK,
    "update": "`um-host secrets set NAME` stores one",
}


class Secrets:
    """The secrets of the workspace: `app.secrets.NAME` and `app.secrets["NAME"]` are the value, a `str`.

    A secret whose name is also that of a method here (`get`, `guard`, `entries`, `workspace`, `keys`, `values`,
    `items`) or begins with two underscores is reached with brackets. Values are read when asked for and not kept: none
    is in `repr`, `vars` or a pickle.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            # Python asks for these on its own (copy, pickle, inspect): no read of a secret to be recorded.
            raise AttributeError(f"secrets have no attribute {name!r}", name=name, obj=None)
        if name in _NO_METHODS and name not in _names():
            raise AttributeError(f"app.secrets has no `{name}`: {_NO_METHODS[name]}", name=name, obj=None)
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

    def keys(self) -> NoReturn:
        """Refused, and so is `dict(app.secrets)`: it would read every secret. `list(app.secrets)` has the names."""
        raise TypeError(f"app.secrets is no dict, and is not read as a whole: list(app.secrets) has the names; {_ASK}")

    def values(self) -> NoReturn:
        """Refused: it would read every secret."""
        self.keys()

    def items(self) -> NoReturn:
        """Refused: it would read every secret."""
        self.keys()

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(f"app.secrets is not called: {_ASK}")

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
        raise AttributeError(_read_only("store", "set", name))

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(_read_only("delete", "delete", name))

    def __setitem__(self, name: str, value: object) -> NoReturn:
        raise TypeError(_read_only("store", "set", name))

    def __delitem__(self, name: str) -> NoReturn:
        raise TypeError(_read_only("delete", "delete", name))


def _read_only(verb: str, command: str, name: object) -> str:
    # What is no name may be a value.
    name = name if isinstance(name, str) and _NAME.fullmatch(name) else "NAME"
    return f"secrets are read-only here: {verb} one with `um-host secrets {command} {name}{workspace_option()}`"


def _names() -> list[str]:
    return [entry.name for entry in host.current().entries()]


def _value(name: str) -> str:
    run = host.current()
    try:
        return run.secret(name)
    except Refusal as refusal:
        closest = run.closest(name) if refusal.reason == "not-found" else []
        raise secret_error(refusal.reason, name, run.workspace(), closest) from None
