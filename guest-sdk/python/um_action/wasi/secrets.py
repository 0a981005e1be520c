"""The secrets of the run, by the interface `um:action/secrets`."""

from __future__ import annotations

from componentize_py_types import Err
from wit_world.imports import secrets

from um_action.host import Entry, Refusal


def secret(name: str) -> str:
    """The value. `Refusal` when the host hands out none."""
    try:
        value: str = secrets.get(name)
    except Err as error:
        raise refusal(error) from None
    return value


def entries() -> list[Entry]:
    """Name, description and `sealed` of each, ordered by name."""
    return [Entry(entry.name, entry.description, entry.sealed) for entry in secrets.entries()]


def guard(value: str) -> None:
    """Masks a value from here on. `Refusal` when the host does not take it."""
    try:
        secrets.guard(value)
    except Err as error:
        raise refusal(error) from None


def refusal(error: Err[secrets.Error] | Err[secrets.GuardError]) -> Refusal:
    """The reason as wit/action.wit spells it."""
    return Refusal(error.value.name.lower().replace("_", "-"))
