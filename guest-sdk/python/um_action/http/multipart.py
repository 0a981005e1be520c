"""`files=`: a form that holds files (`multipart/form-data`, RFC 7578)."""

from __future__ import annotations

import mimetypes
import os
import secrets as random
from collections.abc import Mapping
from typing import Any

from um_action.base import shown

from .content import InvalidContent, encoded
from .fields import Fields, InvalidField, pairs, texts

_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
_SHAPE = "takes a file, bytes or text, or (file name, one of these[, media type[, headers]])"


def multipart(fields: Fields | None, files: object) -> tuple[bytes, str]:
    """The body, and its media type. Raises InvalidField and InvalidContent."""
    boundary = random.token_hex(16)
    parts = [_part(name, None, value.encode(), {}) for name, value in texts(fields or ())]
    try:
        given = list(pairs(files))
    except InvalidField as invalid:
        raise InvalidContent(f"`files` {invalid}") from None
    parts += [_file(name, value) for name, value in given if value is not None]
    lines = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    return lines + b"--%b--\r\n" % boundary.encode(), f"multipart/form-data; boundary={boundary}"


def _file(name: str, value: object) -> bytes:
    if not isinstance(value, tuple | list):
        filename = _name_of(value) or name
        return _part(name, filename, _content(name, value), {"content-type": _media_type(filename)})
    if not 2 <= len(value) <= 4 or not (value[0] is None or isinstance(value[0], str)):
        raise InvalidContent(f"`files` {_SHAPE} (`{shown(name)}`)")
    filename, content, media_type, headers = (*value, None, None)[:4]
    own = {each.lower(): str(text) for each, text in headers.items()} if isinstance(headers, Mapping) else {}
    if media_type or filename:
        own.setdefault("content-type", str(media_type or _media_type(filename)))
    return _part(name, filename, _content(name, content), own)


def _part(name: str, filename: str | None, content: bytes, headers: Mapping[str, str]) -> bytes:
    named = "" if filename is None else f'; filename="{filename.translate(_ESCAPES)}"'
    lines = [f'content-disposition: form-data; name="{name.translate(_ESCAPES)}"{named}']
    lines += [f"{header}: {value}" for header, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise InvalidContent("`files` has a media type or a header with a newline in it")
    return encoded("\r\n".join(lines)) + b"\r\n\r\n" + content


def _content(name: str, value: Any) -> bytes:
    read = getattr(value, "read", None)
    content = read() if callable(read) else value
    if not isinstance(content, str | bytes | bytearray | memoryview):
        raise InvalidContent(f"`files` {_SHAPE}, not {type(value).__name__} (`{shown(name)}`)")
    return encoded(content)


def _name_of(file: object) -> str | None:
    name = getattr(file, "name", None)
    return os.path.basename(name) if isinstance(name, str) and name[:1] not in ("", "<") else None


def _media_type(filename: str) -> str:
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"
