"""Packages as authors use them, under um-host and under python3.

`check.py UM_HOST PLACE [NAME...]`: each package of `table.toml` is put into a folder of its own below PLACE by pip, in
the versions of `pins.toml`, together with its script. It *works* if the script ends well, returns what it returns under
python3, and asks the service the same. If it does not, um-host has to say what to do instead: its *hint*.

`check.py --pin PLACE [NAME...]` looks for the newest versions, and writes these down.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import tomllib
from authority import certify
from service import Service

HERE = Path(__file__).parent
PINS = HERE / "pins.toml"
PATIENCE = 300
"""Seconds for one step of one package."""
TO_WORK = 78
"""How many have to."""
TOKEN = "tok-4e7b19c8d02fa653"
PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
PIP += ["--only-binary=:all:"]
IN_SOURCE = ("ShopifyAPI", "pyactiveresource")
"""Pure Python of which there is no wheel."""


@dataclass
class Outcome:
    name: str
    version: str = "-"
    imports: bool = False
    works: bool = False
    sealed: bool | None = None
    hint: str = ""
    wrong: str = ""
    """What is not as the table says."""


def installed(name, requirements, place):
    """The folder of a package."""
    digest = sha256(repr(requirements).encode()).hexdigest()[:12]
    folder = place / f"{name}-{digest}"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        source = ["--no-binary=" + ",".join(IN_SOURCE)]
        pip = [*PIP, *source, "--target", part, *requirements]
        ended = subprocess.run(pip, capture_output=True, text=True, timeout=PATIENCE)
        if ended.returncode:
            raise OSError(ended.stderr[-2000:])
        part.rename(folder)
    return folder


def found(folder):
    """What pip put there: names and versions."""
    names = [each.name.removesuffix(".dist-info") for each in folder.glob("*.dist-info")]
    return sorted(name.replace("-", "==", 1).replace("_", "-") for name in names)


class Bench:
    """Where packages are tried: a program, an authority, and a service for each."""

    def __init__(self, program, place):
        self.program, self.place = program, place
        self.authority, self.certificate = certify(place)

    def look(self, name, row, pins):
        outcome = Outcome(name)
        try:
            folder = installed(name, ["--no-deps", *pins], self.place)
        except (OSError, subprocess.SubprocessError) as error:
            outcome.wrong = f"pip did not install it: {error}"
            return outcome
        shutil.copy(HERE / "scripts" / f"{name}.py", folder / "main.py")
        shutil.copy(self.place / "key.pem", folder)
        outcome.version = pins[[pin.partition("==")[0] for pin in pins].index(normal(row["needs"][0]))].split("==")[1]
        service = Service(
            row.get("answers", {}), row.get("credential", TOKEN if "answers" in row else ""), self.certificate
        )
        try:
            self.compare(outcome, row, folder, service)
        except subprocess.TimeoutExpired:
            outcome.wrong = f"has not ended after {PATIENCE} s"
        finally:
            service.close()
        return outcome

    def compare(self, outcome, row, folder, service):
        wanted, asked = self.python3(folder, service.url), service.taken()
        ended, under = self.um_host(folder, service.url), service.taken()
        outcome.works = wanted is not None and said(ended) == wanted and under == asked
        outcome.imports = outcome.works or self.imports(folder, service.url)
        if not outcome.works:
            outcome.hint = hint(ended.stderr)
            outcome.wrong = wrong(row, ended, wanted, under, asked)
        elif row.get("fails"):
            outcome.wrong = "works: take `fails` out of the table"
        if outcome.works and "sealed" in row:
            ended, under = self.um_host(folder, service.url, row["sealed"]), service.taken()
            outcome.sealed = said(ended) == wanted and under == asked
            if not outcome.sealed:
                outcome.wrong = "sealed: " + ended.stderr[-2000:]

    def python3(self, folder, url):
        """What the script returns there; None if it fails, and then python3.log tells."""
        script = [
            sys.executable,
            "-S",
            "-W",
            "ignore",
            HERE / "beside_python3.py",
            folder,
            self.authority,
            json.dumps(url),
        ]
        clean = {"PATH": os.environ["PATH"], "HOME": "/home/action", "API_TOKEN": TOKEN, "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(script, env=clean, capture_output=True, text=True, timeout=PATIENCE)
        (folder / "python3.log").write_text(ended.stderr)
        return said(ended)

    def um_host(self, folder, url, sealed=None, script=None):
        run = [self.program, "run", script or folder / "main.py", "--input", json.dumps(url), "--allow-host", url]
        run += ["--allow-private", "localhost", "--ca", self.authority, "--secret", "API_TOKEN=env:API_TOKEN"]
        run += ["--timeout", "2m"]
        if sealed:
            run += ["--bind", f"API_TOKEN={url}", "--in", f"API_TOKEN={sealed}"]
        settings = {**os.environ, "API_TOKEN": TOKEN, "XDG_DATA_HOME": str(self.place / "no-store")}
        return subprocess.run(run, env=settings, capture_output=True, text=True, timeout=PATIENCE)

    def imports(self, folder, url):
        """Whether what the script imports can be imported, whatever then comes of it."""
        tree = ast.parse((folder / "main.py").read_text())
        lines = [ast.unparse(each) for each in tree.body if isinstance(each, (ast.Import, ast.ImportFrom))]
        script = folder / "imports_alone.py"
        script.write_text("\n".join([*lines, "", "def run(url):", "    return True", ""]))
        return self.um_host(folder, url, script=script).returncode == 0


def said(ended):
    """What a script returned; None if it failed."""
    try:
        return None if ended.returncode else json.loads(ended.stdout)
    except ValueError:
        return None


def wrong(row, ended, wanted, under, asked):
    if row.get("fails"):
        return "" if hint(ended.stderr) else f"fails without a hint: {ended.stderr[-2000:]}"
    if wanted is None:
        return "python3 itself fails with the script (python3.log in its folder)"
    if ended.returncode:
        return ended.stderr[-3000:]
    return f"said {ended.stdout[:500]} and not {json.dumps(wanted)[:500]}; asked {under} and not {asked}"


def hint(text):
    """The first line of um-host's that says what to do."""
    for line in text.splitlines():
        if line.startswith("hint: ") or (line.startswith("um-host: ") and "; " in line):
            return line.removeprefix("hint: ").removeprefix("um-host: ")
    return ""


