"""Bytes as text: openssl, coreutils' base32, od and iconv, each run once on all texts."""

import base64
from collections.abc import Callable
from subprocess import PIPE, run


def program(*command: str) -> Callable[[bytes], bytes]:
    return lambda data: run(command, input=data, stdout=PIPE, check=True).stdout


def cores(datas: list[bytes], group: int, encode: Callable[[bytes], bytes]) -> list[set[bytes]]:
    """What the texts have in common that an encoder makes of data with other bytes before and after.

    It makes the same of each group of bytes wherever that stands, so all texts go through it at once.
    """
    places = [(data, before, fill) for data in datas for before in range(group) for fill in (b"\x00", b"\xff")]
    blocks = [fill * before + data + fill * (2 * group - (before + len(data)) % group) for data, before, fill in places]
    encoded = encode(b"".join(blocks)).strip()
    ratio = len(encoded) / sum(map(len, blocks))
    texts, at = [], 0
    for block in blocks:
        texts.append(encoded[at : at + round(len(block) * ratio)])
        at += len(texts[-1])
    common = [bytes(one for one, other in zip(*pair) if one == other) for pair in zip(texts[::2], texts[1::2])]
    return [set(common[at : at + group]) for at in range(0, len(common), group)]


openssl = program("openssl", "base64", "-A")
URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encoded_all(texts: list[str]) -> list[bytes]:
    return [text.encode() for text in texts]


def base64_standard(texts: list[str]) -> list[set[bytes]]:
    return cores(encoded_all(texts), 3, openssl)


def base64_url(texts: list[str]) -> list[set[bytes]]:
    return [{core.translate(URL_SAFE) for core in found} for found in base64_standard(texts)]


def base64_twice(texts: list[str]) -> list[set[bytes]]:
    both = [one | other for one, other in zip(base64_standard(texts), base64_url(texts))]
    return [set().union(*cores(sorted(found), 3, base64.b64encode)) for found in both]


def base32(texts: list[str]) -> list[set[bytes]]:
    return cores(encoded_all(texts), 5, program("base32", "-w0"))


def dumped(texts: list[str], kind: str) -> list[list[str]]:
    """Each byte of each text as od writes it."""
    numbers = program("od", "-An", "-v", kind)("".join(texts).encode()).decode().split()
    lengths = [len(data) for data in encoded_all(texts)]
    return [numbers[sum(lengths[:at]) : sum(lengths[: at + 1])] for at in range(len(texts))]


def hexadecimal(texts: list[str]) -> list[set[bytes]]:
    return [
        {
            form.encode()
            for digits in (lower, [number.upper() for number in lower])
            for form in (*(between.join(digits) for between in ("", " ", ":", "-")), "".join(map("\\x{}".format, digits)))
        }
        for lower in dumped(texts, "-tx1")
    ]


def octal(texts: list[str]) -> list[set[bytes]]:
    return [{"".join(map("\\{}".format, numbers)).encode()} for numbers in dumped(texts, "-to1")]


def utf16(texts: list[str]) -> list[set[bytes]]:
    # No value holds this character of private use, in either order.
    mark = "\ue0e0"
    split = lambda order: program("iconv", "-f", "UTF-8", "-t", order)(mark.join(texts).encode()).split(mark.encode(order))
    little, big = split("UTF-16LE"), split("UTF-16BE")
    in_base64 = cores(little, 3, openssl)
    return [
        {one, other, *found, *(core.translate(URL_SAFE) for core in found)}
        for one, other, found in zip(little, big, in_base64, strict=True)
    ]
