"""The header `link` (RFC 8288)."""

from __future__ import annotations

import re

_LINK = re.compile(
    r"""<([^<>]*)>((?:\s*;\s*[\w*!#$&+.^`|~-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)\s*(?:,|$)""", re.ASCII
)
_PARAMETER = re.compile(r"""([\w*!#$&+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))""", re.ASCII)


def links(header: str) -> dict[str, dict[str, str]]:
    """Each link by its `rel`, or by its address if it has none, as requests has it; `url` and the parameters."""
    found: dict[str, dict[str, str]] = {}
    for match in _LINK.finditer(header):
        link = {"url": match[1].strip()}
        for name, quoted, plain in _PARAMETER.findall(match[2]):
            link.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or plain)
        found.setdefault(link.get("rel") or link["url"], link)
    return found
