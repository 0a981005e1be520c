"""`wasi:http` as strict as the host is: a resource that others were made from outlives them, and one that was handed
over or has ended is not touched again. What would end a run is a Trap here."""

from __future__ import annotations

import enum
import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import um_action


class Trap(BaseException):
    """What ends a run: no code of the guest catches it."""


class Ok:
    def __init__(self, value: Any) -> None:
        self.value = value


class Err(Exception):
    def __init__(self, value: Any = None) -> None:
        self.value = value


class Script:
    """What the host does, step by step, and what it saw."""

    def __init__(self) -> None:
        self.open: set[Resource] = set()
        self.pieces: Iterator[Any] = iter(())
        """Of the answer's body: bytes, empty for "not yet", or an Err."""
        self.room: Iterator[Any] = iter(())
        """For the request's body: bytes that are taken, 0 for "not yet", or an Err."""
        self.refusal: Any = None
        self.explained: dict[str, Any] = {}
        self.heads: Iterator[Any] = iter(())
        """What comes before the answer's head: None for "not yet", or an error code."""
        self.ready = True
        self.parts: list[Any] = []
        """What was set of requests: method, scheme, authority, path and query."""
        self.sent: list[tuple[str, bytes]] = []
        self.body = b""
        self.waits = 0
        self.remaining = 1000
        """Of the run, in milliseconds."""


script = Script()


def step(steps: Iterator[Any], last: Any) -> Any:
    found = next(steps, last)
    if isinstance(found, Err):
        raise found
    return found


class Resource:
    def __init__(self, parent: Resource | None = None) -> None:
        self.parent = parent.touched() if parent else None
        script.open.add(self)

    def touched(self) -> Resource:
        if self not in script.open:
            raise Trap(f"{type(self).__name__} is gone")
        return self

    def end(self) -> None:
        if any(other.parent is self for other in script.open):
            raise Trap(f"{type(self).__name__}: resource has children")
        script.open.remove(self.touched())

    def subscribe(self) -> Pollable:
        return Pollable(self)

    def accept(self, _: object) -> None:
        self.touched()

    def __enter__(self) -> Any:
        return self.touched()

    def __exit__(self, *_: object) -> None:
        self.end()


class Pollable(Resource):
    def ready(self) -> bool:
        self.touched()
        return script.ready


class Fields(Resource):
    def append(self, name: str, value: bytes) -> None:
        self.touched()
        script.sent.append((name, value))

    def set(self, name: str, values: Sequence[bytes]) -> None:
        self.append(name, values[0])

    def entries(self) -> list[tuple[str, bytes]]:
        self.touched()
        return [("x", b"y")]


class OutgoingRequest(Resource):
    def __init__(self, fields: Fields) -> None:
        fields.end()
        super().__init__()

    def set(self, part: Any) -> None:
        self.touched()
        script.parts.append(part)

    set_method = set_scheme = set_authority = set_path_with_query = set

    def body(self) -> OutgoingBody:
        return OutgoingBody()


class OutgoingBody(Resource):
    def write(self) -> OutputStream:
        return OutputStream(self)

    @staticmethod
    def finish(body: OutgoingBody, _: None) -> None:
        body.end()


class OutputStream(Resource):
    def check_write(self) -> Any:
        self.touched()
        return step(script.room, 7)

    def write(self, piece: bytes) -> None:
        self.touched()
        script.body += piece


class RequestOptions(Resource):
    set_connect_timeout = set_first_byte_timeout = set_between_bytes_timeout = Resource.accept


class FutureIncomingResponse(Resource):
    def get(self) -> Any:
        self.touched()
        head = next(script.heads, Ok(Ok(...)))
        if isinstance(head, Ok):
            return Ok(Ok(IncomingResponse()))
        return None if head is None else Ok(Err(head))


class IncomingResponse(Resource):
    def headers(self) -> Fields:
        return Fields(self)

    def status(self) -> int:
        self.touched()
        return 200

    def consume(self) -> IncomingBody:
        self.touched()
        return IncomingBody()


class IncomingBody(Resource):
    def stream(self) -> InputStream:
        return InputStream(self)


class InputStream(Resource):
    def read(self, _: int) -> Any:
        self.touched()
        return step(script.pieces, Err(Closed()))


class IoError(Resource):
    def __init__(self, code: Any = None) -> None:
        super().__init__()
        self.code = code

    def to_debug_string(self) -> str:
        return "cut"


class Closed:
    """`stream-error.closed`."""


class LastOperationFailed:
    """`stream-error.last-operation-failed`."""

    def __init__(self, value: IoError) -> None:
        self.value = value


def handle(request: OutgoingRequest, options: RequestOptions | None) -> FutureIncomingResponse:
    for taken in (request, options):
        if taken is not None:
            taken.end()
    if script.refusal is not None:
        raise Err(script.refusal)
    return FutureIncomingResponse()


class Coding(enum.Enum):
    BR = 0
    ZSTD = 1


class Fault(enum.Enum):
    CORRUPT = 0
    TRUNCATED = 1
    TOO_LARGE = 2


def decompress(content: bytes, coding: Coding, at_most: int) -> bytes:
    """What begins with the name of a fault is that; else content in capital letters."""
    for fault in Fault:
        if content == fault.name.encode():
            raise Err(fault)
    return content.upper()


def wait_any(pollables: Sequence[Pollable], _: float | None) -> list[int]:
    for pollable in pollables:
        pollable.touched()
    script.waits += 1
    return list(range(len(pollables)))


def transport() -> ModuleType:
    """`um_action.wasi.http` over this host, whose errors are classes named by the codes: `types.ErrorCode_…`."""
    return over_this_host("um_action.wasi.http")


def over_this_host(wanted: str) -> ModuleType:
    """The module, which imports bindings or others that do."""
    types = ModuleType("types")
    for kind in (Fields, OutgoingRequest, OutgoingBody, RequestOptions, IncomingBody, IncomingResponse):
        setattr(types, kind.__name__, kind)
    # Every other name is that of a case of a variant, with its value where it has one.
    cases: dict[str, type] = {}
    types.__getattr__ = lambda name: cases.setdefault(  # type: ignore[method-assign]
        name, type(name, (), {"__init__": lambda self, value=None: setattr(self, "value", value)})
    )
    types.http_error_code = lambda error: error.touched().code  # type: ignore[attr-defined]
    modules = {
        "componentize_py_types": {"Ok": Ok, "Err": Err},
        "wit_world": {},
        "wit_world.imports": {},
        "wit_world.imports.types": vars(types),
        "wit_world.imports.outgoing_handler": {"handle": handle},
        "wit_world.imports.compression": {"decompress": decompress, "Coding": Coding, "Fault": Fault},
        "wit_world.imports.script": {"remaining": lambda: script.remaining},
        "wit_world.imports.refusals": {"explain": lambda text: script.explained.get(text)},
        "wit_world.imports.streams": {
            "InputStream": InputStream,
            "OutputStream": OutputStream,
            "StreamError_Closed": Closed,
            "StreamError_LastOperationFailed": LastOperationFailed,
        },
        "wit_world.imports.poll": {"Pollable": Pollable},
        "um_action.wasi": {"__path__": [str(Path(um_action.__file__).parent / "wasi")]},
        "um_action.wasi.poll": {"wait_any": wait_any},
    }
    made = {name: ModuleType(name) for name in modules}
    for name, module in made.items():
        vars(module).update(modules[name])
        parent, _, last = name.rpartition(".")
        if parent in made:
            setattr(made[parent], last, module)
    with mock.patch.dict(sys.modules, made):
        return importlib.import_module(wanted)
