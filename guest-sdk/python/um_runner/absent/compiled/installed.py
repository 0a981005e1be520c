"""What lies in the folders that are imported from, as pip has left it there."""

from __future__ import annotations

import contextlib
import csv
import functools
import itertools
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from um_runner.absent.compiled.requirements import Requirement, normal

_HEADER_BYTES = 256 * 1024
_RECORD_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Distribution:
    """A package with its metadata."""

    project: str
    version: str
    requires: tuple[Requirement, ...]
    """Of all its requirements those that it has without extras, here."""
    metadata: str
    """The path of its `.dist-info`."""

    def owns(self, file: str) -> bool:
        """Whether this file is one of the package's."""
        folder, name = os.path.dirname(self.metadata), os.path.abspath(file)
        return name.startswith(f"{folder}/") and name.removeprefix(f"{folder}/") in _files(self.metadata)


def requiring(project: str) -> list[Distribution]:
    """The packages that cannot do without this one."""
    return [each for each in present() if any(needed.project == project for needed in each.requires)]


def version(project: str) -> str | None:
    """As its metadata has it, if there is any."""
    return next((each.version for each in present() if each.project == project), None)


def present() -> tuple[Distribution, ...]:
    """All of them."""
    return _present(tuple((entry, _changed(entry)) for entry in map(os.path.abspath, filter(_is_text, sys.path))))


@functools.lru_cache(maxsize=4)
def _present(entries: tuple[tuple[str, int], ...]) -> tuple[Distribution, ...]:
    return tuple(itertools.chain.from_iterable(_in(entry) for entry, _ in entries))


def _is_text(entry: object) -> bool:
    return isinstance(entry, str)


def _changed(entry: str) -> int:
    try:
        return os.stat(entry).st_mtime_ns
    except (OSError, ValueError):
        return 0


def _in(folder: str) -> Iterator[Distribution]:
    names: list[str] = []
    with contextlib.suppress(OSError, ValueError):
        names = sorted(name for name in os.listdir(folder) if name.endswith(".dist-info"))
    for name in names:
        path = os.path.join(folder, name)
        project, _, version = name.removesuffix(".dist-info").partition("-")
        needed: list[Requirement] = []
        for field, value in _header(os.path.join(path, "METADATA")):
            match field:
                case "name":
                    project = value
                case "version":
                    version = value
                case "requires-dist":
                    needed += filter(None, [Requirement.of(value)])
        yield Distribution(normal(project), version, tuple(needed), path)


def _header(path: str) -> Iterator[tuple[str, str]]:
    """The fields, in small letters, and their values."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        for line in file.read(_HEADER_BYTES).splitlines():
            if not line:
                return
            field, _, value = line.partition(":")
            yield field.lower(), value.strip()


@functools.lru_cache(maxsize=16)
def _files(metadata: str) -> frozenset[str]:
    try:
        with open(os.path.join(metadata, "RECORD"), encoding="utf-8", newline="") as file:
            rows = csv.reader(file.read(_RECORD_BYTES).splitlines())
            return frozenset(row[0] for row in rows if row)
    except (OSError, ValueError, csv.Error):
        return frozenset()
