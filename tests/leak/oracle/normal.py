"""Normal forms of Unicode: Python's unicodedata, and what common writers make of them."""

import json
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import quote, quote_plus

import binary
from json_text import strings


def others(text: str) -> list[str]:
    return [normal for normal in (normalize("NFC", text), normalize("NFD", text)) if normal != text]


def written(normal: str) -> Iterator[str]:
    yield from (normal, json.dumps(normal)[1:-1], strings([normal], "-c")[0][1:-1])
    yield from (quote(normal, safe="!~*'()"), quote(normal, safe=""), quote(normal), quote_plus(normal))


def as_text(texts: list[str]) -> list[set[bytes]]:
    return [{form.encode() for normal in others(text) for form in written(normal)} for text in texts]


def in_base64(texts: list[str]) -> list[set[bytes]]:
    normals = [others(text) for text in texts]
    every = sorted(set().union(*normals))
    cores = dict(zip(every, binary.base64_standard(every), strict=True))
    return [set().union(*(cores[normal] for normal in found)) for found in normals]
