"""What goes wrong with a request, as clients of sockets know it: um-host's own error, which is an OSError too."""

from __future__ import annotations

import errno
import functools
from typing import Any

from um_action.base import shown
from um_action.http.errors import HttpError, TlsFailed

from .c_ssl import SSLCertVerificationError, SSLError


class NotCarried(OSError):
    """What was asked of a connection is nothing that it carries."""


class NotTrusted(NotCarried, SSLError):
    """What was asked of TLS is not an action's to decide."""


def told(error: HttpError) -> OSError:
    """The error that a client gets."""
    if isinstance(error, TlsFailed):
        return _also(error, SSLCertVerificationError)
    # Time-outs and broken connections are what clients know them as.
    return error if isinstance(error, OSError) else _also(error, ConnectionRefusedError)


def _also(error: HttpError, kind: type[OSError]) -> OSError:
    """The same error, of another kind as well."""
    kinds: tuple[Any, Any] = (type(error), kind)
    # Not by its own `__new__`: where the error is a ValueError too, that one makes no OSError.
    made: OSError = OSError.__new__(_both(*kinds), *error.args)
    OSError.__init__(made, *error.args)
    vars(made).update(vars(error))
    return made


@functools.cache
def _both(one: type[HttpError], other: type[OSError]) -> Any:
    return type(one.__name__, (one, other), {"__module__": one.__module__})


def is_told(error: BaseException) -> bool:
    """Whether um-host says it of a connection."""
    return isinstance(error, NotCarried) or (isinstance(error, OSError) and isinstance(error, HttpError))


def not_http(peer: tuple[str, int], words: str) -> OSError:
    """What was asked of a connection to `peer` is no request that can be sent."""
    host, port = shown(peer[0]), peer[1]
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return NotCarried(errno.EPROTONOSUPPORT, f"{where}: {words}")
