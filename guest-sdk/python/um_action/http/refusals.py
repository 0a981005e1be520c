"""What um-host says of a request that it refused, worded for the author: the fact is the host's, the advice ours."""

from __future__ import annotations

from dataclasses import dataclass

from um_action.http.errors import (
    HostNotAllowed,
    HttpError,
    HttpTimeout,
    InvalidRequest,
    SecretMisdirected,
    SecretMisplaced,
    workspace_option,
)

_WHERE = "`um-host secrets info {secret}{within}` says where it may go"
_PLACE = "`um-host secrets info {secret}{within}` says where it goes"
_LESS = "send or ask for less at once"
_WHOLE = "ask for an uncompressed one"

# What to do, by the code: see host/docs/errors.md.
_ADVICE = {
    "path-not-allowed": "allow it with `um-host run --allow-host {entry}` and the path that is meant",
    "method-not-allowed": "allow it with `um-host run --allow-host '{entry}'`",
    "strict-egress": "bind one to {entry}, or leave `--strict-egress` out",
    "secret-misdirected": (
        _WHERE + "; `um-host secrets set {secret}{within} --revealed` with `--bind` for each of its hosts changes that"
    ),
    "key-in-request": "leave it out: no action has any use for one",
    "sealed-other-host": _WHERE,
    "sealed-other-method": _WHERE,
    "sealed-other-path": _WHERE,
    "placeholder-misplaced": _PLACE,
    "placeholder-not-whole": _PLACE,
    "sealed-other-field": _PLACE,
    "sealed-denied-field": _PLACE,
    "placeholder-unknown": "read the secret in this run and send it unchanged",
    "placeholder-twice": "send it once",
    "sealed-method": "use another",
    "request-method": "use another",
    "sealed-range": "leave them out",
    "sealed-url-too-long": "shorten it",
    "sealed-body-too-long": _LESS,
    "response-inflates": _LESS,
    "sealed-unopened": "try again",
    "sealed-unrecorded": "try again",
    "response-charset": "ask the service for UTF-8",
    "response-packed": "ask for what is in the file",
    "response-partial": "ask for the whole",
    "response-encoding": _WHOLE,
    "response-corrupt": _WHOLE,
    "connections-busy": (
        "close or read the responses that are open, or raise it with `um-host run --limit {limit}=VALUE`"
    ),
    "http-timeout": "raise it with `um-host run --limit {limit}=VALUE`",
    "url-scheme": "start it with https://",
    "url-user": "send them in an authorization header",
    "url-host": "check how the address is written",
    "url-port": "check how the address is written",
    "url-path": "check how the address is written",
}

# The error of each kind that um-host tells; the others are of HttpError itself.
_KINDS: dict[str, type[HttpError]] = {
    "not-allowed": HostNotAllowed,
    "misdirected": SecretMisdirected,
    "misplaced": SecretMisplaced,
    "invalid": InvalidRequest,
    "timed-out": HttpTimeout,
}


@dataclass(frozen=True)
class Refusal:
    """What stands behind the words of a refusal."""

    kind: str
    code: str
    entry: str | None = None
    secret: str | None = None
    limit: str | None = None

    @property
    def error(self) -> type[HttpError]:
        """The type of error that an author gets."""
        return _KINDS.get(self.kind, HttpError)

    def worded(self, fact: str) -> str:
        """The fact, and what to do about it."""
        advice = _ADVICE.get(self.code)
        if advice is None:
            return fact
        names = {"entry": self.entry or "HOST", "secret": self.secret or "NAME", "limit": self.limit or "NAME"}
        return f"{fact}; {advice.format(within=workspace_option(), **names)}"
