"""What stands where the C module `_socket` does; the standard library's `socket` is built on it as it is.

There are TCP sockets that connect, and pairs. A name stands for its own address: the host looks it up, and checks where
it leads.
"""

from __future__ import annotations

import _socket as real
import errno
import ipaddress
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from um_runner.net import ends
from um_runner.net.ends import End

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

# Its constants and errors, and those that clients ask for and WASI has not. Of families only those that there are:
# the name of one promises it.
_MISSING = {
    "MSG_OOB": 1,
    "SOCK_RAW": 3,
    "SO_BROADCAST": 6,
    "SO_OOBINLINE": 10,
    "SO_LINGER": 13,
    "SO_REUSEPORT": 15,
    "SO_RCVLOWAT": 18,
    "SO_SNDLOWAT": 19,
}
globals().update(_MISSING)
globals().update({name: getattr(real, name) for name in dir(real) if not name.startswith("__")})

error = OSError
timeout = TimeoutError
gaierror = real.gaierror
has_ipv6 = True

_SERVICES = {"http": 80, "https": 443, "ftp": 21, "smtp": 25}
_default: float | None = None

_NO_FAMILY = "an action reaches services by HTTP alone: there are TCP sockets for that, and no others"
_NO_DATAGRAMS = "an action has no datagrams"
_NO_LISTENING = "an action cannot be called: it has no listening sockets"


def _no_host() -> End:
    raise RuntimeError("nobody has said what a socket is connected to")


connection: Callable[[], End] = _no_host
"""Makes what a socket stands for; the runner says how."""


class socket:
    """See the standard library, whose subclasses bring `__weakref__`, and names of their own: what is private here has
    two underscores."""

    __slots__ = ("__family", "__number", "__timeout", "__type", "proto")

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:
        self.__number = -1
        self.__family = real.AF_INET if family == -1 else int(family)
        # Flags may be mixed in.
        self.__type = real.SOCK_STREAM if type == -1 else int(type) & 0xF
        self.proto = max(0, proto)
        self.__timeout = _default
        if fileno is not None:
            ends.of(fileno)
            self.__number = fileno
        elif self.__family not in (real.AF_INET, real.AF_INET6) or self.__type != real.SOCK_STREAM:
            raise OSError(errno.EAFNOSUPPORT, _NO_FAMILY)
        else:
            self.__number = ends.opened(connection())

    @property
    def __end(self) -> End:
        return ends.of(self.__number)

    @property
    def __connected(self) -> End:
        end = self.__end
        if end.peer is None:
            raise OSError(errno.ENOTCONN, "Socket not connected")
        return end

    @property
    def family(self) -> int:
        return self.__family

    @property
    def type(self) -> int:
        return self.__type

    @property
    def timeout(self) -> float | None:
        return self.__timeout

    def fileno(self) -> int:
        return self.__number

    def detach(self) -> int:
        number, self.__number = self.__number, -1
        return number

    def close(self) -> None:
        number = socket.detach(self)
        if number != -1:
            ends.close(number)

    def __del__(self) -> None:
        if ends.is_open(getattr(self, "_socket__number", -1)):
            socket.close(self)

    def settimeout(self, value: float | None) -> None:
        self.__timeout = _seconds(value)

    def gettimeout(self) -> float | None:
        return self.__timeout

    def setblocking(self, flag: bool) -> None:
        self.__timeout = None if flag else 0.0

    def getblocking(self) -> bool:
        return self.__timeout != 0.0

    def connect(self, address: tuple[Any, ...]) -> None:
        """Opens nothing: the host does, once there is a request."""
        host, port = address[:2]
        end = self.__end
        if end.peer is not None:
            raise OSError(errno.EISCONN, "Socket is connected")
        end.peer = (_text(host), int(port))

    def connect_ex(self, address: tuple[Any, ...]) -> int:
        try:
            socket.connect(self, address)
        except OSError as failed:
            return failed.errno or errno.EINVAL
        return 0

    # Not by `self.recv` and the like: those of an SSLSocket are the ones above TLS.

    def recv(self, size: int, flags: int = 0) -> bytes:
        end = self.__connected
        if not size:
            return b""
        until = self.__until()
        while True:
            piece = end.peek(size) if flags & real.MSG_PEEK else end.read(size)
            if piece is not None:
                return piece
            self.__blocks(flags)
            if silence := end.silence():
                raise silence
            self.__wait(end, until, reads=True)

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        view = memoryview(buffer).cast("B")
        piece = socket.recv(self, nbytes or len(view), flags)
        view[: len(piece)] = piece
        return len(piece)

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, None]:
        return socket.recv(self, size, flags), None

    def recvfrom_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> tuple[int, None]:
        return socket.recv_into(self, buffer, nbytes, flags), None

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        return self.__send(memoryview(data).cast("B"), self.__until(), flags)

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:
        view = memoryview(data).cast("B")
        until = self.__until()
        while view:
            view = view[self.__send(view, until, flags) :]

    def __send(self, view: memoryview, until: float | None, flags: int) -> int:
        end = self.__connected
        while view:
            taken = end.write(view)
            if taken:
                return taken
            self.__blocks(flags)
            self.__wait(end, until, reads=False)
        return 0

    def __until(self) -> float | None:
        return None if self.__timeout is None else time.monotonic() + self.__timeout

    def __blocks(self, flags: int) -> None:
        if self.__timeout == 0.0 or flags & real.MSG_DONTWAIT:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    def __wait(self, end: End, until: float | None, reads: bool) -> None:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("timed out")
        ends.wait_for(end.pollables(reads, not reads), left)

    def sendto(self, *_: object) -> NoReturn:
        raise OSError(errno.EOPNOTSUPP, _NO_DATAGRAMS)

    def bind(self, address: tuple[Any, ...]) -> None:
        # A client may name what it calls from, as long as that is anything.
        if len(address) < 2 or address[1]:
            raise OSError(errno.EADDRNOTAVAIL, _NO_LISTENING)

    def listen(self, backlog: int = 0) -> NoReturn:
        raise OSError(errno.EOPNOTSUPP, _NO_LISTENING)

    def _accept(self) -> NoReturn:
        raise OSError(errno.EOPNOTSUPP, _NO_LISTENING)

    def getpeername(self) -> tuple[Any, ...]:
        peer = self.__connected.peer or ("", 0)
        return peer if self.__family == real.AF_INET else (*peer, 0, 0)

    def getsockname(self) -> tuple[Any, ...]:
        return ("0.0.0.0", 0) if self.__family == real.AF_INET else ("::", 0, 0, 0)

    def getsockopt(self, level: int, name: int, size: int | None = None) -> int | bytes:
        if size is not None:
            return bytes(size)
        return self.__type if (level, name) == (real.SOL_SOCKET, real.SO_TYPE) else 0

    def setsockopt(self, *_: object) -> None:
        """None of them has a meaning here."""

    def shutdown(self, how: int) -> None:
        """A request says itself where it ends."""
        _ = self.__connected


