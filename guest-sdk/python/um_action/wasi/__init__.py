"""um-host as the action reaches it: the one part of this package that imports generated bindings."""

from __future__ import annotations

import sys
from typing import Any

from wit_world.imports import secrets as bindings

from um_action.http.transport import Transport
from um_action.wasi import documents, secrets
from um_action.wasi.http import WasiTransport


class WasiHost:
    """um-host, for one run. See `um_action.host.Host`."""

    def __init__(self, input: Any) -> None:
        self.input = input
        self.transport: Transport = WasiTransport()

    secret = staticmethod(secrets.secret)
    entries = staticmethod(secrets.entries)
    guard = staticmethod(secrets.guard)
    closest = staticmethod(bindings.closest)
    workspace = staticmethod(bindings.workspace)
    create_document = staticmethod(documents.create)
    read_document = staticmethod(documents.read)

    def log(self, line: str) -> None:
        """Writes the line to standard error."""
        print(line, file=sys.stderr)
