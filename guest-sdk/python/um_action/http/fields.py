"""Names and values as `params=` and `data=` take them, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, quote_plus

from um_action.base import shown

Scalar = str | int | float | bool
Value = Scalar | Sequence[Scalar] | None
Fields = Mapping[str, Value] | Iterable[tuple[str, Value]]


class InvalidField(ValueError):
    """Why fields cannot be written. Never holds a value."""


def query(fields: Fields) -> str:
    """As the query of an address writes them (RFC 3986): a space is `%20`."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in texts(fields))


def form(fields: Fields) -> str:
    """As `application/x-www-form-urlencoded` writes them: a space is `+`."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in texts(fields))


def scalar(value: object) -> str | None:
    """A text, number or boolean as text; nothing for anything else. `True` is `true`, as JSON writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return str(value) if isinstance(value, str) else None


def pairs(fields: object) -> Iterator[tuple[str, object]]:
    """The pairs of a mapping or of a sequence of pairs. Raises InvalidField."""
    items = fields.items() if isinstance(fields, Mapping) else fields
    if isinstance(items, str | bytes) or not isinstance(items, Iterable):
        raise InvalidField("takes a mapping, or pairs of a name and a value")
    for item in items:
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise InvalidField("takes a mapping, or pairs of a name and a value")
        name, value = item
        if not isinstance(name, str):
            raise InvalidField(f"has a name that is not text but {type(name).__name__}")
        yield name, value


def texts(fields: object) -> Iterator[tuple[str, str]]:
    """Names and values as they are written, before any escapes. Raises InvalidField."""
    for name, value in pairs(fields):
        for each in value if isinstance(value, list | tuple) else [value]:
            if each is None:
                continue
            text = scalar(each)
            if text is None:
                raise InvalidField(
                    f"takes text, numbers, booleans and lists of them, not {type(each).__name__} (`{shown(name)}`)"
                )
            yield name, _whole(text)


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidField("has half of a character in it (a lone surrogate)") from None
    return text
