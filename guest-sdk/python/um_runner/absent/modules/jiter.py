"""`jiter`, which works: it reads JSON, whole or as far as it has come, as the compiled one does.

`cache_mode` is taken and changes nothing.
"""

from __future__ import annotations

import codecs
import decimal
import json
import re
from collections.abc import Callable
from typing import Any

__all__ = ["LosslessFloat", "cache_clear", "cache_usage", "from_json"]

_DEPTH = 200
_SPACE = re.compile(r"[ \t\n\r]*")
_TEXT = re.compile(r'(?:[^"\\\x00-\x1f]+|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
_BEGUN_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<float>(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![0-9.eE])")
_BEGUN_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.|(?:\.[0-9]+)?[eE][-+]?))?\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONSTANTS: dict[str, Any] = {"null": None, "true": True, "false": False}
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")

_PARTIAL = {False: 0, "off": 0, True: 1, "on": 1, "trailing-strings": 2}
_CACHES = (True, False, "all", "keys", "none")


def from_json(
    json_data: bytes,
    /,
    *,
    allow_inf_nan: bool = True,
    cache_mode: bool | str = "all",
    partial_mode: bool | str = False,
    catch_duplicate_keys: bool = False,
    float_mode: str = "float",
) -> Any:
    """The value. With `partial_mode` the input may end anywhere: `True` leaves out a text that is not whole,
    "trailing-strings" gives what there is of it. Raises ValueError."""
    if not isinstance(json_data, bytes):
        raise TypeError(f"'{type(json_data).__name__}' object is not an instance of 'bytes'")
    for name, value, known in (
        ("partial", partial_mode, _PARTIAL),
        ("string cache", cache_mode, _CACHES),
        ("float", float_mode, _FLOATS),
    ):
        if not isinstance(value, (bool, str)) or value not in known:
            raise ValueError(f"Invalid {name} mode, should be one of {', '.join(map(repr, known))}")
    partial = _PARTIAL[partial_mode]
    # In the middle of a character is also in the middle of a text.
    text = codecs.getincrementaldecoder("utf-8")().decode(json_data, final=not partial)
    reading = _Reading(text, partial, _FLOATS[float_mode], allow_inf_nan, catch_duplicate_keys)
    try:
        return reading.whole()
    except _Ended as ended:
        raise reading.wrong("EOF while parsing a value", len(text)) from ended


def cache_clear() -> None:
    """There is none."""


def cache_usage() -> int:
    """Of nothing."""
    return 0


class LosslessFloat:
    """A number as it is written."""

    def __init__(self, json_float: bytes) -> None:
        self._written = json_float

    def as_decimal(self) -> decimal.Decimal:
        """With all its digits."""
        return decimal.Decimal(str(self))

    def __float__(self) -> float:
        return float(self._written)

    def __bytes__(self) -> bytes:
        return self._written

    def __str__(self) -> str:
        return self._written.decode()

    def __repr__(self) -> str:
        return f"LosslessFloat({self})"


_FLOATS: dict[str, Callable[[str], Any]] = {
    "float": float,
    "decimal": decimal.Decimal,
    "lossless-float": lambda written: LosslessFloat(written.encode()),
}


class _Ended(Exception):
    """The input did, within a value of which nothing is to be had."""


class _Reading:
    def __init__(self, text: str, partial: int, made: Callable[[str], Any], not_finite: bool, once: bool) -> None:
        self._text = text
        self._partial = partial
        self._made = made
        self._not_finite = not_finite
        self._once = once
        self._at = 0

    def whole(self) -> Any:
        value = self._value(_DEPTH)
        if not self._partial and self._next():
            raise self.wrong("trailing characters")
        return value

    def wrong(self, what: str, at: int | None = None) -> ValueError:
        before = self._text[: self._at if at is None else at]
        return ValueError(
            f"{what} at line {before.count(chr(10)) + 1} column {len(before) - before.rfind(chr(10)) - 1}"
        )

    def _next(self) -> str:
        """The next character that is no space, and nothing at the end."""
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return self._text[self._at : self._at + 1]

    def _value(self, depth: int) -> Any:
        match self._next():
            case "":
                raise _Ended
            case "{" | "[" if not depth:
                raise self.wrong("recursion limit exceeded")
            case "{":
                return self._object(depth - 1)
            case "[":
                return self._array(depth - 1)
            case '"':
                return self._string(self._partial == 2)
        return self._constant() if self._is_word() else self._number()

    def _array(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self._each("]", lambda: found.append(self._value(depth)))
        return found

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}

        def entry() -> None:
            if self._next() not in ('"', ""):
                raise self.wrong("key must be a string")
            key = self._string(False)
            if self._once and key in found:
                raise self.wrong(f'Detected duplicate key "{key}"')
            if self._next() not in (":", ""):
                raise self.wrong("expected `:`")
            self._at += 1
            found[key] = self._value(depth)

        self._each("}", entry)
        return found

    def _each(self, closing: str, read: Callable[[], None]) -> None:
        """Reads what stands between commas, as far as it goes."""
        self._at += 1
        if self._next() == closing:
            self._at += 1
            return
        try:
            while True:
                read()
                found = self._next()
                if found != ",":
                    break
                self._at += 1
                if self._next() == closing:
                    raise self.wrong("trailing comma")
        except _Ended:
            if not self._partial:
                raise
            return
        if found == closing:
            self._at += 1
        elif not self._partial:
            raise self.wrong(f"expected `,` or `{closing}`") if found else _Ended

    def _string(self, also_begun: bool) -> str:
        if not self._text.startswith('"', self._at):
            raise _Ended
        start = self._at + 1
        match = _TEXT.match(self._text, start)
        self._at = match.end() if match else start
        is_begun = self._at == len(self._text) or _BEGUN_ESCAPE.match(self._text, self._at) is not None
        if is_begun and not also_begun:
            raise _Ended
        written = self._text[start : self._at]
        if not is_begun and not self._text.startswith('"', self._at):
            is_escape = self._text[self._at] == "\\"
            raise self.wrong("invalid escape" if is_escape else "control character found while parsing a string")
        value: str = json.loads(f'"{written}"')
        if is_begun:
            self._at = len(self._text)
            # The second half of a pair is still to come.
            value = value[:-1] if "\ud800" <= value[-1:] <= "\udbff" else value
        else:
            self._at += 1
        if _SURROGATE.search(value):
            raise self.wrong("lone surrogate in hex escape")
        return value

    def _is_word(self) -> bool:
        return self._text[self._at] not in "-0123456789" or self._text.startswith("-I", self._at)

    def _constant(self) -> Any:
        words = (*_CONSTANTS, *_NOT_FINITE) if self._not_finite else (*_CONSTANTS,)
        for word in words:
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return self._made(word) if word in _NOT_FINITE else _CONSTANTS[word]
        if any(word.startswith(self._text[self._at :]) for word in words):
            raise _Ended
        raise self.wrong("expected value")

    def _number(self) -> Any:
        if _BEGUN_NUMBER.match(self._text, self._at):
            raise _Ended
        match = _NUMBER.match(self._text, self._at)
        if match is None:
            raise self.wrong("invalid number")
        self._at = match.end()
        return self._made(match[0]) if match["float"] else int(match[0])
