"""Files that the action publishes: they appear together when the run has succeeded, or not at all."""

from __future__ import annotations

import io
from typing import IO, Any, BinaryIO, Literal, TextIO, overload
from weakref import WeakSet

from um_action import host
from um_action.errors import document_error
from um_action.host import Refusal

TextMode = Literal["w", "wt", "x", "xt"]
BinaryMode = Literal["wb", "xb"]

_MODES = ("w", "wt", "x", "xt", "wb", "xb")
_open: WeakSet[IO[Any]] = WeakSet()


class Documents:
    """What the run publishes, by name: `contacts.csv`, `2026/10/contacts.csv`. A name is used once in a run."""

    __slots__ = ()

    def write(self, name: str, data: str | bytes | bytearray | memoryview) -> None:
        """Publishes a document in one go; text as UTF-8.

        Raises `DocumentError` as `open` does, and when the bytes could not be written, for example past the run's
        limit on their size.
        """
        if not isinstance(data, (str, bytes, bytearray, memoryview)):
            raise TypeError(f"a document is str or bytes, not {type(data).__name__}: json.dumps(…) makes text")
        encoded = data.encode() if isinstance(data, str) else data
        with self.open(name, "wb") as document:
            document.write(encoded)

    @overload
    def open(self, name: str, mode: TextMode = "w", *, encoding: str = ..., newline: str | None = ...) -> TextIO: ...

    @overload
    def open(self, name: str, mode: BinaryMode, *, encoding: str = ..., newline: str | None = ...) -> BinaryIO: ...

    def open(self, name: str, mode: str = "w", *, encoding: str = "utf-8", newline: str | None = None) -> IO[Any]:
        """Starts a document and gives a file to write it, of text or, with `wb`, of bytes; complete when closed:

            with app.documents.open("contacts.csv", newline="") as file:
                csv.writer(file).writerows(rows)

        One that is open when the run ends is closed then. Raises `DocumentError` when the name is not a plain file name
        of 1 to 255 bytes, or up to 8 of them with `/` between, or holds a secret; when the run has used it already, or
        one that stands where the other needs a directory; or when there are as many as there may be.
        """
        if not isinstance(name, str):
            raise TypeError(f"the name of a document is a str, not {type(name).__name__}")
        if mode not in _MODES:
            raise ValueError(f"a document is written once, from its start: mode 'w' or 'wb', not {mode!r}")
        try:
            raw = host.current().create_document(name)
        except Refusal as refusal:
            raise document_error(refusal.reason, name) from None
        return _file(raw, mode, encoding, newline)

    def __repr__(self) -> str:
        return "<documents>"


def close_all() -> None:
    """Completes the documents that are still open, as a Python that ends does with its files."""
    for document in list(_open):
        document.close()


def _file(raw: io.RawIOBase, mode: str, encoding: str, newline: str | None) -> IO[Any]:
    buffered = io.BufferedWriter(raw, buffer_size=64 * 1024)
    file: IO[Any] = buffered
    if "b" not in mode:
        file = io.TextIOWrapper(buffered, encoding=encoding, newline=newline)
    _open.add(file)
    return file
