"""What stands where the C module `_ssl` does; the standard library's `ssl` is built on it as it is.

Nothing is encrypted here. A handshake writes a mark into the connection, from which on it carries https: the host makes
the TLS connection, and checks every certificate. The mark takes the way of all bytes, so that it arrives however the
client wraps its connection: by a socket, or by two buffers that somebody else carries to one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from um_runner.net import openssl
from um_runner.net.c_socket import socket
from um_runner.net.openssl import (
    CERT_NONE,
    CERT_OPTIONAL,
    CERT_REQUIRED,
    PROTOCOL_TLS,
    PROTOCOL_TLS_CLIENT,
    SSL_ERROR_WANT_READ,
    SSL_ERROR_WANT_WRITE,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

MARK = b"\x16um-tls:"
"""Followed by the name that the certificate is to have, whether it is to be verified, and a newline."""

# What others import from here.
globals().update({name: value for name, value in vars(openssl).items() if not name.startswith("__")})

_PUBLIC = 20
"""With so many certificates a bundle is one of public authorities, which the host knows. One with fewer is somebody's
own, unless a package brings it."""

_OWN_BUNDLE = (
    "um-host checks the certificate of every service, and does not know authorities that an action brings: give them "
    "to it by `um-host run --ca FILE`"
)
_OWN_CERTIFICATE = "um-host makes every TLS connection itself, so an action cannot present a certificate of its own"
_NO_SERVER = "an action cannot be called: it has no listening sockets"


class SSLError(OSError):
    """See the standard library."""

    library: str | None = None
    reason: str | None = None

    def __str__(self) -> str:
        return str(self.strerror if self.strerror is not None else self.args[0] if self.args else "")


class SSLZeroReturnError(SSLError):
    """See the standard library."""


class SSLWantReadError(SSLError):
    """See the standard library."""


class SSLWantWriteError(SSLError):
    """See the standard library."""


class SSLSyscallError(SSLError):
    """See the standard library."""


class SSLEOFError(SSLError):
    """See the standard library."""


class SSLCertVerificationError(SSLError, ValueError):
    """See the standard library."""

    verify_code = 20
    verify_message = "unable to get local issuer certificate"


for _each in (SSLError, *SSLError.__subclasses__()):
    _each.__module__ = "ssl"


class SSLSession:
    """There are none: the host keeps them."""


class Certificate:
    """There are none: the host has them."""


class MemoryBIO:
    """See the standard library."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_ended = False

    def read(self, size: int | None = -1) -> bytes:
        end = len(self._held) if size is None or size < 0 else size
        piece = bytes(memoryview(self._held)[:end])
        del self._held[: len(piece)]
        return piece

    def write(self, data: ReadableBuffer) -> int:
        if self._is_ended:
            raise SSLError("cannot write() after write_eof()")
        self._held += data
        return memoryview(data).nbytes

    def write_eof(self) -> None:
        self._is_ended = True

    @property
    def pending(self) -> int:
        return len(self._held)

    @property
    def eof(self) -> bool:
        return self._is_ended and not self._held


class _Setting:
    """An attribute that is kept and means nothing here; the standard library calls it as the descriptor it is in C."""

    def __init__(self, default: Any) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._key = f"setting {name}"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else vars(instance).get(self._key, self._default)

    def __set__(self, instance: Any, value: Any) -> None:
        vars(instance)[self._key] = value


