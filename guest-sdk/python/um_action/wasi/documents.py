"""Documents, by the interface `um:action/documents`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from componentize_py_types import Err
from wit_world.imports import documents
from wit_world.imports.streams import OutputStream, StreamError_LastOperationFailed

from um_action.base import shown
from um_action.errors import DocumentError
from um_action.wasi.secrets import refusal

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def create(name: str) -> Document:
    """Starts a document. `Refusal` when the host does not take it."""
    try:
        return Document(name, documents.create(name))
    except Err as error:
        raise refusal(error) from None


def read(name: str, offset: int) -> bytes:
    """What a document has from there on. `Refusal` when the host gives none of it."""
    try:
        piece: bytes = documents.read(name, offset)
        return piece
    except Err as error:
        raise refusal(error) from None


class Document(io.RawIOBase):
    """A document that is being written; complete when closed."""

    def __init__(self, name: str, stream: OutputStream) -> None:
        self.name = name
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Writes as much as the host takes at once, at least a byte, and says how much that was."""
        if self.closed:
            raise ValueError("write to a closed document")
        with memoryview(data).cast("B") as view:
            try:
                return self._write(view)
            except Err as error:
                raise self._failure(error) from None

    def _write(self, view: memoryview) -> int:
        while view:
            room = self._stream.check_write()
            if room > 0:
                accepted = bytes(view[:room])
                self._stream.write(accepted)
                return len(accepted)
            with self._stream.subscribe() as pollable:
                pollable.block()
        return 0

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        try:
            self._stream.blocking_flush()
        except Err as error:
            raise self._failure(error) from None
        finally:
            self._stream.__exit__(None, None, None)

    def _failure(self, error: Err[object]) -> DocumentError:
        words = "it is closed"
        if isinstance(error.value, StreamError_LastOperationFailed):
            words = error.value.value.to_debug_string()
        return DocumentError(f"the document `{shown(self.name)}` could not be written: {words}", self.name)
