"""What to do about an exception, by what stands behind it: its causes, and the packages that it came through."""

from __future__ import annotations

import builtins
import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

import tomllib

from um_action import host
from um_action.base import listed, shown
from um_runner.absent.compiled import finder
from um_runner.absent.compiled.packages import ENDINGS, PACKAGES
from um_runner.absent.error import Compiled
from um_runner.net.errors import NotCarried, is_told
from um_runner.substitutes import COMPILED, DATABASES, PROJECTS, STOOD_IN_FOR, instead
from um_runner.threads.locks import WaitsForEver

_ASYNC = "put it in `async def run(input):` or call asyncio.run(…)"
_SYNTAX = {
    "'await' outside function": f"top-level await is not supported: {_ASYNC}",
    "'async for' outside async function": _ASYNC,
    "'async with' outside async function": _ASYNC,
}
_WRITE = (
    "the folder of a script is read-only: what only the run needs goes below /tmp, and what it publishes into "
    'app.documents.open(name, "w")'
)
_NOWHERE = f"there is no {os.devnull}: what nobody is to see goes into an io.StringIO()"
_PROGRAMS = (
    "an action starts no other programs: do it in Python, or call a service with app.http; what `pip install` would "
    "bring has to lie beside the script before"
)
_ASKED = (
    "nobody answers questions of an action: take the value as a parameter of `run` and give it with `--input`, or read "
    "sys.argv, which has what stands behind `--`; a secret is in app.secrets"
)
_PIP = (
    "`python3 -m pip install --target FOLDER_OF_THE_SCRIPT --only-binary=:all: --implementation py --abi none "
    "--platform any --python-version 3.14 {}`"
)
_PIP_AS_IT_IS = "`python3 -m pip install --target FOLDER_OF_THE_SCRIPT {}`"
_NO_SUCH_PROGRAMS = ("fork", "forkpty", "popen", "posix_spawn", "system", "execv", "execvp")
_HEADER = re.compile(r"(?m)^# /// script$\s(?P<content>(?:^#(?:| .*)$\s)+)^# ///$")
_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True)
class Place:
    """Where a script is."""

    folder: str
    script: str = ""
    """Its path."""


def hint(error: BaseException, place: Place) -> str | None:
    """What to do, if that is known; of the first in the chain of causes of which it is."""
    try:
        return _hint(error, place)
    except Exception:
        # An exception may be anything. What is to be told of it counts more.
        return None


def _hint(error: BaseException, place: Place) -> str | None:
    chain = list(causes(error))
    packages = {package for each in chain for package in _packages(each.__traceback__, place.folder)}
    for each in chain:
        for find in _FINDERS:
            found = find(each, packages, place)
            if found:
                return found
    return None


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, and what it was raised from or in the middle of; of a group the first."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        yield behind
        seen.add(id(behind))
        inside = behind.exceptions[0] if isinstance(behind, builtins.BaseExceptionGroup) else None
        behind = inside or behind.__cause__ or behind.__context__


def _syntax(error: BaseException, packages: set[str], place: Place) -> str | None:
    return _SYNTAX.get(error.msg) if isinstance(error, SyntaxError) else None


def _database(error: BaseException, packages: set[str], place: Place) -> str | None:
    """A driver that came to no connection, waits for a thread that looks after one, or does not even load."""
    named = {error.name.partition(".")[0]} if isinstance(error, ImportError) and error.name else set[str]()
    drivers = sorted((packages | named) & DATABASES.keys())
    if not drivers or not isinstance(error, (ImportError, NotCarried, WaitsForEver)):
        return None
    driver = drivers[0]
    return (
        f"`{driver}` speaks to a database, which is not possible yet: um-host carries HTTP and nothing else; "
        f"{DATABASES[driver]}"
    )


def _compiled(error: BaseException, packages: set[str], place: Place) -> str | None:
    """A package that cannot be imported; also one that looks at the machine by itself before it does so (polars)."""
    if isinstance(error, Compiled):
        return str(error)
    if not isinstance(error, ImportError):
        loading = sorted(set(_packages(error.__traceback__, place.folder, "<module>")) & COMPILED.keys())
        return _called_compiled(loading[0]) if loading else None
    names = [name for name in (error.name, _imported_name(error)) if name]
    tops = [name.partition(".")[0] for name in names]
    if tops and tops[0] in sys.stdlib_module_names:
        return None
    by_path = str(error.path or "").endswith(ENDINGS)
    if by_path or any(_has_compiled(name, place.folder) for name in names) or any(top in COMPILED for top in tops):
        top = tops[0] if tops and "." in names[0] else _package_of(error.path, place.folder) or (tops or ["it"])[0]
        return _called_compiled(top)
    return None


def _called_compiled(package: str) -> str:
    told = f"`{shown(package)}` has compiled parts, which are for other machines: um-host runs pure Python"
    return told + instead(package)


def _withheld(error: BaseException, packages: set[str], place: Place) -> str | None:
    """A package that did without one of them, and asks for it in words of its own once it is needed."""
    if not packages:
        return None
    for name in sorted(finder.withheld):
        if re.search(rf"(?i)\b({name}|{PACKAGES[name].project})\b", str(error)):
            return _called_compiled(name)
    return None


def _imported_name(error: ImportError) -> str | None:
    """`PIL._imaging`, of `from PIL import _imaging`."""
    wanted = getattr(error, "name_from", None)
    return f"{error.name}.{wanted}" if error.name and wanted else None