class _SSLContext:
    _verify_mode = CERT_NONE
    _check_hostname = False
    _alpn = b""

    protocol = _Setting(PROTOCOL_TLS)
    options = _Setting(
        openssl.OP_ALL
        | openssl.OP_NO_SSLv3
        | openssl.OP_CIPHER_SERVER_PREFERENCE
        | openssl.OP_NO_COMPRESSION
        | openssl.OP_ENABLE_MIDDLEBOX_COMPAT
    )
    verify_flags = _Setting(openssl.VERIFY_X509_TRUSTED_FIRST)
    minimum_version = _Setting(openssl.PROTO_TLSv1_2)
    maximum_version = _Setting(openssl.PROTO_MAXIMUM_SUPPORTED)
    post_handshake_auth = _Setting(False)
    keylog_filename = _Setting(None)
    sni_callback = _Setting(None)
    num_tickets = _Setting(2)
    security_level = _Setting(2)
    _host_flags = _Setting(openssl.HOSTFLAG_NO_PARTIAL_WILDCARDS)
    _msg_callback = _Setting(None)

    def __new__(cls, protocol: int = PROTOCOL_TLS) -> _SSLContext:
        known = (
            openssl.PROTOCOL_TLSv1,
            openssl.PROTOCOL_TLSv1_1,
            openssl.PROTOCOL_TLSv1_2,
            PROTOCOL_TLS_CLIENT,
            openssl.PROTOCOL_TLS_SERVER,
        )
        if protocol not in (PROTOCOL_TLS, *known):
            raise ValueError("invalid or unsupported protocol version")
        context = object.__new__(cls)
        # The subclass has properties of these names.
        _SSLContext.protocol.__set__(context, protocol)
        if protocol == PROTOCOL_TLS_CLIENT:
            context._verify_mode, context._check_hostname = CERT_REQUIRED, True
        return context

    @property
    def verify_mode(self) -> int:
        return self._verify_mode

    @verify_mode.setter
    def verify_mode(self, value: int) -> None:
        if value not in (CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED):
            raise ValueError("invalid value for verify_mode")
        if value == CERT_NONE and self._check_hostname:
            raise ValueError("Cannot set verify_mode to CERT_NONE when check_hostname is enabled.")
        self._verify_mode = int(value)

    @property
    def check_hostname(self) -> bool:
        return self._check_hostname

    @check_hostname.setter
    def check_hostname(self, value: bool) -> None:
        self._check_hostname = bool(value)
        if value and self._verify_mode == CERT_NONE:
            self._verify_mode = CERT_REQUIRED

    def load_verify_locations(
        self, cafile: Any = None, capath: Any = None, cadata: str | ReadableBuffer | None = None
    ) -> None:
        """Lets public authorities be. Raises SSLError for others, and OSError for a file that is not there."""
        if cafile is None and capath is None and cadata is None:
            raise TypeError("cafile, capath and cadata cannot be all omitted")
        if cafile is not None:
            with open(cafile, "rb") as file:
                bundle = file.read()
            if not _is_of_package(os.fsdecode(cafile)):
                _require_public(bundle)
        if cadata is not None:
            _require_public(cadata.encode() if isinstance(cadata, str) else bytes(cadata))
        if capath is not None:
            raise SSLError(_OWN_BUNDLE)

    def load_cert_chain(self, certfile: Any, keyfile: Any = None, password: Any = None) -> NoReturn:
        raise SSLError(_OWN_CERTIFICATE)

    def _kept(self, *_: object) -> None:
        """What the host decides."""

    set_default_verify_paths = set_ciphers = set_ciphersuites = set_groups = set_ecdh_curve = _kept
    load_dh_params = set_client_sigalgs = set_server_sigalgs = _set_npn_protocols = _kept

    def _set_alpn_protocols(self, protocols: ReadableBuffer) -> None:
        self._alpn = bytes(protocols)

    def set_psk_client_callback(self, callback: Callable[..., Any]) -> NoReturn:
        raise NotImplementedError(_OWN_CERTIFICATE)

    def set_psk_server_callback(self, callback: Callable[..., Any], hint: str | None = None) -> NoReturn:
        raise NotImplementedError(_NO_SERVER)

    def get_ca_certs(self, binary_form: bool = False) -> list[Any]:
        return []

    def get_ciphers(self) -> list[Any]:
        return []

    def get_groups(self, include_aliases: bool = False) -> list[str]:
        return []

    def cert_store_stats(self) -> dict[str, int]:
        # Not empty, or clients look for authorities elsewhere.
        return {"x509": 1, "crl": 0, "x509_ca": 1}

    def session_stats(self) -> dict[str, int]:
        return {}

    def _wrap_socket(
        self,
        sock: Any,
        server_side: bool,
        server_hostname: str | None = None,
        *,
        owner: Any = None,
        session: Any = None,
    ) -> _SSLSocket:
        return _SSLSocket(self, server_side, server_hostname, _BySocket(sock))

    def _wrap_bio(
        self,
        incoming: MemoryBIO,
        outgoing: MemoryBIO,
        server_side: bool,
        server_hostname: str | None = None,
        *,
        owner: Any = None,
        session: Any = None,
    ) -> _SSLSocket:
        return _SSLSocket(self, server_side, server_hostname, _ByBuffers(incoming, outgoing))


def _is_of_package(path: str) -> bool:
    """Whether it lies in a package, or a directory of one."""
    folder = os.path.dirname(os.path.abspath(path))
    return any(os.path.isfile(os.path.join(each, "__init__.py")) for each in (folder, os.path.dirname(folder)))


def _require_public(bundle: bytes) -> None:
    if bundle.count(b"-----BEGIN CERTIFICATE-----") < _PUBLIC:
        raise SSLError(_OWN_BUNDLE)


class _BySocket:
    """Carries bytes by a socket."""

    pending = 0

    def __init__(self, sock: Any) -> None:
        self.sock = sock

    def read(self, size: int) -> bytes:
        try:
            return socket.recv(self.sock, size)
        except BlockingIOError:
            raise _want(SSLWantReadError, SSL_ERROR_WANT_READ, "read") from None

    def write(self, data: ReadableBuffer) -> int:
        try:
            return socket.send(self.sock, data)
        except BlockingIOError:
            raise _want(SSLWantWriteError, SSL_ERROR_WANT_WRITE, "write") from None


