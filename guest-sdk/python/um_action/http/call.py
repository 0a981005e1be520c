"""A call as its author wrote it, checked and put into the form that is sent."""

from __future__ import annotations

import base64
import itertools
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, TypedDict

from um_action.base import shown

from .content import Content, File, InvalidContent, Stream, Whole, encoded, json_text
from .decoding import PIECES, WHOLE
from .errors import InvalidRequest
from .fields import Fields, InvalidField, Scalar, form, pairs, query, scalar
from .multipart import multipart
from .retry import Retry
from .transport import Outgoing
from .url import InvalidUrl, Url, escaped

_AGENT = "um-action/0.1.0"
_HINTS = {
    "allow_redirects": "the option is called `follow_redirects`",
    "verify": "um-host checks the certificate of every service",
    "cert": "actions cannot present a certificate of their own",
    "cookies": "send them as a header: headers={'Cookie': …}",
    "proxies": "um-host makes the connection",
    "content": "bytes and text go into `data=`",
    "body": "bytes and text go into `data=`, values into `json=`",
}


class Options(TypedDict, total=False):
    """What every verb takes besides the address."""

    headers: Mapping[str, Scalar | None] | Iterable[tuple[str, Scalar | None]] | None
    """Sent besides `user-agent` and, for `json` and forms, `content-type`, which give way to yours."""
    params: Fields | str | None
    """Appended to the query, text as it is. `None` is left out; a list is sent as several values of one name."""
    json: object
    """Sent as JSON: dates as ISO 8601 has them, a Decimal as a number with all its digits. `None` sends nothing; for
    JSON's null use data="null"."""
    data: str | bytes | bytearray | memoryview | Fields | IO[Any] | Iterable[str | bytes] | None
    """Sent as it is (text as UTF-8), a file and what a generator gives piece by piece; or as a web form if it is a
    mapping or pairs."""
    files: Mapping[str, object] | Iterable[tuple[str, object]] | None
    """Sent as a form with files (`multipart/form-data`), made in memory: each a file, bytes or text, or
    (file name, one of these, media type). What `data` then has are further fields."""
    auth: tuple[str, str] | None
    """User and password, sent as `Authorization: Basic …`. They may stand in the address too."""
    timeout: float | None
    """Seconds for the whole call, its redirects and the body included; with `retries` for each time. As long as that,
    um-host waits too, but for an answer to begin, and for its next piece, no longer than the run's limit
    `http-first-byte` (10 min). Without it, um-host waits 30 s for either."""
    follow_redirects: bool
    """Whether redirects are followed, up to 10: True unless said otherwise."""
    retries: int | Retry | None
    """How often a call is made again that met 429, 502, 503, 504, a broken connection or a time-out, if its method
    is none of POST and PATCH. See app.http.Retry."""
    stream: bool
    """Whether the body is left unread until it is asked for, see `Response.iter_bytes`: False unless said otherwise."""


@dataclass(frozen=True)
class Call:
    """A call that can be sent."""

    first: Outgoing
    media_type: str | None
    """Of its body, where the caller says nothing."""
    own_headers: Sequence[tuple[str, str]]
    """Those that the caller gave: another origin is not shown them."""
    timeout: float | None
    follow_redirects: bool
    stream: bool
    retry: Retry

    @classmethod
    def of(cls, method: str, address: str, options: Mapping[str, object]) -> Call:
        """Raises InvalidRequest, and TypeError for options that there are not."""
        _check_names(options)
        method = _method(method)
        url, user = _address(method, address)
        try:
            url = url.with_query(_params(options.get("params")))
            content, media_type = _content(options.get("json"), options.get("data"), options.get("files"))
            own = _own_headers(options.get("headers"), options.get("auth") or user)
            timeout = _timeout(options.get("timeout"))
            retry = _retry(method, options.get("retries"), content)
        except (_Mistake, InvalidContent, InvalidUrl) as mistake:
            raise InvalidRequest(method, url, str(mistake)) from None
        stream = bool(options.get("stream"))
        first = Outgoing(method, url, with_defaults(own, stream, media_type), content)
        return cls(first, media_type, own, timeout, options.get("follow_redirects") is not False, stream, retry)


