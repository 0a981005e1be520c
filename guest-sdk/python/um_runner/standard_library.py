"""The standard library, imported while the runner is made: in a run there are no files of it.

In a run its modules are found after the author's own, as they are by python3: a `secrets.py` beside the script wins
over the module of the standard library, unless CPython itself has loaded that one before any script starts.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import io
import json
import os
import pkgutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from types import ModuleType

from um_runner.absent.install import made

PRELOADED = frozenset(
    """
    __main__ _abc _codecs _collections_abc _frozen_importlib _frozen_importlib_external _imp _io _signal _sitebuiltins
    _stat _thread _warnings _weakref abc builtins codecs encodings encodings.aliases encodings.utf_8 genericpath io
    marshal os os.path posix posixpath site stat sys time zipimport
    _socket _ssl select
    """.split()
)
"""What a plain `python3` has in sys.modules before it comes to a script, and what stands where modules in C do, which
would be found before those that are held."""

_NOT_WANTED = frozenset(
    "antigravity ensurepip idlelib lib2to3 pip pydoc_data test this tkinter turtle turtledemo venv".split()
)
"""Windows and turtles, tests, what prints when it is imported."""

_LACKING = frozenset(
    """
    _bz2 _ctypes _curses _curses_panel _dbm _gdbm _hashlib _interpchannels _interpqueues _interpreters _lzma
    _multiprocessing _overlapped _posixshmem _posixsubprocess _remote_debugging _scproxy _tkinter _uuid _winapi
    _wmi _zstd bz2 ctypes curses fcntl grp lzma mmap msvcrt nt pty pwd readline resource syslog termios tty winreg
    winsound
    """.split()
)
"""What CPython for WASI comes without."""

_WITHOUT_C = {"xml.etree.ElementTree": "_elementtree"}
"""What packages import a second time with its accelerator in C out of the way, by `None` in sys.modules: defusedxml
overrides methods that are there in Python alone. A module that is held is not made anew, so that one is held too."""


class HeldLoader(importlib.abc.Loader):
    """Hands out a module that is there already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put the spec of this loader there.
        module.__spec__ = self._spec


class HeldFinder(importlib.abc.MetaPathFinder):
    """The last one to be asked for a module."""

    def __init__(self, held: dict[str, ModuleType], pure: dict[str, ModuleType]) -> None:
        self._held = held
        self._pure = pure

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        is_without_c = name in self._pure and sys.modules.get(_WITHOUT_C[name], name) is None
        module = self._pure[name] if is_without_c else self._held.get(name)
        parent = name.rpartition(".")[0]
        if module is None or (parent and sys.modules.get(parent) is not self._held.get(parent)):
            return None
        is_package = hasattr(module, "__path__")
        return importlib.machinery.ModuleSpec(name, HeldLoader(module), is_package=is_package)


def hold() -> None:
    """Imports everything that can be, and puts it where only imports find it.

    Raises ImportError when a module cannot be imported that this platform should have.
    """
    # os and its like are frozen into the interpreter, and do not know where the others are.
    folder = os.path.dirname(os.path.dirname(json.__file__))
    left_out = {name for name in _names(folder) if not _imported(name)}
    if unforeseen := {name for name in left_out if "." not in name} - _LACKING:
        raise ImportError(f"not in the runner, though they should be: {sorted(unforeseen)}")
    pure = {name: _imported_without(accelerator, name) for name, accelerator in _WITHOUT_C.items()}
    only_imported = made()
    held = {name: module for name, module in list(sys.modules.items()) if _is_standard(name)} | only_imported
    for name in held.keys() - PRELOADED:
        sys.modules.pop(name, None)
    sys.meta_path.append(HeldFinder(held, pure))


def _names(folder: str) -> Iterator[str]:
    tops = [name for name in sys.stdlib_module_names if name not in _NOT_WANTED and not name.startswith("_test")]
    yield from sorted(tops)
    for top in sorted(tops):
        inside = os.path.join(folder, top)
        if os.path.isdir(inside):
            for module in pkgutil.walk_packages([inside], top + ".", onerror=lambda name: None):
                if not module.name.endswith((".__main__", ".tests")) and ".test" not in module.name:
                    yield module.name


def _imported(name: str) -> bool:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(name)
        except Exception:
            # Whatever it is that this platform has not: the module is named where the runner is made.
            sys.modules.pop(name, None)
            return False
    return True


def _imported_without(accelerator: str, name: str) -> ModuleType:
    """A module in Python throughout, beside the one that everybody gets."""
    parent, _, last = name.rpartition(".")
    importlib.import_module(name)
    usual = {each: sys.modules.pop(each, None) for each in (name, accelerator)}
    sys.modules[accelerator] = None  # type: ignore[assignment]
    try:
        return importlib.import_module(name)
    finally:
        for each, module in usual.items():
            sys.modules.pop(each, None)
            if module is not None:
                sys.modules[each] = module
        setattr(sys.modules[parent], last, usual[name])


def _is_standard(name: str) -> bool:
    top = name.partition(".")[0]
    return top in sys.stdlib_module_names or top in ("tzdata", "__mp_main__") or top.startswith("_sysconfigdata")
