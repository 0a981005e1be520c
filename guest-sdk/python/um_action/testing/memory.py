"""What stands in for um-host in a test: the same rules and the same words, in memory."""

from __future__ import annotations

import difflib
import io
import re
import secrets as random
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from um_action.host import Entry, Refusal
from um_action.http.transport import Transport

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_CONTROLS = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_UNSEEN = (
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_JOINS = r"\u200c\u200d\ufe0e\ufe0f"
_UNFIT = re.compile(rf"[{_CONTROLS}{_UNSEEN}\\]|(?:\A|[\x00-\x7f])[{_JOINS}]|\A[-~.\s]|[.\s]\Z")

GUARD_AT_LEAST = 8
GUARD_AT_MOST = 64 * 1024
GUARDED_VALUES = 1_000
GUARDED_BYTES = 1024 * 1024


class FakeHost:
    """See `um_action.host.Host`."""

    def __init__(
        self, secrets: Mapping[str, str], sealed: Iterable[str], input: Any, workspace: str, transport: Transport
    ) -> None:
        self.input = input
        self.transport = transport
        self.published: dict[str, bytes] = {}
        self.guarded: list[str] = []
        self.logged: list[str] = []
        placeholders = {name: f"um_sealed_{random.token_hex(16)}" for name in sealed}
        self._sealed = frozenset(placeholders)
        self._secrets = {**secrets, **placeholders}
        self._workspace = workspace
        self._names: set[str] = set()

    def secret(self, name: str) -> str:
        """See `Host`."""
        if name not in self._secrets:
            raise Refusal("not-found")
        return self._secrets[name]

    def entries(self) -> list[Entry]:
        """See `Host`."""
        return [Entry(name, "", name in self._sealed) for name in sorted(self._secrets)]

    def closest(self, name: str) -> list[str]:
        """See `Host`."""
        plain = {known.casefold(): known for known in self._secrets}
        return [plain[match] for match in difflib.get_close_matches(name.casefold(), plain, n=3)]

    def workspace(self) -> str:
        """See `Host`."""
        return self._workspace

    def guard(self, value: str) -> None:
        """See `Host`."""
        size = len(value.encode())
        if size < GUARD_AT_LEAST or "***" in value:
            raise Refusal("too-short")
        if size > GUARD_AT_MOST:
            raise Refusal("too-long")
        if value in self.guarded:
            return
        held = sum(len(guarded.encode()) for guarded in self.guarded)
        if len(self.guarded) >= GUARDED_VALUES or held + size > GUARDED_BYTES:
            raise Refusal("too-many")
        self.guarded.append(value)

    def create_document(self, name: str) -> io.RawIOBase:
        """See `Host`."""
        revealed = (value for secret, value in self._secrets.items() if secret not in self._sealed)
        if not _is_fit(name) or any(value in name for value in revealed):
            raise Refusal("invalid-name")
        if any(f"{used}/".startswith(f"{name}/") or name.startswith(f"{used}/") for used in self._names):
            raise Refusal("exists")
        self._names.add(name)
        return _Document(self, name)

    def read_document(self, name: str, offset: int) -> bytes:
        """See `Host`. Secrets are masked as they stand: a test needs no more."""
        if name not in self._names:
            raise Refusal("not-found")
        if name not in self.published:
            raise Refusal("unfinished")
        content = self.published[name]
        for secret, value in self._secrets.items():
            if secret not in self._sealed and value:
                content = content.replace(value.encode(), b"***")
        return content[offset : offset + 64 * 1024]

    def log(self, line: str) -> None:
        """See `Host`."""
        self.logged.append(line)


class _Document(io.RawIOBase):
    def __init__(self, host: FakeHost, name: str) -> None:
        self.name = name
        self._host = host
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        with memoryview(data).cast("B") as view:
            self._written += view
            return len(view)

    def close(self) -> None:
        if not self.closed:
            self._host.published[self.name] = bytes(self._written)
        super().close()


def _is_fit(name: str) -> bool:
    """As um-host judges it: 1 to 8 file names with `/` between, that no display and no program takes for more."""
    parts = name.split("/")
    return len(name.encode()) <= 1_024 and len(parts) <= 8 and all(map(_is_plain, parts))


def _is_plain(part: str) -> bool:
    return 1 <= len(part.encode()) <= 255 and not _UNFIT.search(part)
