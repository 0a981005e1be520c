"""Lists the forms of values with Python's own encoders; shares no code with the host.

Reads a JSON array of values, writes a JSON array with the forms of each, in hexadecimal.
"""

import base64
import json
import re
import sys
from urllib.parse import quote, quote_plus


def cores(data):
    for altchars in (b"+/", b"-_"):
        for before in range(3):
            # What stands around the value changes every character but those of the core.
            texts = [base64.b64encode(fill * before + data + fill * 3, altchars) for fill in (b"\x00", b"\xff")]
            yield bytes(one for one, other in zip(*texts) if one == other).rstrip(b"=")


def percent(text):
    def without_tilde(encoded):
        return encoded.replace("~", "%7E")

    plus = lambda safe: without_tilde(quote(text, safe=safe + " ")).replace(" ", "+")
    upper = [
        quote(text, safe="!~*'()"),
        quote(text, safe="!~*'();/?:@&=+$,#"),
        quote(text, safe=""),
        quote(text),
        quote_plus(text),
        plus("*"),
        plus(""),
        plus("!*()"),
        "".join("%%%02X" % byte for byte in text.encode()),
    ]
    yield from upper
    yield from (re.sub("%[0-9A-F]{2}", lambda digits: digits[0].lower(), encoded) for encoded in upper)


def json_text(text, slash, html, unicode):
    encoded = json.dumps(text, ensure_ascii=unicode is not None)[1:-1]
    if slash:
        encoded = encoded.replace("/", "\\/")
    if html:
        for character in "<>&\u2028\u2029":
            encoded = encoded.replace(character, "\\u%04x" % ord(character))
    if unicode == "upper":
        upper = lambda escape: escape[0] if escape[0] == "\\\\" else "\\u" + escape[0][2:].upper()
        encoded = re.sub(r"\\\\|\\u[0-9a-f]{4}", upper, encoded)
    return encoded


STYLES = [(slash, html, unicode) for slash in (False, True) for html in (False, True) for unicode in (None, "lower", "upper")]


def encodings(text):
    data = text.encode()
    yield from cores(data)
    yield data.hex().encode()
    yield data.hex().upper().encode()
    yield from (encoded.encode() for encoded in percent(text))
    once = {json_text(text, *style) for style in STYLES}
    twice = {json_text(encoded, *style) for encoded in once for style in STYLES}
    yield from (encoded.encode() for encoded in once | twice)


def forms(value):
    trimmed = value.strip()
    yield value.encode()
    yield trimmed.encode()
    if len(trimmed.encode()) < 8:
        return
    yield value.encode().lower()
    yield trimmed.encode().lower()
    lines = [line.strip() for line in re.split("[\r\n]", trimmed)]
    for part in {value, trimmed, *(line for line in lines if len(line.encode()) >= 8)}:
        yield part.encode()
        yield from encodings(part)


json.dump([sorted({form.hex() for form in forms(value)}) for value in json.load(sys.stdin)], sys.stdout)
