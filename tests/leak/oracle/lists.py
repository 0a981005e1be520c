"""Lists of bytes and characters: od, xxd, jq and Python."""

import re
from subprocess import PIPE, run

from binary import dumped
from jq import jq
from quoting import in_python


def numbers(texts: list[str]) -> list[set[bytes]]:
    both = zip(dumped(texts, "-tu1"), dumped(texts, "-tx1"))
    return [
        {
            *(
                between.join(numbers).encode()
                for numbers in (decimal, [f"0x{one}" for one in lower], [f"0x{one.upper()}" for one in lower])
                for between in (", ", ",", " ")
            ),
            ", ".join(lower).encode(),
            str([f"0x{one}" for one in lower])[2:-2].encode(),
        }
        for decimal, lower in both
    ]


def rows(texts: list[str]) -> list[set[bytes]]:
    xxd = lambda text: run(["xxd", "-i"], input=text.encode(), stdout=PIPE, check=True).stdout
    return [{re.sub(rb"\n +", b"", xxd(text).strip())} for text in texts]


def characters(texts: list[str]) -> list[set[bytes]]:
    of_json = jq("map(explode | map([.] | implode | tojson) | join(\", \"))", texts)
    quotes = lambda character: '"' if character == "'" else "'"
    of_python = lambda text: ", ".join(quotes(one) + in_python(one) + quotes(one) for one in text)
    return [
        {form.encode() for form in (", ".join(text), of_python(text)[1:-1], json[1:-1])}
        for text, json in zip(texts, of_json, strict=True)
    ]


def compact_characters(texts: list[str]) -> list[set[bytes]]:
    return [{json[2:-2].encode()} for json in jq("map(explode | map([.] | implode) | tojson)", texts)]
