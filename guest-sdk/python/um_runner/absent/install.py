"""Puts the modules that are only imported where imports find them, after all others of their names."""

from __future__ import annotations

import importlib.util
import os
import sys
from types import ModuleType

from um_runner.absent import modules, processes

NAMES = ("bz2", "lzma", "mmap", "ctypes", "ctypes.util")


def made() -> dict[str, ModuleType]:
    """The modules, by their names."""
    found = {name: executed(name) for name in NAMES}
    setattr(found["ctypes"], "util", found["ctypes.util"])
    processes.refuse()
    return found


def executed(name: str) -> ModuleType:
    """The module that stands here for the one of this name; it does not stay in `sys.modules`."""
    path = os.path.join(os.path.dirname(modules.__file__), *name.split("."))
    inside = [path] if os.path.isdir(path) else None
    file = os.path.join(path, "__init__.py") if inside else path + ".py"
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=inside)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return sys.modules.pop(name)
