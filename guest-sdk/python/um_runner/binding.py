"""What a script's `run` or `main` is called with: the whole input, or the keys of a JSON object by name.

Nothing is converted, and nothing is checked against annotations. A refusal holds the signature and the names of keys,
but no value of the input, and of a default no more than a number or a word of the language.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

from um_action.base import shown

if sys.version_info >= (3, 14):
    from annotationlib import Format

    # An annotation may name what is there for a type checker alone.
    _signed = functools.partial(inspect.signature, annotation_format=Format.STRING)
else:
    _signed = inspect.signature

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.VAR_POSITIONAL)
_NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
_VARIABLE = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_MOST_KEYS = 3
"""How many of the input's keys a message names, and of the parameters an example."""
_LONGEST_KEY = 100
"""A longer one is told by its length. It is never cut: a part of a value is not masked."""
_MOST_LAYERS = 20
"""How many decorators are looked behind."""


class Unusable(Exception):
    """The function cannot be started so; the message says why, and what to do."""


def bound(function: Any, name: str, input: Any) -> Callable[[], Any]:
    """The call of the script's `run` or `main`. Raises Unusable."""
    if not callable(function):
        raise Unusable(
            f"`{name}` is {type(function).__name__}, not a function: um-host calls `def {name}(…):`; "
            "give the variable another name if the script is a plain program"
        )
    signature = _signature(function, name)
    if signature is None:
        # Some functions of Python itself do not tell.
        return functools.partial(function, input)
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    if name == "run" and not kinds:
        return functools.partial(function)
    if name == "run" and len(kinds) == 1 and kinds[0] in _POSITIONAL:
        return functools.partial(function, input)
    return functools.partial(function, **_Entry(name, signature).arguments(input))


@dataclass(frozen=True)
class _Entry:
    """A function that takes its parameters by name."""

    name: str
    signature: Signature

    def arguments(self, input: Any) -> dict[str, Any]:
        """The keys of `input`, which fit. Raises Unusable."""
        if nameless := self._nameless():
            raise self._refusal(f"um-host gives parameters by name, and {nameless}")
        if input is None:
            input = {}
        if not isinstance(input, dict):
            raise self._refusal(
                f"the input is {_kind(input)}, and not an object with parameters by name{self._example()}"
            )
        missing = [name for name in self._required() if name not in input]
        unknown = [] if self._takes_any() else [key for key in input if key not in self._named()]
        faults = [f"missing {_listed(missing)}"] if missing else []
        faults += [f"there is no parameter {self._told(key)}" for key in unknown[:_MOST_KEYS]]
        if len(unknown) > _MOST_KEYS:
            faults.append(f"nor are there {len(unknown) - _MOST_KEYS} more of the input's keys")
        if faults:
            raise self._refusal("; ".join(faults) + ("" if input else self._example()))
        return input

    def _refusal(self, fault: str) -> Unusable:
        return Unusable(f"{self.name}{_written(self.signature)}: {fault}")

    def _parameters(self) -> Iterable[Parameter]:
        return self.signature.parameters.values()

    def _named(self) -> list[str]:
        return [each.name for each in self._parameters() if each.kind in _NAMED]

    def _required(self) -> list[str]:
        return [each.name for each in self._parameters() if each.kind in _NAMED and each.default is each.empty]

    def _takes_any(self) -> bool:
        return any(each.kind is each.VAR_KEYWORD for each in self._parameters())

    def _nameless(self) -> str | None:
        """What is wrong with a parameter that needs a value, or takes some, and not by name."""
        for each in self._parameters():
            if each.kind is each.VAR_POSITIONAL:
                return f"`*{each.name}` takes none: leave it out, `**rest` takes the rest"
            if each.kind is each.POSITIONAL_ONLY and each.default is each.empty:
                return f"`{each.name}` cannot be given so: take the `/` out"
        return None

    def _told(self, key: str) -> str:
        """A key that no parameter has, and which may have been meant."""
        if len(key) > _LONGEST_KEY:
            return f"for a key of {len(key)} characters"
        names = {name.casefold(): name for name in self._named()}
        similar = difflib.get_close_matches(key.casefold(), names, 1)
        return f"`{shown(key)}`" + "".join(f" (did you mean `{names[each]}`?)" for each in similar)

    def _example(self) -> str:
        """How to give what is needed; how to be no typed script, for one that is not meant to be."""
        needed = self._required() or self._named()
        keys = [f"{json.dumps(name, ensure_ascii=False)}: …" for name in needed[:_MOST_KEYS]]
        keys += ["…"] if len(needed) > _MOST_KEYS else []
        program = f"call `{self.name}`" if self.name == "main" else f"give `{self.name}` another name"
        return f"; pass --input '{{{', '.join(keys)}}}', or {program} if the script is a program"


def _signature(function: Any, name: str) -> Signature | None:
    """The parameters that the author wrote, also behind decorators; nothing where they are not to be had."""
    signature = _own_signature(function)
    if signature and signature.parameters and all(each.kind in _VARIABLE for each in signature.parameters.values()):
        hidden = _hidden(function, name)
        return _own_signature(hidden) if hidden else signature
    return signature


def _own_signature(function: Any) -> Signature | None:
    try:
        return _signed(function)
    except (TypeError, ValueError):
        return None


def _hidden(function: Any, name: str) -> Any:
    """The function of that name which a decorator without `functools.wraps` holds."""
    waiting = [function]
    for _ in range(_MOST_LAYERS):
        if not waiting:
            return None
        for held in _held(waiting.pop()):
            if inspect.isfunction(held):
                if held.__code__.co_name == name:
                    return held
                waiting.append(held)
    return None


def _held(decorated: Any) -> Iterable[Any]:
    for cell in getattr(decorated, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:
            # Nothing was put there yet.
            continue
    attributes = getattr(decorated, "__dict__", None)
    if isinstance(attributes, Mapping):
        yield from attributes.values()


class _Untold:
    """Stands for a default that is not shown."""

    def __repr__(self) -> str:
        return "…"


def _written(signature: Signature) -> str:
    """`(customer, limit=10)`."""
    plain = [
        each.replace(annotation=each.empty, default=_default(each.default)) for each in signature.parameters.values()
    ]
    return str(signature.replace(parameters=plain, return_annotation=Signature.empty))


def _default(value: Any) -> Any:
    is_plain = value is Parameter.empty or value is None or type(value) in (bool, int, float)
    return value if is_plain else _Untold()


def _kind(input: Any) -> str:
    """What JSON calls it."""
    if isinstance(input, bool):
        return "true or false"
    return {str: "text", int: "a number", float: "a number", list: "a list"}.get(type(input), "no JSON")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