def _has_compiled(name: str, folder: str) -> bool:
    """Whether where this module should be there is one for another machine."""
    *parents, last = name.split(".")
    if not last.isidentifier() or not all(each.isidentifier() for each in parents):
        return False
    for place in (*sys.path, folder):
        with contextlib.suppress(OSError):
            found = os.listdir(os.path.join(place, *parents))
            if any(each.startswith(f"{last}.") and each.endswith(ENDINGS) for each in found):
                return True
    return False


def _package_of(path: object, folder: str) -> str | None:
    if not isinstance(path, str) or not path.startswith(f"{folder}/"):
        return None
    return path.removeprefix(f"{folder}/").partition("/")[0].partition(".")[0]


def _missing(error: BaseException, packages: set[str], place: Place) -> str | None:
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    top = error.name.partition(".")[0]
    if top == "app":
        return "`app` is there without an import; tools that want one take `from um_action import app`"
    if top in sys.stdlib_module_names:
        return f"the module `{top}` of the standard library does not work inside um-host"
    if wanted := _wanted(top, place.script):
        return f"`{wanted}` stands in the header of the script, which um-host does not read; {_put(top, repr(wanted))}"
    put = _put(top, PROJECTS.get(top, shown(top)))
    return f"an action imports the standard library and what lies beside its script; {put}"


def _put(module: str, package: str) -> str:
    if module in STOOD_IN_FOR:
        return f"before the run, {_PIP_AS_IT_IS.format(package + STOOD_IN_FOR[module])} puts it there"
    return f"before the run, {_PIP.format(package)} puts it there"


def _wanted(module: str, script: str) -> str | None:
    """What the script's header (PEP 723) asks for by this name."""
    names = {_normal(module), _normal(PROJECTS.get(module, module))}
    for each in _header(script):
        if isinstance(each, str) and _normal(re.split(r"[^\w.-]", each.strip(), maxsplit=1)[0]) in names:
            return shown(each.strip())[:100]
    return None


def _header(script: str) -> list[object]:
    try:
        with open(script, encoding="utf-8") as file:
            match = _HEADER.search(file.read(_HEADER_BYTES))
        lines = match["content"].splitlines() if match else []
        wanted = tomllib.loads("\n".join(line[2:] for line in lines)).get("dependencies", [])
    except (OSError, ValueError):
        return []
    return wanted if isinstance(wanted, list) else []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _environment(error: BaseException, packages: set[str], place: Place) -> str | None:
    if not isinstance(error, KeyError) or not error.args or not isinstance(error.args[0], str):
        return None
    if not _is_raised_in(error, "os", "__getitem__"):
        return None
    name = error.args[0]
    secrets: list[str] = []
    with contextlib.suppress(Exception):
        secrets = [entry.name for entry in host.current().entries()]
    if name in secrets:
        return f"`{name}` is a secret, which no environment has: app.secrets.{name}"
    near = [each for each in secrets if each.lower() == name.lower()]
    if near:
        return f"there is a secret {listed(near)}: app.secrets.{near[0]}"
    return (
        f"`um-host run --env {shown(name)}=VALUE` sets a variable; a secret is stored with `um-host secrets set`, and "
        "in app.secrets"
    )


def _files(error: BaseException, packages: set[str], place: Place) -> str | None:
    # A refused connection is an OSError too, and has no file.
    if not isinstance(error, OSError) or is_told(error):
        return None
    if "No usable temp" in str(error.strerror):
        in_memory = '; xlsxwriter.Workbook(file, {"in_memory": True}) needs none' if "xlsxwriter" in packages else ""
        return f"{_WRITE}{in_memory}"
    if "does not support processes" in str(error):
        return _PROGRAMS
    if error.filename == os.devnull:
        return _NOWHERE
    is_read_only = isinstance(error, PermissionError) or error.errno in _READ_ONLY
    return _WRITE if is_read_only and error.filename is not None else None


def _programs(error: BaseException, packages: set[str], place: Place) -> str | None:
    if not isinstance(error, AttributeError) or error.name not in _NO_SUCH_PROGRAMS:
        return None
    return _PROGRAMS if getattr(error.obj, "__name__", None) in ("os", "posix") else None


def _questions(error: BaseException, packages: set[str], place: Place) -> str | None:
    return _ASKED if isinstance(error, EOFError) and "EOF when reading a line" in str(error) else None


def _is_raised_in(error: BaseException, module: str, function: str) -> bool:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return False
    return last.tb_frame.f_globals.get("__name__") == module and last.tb_frame.f_code.co_name == function


def _packages(trace: TracebackType | None, folder: str, function: str | None = None) -> Iterator[str]:
    """What lies beside the script of which there are frames, of this function if one is named."""
    while trace is not None:
        code = trace.tb_frame.f_code
        package = _package_of(code.co_filename, folder)
        if package and function in (None, code.co_name):
            yield package
        trace = trace.tb_next


_READ_ONLY = (30, 69, 63, 76)
"""EROFS and ENOTCAPABLE, by the numbers of Linux and of WASI."""

_FINDERS: tuple[Callable[[BaseException, set[str], Place], str | None], ...] = (
    _syntax,
    _database,
    _compiled,
    _missing,
    _withheld,
    _environment,
    _files,
    _programs,
    _questions,
)
