"""Lines for people, on standard error."""

from __future__ import annotations

import json

from um_action import host


class Log:
    """`app.log("fetched", pages=3)` writes `fetched pages=3`; `app.log.warning(…)` puts `warning: ` before it."""

    __slots__ = ()

    def __call__(self, message: object, /, **fields: object) -> None:
        """Writes the message and the fields."""
        _write("", message, fields)

    def debug(self, message: object, /, **fields: object) -> None:
        """Writes a line that begins with `debug: `."""
        _write("debug: ", message, fields)

    def info(self, message: object, /, **fields: object) -> None:
        """Writes a line that begins with `info: `."""
        _write("info: ", message, fields)

    def warning(self, message: object, /, **fields: object) -> None:
        """Writes a line that begins with `warning: `."""
        _write("warning: ", message, fields)

    def error(self, message: object, /, **fields: object) -> None:
        """Writes a line that begins with `error: `."""
        _write("error: ", message, fields)

    def __repr__(self) -> str:
        return "<log>"


def _write(level: str, message: object, fields: dict[str, object]) -> None:
    host.current().log(level + " ".join([str(message), *(f"{name}={_field(value)}" for name, value in fields.items())]))


def _field(value: object) -> str:
    """Bare where that is clear, as JSON otherwise."""
    if isinstance(value, str) and value and value.isprintable() and not set(value) & set(' "='):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