class _Mistake(Exception):
    """What is wrong with a call, without its values."""


def with_defaults(own: Sequence[tuple[str, str]], stream: bool, media_type: str | None = None) -> list[tuple[str, str]]:
    """The caller's headers, and ours where the caller has none of the same name."""
    given = {name.lower() for name, _ in own}
    # A part of what is compressed is nothing that could be decompressed.
    accepted = "identity" if "range" in given else PIECES if stream else WHOLE
    ours = [("user-agent", _AGENT), ("accept-encoding", accepted)]
    ours += [("content-type", media_type)] if media_type else []
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


def _address(method: str, address: str) -> tuple[Url, tuple[str, str] | None]:
    if not isinstance(address, str):
        raise TypeError(f"the address must be text, not {type(address).__name__}")
    try:
        return Url.with_credential(address)
    except InvalidUrl as invalid:
        raise InvalidRequest(method, None, str(invalid)) from None


def _params(params: object) -> str:
    if isinstance(params, str):
        return escaped(params.removeprefix("?"))
    try:
        return "" if params is None else query(params)  # type: ignore[arg-type]
    except InvalidField as invalid:
        raise _Mistake(f"`params` {invalid}") from None


def _content(value: object, data: Any, files: object) -> tuple[Content | None, str | None]:
    """The body, and its media type where the caller says nothing."""
    if value is not None and (data is not None or files is not None):
        raise _Mistake(f"a call sends either `json` or `{'data' if files is None else 'files'}`, not both")
    if files is not None:
        return _with_files(data, files)
    if value is not None:
        return _json(value), "application/json"
    if data is None:
        return None, None
    if isinstance(data, str | bytes | bytearray | memoryview):
        return Whole(encoded(data)), None
    if hasattr(data, "read"):
        return File(data), None
    if isinstance(data, AsyncIterable):
        raise _Mistake("`data` takes no asynchronous generator; a plain one is sent piece by piece")
    if isinstance(data, Iterator):
        # Pairs of a form may come from anywhere; what else a generator gives is sent as it comes.
        first = [*itertools.islice(data, 1)]
        data = itertools.chain(first, data)
        if first and not isinstance(first[0], tuple | list):
            return Stream(data), None
    return _form(data)


def _form(fields: Any) -> tuple[Content, str]:
    try:
        return Whole(form(fields).encode()), "application/x-www-form-urlencoded"
    except InvalidField as invalid:
        raise _Mistake(f"`data` {invalid}") from None


def _with_files(fields: Any, files: object) -> tuple[Content, str]:
    try:
        content, media_type = multipart(fields, files)
    except InvalidField as invalid:
        raise _Mistake(f"`data` beside `files` {invalid}") from None
    return Whole(content), media_type


def _json(value: object) -> Content:
    try:
        return Whole(encoded(json_text(value)))
    except InvalidContent:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise _Mistake(f"the body cannot be written as JSON: {error}") from None


def _retry(method: str, given: object, content: Content | None) -> Retry:
    try:
        retry = Retry.of(given)
    except TypeError as error:
        raise _Mistake(str(error)) from None
    if retry.covers(method) and content is not None and not content.repeats:
        raise _Mistake("`retries` wants a body that can be sent again: bytes, text, or a file that can go back")
    return retry


def _own_headers(headers: object, auth: object) -> list[tuple[str, str]]:
    credential = _credential(auth)
    given = _headers(headers)
    # As with requests: what `auth` says takes the place of a header.
    return [(name, value) for name, value in given if not credential or name.lower() != "authorization"] + credential


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
    credential = base64.b64encode(encoded(f"{auth[0]}:{auth[1]}")).decode()
    return [("authorization", f"Basic {credential}")]


def _timeout(timeout: object) -> float | None:
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= 1e9:
        raise _Mistake("`timeout` takes a number of seconds above 0, for the whole call")
    return timeout
