"""Versions, requirements and markers, as far as they stand in the metadata of packages.

From the specifications of Python packaging, "Version specifiers" and "Dependency specifiers".
"""

from __future__ import annotations

import ast
import operator
import os
import platform
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)[-_.]?"
    r"(?P<early>(?:a|b|c|rc|alpha|beta|pre|preview|dev)[-_.]?\d*)?(?P<rest>.*)",
    re.IGNORECASE,
)
_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^]]*\])?\s*\(?(?P<bounds>[^;@)]*)\)?\s*(?:@[^;]*)?(?:;(?P<marker>.*))?\Z",
    re.DOTALL,
)
_BOUND = re.compile(r"(===|~=|==|!=|<=|>=|<|>)\s*([^\s,]+)")
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
}
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.GtE: ">=",
    ast.Gt: ">",
    ast.LtE: "<=",
    ast.Lt: "<",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def normal(project: str) -> str:
    """The name by which projects are told apart."""
    return re.sub(r"[-_.]+", "-", project).lower()


@dataclass(frozen=True, order=True)
class Version:
    """As far as it is needed to hold it against a bound: what comes before a release is one step before it."""

    epoch: int
    release: tuple[int, ...]
    step: int

    @classmethod
    def of(cls, text: str) -> Version | None:
        match = _VERSION.match(text.strip())
        if match is None:
            return None
        release = [int(part) for part in match["release"].split(".")]
        while release and not release[-1]:
            release.pop()
        after = match["rest"].lower().lstrip(".-_").startswith(("post", "rev", "r"))
        return cls(int(match["epoch"] or 0), tuple(release), -1 if match["early"] else int(after))


@dataclass(frozen=True)
class Requirement:
    """One line of a package's metadata."""

    project: str
    bounds: tuple[tuple[str, str], ...]
    """Operators and versions."""

    @classmethod
    def of(cls, line: str) -> Requirement | None:
        """None also for what only an extra asks for, or another platform: the package loads without."""
        match = _REQUIREMENT.match(line)
        if match is None or not _holds(match["marker"]):
            return None
        return cls(normal(match["name"]), tuple(_BOUND.findall(match["bounds"])))

    def allows(self, version: str) -> bool:
        return all(_allows(operator, bound, version) for operator, bound in self.bounds)


def lowest(requirements: Iterable[Requirement], usual: str) -> str:
    """The lowest version that all of them allow; `usual` where they name no lowest one."""
    requirements = list(requirements)
    bounds = [bound for each in requirements for bound in each.bounds]
    floors = [floor for each in bounds for floor in _floor(*each)]
    lowest_first = sorted(floors, key=lambda floor: Version.of(floor) or Version(0, (), 0))
    for version in [*lowest_first, usual, "0"]:
        if all(each.allows(version) for each in requirements):
            return version
    return lowest_first[-1] if lowest_first else usual


def _floor(operator: str, bound: str) -> list[str]:
    version = bound.removesuffix(".*")
    if operator == ">":
        match = _VERSION.match(version)
        return [f"{match['release']}.1"] if match else []
    return [version] if operator in (">=", "~=", "==", "===") and Version.of(version) else []


def _allows(operator: str, bound: str, version: str) -> bool:
    held, to = Version.of(version), Version.of(bound.removesuffix(".*"))
    if held is None or to is None:
        return True
    if bound.endswith(".*") or operator == "~=":
        parts = bound.removesuffix(".*").split(".")
        prefix = [int(part) for part in (parts[:-1] if operator == "~=" else parts) if part.isdigit()]
        padded = [*held.release, *[0] * len(prefix)][: len(prefix)]
        if operator == "~=":
            return held >= to and padded == prefix
        return (padded == prefix) is (operator != "!=")
    return _COMPARED[operator](held, to)


def _holds(marker: str | None) -> bool:
    """What cannot be told counts as true."""
    if not marker or not marker.strip():
        return True
    try:
        tree = ast.parse(marker.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return True
    return _told(tree.body) is not False


def _told(node: ast.expr) -> bool | None:
    match node:
        case ast.BoolOp(op=op, values=values):
            told = [_told(value) for value in values]
            decides = isinstance(op, ast.Or)
            if decides in told:
                return decides
            return None if None in told else not decides
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            one, other = _text(left), _text(right)
            if one is not None and other is not None:
                return _compared(op, one, other, any("version" in each.id for each in _names(left, right)))
    return None


def _compared(op: ast.cmpop, one: str, other: str, as_versions: bool) -> bool | None:
    if isinstance(op, (ast.In, ast.NotIn)):
        return (one in other) is isinstance(op, ast.In)
    versions = (Version.of(one), Version.of(other))
    name = _OPERATORS.get(type(op))
    if name is None:
        return None
    return _COMPARED[name](*versions) if as_versions and None not in versions else _COMPARED[name](one, other)


def _names(*sides: ast.expr) -> list[ast.Name]:
    return [side for side in sides if isinstance(side, ast.Name)]


def _text(side: ast.expr) -> str | None:
    match side:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return _environment().get(name)
    return None


def _environment() -> dict[str, str]:
    full = platform.python_version()
    return {
        "extra": "",
        "implementation_name": sys.implementation.name,
        "implementation_version": full,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_system": platform.system(),
        "python_full_version": full,
        "python_version": "{}.{}".format(*sys.version_info),
        "sys_platform": sys.platform,
    }
