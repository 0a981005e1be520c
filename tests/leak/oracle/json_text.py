"""Strings of JSON: Python's json, jq, and others by what they escape."""

import json
import re
from functools import cache
from itertools import combinations, product
from subprocess import PIPE, run


def json_text(text: str, slash: bool, markup: str, not_short: str, beyond: str, digits: str) -> str:
    return "".join(escaped_as(character, slash, markup, not_short, beyond, digits) for character in text)


@cache
def escaped_as(character: str, slash: bool, markup: str, not_short: str, beyond: str, digits: str) -> str:
    if character in not_short or character in markup or character == beyond:
        return "".join("\\u" + digits % unit for unit in units(character))
    if slash and character == "/":
        return "\\/"
    dumped = json.dumps(character, ensure_ascii=beyond == "all")[1:-1]
    return re.sub("(?<=u)[0-9a-f]{4}", lambda code: digits % int(code[0], 16), dumped)


def units(character: str) -> list[int]:
    data = character.encode("utf-16-be")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


SEPARATORS = "\u2028\u2029"
MARKUP = ["", "<>&" + SEPARATORS]
RARE_MARKUP = [
    "<>&'\"+`" + SEPARATORS, "<>&'=" + SEPARATORS, "<>&'" + SEPARATORS, "<>&'\"" + SEPARATORS, "\\'\"<>&=-;`" + SEPARATORS
]
PUNCTUATION = "".join(chr(code) for code in range(32, 127) if not chr(code).isalnum())
NOT_SHORT = ["", "\b\f", "\b\f\n\r\t"]
DIGITS = ["%04x", "%04X"]
# What is escaped beyond printable ASCII.
BEYOND = ["", "\x7f", "all"]
COMMON = list(product((False, True), MARKUP, NOT_SHORT[:1], BEYOND, DIGITS))
ALL = list(product((False, True), MARKUP + RARE_MARKUP, NOT_SHORT, BEYOND, DIGITS))


def escaped(text: str) -> set[str]:
    forms = {json_text(text, *style) for style in ALL}
    return forms | {"".join("\\u" + digits % unit for unit in units(text)) for digits in DIGITS}


def choices(text: str) -> set[str]:
    """Some kinds of a text's punctuation as codes."""
    kinds = sorted(set(text) & set(PUNCTUATION))
    counts = range(len(kinds) + 1) if len(kinds) <= 3 else [1]
    some = (chosen for count in counts for chosen in combinations(kinds, count))
    return {json_text(text, False, "".join(chosen) + SEPARATORS, "", "", digits) for chosen in some for digits in DIGITS}


def by_programs(texts: list[str]) -> list[set[str]]:
    """What Python and jq themselves write; jq's escapes of what is beyond ASCII too."""
    lines = [strings(texts, "-c"), strings(texts, "-c", "-a"), [json.dumps(text) for text in texts]]
    lines.append([json.dumps(text, ensure_ascii=False) for text in texts])
    return [{line[1:-1] for line in of_text} for of_text in zip(*lines, strict=True)]


def strings(texts: list[str], *options: str) -> list[str]:
    return run(["jq", *options, ".[]"], input=json.dumps(texts).encode(), stdout=PIPE, check=True).stdout.decode().split("\n")[:-1]


def once(texts: list[str]) -> list[set[bytes]]:
    both = zip(map(escaped, texts), by_programs(texts), strict=True)
    return [{form.encode() for form in one | other | choices(text)} for text, (one, other) in zip(texts, both, strict=True)]


def twice(texts: list[str]) -> list[set[bytes]]:
    return [{json_text(form, *style).encode() for form in escaped(text) for style in COMMON} for text in texts]
