"""HTTP/1.1 (RFC 9112) as clients write it, read piece by piece, and answers as they expect them.

Knows nothing of sockets and of WASI. Stricter than a server has to be: what two readers could take for two things is
refused. What was read does not depend on how it was cut.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MAX_HEAD = 128 * 1024
"""Bytes. The host takes 64 KiB of headers, and says so better than this can."""
_MAX_CHUNK_LINE = 4096
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rb"(%b) ([!-~]+) HTTP/1\.([01])" % _TOKEN)
# What a request line may begin with: whoever speaks something else is told before it waits for an answer.
_REQUEST_BEGINS = re.compile(rb"(?:%b(?: (?:[!-~]+(?: (?:[!-~]*\r?)?)?)?)?)?" % _TOKEN)
_FIELD = re.compile(rb"(%b):([\t -~\x80-\xff]*)" % _TOKEN)
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t -~\x80-\xff]*)?")
# Of one connection, not of the request (RFC 9110, 7.6.1), or the host's own to set.
_HOP = frozenset(
    b"connection content-length expect host keep-alive proxy-authorization proxy-connection te trailer "
    b"transfer-encoding".split()
)
_HOP_BACK = frozenset("connection keep-alive proxy-connection trailer transfer-encoding upgrade".split())


class NotHttp(Exception):
    """Why what a client wrote cannot be sent. Never holds what it wrote."""


NO_REQUEST = "what is written to this connection is no HTTP/1.1 request, and an action reaches services by HTTP alone"
_NO_LINE = "a line of the request's head is none of HTTP/1.1"
_NO_CHUNK = "a chunk of the request's body is none"
_HTTP_2 = "HTTP/2 is spoken by um-host itself, where the service does; let the client speak HTTP/1.1"
_PROXY = "connections through a proxy are um-host's to make: `um-host run --proxy URL`"
_UPGRADE = "an action has no WebSocket, and no other protocol than HTTP"
_HOST = "a request names its host, once"
_TWO_LENGTHS = "a body has one length, or is sent in chunks: this one says both, or two lengths, or none that is one"


@dataclass(frozen=True)
class Head:
    """A request without its body."""

    method: str
    target: str
    """Path and query."""
    host: str | None
    """What the header says; HTTP/1.0 may leave it out."""
    headers: Sequence[tuple[str, bytes]]
    """Those that belong to the request, and not to the connection."""
    length: int | None
    """Of the body, in bytes; None if it comes in chunks."""
    says_length: bool
    is_old: bool
    """Whether this is HTTP/1.0, which knows no chunks."""
    closes: bool
    """Whether it is the last one of its connection."""
    expects: bool
    """Whether the client waits for a word before it sends the body."""


class HeadReader:
    """Reads one head."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._line_seen = False
        self.head: Head | None = None

    @property
    def is_begun(self) -> bool:
        """Whether there is a part of a head."""
        return bool(self._held)

    def feed(self, data: ReadableBuffer) -> int:
        """How many bytes were taken, which may be fewer than there are: then they are to be given again, or the head
        ends there. Raises NotHttp."""
        had = len(self._held)
        self._held += memoryview(data)[:MAX_HEAD]
        end = self._held.find(b"\r\n\r\n", max(0, had - 3))
        if not self._line_seen:
            self._check_line()
        if end < 0:
            if len(self._held) > MAX_HEAD:
                raise NotHttp(f"the head of a request has at most {MAX_HEAD // 1024} KiB")
            return len(self._held) - had
        self.head = _parsed(bytes(self._held[:end]))
        self._held.clear()
        return end + 4 - had

    def _check_line(self) -> None:
        line, newline, _ = self._held.partition(b"\n")
        if not _REQUEST_BEGINS.fullmatch(line):
            raise NotHttp(NO_REQUEST)
        if newline:
            # One without a return fits no request line either.
            _request_line(bytes(line[:-1] if line.endswith(b"\r") else line + newline))
            self._line_seen = True


def _request_line(line: bytes) -> tuple[str, str, bool]:
    """Method, target, and whether it is HTTP/1.0."""
    if line.startswith(b"PRI * HTTP/2"):
        raise NotHttp(_HTTP_2)
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise NotHttp(NO_REQUEST)
    method, target = match[1].decode("ascii"), match[2].decode("ascii")
    is_absolute = not target.startswith("/") and "://" in target
    if method == "CONNECT" or is_absolute:
        raise NotHttp(_PROXY)
    # A fragment is the client's own, and never sent (RFC 9110, 7.1).
    if not target.startswith("/") or "#" in target:
        raise NotHttp(NO_REQUEST)
    return method, target, match[3] == b"0"


