"""Trains the table by which um-host tells words from random letters.

`python3 tests/leak/words` writes host/leak/src/parts/verdict/trigrams.bin: for each two symbols what a third costs, in
1/16 bit. SOURCE beside this file says what it is trained on. The symbols are those of `random.rs`.
"""

import ast
import math
import pathlib
import pkgutil
import re
import sys
import sysconfig
import zoneinfo
from encodings.aliases import aliases
from pydoc_data.topics import topics

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TABLE = ROOT / "host/leak/src/parts/verdict/trigrams.bin"
SYMBOLS = 29
BREAK, DIGIT, SHIFT = 26, 27, 28
STEPS = 16  # a bit
# How often each word of own.txt counts.
LISTED = 16
# A symbol never seen costs what it costs after one symbol, and so on; how much those weigh.
WEIGHT = 12.0


def symbols(word):
    """As `random.rs` reads it: letters without case, and where the case changes."""
    upper, last = 0, BREAK
    for character in word:
        if character.isascii() and character.isalpha():
            if character.isupper():
                if upper == 0 and last != BREAK:
                    yield SHIFT
                upper += 1
            else:
                if upper > 1:
                    yield SHIFT
                upper = 0
            last = ord(character.lower()) - ord("a")
        else:
            upper = 0
            last = DIGIT if character in "0123456789" else BREAK
        yield last
    yield BREAK


def own_texts():
    """What we wrote: the prose and the sources of the repository, without what is random by purpose."""
    for folder, endings in [("host", ("*.rs", "*.md")), ("guest-sdk", ("*.py", "*.rs")), ("wit", ("*.wit",))]:
        for ending in endings:
            for file in sorted((ROOT / folder).rglob(ending)):
                text = file.read_text(encoding="utf-8")
                yield text.split("#[cfg(test)]")[0]


def library_texts():
    """Names and documentation of Python's standard library, without its tests."""
    yield from topics.values()
    yield " ".join(sorted(zoneinfo.available_timezones())) + " ".join(sorted(aliases))
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    for name in sorted(sys.stdlib_module_names):
        module = library / name
        for file in [module.with_suffix(".py"), *sorted(module.rglob("*.py"))]:
            if not file.is_file() or "test" in file.as_posix() or "idlelib" in file.as_posix():
                continue
            try:
                tree = ast.parse(file.read_text(encoding="utf-8"))
            except (SyntaxError, UnicodeDecodeError):
                continue
            yield from told(tree)


def told(tree):
    """The names and the documentation in a source."""
    for node in ast.walk(tree):
        for field in ("name", "id", "attr", "arg"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield value
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
            yield ast.get_docstring(node) or ""


def words():
    """Each word as often as the square root of how often it stands there: settings have more names than sentences."""
    counts = {}
    listed = " ".join((HERE / "own.txt").read_text(encoding="utf-8").splitlines()[1:])
    for text in (*own_texts(), *library_texts(), *[listed] * LISTED):
        for word in re.findall(r"[^\W_]+(?:[-_./][^\W_]+)*", text):
            if len(word) <= 48:
                counts[word] = counts.get(word, 0) + 1
    return {word: math.sqrt(count) for word, count in sorted(counts.items())}


def table():
    ones, twos, threes = [0.0] * SYMBOLS, {}, {}
    for word, weight in words().items():
        before = (BREAK, BREAK)
        for symbol in symbols(word):
            ones[symbol] += weight
            twos.setdefault(before[1], [0.0] * SYMBOLS)[symbol] += weight
            threes.setdefault(before, [0.0] * SYMBOLS)[symbol] += weight
            before = (before[1], symbol)
    total = sum(ones)
    cells = bytearray()
    for first in range(SYMBOLS):
        for second in range(SYMBOLS):
            for third in range(SYMBOLS):
                chance = (ones[third] + 1) / (total + SYMBOLS)
                for counts in (twos.get(second), threes.get((first, second))):
                    if counts:
                        chance = (counts[third] + WEIGHT * chance) / (sum(counts) + WEIGHT)
                cells.append(min(255, round(-math.log2(chance) * STEPS)))
    return bytes(cells)


if __name__ == "__main__":
    TABLE.write_bytes(table())
