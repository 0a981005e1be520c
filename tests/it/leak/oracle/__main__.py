"""Lists the forms of values by outside encoders; shares no code with the host.

Reads a JSON array of values. Writes a JSON array with the forms of each: family, bytes in hexadecimal, and whether line
breaks may stand in it.
"""

import json
import re
import sys
from collections.abc import Callable

import binary
import json_text
import markup
import percent
import quoting
from parts import SHORTEST, parts

Writer = Callable[[list[str]], list[set[bytes]]]

FAMILIES: dict[str, Writer] = {
    "lowercase": lambda texts: [{text.encode().lower()} for text in texts],
    "uppercase": lambda texts: [{text.encode().upper()} for text in texts],
    "reversed": lambda texts: [{text[::-1].encode()} for text in texts],
    "base64": binary.base64_standard,
    "base64-url": binary.base64_url,
    "base64-twice": binary.base64_twice,
    "base32": binary.base32,
    "hex": binary.hexadecimal,
    "octal": binary.octal,
    "bytes": binary.lists,
    "percent": percent.all_writers,
    "percent-twice": percent.twice,
    "json": json_text.once,
    "json-twice": json_text.twice,
    "markup": markup.once,
    "markup-twice": markup.twice,
    "quoted": quoting.languages,
    "shell": quoting.shells,
    "utf-16": binary.utf16,
}
BASES = ("base64", "base64-url", "base64-twice", "base32")


def across_lines(family: str, form: bytes) -> bool:
    if family in ("hex", "bytes"):
        return not re.search(rb"[ -]|\\", form)
    return family in BASES or family == "utf-16" and b"\0" not in form and form.isascii()


def main() -> None:
    values = [list(parts(value)) for value in json.load(sys.stdin)]
    long = lambda text: len(text.encode()) >= SHORTEST
    texts = sorted({text for value in values for _, text, how in value if how == "every" and long(text)})
    forms: dict[str, list[tuple[str, bytes, bool]]] = {text: [] for text in texts}
    for family, writer in FAMILIES.items():
        for text, written in zip(texts, writer(texts), strict=True):
            forms[text] += [(family, form, across_lines(family, form)) for form in written if len(form) >= SHORTEST]
    lists = []
    for value in values:
        found = set()
        for name, text, how in value:
            if long(text) or name in ("raw", "trimmed"):
                found.add((name, text.encode(), how == "across lines"))
            found.update(forms[text] if how == "every" and long(text) else ())
        lists.append(sorted((family, form.hex(), across) for family, form, across in found))
    json.dump(lists, sys.stdout)


main()
