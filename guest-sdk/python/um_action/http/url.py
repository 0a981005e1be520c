"""Addresses: taken apart, put together, followed. Percent-encoded as RFC 3986 asks."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(.*))?", re.DOTALL)
# What may stand in a path or query as it is, escapes that are there already included.
_KEPT = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"<>\\^`{|}')


class InvalidUrl(ValueError):
    """Why a text is no address to call. Never holds the text."""


@dataclass(frozen=True)
class Url:
    """An absolute address of the schemes http and https."""

    scheme: str
    """Lower case."""
    host: str
    """Lower case; an IPv6 address stands in brackets."""
    port: int | None
    path: str
    """Begins with a slash."""
    query: str | None

    @classmethod
    def with_credential(cls, text: str) -> tuple[Url, tuple[str, str] | None]:
        """An address, and the user and password before its host, which are no part of it. Raises InvalidUrl."""
        scheme, separator, rest = text.strip().partition("://")
        authority, user, host = rest[: _authority_end(rest)].rpartition("@")
        if not user:
            return cls.parse(text), None
        name, _, password = authority.partition(":")
        return cls.parse(f"{scheme}{separator}{host}{rest[_authority_end(rest) :]}"), (unquote(name), unquote(password))

    @classmethod
    def parse(cls, text: str) -> Url:
        """Raises InvalidUrl."""
        scheme, separator, rest = text.strip().partition("://")
        scheme = scheme.lower()
        if not separator or scheme not in _DEFAULT_PORTS:
            raise InvalidUrl("the address must begin with https:// or http://")
        end = _authority_end(rest)
        host, port = _split_authority(rest[:end])
        path, query = _split_path(rest[end:])
        return cls(scheme, host, port, _without_dots(path) if path.startswith("/") else f"/{path}", query)

    def join(self, reference: str) -> Url:
        """The address that `reference`, the location of an answer from this address, means (RFC 3986, 5.2)."""
        reference = reference.strip()
        if reference.startswith("//"):
            return Url.parse(f"{self.scheme}:{reference}")
        if ":" in re.split("[/?#]", reference, maxsplit=1)[0]:
            return Url.parse(reference)
        path, query = _split_path(reference)
        if not path:
            return self if query is None else replace(self, query=query)
        if not path.startswith("/"):
            path = f"{self.path.rpartition('/')[0]}/{path}"
        return replace(self, path=_without_dots(path), query=query)

    def with_query(self, addition: str) -> Url:
        """Appends to the query what is encoded already."""
        if not addition:
            return self
        return replace(self, query=f"{self.query}&{addition}" if self.query else addition)

    @property
    def authority(self) -> str:
        """Host and port as the request names them."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def path_with_query(self) -> str:
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def full(self) -> str:
        """The whole address; its query may hold a credential."""
        return f"{self.scheme}://{self.authority}{self.path_with_query}"

    @property
    def origin(self) -> tuple[str, str, int]:
        port = _DEFAULT_PORTS[self.scheme] if self.port is None else self.port
        return self.scheme, self.host, port

    @property
    def allow_entry(self) -> str:
        """What `um-host run --allow-host` takes to allow this address: https is what a bare host means."""
        return f"http://{self.authority}" if self.scheme == "http" else self.authority

    def __str__(self) -> str:
        """Without the query, which often holds a credential."""
        return f"{self.scheme}://{self.authority}{self.path}"

    __repr__ = __str__


def _authority_end(rest: str) -> int:
    return next((index for index, char in enumerate(rest) if char in "/?#\\"), len(rest))


def _split_authority(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise InvalidUrl("an address that a service sends on to holds no user or password")
    match = _AUTHORITY.fullmatch(authority)
    if match is None or not _is_host(match[1]):
        raise InvalidUrl("the address has no valid host; write other alphabets in their ASCII form (xn--…)")
    return match[1].lower(), _port(match[2])


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        return _HOST.fullmatch(host) is not None
    try:
        return ipaddress.IPv6Address(host[1:-1]).scope_id is None
    except ValueError:
        return False


def _port(digits: str | None) -> int | None:
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits.lstrip("0")) <= 5 and int(digits) <= 65535):
        raise InvalidUrl("the port of the address is not a number from 0 to 65535")
    return int(digits)


def _split_path(text: str) -> tuple[str, str | None]:
    """Path and query without the fragment; what may not stand in them is escaped, escapes that are there stay."""
    path, mark, query = text.partition("#")[0].partition("?")
    return escaped(path), escaped(query) if mark else None


def escaped(text: str) -> str:
    """With what may not stand in a path or query as escapes; those that are there stay. Raises InvalidUrl."""
    try:
        return quote(text, safe=_KEPT)
    except UnicodeEncodeError:
        raise InvalidUrl("the address holds half of a character (a lone surrogate)") from None


def _without_dots(path: str) -> str:
    """Removes `.` and `..` segments (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    segments = path.removeprefix("/").split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
