"""Files that the action publishes: they appear together when the run has succeeded, or not at all."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal, TextIO, overload
from weakref import WeakSet

from um_action import host
from um_action.errors import document_error
from um_action.host import Refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TextMode = Literal["w", "wt", "x", "xt", "r", "rt"]
BinaryMode = Literal["wb", "xb", "rb"]

_MODES = ("w", "wt", "x", "xt", "wb", "xb")
_READ = ("r", "rt", "rb")
_open: WeakSet[IO[Any]] = WeakSet()


class Documents:
    """What the run publishes, by name: `contacts.csv`, `2026/10/contacts.csv`. A name is used once in
    a run, and leads into directories, which need not be made."""

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

        One that is open when the run ends is closed then. With `r` and `rb` it gives a file to read one that this run
        has closed, as it will appear: with the masks of secrets.

        Raises `DocumentError` when the name is not a plain file name of 1 to 255 bytes, or up to 8 of them with `/`
        between, or holds a secret; when the run has used it already, or one that stands where the other needs a
        directory; or when there are as many as there may be. For reading: when this run has written none of this name,
        or has not closed it.
        """
        if not isinstance(name, str):
            raise TypeError(f"the name of a document is a str, not {type(name).__name__}")
        if mode in _READ:
            return _read(_Reader(name), mode, encoding, newline)
        if mode not in _MODES:
            raise ValueError(
                f"a document is written once, from its start: mode 'w' or 'wb', not {mode!r}; 'r' and 'rb' read it"
            )
        try:
            raw = host.current().create_document(name)
        except Refusal as refusal:
            raise document_error(refusal.reason, name) from None
        return _file(raw, mode, encoding, newline)

    def read(self, name: str) -> bytes:
        """What a document holds that this run has written and closed, as it will appear: with the masks of secrets.

        Raises `DocumentError` when there is none, or it has not been closed.
        """
        with self.open(name, "rb") as document:
            return document.read()

    def __repr__(self) -> str:
        return "<documents>"


def close_all() -> None:
    """Completes the documents that are still open, as a Python that ends does with its files."""
    for document in list(_open):
        document.close()


class _Reader(io.RawIOBase):
    """A document that is complete, from its beginning."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._at = 0
        # What cannot be read is told when it is opened.
        self._piece = self._read()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if not self._piece:
            self._piece = self._read()
        with memoryview(buffer).cast("B") as view:
            length = min(len(view), len(self._piece))
            view[:length] = self._piece[:length]
        self._at += length
        self._piece = self._piece[length:]
        return length

    def _read(self) -> bytes:
        try:
            return host.current().read_document(self.name, self._at)
        except Refusal as refusal:
            raise document_error(refusal.reason, self.name) from None


def _read(raw: io.RawIOBase, mode: str, encoding: str, newline: str | None) -> IO[Any]:
    buffered = io.BufferedReader(raw, buffer_size=64 * 1024)
    return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding=encoding, newline=newline)


def _file(raw: io.RawIOBase, mode: str, encoding: str, newline: str | None) -> IO[Any]:
    buffered = io.BufferedWriter(raw, buffer_size=64 * 1024)
    file: IO[Any] = buffered
    if "b" not in mode:
        file = io.TextIOWrapper(buffered, encoding=encoding, newline=newline)
    _open.add(file)
    return file
