"""What goes wrong with a request, as clients of sockets know it: an OSError, which is um-host's own error too."""

from __future__ import annotations

import errno

from um_action.base import shown
from um_action.http.errors import HttpError, TlsFailed

from .c_ssl import SSLCertVerificationError


class _Told(HttpError):
    """Says what another error says, of which it is the cause."""

    def __init__(self, error: HttpError) -> None:
        OSError.__init__(self, str(error))
        self.method, self.url = error.method, error.url
        self.is_temporary = error.is_temporary
        self.__cause__ = error


class Refused(_Told, ConnectionRefusedError):
    """The host did not let the request out, or the answer in."""


class Untrusted(_Told, SSLCertVerificationError):
    """The service could not be trusted."""


def told(error: HttpError) -> OSError:
    """The error that a client gets."""
    if isinstance(error, TlsFailed):
        return Untrusted(error)
    # Time-outs and broken connections are what clients know them as.
    return error if isinstance(error, OSError) else Refused(error)


def not_http(peer: tuple[str, int], words: str) -> OSError:
    """What was asked of a connection to `peer` is no request that can be sent."""
    host, port = shown(peer[0]), peer[1]
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return OSError(errno.EPROTONOSUPPORT, f"{where}: {words}")
