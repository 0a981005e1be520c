"""What the error codes of `wasi:http` mean to an author."""

from __future__ import annotations

from wit_world.imports import refusals
from wit_world.imports import types as t

from um_action.http.errors import (
    ConnectionFailed,
    HostNotAllowed,
    HttpError,
    HttpLimitReached,
    HttpTimeout,
    InvalidRequest,
    PrivateAddress,
    TlsFailed,
    UnknownHost,
)
from um_action.http.refusals import Refusal
from um_action.http.transport import Outgoing

INTERNAL = "the host refused a step that it should take; this is an error in um_action"

_UNFIT = "um-host does not take this request; check its address, method and length"
_BODY_SIZE = "the body is not as long as its content-length header says, or over the run's limit"
_NO_HTTP = "the service does not speak HTTP as it should"
_NO_WAY = "um-host found no way to the service; its report at the end of the run says why"
_MANY = "this run has made as many calls as it may; make fewer, or raise its limit"

# The error of each code, with words where its own do not do.
_MEANINGS: dict[type, tuple[type[HttpError], str | None]] = {
    t.ErrorCode_HttpRequestDenied: (HostNotAllowed, None),
    t.ErrorCode_DestinationIpProhibited: (PrivateAddress, None),
    t.ErrorCode_DnsError: (UnknownHost, None),
    t.ErrorCode_DestinationNotFound: (UnknownHost, None),
    t.ErrorCode_ConnectionRefused: (ConnectionFailed, None),
    t.ErrorCode_ConnectionTerminated: (ConnectionFailed, None),
    t.ErrorCode_DestinationUnavailable: (ConnectionFailed, _NO_WAY),
    t.ErrorCode_DestinationIpUnroutable: (ConnectionFailed, None),
    t.ErrorCode_HttpResponseIncomplete: (ConnectionFailed, None),
    t.ErrorCode_DnsTimeout: (HttpTimeout, None),
    t.ErrorCode_ConnectionTimeout: (HttpTimeout, None),
    t.ErrorCode_ConnectionReadTimeout: (HttpTimeout, None),
    t.ErrorCode_ConnectionWriteTimeout: (HttpTimeout, None),
    t.ErrorCode_HttpResponseTimeout: (HttpTimeout, None),
    t.ErrorCode_TlsProtocolError: (TlsFailed, None),
    t.ErrorCode_TlsCertificateError: (TlsFailed, None),
    t.ErrorCode_TlsAlertReceived: (TlsFailed, None),
    t.ErrorCode_HttpRequestBodySize: (InvalidRequest, _BODY_SIZE),
    t.ErrorCode_HttpRequestUriTooLong: (HttpLimitReached, None),
    t.ErrorCode_HttpRequestHeaderSectionSize: (HttpLimitReached, None),
    t.ErrorCode_HttpRequestHeaderSize: (HttpLimitReached, None),
    t.ErrorCode_HttpRequestTrailerSectionSize: (HttpLimitReached, None),
    t.ErrorCode_HttpRequestTrailerSize: (HttpLimitReached, None),
    t.ErrorCode_HttpResponseHeaderSectionSize: (HttpLimitReached, None),
    t.ErrorCode_HttpResponseBodySize: (HttpLimitReached, None),
    t.ErrorCode_HttpResponseHeaderSize: (HttpLimitReached, None),
    t.ErrorCode_HttpResponseTrailerSectionSize: (HttpLimitReached, None),
    t.ErrorCode_HttpResponseTrailerSize: (HttpLimitReached, None),
    t.ErrorCode_ConnectionLimitReached: (HttpLimitReached, _MANY),
    t.ErrorCode_HttpRequestUriInvalid: (InvalidRequest, _UNFIT),
    t.ErrorCode_HttpRequestMethodInvalid: (InvalidRequest, _UNFIT),
    t.ErrorCode_HttpRequestLengthRequired: (InvalidRequest, _UNFIT),
}


def failure(code: t.ErrorCode, request: Outgoing) -> HttpError:
    """What the host says of a call."""
    if isinstance(code, t.ErrorCode_InternalError):
        return _in_words(code.value, request)
    if isinstance(code, t.ErrorCode_HttpResponseBodySize) and code.value is not None:
        words = f"a header or body is over the limit of {code.value} bytes"
        return HttpLimitReached(request.method, request.url, words)
    kind, words_of_kind = _MEANINGS.get(type(code), (HttpError, _NO_HTTP))
    return kind(request.method, request.url, words_of_kind)


def _in_words(words: str | None, request: Outgoing) -> HttpError:
    """What has no code in WASI: um-host is asked what its words mean."""
    told = None if words is None else refusals.explain(words)
    if words is None or told is None:
        return HttpError(request.method, request.url, words)
    refusal = Refusal(told.kind.name.lower().replace("_", "-"), told.code, told.entry, told.secret, told.limit)
    return refusal.error(request.method, request.url, refusal.worded(words))


def broken_off(words: str, request: Outgoing) -> ConnectionFailed:
    """The connection broke in the middle of an answer; the words are those of the host."""
    return ConnectionFailed(request.method, request.url, f"the response broke off in the middle ({words})")
