"""Values of digits alone as numbers: Python's format and float, and groups as others make them."""

import re
from decimal import Decimal, localcontext

# Besides the comma: what stands between groups of three.
THREES = "_. \u00a0\u202f\u2009'\u2019"
FOURS = " -"
EXPONENTS = ["%s%s%d", "%s%s+%d", "%s%s+%02d", "%s%s+%03d"]


def in_groups(number: int, text: str) -> set[str]:
    english = f"{number:,}"
    thousands, rest = english[:-4].replace(",", ""), english[-3:]
    indian = re.sub(r"(?<=\d)(?=(\d\d)+$)", ",", thousands)
    # Cards and codes keep the zeros that they begin with.
    fours = re.findall(".{1,4}", text)
    threes = {english.replace(",", one) for one in THREES}
    return {english, f"{indian},{rest}"} | threes | {one.join(fours) for one in FOURS}


def with_exponent(number: Decimal) -> set[str]:
    with localcontext(prec=2000):
        mantissa, _, exponent = f"{number.normalize():e}".partition("e")
    return {mantissa} | {one % (mantissa, letter, int(exponent)) for one in EXPONENTS for letter in "eE"}


def rounded(number: int) -> set[str]:
    if len(str(number)) <= 15:
        return set()
    try:
        kept = Decimal(repr(float(number)))
    except OverflowError:
        return set()
    return with_exponent(kept) | ({str(int(kept))} if kept < 10**21 else set())


def written(text: str) -> set[str]:
    if not re.fullmatch("[0-9]{8,1024}", text) or len(str(int(text))) < 8:
        return set()
    number = int(text)
    hexadecimal = {f"{number:08x}", f"{number:08X}", f"{number:#x}", f"{number:#X}"} | {f"0x{number:X}", f"0X{number:x}"}
    return {str(number)} | in_groups(number, text) | hexadecimal | with_exponent(Decimal(number)) | rounded(number)


def number(texts: list[str]) -> list[set[bytes]]:
    return [{form.encode() for form in written(text)} for text in texts]
