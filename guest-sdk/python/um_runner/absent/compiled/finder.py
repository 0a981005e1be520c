"""Finds what stands in, for the packages that it stands in for. Whoever else asks hears that there is nothing."""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.metadata
import pathlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from um_runner.absent.compiled import stub
from um_runner.absent.compiled.packages import PACKAGES, Package, has_compiled
from um_runner.absent.compiled.requirements import normal

withheld: set[str] = set()
"""The modules that were asked for in vain: what their absence led to may be told long after."""

_IMPORTING = ("importlib", "_frozen_importlib", __name__)


def install(working: Mapping[str, ModuleType]) -> None:
    """Puts it before what finds the packages themselves. `working` are modules that do what they are asked for."""
    finders = [*sys.meta_path]
    sys.meta_path.insert(finders.index(PathFinder), Finder(working))


class Finder(importlib.abc.MetaPathFinder):
    """Is asked for every module that is not built in, so it looks at the name first."""

    def __init__(self, working: Mapping[str, ModuleType]) -> None:
        self._working = working

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package = PACKAGES.get(name.partition(".")[0])
        if package is None:
            return None
        if name != package.module:
            stands = isinstance(sys.modules.get(package.module), stub.Standing)
            return ModuleSpec(name, _Loader(package, stub.named(name)), is_package=True) if stands else None
        if package.works():
            return None
        if package.is_for(_importing()):
            working = self._working.get(name)
            module = stub.named(name) if working is None else working
            return ModuleSpec(name, _Loader(package, module), is_package=working is None)
        withheld.add(name)
        found = PathFinder.find_spec(name)
        return ModuleSpec(name, _Refusing()) if found is not None and has_compiled(found) else None

    def find_distributions(self, context: Any = None) -> Iterator[importlib.metadata.Distribution]:
        """Those that have no metadata of their own there."""
        wanted = getattr(context, "name", None)
        for package in PACKAGES.values():
            is_asked = wanted is None or normal(wanted) == package.project
            if is_asked and package.is_without_metadata() and package.stands():
                yield _Distribution(package)


class _Loader(importlib.abc.Loader):
    def __init__(self, package: Package, module: Any) -> None:
        self._package = package
        self._module = module

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._module

    def exec_module(self, module: Any) -> None:
        if module.__name__ == self._package.module:
            module.__version__ = self._package.version()
            _guard()


class _Refusing(importlib.abc.Loader):
    """Of a package that is there and has nothing but parts for other machines, of which some of it loads."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        raise _absent(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        raise _absent(module.__name__)


class _Distribution(importlib.metadata.Distribution):
    def __init__(self, package: Package) -> None:
        self._package = package

    def read_text(self, filename: str) -> str | None:
        if filename != "METADATA":
            return None
        summary = "Stands in inside um-host for a package with compiled parts."
        name, version = self._package.project, self._package.version()
        return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {summary}\n"

    def locate_file(self, path: Any) -> Any:
        return pathlib.Path(path)


def _guard() -> None:
    """From now on has statements of import find what stands in only where it is for them: it is in `sys.modules`, and
    no finder would be asked."""
    plain = builtins.__import__
    if getattr(plain, "__module__", None) == __name__:
        return

    def guarded(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        package = None if level else PACKAGES.get(name.partition(".")[0])
        if package is not None and _stands_in(package.module) and not package.is_for((globals or {}).get("__file__")):
            withheld.add(package.module)
            raise _absent(package.module)
        return plain(name, globals, locals, fromlist, level)

    # A part of the import system: warnings are told of the line with the statement, as they are without this.
    guarded.__code__ = guarded.__code__.replace(co_filename="<frozen importlib._bootstrap>")
    builtins.__import__ = guarded


def _stands_in(name: str) -> bool:
    return isinstance(getattr(getattr(sys.modules.get(name), "__spec__", None), "loader", None), _Loader)


def _absent(name: str) -> ModuleNotFoundError:
    text = f"No module named '{name}' works here: it has compiled parts, which are for other machines"
    return ModuleNotFoundError(text, name=name)


def _importing() -> object:
    """The file of the module that imports, if it has one."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(_IMPORTING):
        frame = frame.f_back
    return frame.f_globals.get("__file__")