SocketType = socket


def close(number: int) -> None:
    ends.close(int(number))


def dup(number: int) -> int:
    return ends.opened(ends.of(int(number)))


def socketpair(family: int = 0, type: int = real.SOCK_STREAM, proto: int = 0) -> tuple[socket, socket]:
    one, other = ends.PairEnd.pair()
    return socket(fileno=ends.opened(one)), socket(fileno=ends.opened(other))


def getdefaulttimeout() -> float | None:
    return _default


def setdefaulttimeout(value: float | None) -> None:
    global _default
    _default = _seconds(value)


def _seconds(value: float | None) -> float | None:
    seconds = None if value is None else float(value)
    if seconds is not None and seconds < 0:
        raise ValueError("Timeout value out of range")
    return seconds


def gethostname() -> str:
    return "localhost"


def sethostname(name: object) -> NoReturn:
    raise PermissionError(errno.EPERM, "Operation not permitted")


def getservbyname(name: str, protocol: str | None = None) -> int:
    if name not in _SERVICES:
        raise OSError("service/proto not found")
    return _SERVICES[name]


def getservbyport(port: int, protocol: str | None = None) -> str:
    for name, number in _SERVICES.items():
        if number == port:
            return name
    raise OSError("port/proto not found")


def getprotobyname(name: str) -> int:
    if name.lower() != "tcp":
        raise OSError("protocol not found")
    return real.IPPROTO_TCP


def getaddrinfo(
    host: str | bytes | None,
    port: str | bytes | int | None,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[tuple[int, int, int, str, tuple[Any, ...]]]:
    """One address, which is the name. Raises gaierror."""
    name = _text(host or "localhost")
    found = _family(name)
    if found is None and flags & real.AI_NUMERICHOST:
        raise gaierror(real.EAI_NONAME, "Name or service not known")
    found = found or real.AF_INET
    if family not in (0, found):
        raise gaierror(real.EAI_NONAME, "an action calls hosts by their names, which um-host looks up")
    if type not in (0, real.SOCK_STREAM):
        raise gaierror(real.EAI_SERVICE, _NO_DATAGRAMS)
    where = (name, _port(port))
    address = where if found == real.AF_INET else (*where, 0, 0)
    return [(found, real.SOCK_STREAM, real.IPPROTO_TCP, "", address)]


def _text(host: str | bytes | bytearray) -> str:
    if not isinstance(host, str):
        host = bytes(host).decode("ascii")
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _port(port: str | bytes | int | None) -> int:
    text = port.decode("ascii") if isinstance(port, bytes) else port
    if isinstance(text, str):
        return int(text) if text.isdigit() else getservbyname(text)
    return text or 0


def _family(name: str) -> int | None:
    """Of an address that is written in numbers."""
    try:
        is_4 = ipaddress.ip_address(name.partition("%")[0]).version == 4
    except ValueError:
        return None
    return real.AF_INET if is_4 else real.AF_INET6


def gethostbyname(host: str) -> str:
    return _text(host)


def gethostbyname_ex(host: str) -> tuple[str, list[str], list[str]]:
    return host, [], [_text(host)]


def gethostbyaddr(host: str) -> tuple[str, list[str], list[str]]:
    return host, [], [host]


def getnameinfo(address: tuple[Any, ...], flags: int) -> tuple[str, str]:
    return str(address[0]), str(address[1])
