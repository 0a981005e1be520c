"""Lists the forms of values with Python's own encoders; shares no code with the host.

Reads a JSON array of values, writes a JSON array with the forms of each, in hexadecimal.
"""

import base64
import json
import re
import sys
from itertools import combinations, product
from urllib.parse import quote, quote_plus


def cores(data):
    for altchars in (b"+/", b"-_"):
        for before in range(3):
            # What stands around the value changes every character but those of the core.
            texts = [base64.b64encode(fill * before + data + fill * 3, altchars) for fill in (b"\x00", b"\xff")]
            yield bytes(one for one, other in zip(*texts) if one == other).rstrip(b"=")


PUNCTUATION = "".join(chr(code) for code in range(32, 127) if not chr(code).isalnum())


def but(encoded):
    return "".join(character for character in PUNCTUATION if character not in encoded)


URL_QUERY = ' "#<>'
URL_PATH = URL_QUERY + "?`{}"
# What writers keep besides letters and digits, without a plus for a space and with one.
KEPT = [
    "", "-_.", "-_./", "-_.*", "@*_+-./", "-_.!~*'();/?:@&=+$,[]", "-_.~:/?#[]@!$&'()*+,;=",
    "-_.~:/?#[]@!$&'()*+,;=%", "-_.~$&+=:@", "-_.~$&+,/:;=@", "-_.~$&+,/:;=?@!()*", "-_.~$&+,;=",
    "!$&'()*+,-./:;=?@_~", "!$&'()*+,-./:=@_~",
    # WHATWG URL, 1.3 and the crate percent_encoding: what is encoded.
    but(""), but(' "<>`'), but(URL_QUERY), but(URL_QUERY + "'"), but(URL_PATH + "^"), but(URL_PATH + "/:;=@[\\]^|"),
]
KEPT_WITH_PLUS = ["", "-_.*", "-_.", "-_.!*()", "-_.~/", "-_.!~*'()", "-_.!~*'():$,[]"]


def keeping(text, kept, space="%20", lower=()):
    kept = set(kept.encode())
    code = lambda byte: "%%%02x" % byte if chr(byte) in lower else "%%%02X" % byte
    byte = lambda byte: chr(byte) if byte < 128 and chr(byte).isalnum() or byte in kept else code(byte)
    return "".join(byte(one) for one in text.encode()).replace("%20", space if 32 not in kept else "%20")


def percent(text):
    upper = [
        quote(text, safe="!~*'()"),
        quote(text, safe="!~*'();/?:@&=+$,#"),
        quote(text, safe=""),
        quote(text),
        quote_plus(text),
        "".join("%%%02X" % byte for byte in text.encode()),
    ]
    upper += [keeping(text, kept) for kept in KEPT]
    upper += [keeping(text, kept, "+") for kept in KEPT_WITH_PLUS]
    kinds = sorted(set(text) & set(PUNCTUATION))
    if len(kinds) <= 4:
        for count in range(len(kinds) + 1):
            for kept in combinations(kinds, count):
                upper += [keeping(text, "".join(kept)), keeping(text, "".join(kept), "+")]
    if len(kinds) <= 3:
        # What is neither a letter nor a kind of punctuation is in one case.
        others = [chr(byte) for byte in range(256) if chr(byte) not in PUNCTUATION]
        for states in product(("kept", "lower", "upper"), repeat=len(kinds)):
            in_state = lambda state: "".join(kind for kind, its in zip(kinds, states) if its == state)
            for space in ("%20", "+"):
                yield keeping(text, in_state("kept"), space, in_state("lower"))
                yield keeping(text, in_state("kept"), space, in_state("lower") + "".join(others))
    yield from upper
    yield from (re.sub("%[0-9A-F]{2}", lambda digits: digits[0].lower(), encoded) for encoded in upper)


def json_text(text, slash, markup, not_short, unicode, digits):
    def escape(character):
        if character in not_short or character in markup:
            return "".join("\\u" + digits % unit for unit in units(character))
        if slash and character == "/":
            return "\\/"
        dumped = json.dumps(character, ensure_ascii=unicode)[1:-1]
        return re.sub("(?<=u)[0-9a-f]{4}", lambda code: digits % int(code[0], 16), dumped)

    return "".join(escape(character) for character in text)


def units(character):
    data = character.encode("utf-16-be")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


SEPARATORS = "\u2028\u2029"
MARKUP = ["", "<>&" + SEPARATORS]
RARE_MARKUP = ["<>&'\"+`" + SEPARATORS, "<>&'=" + SEPARATORS, "<>&'" + SEPARATORS, "<>&'\"" + SEPARATORS]
NOT_SHORT = ["", "\b\f", "\b\f\n\r\t"]
DIGITS = ["%04x", "%04X"]
COMMON = list(product((False, True), MARKUP, NOT_SHORT[:1], (False, True), DIGITS))
ALL = list(product((False, True), MARKUP + RARE_MARKUP, NOT_SHORT, (False, True), DIGITS))


def json_texts(text):
    once = {json_text(text, *style) for style in ALL}
    for digits in DIGITS:
        once.add("".join("\\u" + digits % unit for character in text for unit in units(character)))
    return once | {json_text(encoded, *style) for encoded in once for style in COMMON}


def quoted(text):
    by_python = lambda text: repr('"' + text)[2:-1]
    plain = lambda text: by_python(text).replace("\\'", "'")
    single = lambda encoded: encoded.replace("'", "\\'")
    # Python leaves what can be printed; the others leave U+2028 too.
    one = lambda character: character if ord(character) > 127 else plain(character)
    python = "".join(map(one, text))
    yield python
    yield single(python)
    by_bytes = repr(b'"' + text.encode())[3:-1].replace("\\'", "'")
    yield by_bytes
    yield single(by_bytes)
    by_ascii = ascii('"' + text)[2:-1].replace("\\'", "'")
    yield by_ascii
    yield single(by_ascii)
    double = lambda encoded: encoded.replace('"', '\\"')
    yield double(single(by_bytes))
    names = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
    yield double("".join(names.get(character) or one(character) for character in text))

    def rust(character, nul, beyond):
        if character == "\0" and nul:
            return "\\0"
        if character in "\n\r\t" or 32 <= ord(character) < 127 or ord(character) > 127 and not beyond:
            return one(character)
        return "\\u{%x}" % ord(character)

    debug = double("".join(rust(character, True, False) for character in text))
    yield debug
    yield single(debug)
    yield double(single("".join(rust(character, False, True) for character in text)))


def encodings(text):
    data = text.encode()
    yield from cores(data)
    yield data.hex().encode()
    yield data.hex().upper().encode()
    yield from (encoded.encode() for encoded in percent(text))
    yield from (encoded.encode() for encoded in json_texts(text))
    yield from (encoded.encode() for encoded in quoted(text))


def forms(value):
    trimmed = value.strip()
    yield value.encode()
    yield trimmed.encode()
    if len(trimmed.encode()) < 8:
        return
    for part in (value, trimmed):
        yield part.encode().lower()
        yield part.encode().upper()
    lines = [line.strip() for line in re.split("[\r\n]", trimmed)]
    for part in {value, trimmed, *(line for line in lines if len(line.encode()) >= 8)}:
        yield part.encode()
        yield from encodings(part)


json.dump([sorted({form.hex() for form in forms(value)}) for value in json.load(sys.stdin)], sys.stdout)