def normal(requirement):
    """`gql[requests]>=3` as it stands in `pins.toml`: gql."""
    name = "".join(each if each.isalnum() or each in "-_." else " " for each in requirement).split()[0]
    return name.lower().replace("_", "-").replace(".", "-")


def table(names):
    rows = tomllib.loads((HERE / "table.toml").read_text())
    if unknown := set(names) - set(rows):
        sys.exit(f"no such package in table.toml: {', '.join(sorted(unknown))}")
    return {name: rows[name] for name in names or rows}


def pin(place, names):
    pins = tomllib.loads(PINS.read_text()) if PINS.exists() else {}
    for name, row in table(names).items():
        pins[name] = found(installed(name, row["needs"], place))
        print(name, *pins[name], flush=True)
    lines = [f"{json.dumps(name)} = {json.dumps(pins[name])}\n" for name in sorted(pins)]
    PINS.write_text("# What `check.py --pin` found for the rows of table.toml. Not edited by hand.\n" + "".join(lines))


def main(program, place, *names):
    place = Path(place).absolute()
    place.mkdir(parents=True, exist_ok=True)
    if program == "--pin":
        return pin(place, names)
    rows, pins, bench = table(names), tomllib.loads(PINS.read_text()), Bench(program, place)
    outcomes = []
    print(f"{'package':28} {'version':16} imports works sealed hint", flush=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for each in pool.map(lambda name: bench.look(name, rows[name], pins[name]), rows):
            outcomes.append(each)
            cells = [{True: "yes", False: "no", None: "-"}[cell] for cell in (each.imports, each.works, each.sealed)]
            print(f"{each.name:28} {each.version:16} {cells[0]:7} {cells[1]:5} {cells[2]:6} {each.hint}", flush=True)
    return verdict(outcomes, whole=not names)


def verdict(outcomes, whole):
    works = sum(each.works for each in outcomes)
    print(f"\n{len(outcomes)} packages: {sum(each.imports for each in outcomes)} import, {works} work")
    failures = [f"{each.name}: {each.wrong}" for each in outcomes if each.wrong]
    if whole and works < TO_WORK:
        failures.append(f"{TO_WORK} have to work")
    print(*failures, sep="\n\n")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
