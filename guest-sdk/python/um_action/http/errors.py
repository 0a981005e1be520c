"""Why a call did not work, worded for whoever wrote or runs the action. Never holds a header, a query or a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from um_action.base import ActionError, LimitReached, NotUnderUmHost

if TYPE_CHECKING:
    from .response import Response
    from .url import Url


class HttpError(ActionError):
    """A call did not work. `method` and `url` (without the query) say which."""

    is_temporary: bool = False
    """Whether the same call may work a little later: time-outs, broken connections, 429 and 5xx."""

    def __init__(self, method: str, url: Url | None, words: str | None = None) -> None:
        self.method = method
        self.url = "" if url is None else str(url)
        call = method if url is None else f"{method} {url}"
        super().__init__(f"{call}: {words or self._words(url)}")

    def _words(self, url: Url | None) -> str:
        return "the call failed inside um-host"


class InvalidRequest(HttpError, ValueError):
    """The address, a header or the body cannot be sent; the words say why."""


class HostNotAllowed(HttpError):
    """The run may not call this host, or not by this method and path."""

    def _words(self, url: Url | None) -> str:
        entry = "" if url is None else url.allow_entry
        return (
            f"this run may not call {_host(url)}; allow it with `um-host run --allow-host {entry}`, or for every run "
            f"with `um-host workspaces allow {entry}{workspace_option()}`"
        )


class SecretMisdirected(HttpError):
    """The request holds a secret that is bound to other hosts, methods or paths; the message says to which."""

    def _words(self, url: Url | None) -> str:
        return (
            f"the request holds a secret that may not go to {_host(url)}; "
            f"`um-host secrets info NAME{workspace_option()}` says where it may"
        )


class SecretMisplaced(HttpError):
    """The placeholder of a sealed secret stands where it may not, or not alone; the message says where it belongs."""

    def _words(self, url: Url | None) -> str:
        return (
            "the placeholder of a sealed secret stands where it may not; "
            f"`um-host secrets info NAME{workspace_option()}` says where it goes"
        )


class PrivateAddress(HttpError):
    """The name leads to a private address, such as 127.0.0.1 or 10.0.0.1."""

    def _words(self, url: Url | None) -> str:
        host = _host(url)
        return (
            f"{host} is a private address, which actions do not reach; lift that for this host with "
            f"`um-host run --allow-private {host}`"
        )


class ConnectionFailed(HttpError, ConnectionError):
    """There was no connection to the service, or it broke: see `is_temporary`."""

    is_temporary = True

    def _words(self, url: Url | None) -> str:
        return f"{_host(url)} did not accept the connection or broke it; check that the service is up"


class UnknownHost(ConnectionFailed):
    """The name has no address."""

    is_temporary = False

    def _words(self, url: Url | None) -> str:
        return f"{_host(url)} has no address; check how the name is spelled"


class TlsFailed(ConnectionFailed):
    """The host could not be trusted: certificate, protocol or alert."""

    is_temporary = False

    def _words(self, url: Url | None) -> str:
        return f"no trusted connection to {_host(url)}; check its certificate, and that the service speaks https there"


class HttpTimeout(HttpError, TimeoutError):
    """The answer took longer than the call's time-out, or than um-host waits; the words say which, and how long."""

    is_temporary = True

    def _words(self, url: Url | None) -> str:
        return f"{_host(url)} took too long to answer"


class HttpLimitReached(HttpError, LimitReached):
    """The run has made as many calls as it may, or a header or body is over its limit."""

    def _words(self, url: Url | None) -> str:
        return "a header or body is over the run's limit"


class UnexpectedBody(HttpError, ValueError):
    """The body of the answer is not what was asked for: no JSON, no text. The words say where, and quote nothing."""


class HttpStatusError(HttpError):
    """The service answered, with a status that is no success: 3xx to 5xx. `response` is that answer."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self.status = response.status
        self.is_temporary = self.status == 429 or self.status >= 500
        super().__init__(response.method, response.address, f"answered {_described(self.status)}")


def workspace_option() -> str:
    """What a command that acts on the run's workspace needs in order to: nothing for `default`."""
    from um_action import host  # it imports this package

    try:
        workspace = host.current().workspace()
    except NotUnderUmHost:
        workspace = ""
    return "" if workspace in ("", "default") else f" --workspace {workspace}"


def _host(url: Url | None) -> str:
    return "the service" if url is None else url.host.strip("[]")


def _described(status: int) -> str:
    """The status with its name, and what to do about those that authors meet most."""
    words = _STATUS.get(status)
    return f"{status} {words}" if words else str(status)


_REDIRECT = "a redirect that was not followed; ask for the address that it names"
_STATUS = {
    300: "multiple choices; ask for one of the addresses that it names",
    **dict.fromkeys((301, 302, 303, 307, 308), _REDIRECT),
    304: "not modified; what was fetched before is still current",
    400: "bad request; check what was sent",
    401: "unauthorized; the service does not take this credential: check the secret that it came from",
    403: "forbidden; the credential is known and may not do this",
    404: "not found; check the path",
    405: "method not allowed",
    409: "conflict",
    410: "gone",
    413: "content too large",
    415: "unsupported media type; check the content-type header",
    422: "unprocessable content; check what was sent",
    429: "too many requests; wait and try again",
    500: "internal server error of the service",
    502: "bad gateway",
    503: "service unavailable; try again later",
    504: "gateway time-out",
}
