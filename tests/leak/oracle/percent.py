"""Percent-encoding: Python's urllib, jq, and others by what they keep."""

import re
from collections.abc import Callable, Iterator
from itertools import combinations, product
from urllib.parse import quote, quote_plus

from jq import jq

PUNCTUATION = "".join(chr(code) for code in range(32, 127) if not chr(code).isalnum())


EVERY_BYTE = "".join(map(chr, range(256)))


def but(encoded: str) -> str:
    return "".join(character for character in PUNCTUATION if character not in encoded)


URL_QUERY = ' "#<>'
URL_PATH = URL_QUERY + "?`{}"
# What writers keep besides letters and digits, without a plus for a space and with one.
KEPT = [
    "", "-_.", "-_./", "-_.*", "-_.!~*'();/?:@&=+$,[]", "-_.~:/?#[]@!$&'()*+,;=",
    "-_.~:/?#[]@!$&'()*+,;=%", "-_.~$&+=:@", "-_.~$&+,/:;=@", "-_.~$&+,/:;=?@!()*", "-_.~$&+,;=",
    "!$&'()*+,-./:;=?@_~", "!$&'()*+,-./:=@_~",
    # WHATWG URL, 1.3 and the crate percent_encoding: what is encoded.
    but(""), but(' "<>`'), but(URL_QUERY), but(URL_QUERY + "'"), but(URL_PATH + "^"), but(URL_PATH + "/:;=@[\\]^|"),
]
KEPT_WITH_PLUS = ["", "-_.*", "-_.", "-_.!*()", "-_.~/", "-_.!~*'()", "-_.!~*'():$,[]"]


def keeping(text: str, keeps: str, space: str = "%20", lower: str = "") -> str:
    def code(byte: int) -> str:
        if byte < 128 and chr(byte).isalnum() or chr(byte) in keeps:
            return chr(byte)
        if byte == 32 and space == "+":
            return "+"
        return "%%%02x" % byte if chr(byte) in lower else "%%%02X" % byte

    return "".join(map(code, text.encode()))


def percent(text: str) -> Iterator[str]:
    upper = [
        quote(text, safe="!~*'()"),
        quote(text, safe="!~*'();/?:@&=+$,#"),
        quote(text, safe=""),
        quote(text),
        quote_plus(text),
        "".join("%%%02X" % byte for byte in text.encode()),
    ]
    yield from upper
    yield from (re.sub("%[0-9A-F]{2}", lambda digits: digits[0].lower(), encoded) for encoded in upper)
    keeps = [(kept, "%20") for kept in KEPT] + [(kept, "+") for kept in KEPT_WITH_PLUS]
    kinds = sorted(set(text) & set(PUNCTUATION))
    if len(kinds) <= 4:
        subsets = (kept for count in range(len(kinds) + 1) for kept in combinations(kinds, count))
        keeps += [("".join(kept), space) for kept in subsets for space in ("%20", "+")]
    for kept, space in keeps:
        yield from (keeping(text, kept, space, lower) for lower in ("", EVERY_BYTE))
    if len(kinds) <= 3:
        # What is neither a letter nor a kind of punctuation is in one case.
        others = "".join(byte for byte in EVERY_BYTE if byte not in PUNCTUATION)
        for states in product(("kept", "lower", "upper"), repeat=len(kinds)):
            in_state = lambda state: "".join(kind for kind, its in zip(kinds, states) if its == state)
            for space in ("%20", "+"):
                yield keeping(text, in_state("kept"), space, in_state("lower"))
                yield keeping(text, in_state("kept"), space, in_state("lower") + others)


def by_code(text: str) -> Iterator[str]:
    """ECMAScript's escape, and every character that way."""
    data = text.encode("utf-16-be")
    units = [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]
    for two, four in (("%%%02x", "%%u%04x"), ("%%%02X", "%%u%04X")):
        kept = lambda unit: unit < 128 and (chr(unit).isalnum() or chr(unit) in "@*_+-./")
        yield "".join(chr(unit) if kept(unit) else (two if unit < 256 else four) % unit for unit in units)
        yield "".join(four % unit for unit in units)


def all_writers(texts: list[str]) -> list[set[bytes]]:
    of_jq = jq("map(@uri)", texts)
    forms = ({*percent(text), *by_code(text), written} for text, written in zip(texts, of_jq, strict=True))
    return [{form.encode() for form in found} for found in forms]


def twice(texts: list[str]) -> list[set[bytes]]:
    common: list[Callable[[str], str]] = [
        lambda text: quote(text, safe="!~*'()"),
        lambda text: quote(text, safe="!~*'();/?:@&=+$,#"),
        lambda text: quote(text, safe=""),
        quote,
        quote_plus,
        lambda text: keeping(text, ""),
        *(lambda text, kept=kept: keeping(text, kept, "+") for kept in ("-_.*", "-_.", "-_.!*()")),
    ]
    in_lower = lambda encoded: re.sub("%[0-9A-F]{2}", lambda digits: digits[0].lower(), encoded)
    return [
        {form.encode() for write in common for form in (write(write(text)), in_lower(write(in_lower(write(text)))))}
        for text in texts
    ]
