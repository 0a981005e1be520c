"""An uncaught exception as the author sees it: their own frames, paths relative to their folder."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Iterable, Iterator
from types import TracebackType

from um_runner.hints import Place, causes, hint
from um_runner.net.errors import is_told

_UNTOLD = "an exception that cannot be shown"

_shown: list[str] = []


def show(error: BaseException, place: Place) -> None:
    """Prints the exception on standard error, or has the author's own `sys.excepthook` do it."""
    if sys.excepthook is not sys.__excepthook__:
        try:
            sys.excepthook(type(error), error, own_frames(error.__traceback__, place.folder))
            return
        except BaseException as failure:
            say("Error in sys.excepthook:\n" + _text(failure, place) + "\nOriginal exception was:\n")
    say(_text(error, place))


def caught(told: Iterable[str], ending: str) -> None:
    """Says what errors have said that was shown to nobody, and is not what the run ends with."""
    for each in told:
        if not any(each in text for text in (*_shown, ending)):
            say(f"hint: an error was caught that said: {each}\n")


def say(text: str) -> None:
    """Writes to standard error, where the author has left it open."""
    _shown.append(text)
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(text)


def _text(error: BaseException, place: Place) -> str:
    try:
        return _traceback(error, place)
    except Exception:
        # Its class has been tampered with, or there is no memory left.
        return _UNTOLD + "\n"


def _traceback(error: BaseException, place: Place) -> str:
    shown = traceback.TracebackException.from_exception(error, compact=True)
    for part in _parts(shown):
        _narrow(part, place.folder)
    text = "".join(shown.format())
    # What was said already needs no hint.
    told = [each for each in (_call_behind(error), hint(error, place)) if each and each not in text]
    if not told:
        return text
    shown.__notes__ = [*(getattr(shown, "__notes__", None) or []), *(f"hint: {each}" for each in told)]
    return "".join(shown.format())


def line(error: BaseException) -> str:
    """The exception in a line: `ValueError: bad input`; of a group, with the first of what it holds; of a package, with
    what um-host said of the call behind it."""
    try:
        told = _told(traceback.TracebackException.from_exception(error, compact=True))
        behind = _call_behind(error)
        return told if not behind or behind in told else f"{told.removesuffix(':')}: {behind}"
    except Exception:
        return _UNTOLD


def _told(shown: traceback.TracebackException) -> str:
    shown.__notes__ = None
    told = " ".join("".join(shown.format_exception_only()).split("\n")).strip()
    return f"{told}: {_told(shown.exceptions[0])}" if shown.exceptions else told


def own_frames(trace: TracebackType | None, folder: str) -> TracebackType | None:
    """The traceback from the first frame of the author on."""
    while trace is not None and not _is_own(trace.tb_frame.f_code.co_filename, folder):
        trace = trace.tb_next
    return trace


def _parts(shown: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """An exception, what caused it, and what it groups."""
    waiting: list[traceback.TracebackException | None] = [shown]
    while waiting:
        part = waiting.pop()
        if part is not None:
            yield part
            waiting += [part.__cause__, part.__context__, *(part.exceptions or [])]


def _narrow(shown: traceback.TracebackException, folder: str) -> None:
    own = [frame for frame in shown.stack if _is_own(frame.filename, folder)]
    for frame in own:
        frame.filename = frame.filename.removeprefix(folder + "/")
    shown.stack = traceback.StackSummary.from_list(own)
    if isinstance(getattr(shown, "filename", None), str):
        shown.filename = shown.filename.removeprefix(folder + "/")
    if not own:
        # Without frames, as of a script that does not compile, there is no heading either.
        shown.stack = None  # type: ignore[assignment]


def _is_own(filename: str, folder: str) -> bool:
    """Also code that the author made at run time: `<string>`."""
    return filename.startswith((folder + "/", "<")) and not filename.startswith("<frozen ")


def _call_behind(error: BaseException) -> str | None:
    """What um-host said of a connection, of which packages have made an error of their own, not always with its
    words."""
    return next((str(each) for each in causes(error) if is_told(each)), None)
