"""Lists the forms of values by outside encoders; shares no code with the host.

Reads a JSON array with the parts of each value: what each is called, what it says, how far it is looked for. Writes a JSON
array with the forms of each value: family, bytes in hexadecimal, and whether line breaks may stand in it.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator

import as_number
import binary
import json_text
import lists
import markup
import nested
import normal
import percent
import quoting

SHORTEST = 8
Writer = Callable[[list[str]], list[set[bytes]]]

FAMILIES: dict[str, tuple[Writer, ...]] = {
    "lowercase": (lambda texts: [{text.encode().lower(), text.lower().encode()} for text in texts],),
    "uppercase": (lambda texts: [{text.encode().upper(), text.upper().encode()} for text in texts],),
    "reversed": (lambda texts: [{text[::-1].encode()} for text in texts],),
    "normalized": (normal.as_text, normal.in_base64),
    "base64": (binary.base64_standard, nested.in_base64),
    "base64-url": (binary.base64_url, nested.in_base64_url),
    "base64-twice": (binary.base64_twice,),
    "base32": (binary.base32,),
    "hex": (binary.hexadecimal,),
    "octal": (binary.octal,),
    "bytes": (lists.numbers, lists.characters, lists.rows, lists.compact_characters),
    "number": (as_number.number,),
    "percent": (percent.all_writers, nested.in_url, nested.base64_in_url),
    "percent-twice": (percent.twice,),
    "json": (json_text.once, nested.in_strings, nested.in_json, nested.base64_in_json),
    "json-twice": (json_text.twice,),
    "markup": (markup.once, nested.in_markup, nested.base64_in_markup),
    "markup-twice": (markup.twice,),
    "quoted": (quoting.languages, quoting.in_mail, quoting.in_strings, nested.in_repr),
    "shell": (quoting.shells,),
    "utf-16": (binary.utf16,),
}
ACROSS_LINES = (lists.rows, lists.compact_characters, normal.in_base64)
IF_WRAPPED = (quoting.in_mail, quoting.in_strings, nested.in_strings)
BASES = ("base64", "base64-url", "base64-twice", "base32")
SHORTEST_WRAPPED = 26


def across_lines(family: str, writer: Writer, text: str, form: bytes) -> bool:
    is_wrapped = len(form) >= SHORTEST_WRAPPED and not form.startswith(text.encode())
    if writer in ACROSS_LINES or writer in IF_WRAPPED and is_wrapped:
        return True
    if family in ("hex", "bytes"):
        return not re.search(rb"[ -]|\\", form)
    return family in BASES or family == "utf-16" and b"\0" not in form and form.isascii()


def as_it_is(text: str) -> Iterator[tuple[bytes, bool]]:
    """Without an encoding: whether line breaks may stand in it, and what is behind an early hyphen."""
    data = text.encode()
    is_wrapped = len(data) >= SHORTEST_WRAPPED and not re.search("[\r\n]", text)
    yield data, is_wrapped
    prefix = re.match(rb".{0,6}-", data, re.DOTALL)
    if prefix and text.split() == [text] and len(data) - prefix.end() >= SHORTEST_WRAPPED:
        yield data[prefix.end() :], True


def without_white_space(form: bytes) -> bytes | None:
    """What is looked for in a text without any; nobody breaks a list at its blanks alone."""
    bare = b"".join(form.split())
    return bare if re.search(rb"[^,]\s", form) and len(bare) >= SHORTEST_WRAPPED else None


def main() -> None:
    values = json.load(sys.stdin)
    assert all(how != "common" for value in values for _, _, how in value), "it is too long"
    long = lambda text: len(text.encode()) >= SHORTEST
    texts = sorted({text for value in values for _, text, how in value if how == "every" and long(text)})
    forms: dict[str, list[tuple[str, bytes, bool]]] = {text: [] for text in texts}
    for family, writer in ((family, writer) for family, writers in FAMILIES.items() for writer in writers):
        for text, written in zip(texts, writer(texts), strict=True):
            long_enough = [form for form in written if len(form) >= SHORTEST]
            forms[text] += [(family, form, across_lines(family, writer, text, form)) for form in long_enough]
    lists = []
    for value in values:
        found = set()
        for name, text, how in value:
            if long(text) or name in ("raw", "trimmed"):
                found.update((name, form, wrapped or how == "across lines") for form, wrapped in as_it_is(text))
            found.update(forms[text] if how == "every" and long(text) else ())
        bare = {without_white_space(form) for _, form, across in found if across}
        found |= {("joined", form, True) for form in bare if form}
        lists.append(sorted((family, form.hex(), across) for family, form, across in found))
    json.dump(lists, sys.stdout)


main()
