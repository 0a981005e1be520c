"""One run of one script, from its source to what it came to. Knows nothing of the bindings."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib.machinery
import inspect
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from um_action import documents
from um_runner import report, result
from um_runner.absent.compiled import stub
from um_runner.binding import Unusable, bound
from um_runner.hints import Place
from um_runner.script import Kind, Script, load


@dataclass(frozen=True)
class Exited:
    """A status, 0 to 255."""

    status: int


@dataclass(frozen=True)
class Returned:
    """JSON text."""

    json: str


@dataclass(frozen=True)
class Failed:
    """What is to be said of it in a line."""

    message: str


Ending = Exited | Returned | Failed


def run(path: str, input: Any, declare: Callable[[Kind, bool], None]) -> Ending:
    """Runs the script at `path`. `declare` is called once, before any code of it runs: see wit/runner.wit."""
    place = Place(path.rpartition("/")[0], path)
    try:
        script = load(path)
    except Exception as error:
        # Also what is too deep or too large for the compiler.
        declare(Kind.COMMAND, False)
        report.show(error, place)
        return Exited(1)
    declare(script.kind, script.bare)
    ending = _outcome(script, input, place)
    return _finished(ending, script, place)


def _outcome(script: Script, input: Any, place: Place) -> Ending:
    """What the script's code comes to. Nothing that it raises gets out."""
    try:
        module = _executed(script)
        if script.entry is None:
            return Exited(0)
        call = bound(getattr(module, script.entry, None), script.entry, input)
        return Returned(result.encoded(_called(call), script.entry))
    except (Unusable, result.NotJson) as error:
        return Failed(str(error))
    except SystemExit as left:
        return _left(left.code, script.kind)
    except BaseException as error:
        report.show(error, place)
        if script.kind is Kind.TYPED:
            return Failed(report.line(error))
        return Exited(130 if isinstance(error, KeyboardInterrupt) else 1)


def _executed(script: Script) -> ModuleType:
    module = ModuleType(script.module_name)
    path = str(script.path)
    module.__file__ = path
    module.__loader__ = importlib.machinery.SourceFileLoader(script.module_name, path)
    if script.kind is Kind.TYPED:
        module.__spec__ = importlib.machinery.ModuleSpec(script.module_name, module.__loader__, origin=path)
        module.__package__ = ""
    if script.kind is Kind.COMMAND or script.module_name not in sys.modules:
        # A script named os.py stays out of the way of the module that everything else imports.
        sys.modules[script.module_name] = module
    exec(script.code, module.__dict__)
    return module


def _called(call: Callable[[], Any]) -> Any:
    value = call()
    return asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def _left(code: object, kind: Kind) -> Ending:
    """What `sys.exit(code)` comes to, as python3 has it: None is 0, a number the status, anything else is printed."""
    if code is None or isinstance(code, int):
        status = (code or 0) & 0xFF
        return Exited(status) if status or kind is Kind.COMMAND else Returned("null")
    if kind is Kind.TYPED:
        return Failed(_text(code))
    report.say(_text(code) + "\n")
    return Exited(1)


def _text(code: object) -> str:
    try:
        return str(code)
    except Exception as error:
        return f"<{type(code).__name__}, whose text cannot be made: {type(error).__name__}>"


def _finished(ending: Ending, script: Script, place: Place) -> Ending:
    """Does what a Python that ends does: exit functions, open documents, what is buffered."""
    atexit._run_exitfuncs()
    try:
        documents.close_all()
    except Exception as error:
        report.show(error, place)
        ending = Failed(report.line(error)) if script.kind is Kind.TYPED else Exited(1)
    report.caught(stub.refused, ending.message if isinstance(ending, Failed) else "")
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        # It may be closed, gone, or replaced by something that is no file.
        with contextlib.suppress(Exception):
            getattr(sys, name).flush()
    return ending
