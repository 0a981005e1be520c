"""A call as its author wrote it, checked and put into the form that is sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from um_action.base import shown

from .errors import InvalidRequest
from .fields import Fields, InvalidField, Scalar, form, pairs, query, scalar
from .transport import Deadline, Outgoing
from .url import InvalidUrl, Url

_AGENT = "um-action/0.1.0"
_HINTS = {
    "allow_redirects": "the option is called `follow_redirects`",
    "verify": "um-host checks the certificate of every service",
    "cert": "actions cannot present a certificate of their own",
    "files": "put the bytes into `data=` and say what they are with a content-type header",
    "cookies": "send them as a header: headers={'Cookie': …}",
    "proxies": "um-host makes the connection",
    "content": "bytes and text go into `data=`",
    "body": "bytes and text go into `data=`, values into `json=`",
}


class Options(TypedDict, total=False):
    """What every verb takes besides the address."""

    headers: Mapping[str, Scalar | None] | Iterable[tuple[str, Scalar | None]] | None
    """Sent besides `user-agent` and, for `json` and forms, `content-type`, which give way to yours."""
    params: Fields | None
    """Appended to the query. `None` values are left out; a list is sent as several values of one name."""
    json: object
    """Sent as JSON. `None` sends nothing; for JSON's null use data="null"."""
    data: str | bytes | bytearray | memoryview | Fields | None
    """Sent as it is (text as UTF-8), or as a web form if it is a mapping or pairs."""
    auth: tuple[str, str] | None
    """User and password, sent as `Authorization: Basic …`."""
    timeout: float | None
    """Seconds for the whole call, its redirects and the body included. As long as that, um-host waits too, but for an
    answer to begin, and for its next piece, no longer than the run's limit `http-first-byte` (10 min). Without it,
    um-host waits 30 s for either."""
    follow_redirects: bool
    """Whether redirects of GET and HEAD are followed: True unless said otherwise."""
    stream: bool
    """Whether the body is left unread until it is asked for, see `Response.iter_bytes`: False unless said otherwise."""


@dataclass(frozen=True)
class Call:
    """A call that can be sent."""

    first: Outgoing
    own_headers: Sequence[tuple[str, str]]
    """Those that the caller gave: another origin is not shown them."""
    deadline: Deadline | None
    follow_redirects: bool
    stream: bool

    @classmethod
    def of(cls, method: str, address: str, options: Mapping[str, object]) -> Call:
        """Raises InvalidRequest, and TypeError for options that there are not."""
        _check_names(options)
        method = _method(method)
        url = _address(method, address)
        try:
            url = url.with_query(_params(options.get("params")))
            content, media_type = _content(options.get("json"), options.get("data"))
            own = [*_headers(options.get("headers")), *_credential(options.get("auth"))]
            deadline = _deadline(options.get("timeout"))
        except _Mistake as mistake:
            raise InvalidRequest(method, url, str(mistake)) from None
        first = Outgoing(method, url, with_defaults(own, media_type), content)
        return cls(first, own, deadline, options.get("follow_redirects") is not False, bool(options.get("stream")))


class _Mistake(Exception):
    """What is wrong with a call, without its values."""


def with_defaults(own: Sequence[tuple[str, str]], media_type: str | None = None) -> list[tuple[str, str]]:
    """The caller's headers, and ours where the caller has none of the same name."""
    given = {name.lower() for name, _ in own}
    ours = [("user-agent", _AGENT)] + ([("content-type", media_type)] if media_type else [])
    return [*own, *((name, value) for name, value in ours if name not in given)]


def _check_names(options: Mapping[str, object]) -> None:
    for name in options.keys() - Options.__optional_keys__:
        hint = _HINTS.get(name, f"there are {', '.join(sorted(Options.__optional_keys__))}")
        raise TypeError(f"app.http has no option `{name}`: {hint}")


def _method(method: str) -> str:
    if not isinstance(method, str):
        raise TypeError(f"the method must be text, not {type(method).__name__}")
    if not _is_token(method):
        raise InvalidRequest(shown(method), None, "the method has characters that no method may have")
    return method.upper()


def _address(method: str, address: str) -> Url:
    if not isinstance(address, str):
        raise TypeError(f"the address must be text, not {type(address).__name__}")
    try:
        return Url.parse(address)
    except InvalidUrl as invalid:
        raise InvalidRequest(method, None, str(invalid)) from None


def _params(params: object) -> str:
    try:
        return "" if params is None else query(params)  # type: ignore[arg-type]
    except InvalidField as invalid:
        raise _Mistake(f"`params` {invalid}") from None


def _content(value: object, data: object) -> tuple[bytes | None, str | None]:
    """The body, and its media type where the caller says nothing."""
    if value is not None and data is not None:
        raise _Mistake("a call sends either `json` or `data`, not both")
    if value is not None:
        return _json(value), "application/json"
    if data is None:
        return None, None
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data), None
    if isinstance(data, str):
        return _encoded(data), None
    if hasattr(data, "read"):
        raise _Mistake("`data` takes no file; pass what its `.read()` returns")
    try:
        return form(data).encode(), "application/x-www-form-urlencoded"  # type: ignore[arg-type]
    except InvalidField as invalid:
        raise _Mistake(f"`data` {invalid}") from None


def _json(value: object) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise _Mistake(f"the body cannot be written as JSON: {error}") from None
    return _encoded(text)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise _Mistake("the body has half of a character in it (a lone surrogate)") from None


def _headers(headers: object) -> list[tuple[str, str]]:
    try:
        given = [] if headers is None else list(pairs(headers))
    except InvalidField as invalid:
        raise _Mistake(f"`headers` {invalid}") from None
    return [(name, _header(name, value)) for name, value in given if value is not None]


def _header(name: str, value: object) -> str:
    text = scalar(value)
    if text is None:
        raise _Mistake(f"the value of the header `{shown(name)}` is not text but {type(value).__name__}")
    if text.endswith(("\n", "\r")):
        raise _Mistake(
            f"the value of the header `{shown(name)}` ends with a newline, which no header may have; if it comes from "
            "a secret, store that again without the newline at its end (`um-host secrets set`)"
        )
    if not _fits(name, text):
        raise _Mistake(unfit(name))
    return text


def _fits(name: str, value: str) -> bool:
    """Whether a header can have this name and value (RFC 9110, 5.1 and 5.5)."""
    plain = all(char == "\t" or (" " <= char != "\x7f" and not "\ud800" <= char <= "\udfff") for char in value)
    return _is_token(name) and plain


def _is_token(text: str) -> bool:
    return text.isascii() and bool(text) and all(char.isalnum() or char in "!#$%&'*+-.^_`|~" for char in text)


def unfit(name: str) -> str:
    """The words for a header that cannot be sent."""
    return f"the header `{shown(name)}` has characters that no header may have"


def _credential(auth: object) -> list[tuple[str, str]]:
    if auth is None:
        return []
    if not (isinstance(auth, tuple | list) and len(auth) == 2 and all(isinstance(each, str) for each in auth)):
        raise _Mistake("`auth` takes a pair of texts: user and password")
    credential = base64.b64encode(_encoded(f"{auth[0]}:{auth[1]}")).decode()
    return [("authorization", f"Basic {credential}")]


def _deadline(timeout: object) -> Deadline | None:
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= 1e9:
        raise _Mistake("`timeout` takes a number of seconds above 0, for the whole call")
    return Deadline.after(timeout)
