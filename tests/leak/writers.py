"""Writes settings of many kinds by Python's libraries, and what stands where in them; shares no code with the host.

Each text is read back by the library of its kind before it is told. Writes a JSON array: kind, text, and pairs of path and
value.
"""

import ast
import base64
import configparser
import http.cookies
import io
import json
import netrc
import random
import shlex
import sys
import tempfile
import tomllib
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Callable

TIMES = 60
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PUNCTUATION = "!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\""
Places = list[tuple[str, str]]


def value(dice: random.Random, besides: str = "", without: str = "") -> str:
    """Begins and ends with a letter, so that nobody takes white space or quotes from it."""
    inside = [one for one in LETTERS + PUNCTUATION + besides if one not in without]
    first, *middle, last = (dice.choice(inside) for _ in range(dice.randint(10, 24)))
    return dice.choice(LETTERS) + first + "".join(middle) + last + dice.choice(LETTERS)


def of_json(dice: random.Random) -> tuple[str, Places]:
    one, other, third = (value(dice, " é\n𝄞") for _ in range(3))
    tree = {"db": {"password": one, "hosts": [other, {"token": third}]}, "on": True}
    text = json.dumps(tree, ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, 2]))
    assert json.loads(text) == tree
    return text, [("db.password", one), ("db.hosts[0]", other), ("db.hosts[1].token", third)]


def of_python(dice: random.Random) -> tuple[str, Places]:
    one, other = value(dice, " é\n"), value(dice, " é")
    tree = {"db": {"password": one, "hosts": [other, None]}, "on": True, "port": 5432}
    assert ast.literal_eval(repr(tree)) == tree
    return repr(tree), [("db.password", one), ("db.hosts[0]", other)]


def of_toml(dice: random.Random) -> tuple[str, Places]:
    one, other, third = value(dice, " é\n"), value(dice, " é", without="'"), value(dice, " é")
    text = f"[db]\npassword = {json.dumps(one)} # why\n[[users]]\ntoken = '{other}'\nlist = [1, {json.dumps(third)}]\n"
    tree = tomllib.loads(text)
    assert (tree["db"]["password"], tree["users"][0]["token"]) == (one, other)
    return text, [("db.password", one), ("users[0].token", other), ("users[0].list[1]", third)]


def of_ini(dice: random.Random) -> tuple[str, Places]:
    one, other = value(dice, " é"), value(dice, "é")
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict({"db": {"password": one, "user": "app"}, "main": {"token": other}})
    written = io.StringIO()
    parser.write(written)
    again = configparser.ConfigParser(interpolation=None)
    again.read_string(written.getvalue())
    assert again["db"]["password"] == one
    return written.getvalue(), [("db.password", one), ("main.token", other)]


def of_xml(dice: random.Random) -> tuple[str, Places]:
    one, other, third = value(dice, " é"), value(dice, " é"), value(dice, " é")
    root = ET.Element("settings")
    ET.SubElement(root, "password").text = one
    ET.SubElement(root, "server", {"token": other})
    ET.SubElement(root, "add", {"key": "Secret", "value": third})
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    assert ET.fromstring(text).findtext("password") == one
    return text, [("settings.password", one), ("settings.server.token", other), ("settings.Secret", third)]


def of_shell(dice: random.Random) -> tuple[str, Places]:
    one, other = value(dice, " é"), value(dice, " é", without="'")
    text = f"export DB_PASSWORD={shlex.quote(one)}\nTOKEN='{other}' # why\nMODE=production\n"
    words = shlex.split(text, comments=True)
    assert f"DB_PASSWORD={one}" in words and f"TOKEN={other}" in words
    return text, [("DB_PASSWORD", one), ("TOKEN", other)]


def of_netrc(dice: random.Random) -> tuple[str, Places]:
    # Its reader knows no quotes, and a `#` only at the beginning of a word.
    one, other = (value(dice, without="\"'\\#") for _ in range(2))
    text = f"machine a.example.com login bot password {one}\nmachine b.example.com\n\tlogin bot\n\tpassword {other}\n"
    with tempfile.NamedTemporaryFile("w", suffix=".netrc") as file:
        file.write(text)
        file.flush()
        hosts = netrc.netrc(file.name).hosts
    assert (hosts["a.example.com"][2], hosts["b.example.com"][2]) == (one, other)
    return text, [("a.example.com.password", one), ("b.example.com.password", other)]


def of_url(dice: random.Random) -> tuple[str, Places]:
    one, other = value(dice, " é"), value(dice, " é")
    text = f"https://app:{urllib.parse.quote(one, safe='')}@db.example.com:8443/x?{urllib.parse.urlencode({'token': other}, quote_via=urllib.parse.quote)}"
    parts = urllib.parse.urlsplit(text)
    assert urllib.parse.unquote(parts.password or "") == one and urllib.parse.parse_qs(parts.query)["token"] == [other]
    return text, [("url.password", one), ("query.token", other)]


def of_raw_url(dice: random.Random) -> tuple[str, Places]:
    """As people paste a password that ought to be encoded. A `@` that a host can follow is another place to end."""
    one = value(dice, without="@%")
    return f"postgres://app:{one}@db.example.com:5432/main", [("url.password", one)]


def of_basic(dice: random.Random) -> tuple[str, Places]:
    one = value(dice, "é", without="/")
    encoded = base64.b64encode(f"bot:{one}".encode()).decode()
    return f"Authorization: Basic {encoded}", [("Authorization.basic.base64.password", one)]


def of_odbc(dice: random.Random) -> tuple[str, Places]:
    one, other = value(dice, " é"), value(dice, "é", without="=;{}\"'\\%")
    text = f"Driver=PostgreSQL;Server=db.example.com;Pwd={{{one.replace('}', '}}')}}};Token={other}"
    return text, [("Pwd", one), ("Token", other)]


def of_libpq(dice: random.Random) -> tuple[str, Places]:
    one = value(dice, " é")
    quoted = one.replace("\\", "\\\\").replace("'", "\\'")
    return f"host=db.example.com user=app password='{quoted}' dbname=main", [("password", one)]


def of_cookie(dice: random.Random) -> tuple[str, Places]:
    one = value(dice, without="\"\\;,=%'{}")
    jar = http.cookies.SimpleCookie(f"sid={one}; theme=dark")
    assert jar["sid"].value == one
    return f"Cookie: sid={one}; theme=dark", [("Cookie.sid", one)]


def of_yaml(dice: random.Random) -> tuple[str, Places]:
    one, other, third = value(dice, " é\n"), value(dice, " é"), value(dice, " é")
    quoted = other.replace("'", "''")
    text = f"db:\n  password: {json.dumps(one)}\nhosts:\n  - token: '{quoted}' # why\n  - {json.dumps(third)}\n"
    return text, [("db.password", one), ("hosts[0].token", other), ("hosts[1]", third)]


WRITERS: list[Callable[[random.Random], tuple[str, Places]]] = [
    of_json, of_python, of_toml, of_ini, of_xml, of_shell, of_netrc, of_url, of_raw_url, of_basic, of_odbc, of_libpq, of_cookie, of_yaml,
]  # fmt: skip


def main() -> None:
    written = []
    for number in range(TIMES):
        for write in WRITERS:
            text, places = write(random.Random(f"{write.__name__} {number}"))
            written.append((write.__name__, text, places))
    json.dump(written, sys.stdout)


main()