class _ByBuffers:
    """Carries bytes by two buffers."""

    sock = None

    def __init__(self, incoming: MemoryBIO, outgoing: MemoryBIO) -> None:
        self._incoming = incoming
        self.write = outgoing.write

    @property
    def pending(self) -> int:
        return self._incoming.pending

    def read(self, size: int) -> bytes:
        if not self._incoming.pending and not self._incoming.eof:
            raise _want(SSLWantReadError, SSL_ERROR_WANT_READ, "read")
        return self._incoming.read(size)


def _want(kind: type[SSLError], code: int, what: str) -> SSLError:
    return kind(code, f"The operation did not complete ({what})")


class _SSLSocket:
    session = None
    session_reused = False
    server_side = False
    owner: Any = None

    def __init__(
        self, context: _SSLContext, server_side: bool, server_hostname: str | None, carrier: _BySocket | _ByBuffers
    ) -> None:
        if server_side:
            raise SSLError(_NO_SERVER)
        self.context, self.server_hostname = context, server_hostname
        self._carrier = carrier
        self._is_shaken = False

    def do_handshake(self) -> None:
        if not self._is_shaken:
            self._is_shaken = True
            verified = b"unverified" if self.context.verify_mode == CERT_NONE else b"verified"
            self._carrier.write(MARK + (self.server_hostname or "").encode() + b" " + verified + b"\n")

    def read(self, size: int = 1024, buffer: WriteableBuffer | None = None) -> bytes | int:
        self.do_handshake()
        piece = self._carrier.read(size)
        if buffer is None:
            return piece
        memoryview(buffer).cast("B")[: len(piece)] = piece
        return len(piece)

    def write(self, data: ReadableBuffer) -> int:
        self.do_handshake()
        return self._carrier.write(data)

    def pending(self) -> int:
        return self._carrier.pending

    def shutdown(self) -> Any:
        return self._carrier.sock

    def getpeercert(self, binary_form: bool = False) -> dict[str, Any] | None:
        """What names the host, as clients may check again. The certificate itself is the host's: none has a
        fingerprint here, so that comparing one fails."""
        if not self._is_shaken:
            raise ValueError("handshake not done yet")
        if binary_form:
            return None
        name = self.server_hostname or ""
        is_address = ":" in name or name.replace(".", "").isdigit()
        return {
            "subject": ((("commonName", name),),),
            "issuer": ((("commonName", "checked by um-host"),),),
            "version": 3,
            "notBefore": "Jan  1 00:00:00 2020 GMT",
            "notAfter": "Jan  1 00:00:00 2100 GMT",
            "subjectAltName": (("IP Address" if is_address else "DNS", name),),
        }

    def get_verified_chain(self) -> list[Any]:
        return []

    def get_unverified_chain(self) -> list[Any]:
        return []

    def cipher(self) -> tuple[str, str, int]:
        return ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)

    def version(self) -> str:
        return "TLSv1.3"

    def selected_alpn_protocol(self) -> str | None:
        return "http/1.1" if b"http/1.1" in self.context._alpn else None

    def _none(self, *_: object) -> None:
        """What the host knows, and nobody else."""

    shared_ciphers = compression = group = client_sigalg = server_sigalg = selected_npn_protocol = _none
    get_channel_binding = verify_client_post_handshake = _none


_PURPOSES = {
    "1.3.6.1.5.5.7.3.1": (129, "serverAuth", "TLS Web Server Authentication"),
    "1.3.6.1.5.5.7.3.2": (130, "clientAuth", "TLS Web Client Authentication"),
}


def txt2obj(txt: str, name: bool = False) -> tuple[int, str, str, str]:
    for oid, (nid, short, long) in _PURPOSES.items():
        if txt == oid or (name and txt in (short, long)):
            return nid, short, long, oid
    raise ValueError("unknown object")


def nid2obj(nid: int) -> tuple[int, str, str, str]:
    for oid, (number, short, long) in _PURPOSES.items():
        if nid == number:
            return nid, short, long, oid
    raise ValueError("unknown NID")


def RAND_status() -> bool:
    return True


def RAND_add(data: object, entropy: float) -> None:
    """The host's randomness needs none."""


def RAND_bytes(size: int) -> bytes:
    return os.urandom(size)


def get_default_verify_paths() -> tuple[str, str, str, str]:
    return "SSL_CERT_FILE", "/etc/ssl/cert.pem", "SSL_CERT_DIR", "/etc/ssl/certs"


def get_sigalgs() -> list[str]:
    return []


def _test_decode_cert(path: str) -> NoReturn:
    raise NotImplementedError("certificates are um-host's to read")
