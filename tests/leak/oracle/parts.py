"""What of a value is looked for by itself: by Python's json, base64 and urllib, and regular expressions."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

SHORTEST = 8
DEEPEST = 5
# RFC 7468; a frame with other words in its label may tell something.
FRAME = re.compile("-----(BEGIN|END) ((RSA|DSA|EC|OPENSSH|ENCRYPTED|PRIVATE|PUBLIC|KEY|CERTIFICATE) ?)+-----")
PEM = re.compile(r"-----BEGIN [^-]*-----([^\\]*?)-----END ")

SECRET_NAME = re.compile("pass|pwd|secret|token|key|sig|auth|credential", re.IGNORECASE)
PLAIN_NAME = re.compile(
    "(algorithm|author|cluster|context|domain|email|endpoint|host|kind|mechanism|method|mode|name|namespace|path|projectid"
    "|provider|region|server|type|uri|url|user|version)$"
)
WORD = "(?:[0-9]{1,6}|(?=[^-_./:@, ~]{1,15}(?:[-_./:@, ~]|$))(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*)[0-9]?)"
WORDS = re.compile(f"(?:{WORD}?[-_./:@, ~])*{WORD}?")
HOST = re.compile("(?:[a-z0-9-]+[.])+[a-z]{2,}(?::[0-9]*)?")
DATE = re.compile("[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[0-9:.,+TZ -]*")
NUMBER = re.compile("[0-9.,:+/ eE-]*")
URL = re.compile("[A-Za-z0-9+.:-]+?://(?:(?P<user>[^/?#]*)@)?[^/?#]*(?P<tail>.*)", re.DOTALL)
PAIR = re.compile(
    r"""(?P<before>[A-Za-z0-9_. :/@$"'-]*?)(?:(?P<equals>=)|:(?=\ |$))(?P<value>.*)""", re.DOTALL | re.VERBOSE
)


def parts(value: str) -> Iterator[tuple[str, str, str]]:
    """Name and text of each part, and how it is looked for."""
    trimmed = value.strip()
    yield "raw", value, "every" if len(trimmed.encode()) < SHORTEST <= len(value.encode()) else "as it is"
    yield "trimmed", trimmed, "every"
    if len(trimmed.encode()) >= SHORTEST:
        yield from (("part", part, "every") for part in login(trimmed))
        yield from inner(trimmed, 0)


def login(text: str) -> list[str]:
    return re.findall(r"^[A-Za-z0-9_.@-]+:((?!/)\S*)$", text)


def inner(text: str, depth: int) -> Iterator[tuple[str, str, str]]:
    if depth > DEEPEST or len(text.encode()) < SHORTEST:
        return
    lines = [line for line in map(str.strip, re.split("[\r\n]", text)) if line]
    if len(lines) > 1:
        yield "joined", " ".join(lines), "as it is"
        yield "joined", "".join(lines), "across lines"
        settings = sum(line[0] in "[#" or pair(line) is not None for line in lines) > len(lines) / 2
        telling = (line for line in lines if not FRAME.fullmatch(line) and not (settings and is_harmless(line)))
        yield from (("line", line, "every") for line in telling)
    if (leaves := in_json(text)) is not None:
        for name, leaf in leaves:
            yield from [("part", leaf.strip(), "every")] if tells(name, leaf.strip()) else []
            yield from inner(leaf.strip(), depth + 1) if not isinstance(leaf, Number) else []
        return
    if len(lines) > 1:
        for line in lines:
            yield from inner(line, depth + 1)
    else:
        yield from (("part", part, "every") for part in [*in_url(text), *in_pairs(text)])
        for announced in in_words(text):
            yield "part", announced, "every"
            yield from inner(announced, depth + 1)
        if its := pair(text):
            yield from [("part", its[1], "every")] if tells(*its) else []
            yield from inner(its[1], depth + 1)
            return
        if "\\n" in text:
            unescaped = re.sub(r"(\\r)?\\n", "\n", text).strip()
            yield "part", unescaped, "every"
            yield from inner(unescaped, depth + 1)
    for body in PEM.findall(text):
        yield "part", "".join(body.split()), "every"
        yield "part", "".join(body.split()), "across lines"
    if decoded := decode(text):
        yield from (("part", part, "every") for part in [decoded, *login(decoded)])
        yield from inner(decoded, depth + 1)


def is_harmless(line: str) -> bool:
    its = pair(line)
    return (not its[1] or not tells(*its)) if its else is_plain(line.strip("[]#- "))


def tells(name: str, text: str) -> bool:
    if len(text.encode()) < 4:
        return False
    if any(map(is_mixed, re.split("[^A-Za-z0-9]", text))):
        return True
    if URL.fullmatch(text):
        return bool(list(in_url(text)))
    if PLAIN_NAME.search(re.sub("[^a-z0-9]", "", name.lower())):
        return False
    return bool(SECRET_NAME.search(name)) or not is_plain(text)


def is_plain(text: str) -> bool:
    person, at, host = text.partition("@")
    if at and WORDS.fullmatch(person) and is_host(host) or DATE.fullmatch(text) or is_host(text):
        return True
    if NUMBER.fullmatch(text) and 0 < len(re.findall("[0-9]", text)) < 12:
        return True
    few = "/" in text or sum(bool(re.search("[A-Za-z]", word)) for word in re.split("[-_./:@, ~]", text)) < 4
    return few and bool(WORDS.fullmatch(text))


def is_host(text: str) -> bool:
    return bool(HOST.fullmatch(text)) and not any(map(is_mixed, re.split("[^A-Za-z0-9]", text)))


def is_mixed(text: str) -> bool:
    both = re.search("[A-Za-z]", text) and re.search("[0-9]", text)
    return len(text.encode()) >= 16 and bool(both) and not WORDS.fullmatch(text)


def in_url(text: str) -> Iterator[str]:
    if not (url := URL.fullmatch(text)):
        return
    user, tail = url["user"] or "", url["tail"]
    found = [user, user.partition(":")[2]] if user.partition(":")[2] else [user] * (not is_plain(user))
    path, query = re.fullmatch("([^?#]*)(.*)", tail, re.DOTALL).groups()  # type: ignore[union-attr]
    inside = [segment for segment in path.split("/") if is_mixed(unquote(segment))]
    for piece in re.split("[?&#;]", query):
        name, equals, value = piece.partition("=")
        name, value = (name, value) if equals else ("", piece)
        secret = SECRET_NAME.search(name) and not PLAIN_NAME.search(re.sub("[^a-z0-9]", "", name.lower()))
        inside += [value] if is_mixed(unquote(value)) or secret and len(value.encode()) >= SHORTEST else []
    found += inside + [tail] * (bool(inside) and len(tail.encode()) >= 16)
    for part in filter(None, found):
        yield from (part, unquote(part, errors="strict"))


def pair(text: str) -> tuple[str, str] | None:
    text = re.sub("[,;]$", "", text)
    found = PAIR.fullmatch(text)
    if not found or len(found["before"]) > 128:
        return None
    name = re.split("[:/@$\"']", found["before"].rstrip("\"' "))[-1].strip()
    value = found["value"].strip()
    if not re.match("[A-Za-z_]", name) or found["equals"] and not value.strip("="):
        return None
    quoted = re.fullmatch("\"(.*)\"|'(.*)'", value, re.DOTALL)
    return name, (quoted[1] or quoted[2] or "").strip() if quoted else value


def in_pairs(line: str) -> Iterator[str]:
    for separator in filter(line.__contains__, ";&, "):
        pieces = [piece.strip() for piece in line.split(separator) if piece.strip()]
        pairs = [its for its in map(pair, pieces) if its]
        if len(pairs) >= 2 and len(pairs) >= len(pieces) / 2:
            yield from (value for name, value in pairs if tells(name, value))
    if not re.search(r"\s|://", line):
        yield from re.findall(r"^[A-Za-z0-9_.@-]*:(.*)@(?:tcp|unix)\(", line) or re.findall("^[A-Za-z0-9_.@-]*?:(.*)@", line)
        yield from re.findall(r"^[^:]*:(?:\*|[0-9]+):[^:]*:[^:]*:(.*)$", line)


def in_words(line: str) -> Iterator[str]:
    words = line.split()
    for first, second in zip(words, words[1:]):
        if first.lower() in ("bearer", "basic", "token", "password") and (len(words) == 2 or not is_plain(second)):
            yield second


def decode(text: str) -> str | None:
    encoded = re.sub("[\r\n]", "", text.rstrip("=")).replace("-", "+").replace("_", "/")
    if not re.fullmatch("[A-Za-z0-9+/]{16,}", encoded) or len(encoded) % 4 == 1:
        return None
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return None
    printable = all(unicodedata.category(one) != "Cc" or one in "\t\r\n" for one in decoded)
    return decoded.strip() if printable else None


class Number(str):
    pass


def in_json(text: str) -> list[tuple[str, str]] | None:
    """The name and text of each leaf."""
    if text[:1] not in ("{", "[", '"'):
        return None
    try:
        waiting = [("", json.loads(text, parse_int=Number, parse_float=Number))]
    except ValueError:
        return None
    leaves = []
    while waiting:
        name, value = waiting.pop()
        match value:
            case str():
                leaves.append((name, value))
            case list():
                waiting += [(name, element) for element in value]
            case dict():
                waiting += value.items()
    return leaves
