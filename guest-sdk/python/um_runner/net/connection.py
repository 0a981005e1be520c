"""A connection that a client believes in: bytes in, requests out, one after the other, and their answers back."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

from um_action.http.errors import HttpError
from um_action.http.url import InvalidUrl, Url

from .c_ssl import MARK
from .ends import Address, Pollable
from .errors import NotTrusted, not_http, told
from .exchange import Exchange
from .http1 import CONTINUE, NO_REQUEST, Head, HeadReader, NotHttp

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_MAX_MARK = 1024

_TLS = "TLS is um-host's to speak: write through the module `ssl` of Python"
_UNVERIFIED = (
    "um-host checks the certificate of every service, and an action cannot turn that off; have it trust "
    "an authority of your own by `um-host run --ca FILE`"
)
_OTHER_NAME = "um-host checks a certificate against the host that is connected to, and against no other name"
_OTHER_HOST = "the header Host has to name the host that is connected to, and its port"
_NO_NAME = "what is connected to is no name of a host, and no address"
_PIPELINED = "a request is written once the answer to the one before was read"
_SILENT = "nothing was asked on this connection, so nothing will come: an action reaches services by HTTP alone"


class _Tls(NamedTuple):
    """What a client wants of TLS."""

    name: str
    """That its certificate is to have; may be empty."""
    is_verified: bool


class Connection:
    """The client's end. See End."""

    def __init__(self) -> None:
        self.peer: Address | None = None
        self._mark = bytearray()
        self._tls: _Tls | None = None
        self._is_used = False
        self._reader = HeadReader()
        self._exchange: Exchange | None = None
        # What the client has not read yet.
        self._arrived = bytearray()
        self._is_ended = self._is_closed = False
        # An answer came before the request was whole: the rest of that goes nowhere.
        self._is_early = False
        self._broken: OSError | None = None

    # What the client writes.

    def write(self, data: ReadableBuffer) -> int:
        view = memoryview(data).cast("B")
        taken = 0
        while taken < len(view):
            if self._broken is not None:
                raise self._broken
            try:
                step = self._step(view[taken:])
            except HttpError as error:
                self._break(told(error))
            except NotTrusted as error:
                self._break(error)
            except NotHttp as error:
                self._break(not_http(self.peer or ("", 0), str(error)))
            else:
                if not step:
                    break
                taken += step
        return taken

    def _step(self, view: memoryview) -> int:
        if self._is_early:
            return len(view)
        if self._is_ended or self._is_closed:
            raise BrokenPipeError(errno.EPIPE, "the connection has ended with the answer")
        if self._exchange is not None and not self._exchange.is_sent:
            return self._exchange.take(view)
        if self._mark or (not self._is_used and view[0] == MARK[0]):
            return self._marked(view)
        if self._exchange is not None:
            raise NotHttp(_PIPELINED)
        self._is_used = True
        taken = self._reader.feed(view)
        if self._reader.head is not None:
            head, self._reader = self._reader.head, HeadReader()
            self._begin(head)
        return taken

    def _marked(self, view: memoryview) -> int:
        """Reads the mark of a handshake: see c_ssl."""
        had = len(self._mark)
        self._mark += view
        mark, newline, _ = self._mark.partition(b"\n")
        if not (mark + newline).startswith(MARK[: len(mark + newline)]) or len(mark) > _MAX_MARK:
            raise NotHttp(_TLS)
        if not newline:
            return len(view)
        name, _, verified = mark[len(MARK) :].decode("latin-1").rpartition(" ")
        self._tls, self._is_used = _Tls(name, verified == "verified"), True
        self._mark.clear()
        return len(mark) + 1 - had

    def _begin(self, head: Head) -> None:
        self._exchange = Exchange(head, self._url(head))
        if head.expects:
            self._arrived += CONTINUE

    def _url(self, head: Head) -> Url:
        """Where the request goes: to what was connected to, whatever it says itself. Raises NotHttp and NotTrusted."""
        host, port = self.peer or ("", 0)
        name = f"[{host}]" if ":" in host else host
        scheme, default = ("http", 80) if self._tls is None else ("https", 443)
        authority = name if port == default else f"{name}:{port}"
        if self._tls is not None:
            if not self._tls.is_verified:
                raise NotTrusted(_UNVERIFIED)
            if _plain(self._tls.name or host) != _plain(host):
                raise NotTrusted(_OTHER_NAME)
        if head.host is not None and head.host.lower() not in (authority.lower(), f"{name}:{port}".lower()):
            raise NotHttp(_OTHER_HOST)
        try:
            base = Url.parse(f"{scheme}://{authority}/")
        except InvalidUrl:
            raise NotHttp(_NO_NAME) from None
        if base.authority != authority.lower():
            raise NotHttp(_NO_NAME)
        path, mark, query = head.target.partition("?")
        return Url(base.scheme, base.host, base.port, path, query if mark else None)

    # What the client reads.

    def read(self, limit: int) -> bytes | None:
        piece = self.peek(limit)
        del self._arrived[: len(piece or b"")]
        return piece

    def peek(self, limit: int) -> bytes | None:
        if not self.is_readable():
            return None
        if not self._arrived and self._broken is not None:
            raise self._broken
        return bytes(memoryview(self._arrived)[:limit])

    def is_readable(self) -> bool:
        self._pull()
        return bool(self._arrived) or self._is_ended or self._is_closed or self._broken is not None

    def is_writable(self) -> bool:
        try:
            return self._exchange is None or self._exchange.is_sent or self._exchange.has_room()
        except HttpError as error:
            # It is told to whoever writes.
            self._broken = told(error)
            return True

    def silence(self) -> OSError | None:
        if self._exchange is not None or self.is_readable():
            return None
        return not_http(self.peer or ("", 0), NO_REQUEST if self._reader.is_begun else _SILENT)

    def pollables(self, reads: bool, writes: bool) -> list[Pollable]:
        if self._exchange is None:
            return []
        return [
            *(self._exchange.pollables() if reads else []),
            *(self._exchange.write_pollables() if writes and not reads else []),
        ]

    def close(self) -> None:
        self._is_closed = True
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None

    def __del__(self) -> None:
        self.close()

    def _pull(self) -> None:
        """Has something ready to be read, if there is something."""
        while not self._arrived and self._exchange is not None and self._broken is None:
            try:
                piece = self._exchange.pull()
            except HttpError as error:
                self._exchange.close()
                self._exchange, self._broken = None, told(error)
                return
            if piece is None:
                return
            self._arrived += piece
            if self._exchange.is_answered:
                self._is_early = not self._exchange.is_sent
                self._is_ended = self._exchange.closes
                self._exchange = None

    def _break(self, error: OSError) -> None:
        self._broken = error
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None
        raise error from None


def _plain(name: str) -> str:
    """A name as it is compared."""
    return name.lower().removesuffix(".")
