"""What `run` or `main` returned, as JSON text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 120
"""Levels of lists and dicts; um-host reads no more than 127."""

_ALLOWED = "return text, numbers, lists, dicts, true, false or None"


_TOO_DEEP = f"returned a value that is nested too deeply: keep it under {MAX_DEPTH} levels"


class NotJson(Exception):
    """The value cannot be written as JSON; the message says where in it and why."""


def encoded(value: Any, function: str = "run") -> str:
    """Compact JSON of what a function returned. Raises NotJson."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        fault = next(_faults(value, "", ()), f"returned what is not JSON: {error}")
        raise NotJson(f"{function} {fault}") from None
    # Counting is enough for nearly every value.
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise NotJson(f"{function} {_TOO_DEEP}")
    return text


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list, tuple)):
        return False
    held = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in held)


def _faults(value: Any, path: str, above: tuple[int, ...]) -> Iterator[str]:
    """What keeps `value` from being JSON, in its own order. `above` are the ids of what it is held by."""
    at = f" at {path}" if path else ""
    if id(value) in above:
        yield f"returned a value that holds itself{at}: JSON cannot say that"
    elif len(above) > MAX_DEPTH:
        yield _TOO_DEEP
    elif isinstance(value, dict):
        yield from _faults_of_dict(value, path, above)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _faults(item, f"{path}[{index}]", (*above, id(value)))
    elif isinstance(value, str):
        yield from _faults_of_text(value, at)
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"returned {value!r}{at}: JSON has no such number; return None or text in its place"
    elif not (value is None or isinstance(value, (int, float))):
        yield f"returned {_with_article(value)}{at}: {_ALLOWED}{_hint(value)}"


def _faults_of_dict(value: dict[Any, Any], path: str, above: tuple[int, ...]) -> Iterator[str]:
    for key, item in value.items():
        if not (key is None or isinstance(key, (str, int, float))):
            at = f" at {path}" if path else ""
            yield f"returned a dict with {_with_article(key)} as a key{at}: keys are text"
        yield from _faults(key, path, above)
        yield from _faults(item, f"{path}{_step(key)}", (*above, id(value)))


def _faults_of_text(value: str, at: str) -> Iterator[str]:
    try:
        value.encode()
    except UnicodeEncodeError:
        yield f"returned text with half a character (a lone surrogate){at}: it is not valid Unicode"


def _step(key: object) -> str:
    text = str(key)
    return f".{text}" if text.isidentifier() else f"[{json.dumps(text)}]"


def _with_article(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _hint(value: object) -> str:
    """What turns a value of this type into JSON."""
    hints = {
        "datetime": "; `.isoformat()` makes text of it",
        "date": "; `.isoformat()` makes text of it",
        "Decimal": "; `str(…)` keeps every digit of it",
        "bytes": "; `.decode()` makes text of it",
        "set": "; `sorted(…)` makes a list of it",
        "generator": "; `list(…)` makes a list of it",
        "Response": "; `.json()` is what it holds",
    }
    if hasattr(type(value), "__dataclass_fields__"):
        return "; `dataclasses.asdict(…)` makes a dict of it"
    return hints.get(type(value).__name__, "")
