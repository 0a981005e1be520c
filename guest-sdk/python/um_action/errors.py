"""All errors of this package. Each reads as advice; none repeats a secret, a header, a query or a body."""

from __future__ import annotations

from um_action.base import ActionError, LimitReached, NotUnderUmHost, listed, shown
from um_action.http.errors import (
    ConnectionFailed,
    HostNotAllowed,
    HttpError,
    HttpLimitReached,
    HttpStatusError,
    HttpTimeout,
    InvalidRequest,
    PrivateAddress,
    SecretMisdirected,
    SecretMisplaced,
    TlsFailed,
    UnexpectedBody,
    UnknownHost,
)

__all__ = [
    "ActionError",
    "ConnectionFailed",
    "DocumentError",
    "DocumentLimitReached",
    "GuardError",
    "HostNotAllowed",
    "HttpError",
    "HttpLimitReached",
    "HttpStatusError",
    "HttpTimeout",
    "InvalidRequest",
    "LimitReached",
    "NotUnderUmHost",
    "PrivateAddress",
    "SecretDenied",
    "SecretError",
    "SecretExpired",
    "SecretMisdirected",
    "SecretMisplaced",
    "SecretNotFound",
    "SecretUnavailable",
    "TlsFailed",
    "UnexpectedBody",
    "UnknownHost",
]


class SecretError(ActionError):
    """A secret was not handed out. `secret` is the name that was asked for."""

    secret: str
    workspace: str

    def __init__(self, message: str, secret: str, workspace: str) -> None:
        super().__init__(message)
        self.secret = secret
        self.workspace = workspace

    def __str__(self) -> str:
        # KeyError, among the bases of one of these, would show the message in quotes.
        return str(self.args[0])

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.args[0], self.secret, self.workspace)


class SecretNotFound(SecretError, AttributeError, KeyError):
    """The workspace has no secret of this name; `hasattr`, `except KeyError` and the like work as usual."""

    def __init__(self, message: str, secret: str, workspace: str) -> None:
        super().__init__(message, secret, workspace)
        # Says whose attribute is missing: Python would add a "did you mean" of its own to ours.
        self.name, self.obj = secret, None


class SecretDenied(SecretError):
    """The run was narrowed to other secrets, whether or not this one exists."""


class SecretExpired(SecretError):
    """The secret is past its expiry date."""


class SecretUnavailable(SecretError):
    """The store could not open the value or record the read."""


class GuardError(ActionError, ValueError):
    """A value cannot be guarded. Never holds it."""


class DocumentError(ActionError):
    """A document was not published. `document` is its name."""

    document: str

    def __init__(self, message: str, document: str) -> None:
        super().__init__(message)
        self.document = document

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.args[0], self.document)


class DocumentLimitReached(DocumentError, LimitReached):
    """The run has created as many documents as it may."""


def _named_for_authors() -> None:
    """Tracebacks name the module that authors import an error from."""
    for name in __all__:
        globals()[name].__module__ = "um_action"


_named_for_authors()


def secret_error(reason: str, name: str, workspace: str, closest: list[str]) -> SecretError:
    """The error for a secret that a host refused for `reason`."""
    secret = shown(name)
    if reason == "not-found":
        meant = f"; did you mean {listed(closest)}?" if closest else ""
        message = (
            f"workspace `{workspace}` has no secret `{secret}`{meant} "
            f"(names are case-sensitive; `um-host secrets list --workspace {workspace}` shows those there are)"
        )
        return SecretNotFound(message, name, workspace)
    if reason == "denied":
        message = (
            f"this run may not read the secret `{secret}`: its --only-secrets or --policy names others; add it there"
        )
        return SecretDenied(message, name, workspace)
    if reason == "expired":
        message = (
            f"the secret `{secret}` of workspace `{workspace}` has expired; "
            f"store a new value with `um-host secrets set {secret} --workspace {workspace}`"
        )
        return SecretExpired(message, name, workspace)
    message = f"the secret `{secret}` of workspace `{workspace}` could not be opened; `um-host key check` tells why"
    return SecretUnavailable(message, name, workspace)


_GUARD = {
    "too-short": "a guarded value has at least 8 bytes, since a shorter one would be masked everywhere, and no `***` "
    "in it, which is what a masked value looks like",
    "too-long": "a guarded value has at most 64 KiB",
    "too-many": "a run guards at most 1,000 values of 1 MiB in all; guard only those that are secret",
}


def guard_error(reason: str) -> GuardError:
    """The error for a value that a host did not guard for `reason`."""
    return GuardError(_GUARD[reason])


_DOCUMENT = {
    "invalid-name": "`{}` cannot name a document: use a plain file name of 1 to 255 bytes, or up to 8 with `/` "
    "between, without a secret or anything invisible in it, of which none begins with a dot, hyphen, tilde or blank or "
    "ends with a dot or blank",
    "exists": "this run has created the document `{}` already, or one that stands where the other needs a directory; "
    "use another name",
    "limit": "the document `{}` is one too many for this run; write fewer, or raise the limit with "
    "`um-host run --limit documents=NUMBER`",
    "not-found": "this run has written no document `{}`; what an earlier run has published is not there to be read",
    "unfinished": "the document `{}` is still being written; close it first, or leave its `with` block",
    "unavailable": "the document `{}` has nowhere to go: this run was started without `um-host run --documents DIR`, "
    "or the host could not write to DIR",
}


def document_error(reason: str, name: str) -> DocumentError:
    """The error for a document that a host did not start for `reason`."""
    error = DocumentLimitReached if reason == "limit" else DocumentError
    return error(_DOCUMENT[reason].format(shown(name)), name)
