"""Quotes of languages and shells: Python's repr and ascii, shlex, jq, bash, and others by what they replace."""

import binascii
import re
import shlex
from collections.abc import Callable, Iterator
from email.quoprimime import header_encode
from http.cookies import SimpleCookie
from subprocess import PIPE, run

from jq import jq

CONTROLS = [*map(chr, range(1, 32)), "\x7f"]
PUNCTUATION = [chr(code) for code in range(32, 127) if not chr(code).isalnum()]


def rust(text: str, nul: bool, beyond: bool) -> str:
    def one(character: str) -> str:
        names = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", **({"\0": "\\0"} if nul else {})}
        plain = " " <= character <= "~" or character > "\x7f" and not beyond
        return names.get(character) or (character if plain else "\\u{%x}" % ord(character))

    return "".join(map(one, text))


def in_python(text: str) -> str:
    """Python escapes what cannot be printed, others leave all that is beyond ASCII."""
    one = lambda character: character if ord(character) > 127 else repr('"' + character)[2:-1].replace("\\'", "'")
    return "".join(map(one, text))


def single(escaped: str) -> str:
    return escaped.replace("'", "\\'")


def double(escaped: str) -> str:
    return escaped.replace('"', '\\"')


def reprs(text: str) -> Iterator[str]:
    """Of Python, but for bytes in double quotes."""
    yield from (in_python(text), single(in_python(text)), single(of_bytes(text)))


def of_bytes(text: str) -> str:
    return repr(b'"' + text.encode())[3:-1].replace("\\'", "'")


NAMES = dict(zip("\0\a\b\t\n\v\f\r", "0abtnvfr"))


def escaped(text: str, short: str, coded: str, code: Callable[[str], str], beyond: bool) -> str:
    def one(character: str) -> str:
        if character in short:
            return "\\" + NAMES.get(character, character)
        plain = " " <= character <= "~" and character not in coded or character > "\x7f" and not beyond
        return character if plain else code(character)

    return "".join(map(one, text))


def by_byte(code: str) -> Callable[[str], str]:
    return lambda character: "".join(code % byte for byte in character.encode())


def by_unit(character: str) -> str:
    data = character.encode("utf-16-be")
    return "".join("\\u%04X" % int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))


def by_size(character: str) -> str:
    code = ord(character)
    return ("\\x%02X" if code < 0x100 else "\\u%04X" if code < 0x10000 else "\\U%08X") % code


def of_data_format(text: str) -> Iterator[str]:
    # Ruby, Elixir; YAML; properties of Java; logs of nginx
    of_c = escaped(text, '"\\\a\b\f\n\r\t\v', "", by_byte("\\x%02X"), False)
    yield re.sub("#(?=[{$@])", r"\\#", of_c)
    yield escaped(text, '"\\\0\a\b\f\n\r\t\v', "", by_size, True)
    yield escaped(text, ":=#!\\\f\n\r\t", "", by_unit, True)
    yield escaped(text, "", '"\\', by_byte("\\x%02X"), True)
    in_cookie = lambda one: SimpleCookie().value_encode(one + ";")[1][1:-5] if one in PUNCTUATION else one
    yield "".join("\\%03o" % ord(one) if one in CONTROLS else in_cookie(one) for one in text)
    yield text.replace("}", "}}")
    yield text.replace("{", "{{").replace("}", "}}")
    # patterns of Python and Go
    yield re.escape(text)
    yield marked(text, "\\", "\\.+*?()|[]{}^$")


