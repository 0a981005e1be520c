"""What one writer makes of what another wrote."""

import html
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import binary
from json_text import strings
from jq import jq
from quoting import BY_SHLEX, IN_SINGLE_QUOTES, reprs

Writer = Callable[[list[str]], list[set[str]]]


def json_strings(texts: list[str]) -> list[set[str]]:
    return [{line[1:-1], json.dumps(text)[1:-1]} for line, text in zip(strings(texts, "-c"), texts, strict=True)]


def markup(texts: list[str]) -> list[set[str]]:
    def written(text: str, by_jq: str) -> Iterator[str]:
        plain = html.escape(text, quote=False)
        attribute = plain.replace('"', "&quot;")
        yield from (plain, attribute, html.escape(text), by_jq)
        yield from (attribute.replace("'", name) for name in ("&apos;", "&#39;"))
        yield plain.replace('"', "&#34;").replace("'", "&#39;")

    return [set(written(*pair)) for pair in zip(texts, jq("map(@html)", texts), strict=True)]


def commands(texts: list[str]) -> list[set[str]]:
    return [{text.translate(IN_SINGLE_QUOTES), text.translate(BY_SHLEX)} for text in texts]


def quoted(texts: list[str]) -> list[set[str]]:
    return [set(reprs(text)) for text in texts]


def parameters(texts: list[str]) -> list[set[str]]:
    return [{quote(text, safe="!~*'()"), quote(text, safe=""), quote(text), quote_plus(text)} for text in texts]


def nested(inners: list[Writer], outer: Callable[[list[str]], list[set[bytes]]]) -> Callable[[list[str]], list[set[bytes]]]:
    def write(texts: list[str]) -> list[set[bytes]]:
        by_inner = [inner(texts) for inner in inners]
        inside = [set().union(*written) - {text} for text, *written in zip(texts, *by_inner, strict=True)]
        every = sorted(set().union(*inside))
        written = dict(zip(every, outer(every), strict=True))
        return [set().union(*(written[one] for one in found)) for found in inside]

    return write


def in_bytes(outer: Writer) -> Callable[[list[str]], list[set[bytes]]]:
    return lambda texts: [{form.encode() for form in found} for found in outer(texts)]


in_strings = in_bytes(json_strings)
in_repr = nested([json_strings, markup, commands], in_bytes(quoted))
in_json = nested([commands, markup, quoted], in_bytes(json_strings))
in_url = nested([json_strings], in_bytes(parameters))
in_base64 = nested([json_strings], binary.base64_standard)
in_base64_url = nested([json_strings], binary.base64_url)
in_markup = nested([json_strings, parameters], in_bytes(markup))


def in_others(pairs: list[dict[str, str]]) -> Callable[[list[str]], list[set[bytes]]]:
    """Base64 as others write what of it means something to them."""

    def write(texts: list[str]) -> list[set[bytes]]:
        tables = [str.maketrans(pair) for pair in pairs]
        cores = ([core.decode() for core in found] for found in binary.base64_standard(texts))
        return [{core.translate(table).encode() for core in of_text for table in tables} - set(map(str.encode, of_text)) for of_text in cores]

    return write


base64_in_url = in_others([{"+": "%2B", "/": "%2F"}, {"+": "%2b", "/": "%2f"}, {"+": quote("+"), "/": quote("/")}])
base64_in_json = in_others([{"/": "\\/"}, {"+": "\\u002B"}, {"+": "\\u002b", "/": "\\/"}])
base64_in_markup = in_others([{"+": "&#43;"}, {"+": "&#x2B;"}, {"/": "&#x2F;"}])