def _parsed(block: bytes) -> Head:
    first, *lines = block.split(b"\r\n")
    method, target, is_old = _request_line(first)
    headers: list[tuple[bytes, bytes]] = []
    named: dict[bytes, list[bytes]] = {}
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise NotHttp(_NO_LINE)
        name, value = match[1], match[2].strip(b" \t")
        headers.append((name, value))
        named.setdefault(name.lower(), []).append(value)
    if b"upgrade" in named:
        raise NotHttp(_UPGRADE)
    hosts = named.get(b"host", [])
    if len(hosts) > 1 or not (hosts or is_old):
        raise NotHttp(_HOST)
    of_connection = {each.strip() for each in b",".join(named.get(b"connection", [])).lower().split(b",")}
    left_out = _HOP | of_connection
    length = _length(named, is_old)
    return Head(
        method=method,
        target=target,
        host=hosts[0].decode("latin-1") if hosts else None,
        headers=[(name.decode("ascii"), value) for name, value in headers if name.lower() not in left_out],
        length=length,
        says_length=b"content-length" in named,
        is_old=is_old,
        closes=is_old or b"close" in of_connection,
        expects=length != 0 and b"100-continue" in [each.lower() for each in named.get(b"expect", [])],
    )


def _length(named: dict[bytes, list[bytes]], is_old: bool) -> int | None:
    lengths, codings = named.get(b"content-length", []), named.get(b"transfer-encoding", [])
    if codings:
        if lengths or is_old or [each.lower() for each in codings] != [b"chunked"]:
            raise NotHttp(_TWO_LENGTHS)
        return None
    if len(lengths) > 1 or (lengths and not _LENGTH.fullmatch(lengths[0])):
        raise NotHttp(_TWO_LENGTHS)
    return int(lengths[0]) if lengths else 0


class BodyReader:
    """Reads the body that a head announces."""

    def __init__(self, head: Head) -> None:
        self.is_done = head.length == 0
        self._left = head.length or 0
        self._line = bytearray()
        # What comes next. Without chunks that is data, to the end.
        self._next = "size" if head.length is None else "data"
        self._is_chunked = head.length is None

    def feed(self, data: ReadableBuffer, out: bytearray) -> int:
        """Puts what is of the body at the end of `out`. How many bytes were taken: all, or up to the end of the body.
        Raises NotHttp."""
        view = memoryview(data)
        at = 0
        while at < len(view) and not self.is_done:
            at += self._data(view[at:], out) if self._next == "data" else self._byte(view[at])
        return at

    def _data(self, view: memoryview, out: bytearray) -> int:
        taken = min(self._left, len(view))
        out += view[:taken]
        self._left -= taken
        if not self._left:
            self._next = "end of data"
            self.is_done = not self._is_chunked
        return taken

    def _byte(self, byte: int) -> int:
        """Of a line between two chunks, which are short."""
        self._line.append(byte)
        if byte == 10:
            line = bytes(self._line)
            self._line.clear()
            if not line.endswith(b"\r\n"):
                raise NotHttp(_NO_CHUNK)
            self._whole(line[:-2])
        elif len(self._line) > _MAX_CHUNK_LINE:
            raise NotHttp(_NO_CHUNK)
        return 1

    def _whole(self, line: bytes) -> None:
        if self._next == "trailer":
            # Trailers are left out: the clients of Python send none.
            self.is_done = not line
        elif self._next == "end of data":
            if line:
                raise NotHttp(_NO_CHUNK)
            self._next = "size"
        else:
            match = _CHUNK_SIZE.fullmatch(line)
            if match is None:
                raise NotHttp(_NO_CHUNK)
            self._left = int(match[1], 16)
            self._next = "data" if self._left else "trailer"


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class AnswerWriter:
    """Writes the answer to a request as HTTP/1.1."""

    def __init__(self, request: Head, status: int, headers: Sequence[tuple[str, bytes]]) -> None:
        kept = [(name, value) for name, value in headers if name.lower() not in _HOP_BACK]
        lengths = [value for name, value in kept if name.lower() == "content-length"]
        has_body = request.method != "HEAD" and status not in (204, 304)
        is_known = len(lengths) == 1 and _LENGTH.fullmatch(lengths[0]) is not None
        self._is_chunked = has_body and not is_known and not request.is_old
        self._left = None if not is_known else int(lengths[0])
        self.is_done = not has_body or self._left == 0
        """Whether nothing follows."""
        self.closes = request.closes
        """Whether the connection ends behind it; where nothing else is said, that is the end of its body."""
        if self._is_chunked:
            kept.append(("transfer-encoding", b"chunked"))
        kept.append(("connection", b"close" if self.closes else b"keep-alive"))
        lines = [f"HTTP/1.1 {status} {_phrase(status)}".encode()]
        lines += [name.encode() + b": " + value for name, value in kept]
        self.head = b"\r\n".join(lines) + b"\r\n\r\n"

    def framed(self, piece: bytes) -> bytes:
        """A piece of the body as it is sent; an empty one is its end."""
        if self._is_chunked:
            self.is_done = not piece
            return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b"0\r\n\r\n"
        if self._left is not None:
            # A client stops reading there, and writes its next request.
            piece = piece[: self._left]
            self._left -= len(piece)
            # It was announced longer than it is.
            self.closes = self.closes or not piece
        self.is_done = not piece or self._left == 0
        return piece


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
