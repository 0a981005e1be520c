"""References to characters of XML and HTML: Python's html and xml.sax, jq, and others by what they replace."""

import html
import re
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

from jq import jq

# Besides & < >. Each is a writer that is not at hand.
TABLES: list[dict[str, str]] = [
    {'"': "&quot;"},
    {'"': "&quot;", "'": "&apos;"},
    {'"': "&quot;", "'": "&#39;"},
    {'"': "&quot;", "'": "&#039;"},
    {'"': "&#34;", "'": "&#39;"},
    {'"': "&#34;", "'": "&#39;", "\n": "&#xA;", "\r": "&#xD;", "\t": "&#x9;"},
    {'"': "&#34;", "'": "&#39;", "+": "&#43;"},
    {'"': "&quot;", "'": "&#x27;", "`": "&#x60;", "=": "&#x3D;"},
    {'"': "&quot;", "'": "&#39;", "`": "&#x60;", "=": "&#x3D;", "/": "&#x2F;"},
]
NUMBERS: list[Callable[[int], str]] = ["&#{}".format, "&#x{:x}".format, "&#x{:X}".format]


def attribute(text: str) -> str:
    # With a single quote it takes double quotes, and escapes those inside.
    return quoteattr(text + "'\"")[1 : -len("'&quot;\"")]


def ascii_alone(text: str) -> set[str]:
    by_table = [html.escape(text, quote=False).translate(str.maketrans(table)) for table in TABLES]
    return {html.escape(text), html.escape(text, quote=False), attribute(text), *by_table}


def numbered(text: str, characters: str, number: Callable[[int], str]) -> str:
    return re.sub(characters, lambda found: number(ord(found[0])) + ";", text, flags=re.DOTALL)


def once_as_text(texts: list[str]) -> list[set[str]]:
    of_jq = jq("map(@html)", texts)
    lists = []
    for text, written in zip(texts, of_jq, strict=True):
        plain = ascii_alone(text) | {written}
        beyond = {numbered(one, "[^\x00-\x7f]", number) for one in plain for number in NUMBERS}
        assert written.encode("ascii", "xmlcharrefreplace").decode() in beyond
        lists.append(plain | beyond)
    return lists


def once(texts: list[str]) -> list[set[bytes]]:
    whole = [{numbered(text, ".", number) for number in NUMBERS} for text in texts]
    return [{form.encode() for form in one | other} for one, other in zip(once_as_text(texts), whole)]


def twice(texts: list[str]) -> list[set[bytes]]:
    return [{html.escape(form, quote=False).encode() for form in found} for found in once_as_text(texts)]