def of_language(text: str) -> Iterator[str]:
    by_bytes = of_bytes(text)
    by_ascii = ascii('"' + text)[2:-1].replace("\\'", "'")
    yield from (in_python(text), by_bytes, by_ascii)
    yield from map(single, (in_python(text), by_bytes, by_ascii))
    yield double(single(by_bytes))
    yield double(rust(text, True, False))
    yield double(single(rust(text, True, False)))
    yield double(single(rust(text, False, True)))
    named = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
    yield double("".join(named.get(character) or in_python(character) for character in text))
    named |= {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
    octal = lambda byte: chr(byte) if 32 <= byte < 127 else "\\%03o" % byte
    yield double("".join(named.get(chr(byte)) or octal(byte) for byte in text.encode()))
    yield double(text)
    yield double(single(text.replace("\\", "\\\\")))
    yield text.replace("'", "''")
    yield text.replace('"', '""')
    yield re.sub("[^A-Za-z0-9_\x80-\U0010ffff]", r"\\\g<0>", text)


def languages(texts: list[str]) -> list[set[bytes]]:
    return [{form.encode() for writer in (of_language, of_data_format) for form in writer(text)} for text in texts]


def bash(script: str, arguments: list[str], locale: str = "C.UTF-8") -> list[str]:
    """What a script prints, with a NUL after each."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": locale}
    printed = run(["bash", "-c", script, "bash", *arguments], env=environment, stdout=PIPE, check=True).stdout
    return [one.decode() for one in printed.split(b"\0")[:-1]]


def each(characters: list[str], write: Callable[[list[str]], list[str]]) -> dict[int, str]:
    """How a program writes each character."""
    return str.maketrans(dict(zip(characters, write(characters), strict=True)))


QUOTED = 'for text; do printf "%q\\0" "$text"; done'


def bare(characters: list[str]) -> list[str]:
    return [quoted[1:-1] for quoted in bash(QUOTED, [f"x{character}x" for character in characters])]


def in_dollar_quotes(characters: list[str]) -> list[str]:
    # One that cannot be printed makes it take these quotes for what is before it.
    written = bash(QUOTED, [character + "\x01" for character in characters])
    return [re.fullmatch(r"\$'(.*)\\001'", quoted, re.DOTALL)[1] for quoted in written]  # type: ignore[index]


def declared(characters: list[str]) -> list[str]:
    written = bash('for text; do declare -p text; printf "\\0"; done', characters)
    return [re.fullmatch(r'\s*declare -- text="(.*)"\n', one, re.DOTALL)[1] for one in written]  # type: ignore[index]


def in_single_quotes(characters: list[str]) -> list[str]:
    written = bash('for text; do printf "%s\\0" "${text@Q}"; done', [f"x{character}x" for character in characters])
    return [quoted[2:-2] for quoted in written]


BARE = each(PUNCTUATION, bare)
IN_DOUBLE_QUOTES = each(PUNCTUATION, declared)
IN_SINGLE_QUOTES = each(PUNCTUATION, in_single_quotes)
IN_DOLLAR_QUOTES = each(PUNCTUATION + CONTROLS, in_dollar_quotes)
BY_SHLEX = each(PUNCTUATION, lambda characters: [shlex.quote(one + " ")[1:-2] for one in characters])


def marked(text: str, mark: str, characters: str) -> str:
    return "".join(mark + one if one in characters else one for one in text)


def of_shell(text: str) -> Iterator[str]:
    yield from map(text.translate, (BARE, IN_DOUBLE_QUOTES, IN_SINGLE_QUOTES, IN_DOLLAR_QUOTES, BY_SHLEX))
    beyond = lambda found: "".join("\\%03o" % byte for byte in found[0].encode())
    yield re.sub("[^\x00-\x7f]", beyond, text.translate(IN_DOLLAR_QUOTES))
    # Ruby
    yield re.sub("[^A-Za-z0-9_\\-.,:+/@\n\x80-\U0010ffff]", r"\\\g<0>", text)
    # PowerShell
    yield marked(text, "`", '`"$')
    yield marked(text.replace("`", "``").replace('"', '""'), "`", "$")
    # make; cmd
    yield text.replace("$", "$$")
    yield from (marked(text, "^", special) for special in ("&|<>^", '&|<>^()"!%', '()[]%!^"`<>&|;, *?'))
    yield text.replace("%", "%%")


def by_dash(text: str) -> str:
    words = re.split("('+)", text)
    words = words if words[-1] else words[:-1]
    quoted = "".join(f'"{word}"' if word.startswith("'") else f"'{word}'" for word in words)
    return quoted[1:] if words[-1].startswith("'") else quoted[1:-1]


def in_mail(texts: list[str]) -> list[set[bytes]]:
    """Bodies and headers in Python; of these not what stands around the words."""
    of_byte = lambda byte: b"=09" if byte == b"\t" else binascii.b2a_qp(b"x" + byte + b"x", istext=False)[1:-1]
    body = lambda text: b"".join(of_byte(bytes([byte])) for byte in text.encode())
    word = lambda text: header_encode(text.encode()).removeprefix("=?iso-8859-1?q?").removesuffix("?=").encode()
    return [{body(text), word(text)} for text in texts]


def in_strings(texts: list[str]) -> list[set[bytes]]:
    """Of pprint, what stands in its strings."""
    return [{form.encode() for form in reprs(text)} for text in texts]


def shells(texts: list[str]) -> list[set[bytes]]:
    of_jq = jq("map(@sh)", texts)
    forms = ({*of_shell(text), by_dash(text), quoted[1:-1]} for text, quoted in zip(texts, of_jq, strict=True))
    return [{form.encode() for form in found} for found in forms]
