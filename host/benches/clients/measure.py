"""What calls cost by each client, under um-host and under python3.

    python3 host/benches/clients/measure.py target/release/um-host [TURNS]

Needs pip with an index of packages, and openssl. All rows of one table are measured in turns, so that they share
whatever else the machine does; a figure is the median of the turns (5 unless told otherwise). The service is
`tests/scripts/clients/service.py`, whose own time is in every figure. Memory is the largest that the process had
(`ru_maxrss`), with all that it had loaded.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests/packages"))

from authority import certify  # noqa: E402

CALLS = 200
AT_ONCE = 1000
PIECES = 800
"""Of 64 KiB: 50 MiB."""
PATIENCE = 600
"""Seconds for one process."""

ROWS = [
    *[
        ("one by one", client, scheme, CALLS)
        for client in ("app.http", "http.client", "urllib.request", "urllib3", "requests", "httpx")
        for scheme in ("http", "https")
    ],
    *[("at once", client, "http", AT_ONCE) for client in ("app.http", "aiohttp", "httpx", "requests")],
    *[(way, client, "https", PIECES) for way in ("up", "down") for client in ("app.http", "requests", "httpx")],
    *[
        ("import", client, "http", 1)
        for client in ("requests", "httpx", "aiohttp", "boto3", "openai", "gspread", "stripe")
    ],
]


class Bench:
    def __init__(self, program, place):
        self.program, self.folder = program, place / "action"
        wheels = ["--only-binary=:all:", "--implementation=py", "--abi=none", "--platform=any", "--python-version=3.14"]
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        pinned = ["--require-hashes", "-r", ROOT / "tests/scripts/packages.txt"]
        subprocess.run([*pip, *wheels, "--no-compile", "--target", self.folder, *pinned], check=True, timeout=PATIENCE)
        shutil.copy(HERE / "main.py", self.folder)
        self.authority, certificate = certify(place)
        service = [sys.executable, ROOT / "tests/scripts/clients/service.py", certificate]
        self.service = subprocess.Popen(service, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        http, https = self.service.stdout.readline().split()
        self.urls = {"http": f"http://localhost:{http}", "https": f"https://localhost:{https}"}

    def close(self):
        self.service.communicate(timeout=PATIENCE)

    def um_host(self, what, client, scheme, count):
        url = self.urls[scheme]
        run = [self.program, "run", self.folder / "main.py", "--allow-host", url, "--allow-private", "localhost"]
        run += ["--ca", self.authority, "--timeout", "10m", "--limit", "http-calls=5000"]
        run += ["--limit", "http-bytes-in=1GiB", "--limit", "http-bytes-out=1GiB"]
        return measured([*run, "--", what, client, url, str(count)], dict(os.environ))

    def python3(self, what, client, scheme, count):
        """The same by python3, which keeps no compiled code either."""
        if client == "app.http":
            return None
        trusts = {"SSL_CERT_FILE": str(self.authority), "REQUESTS_CA_BUNDLE": str(self.authority)}
        settings = {**os.environ, **trusts, "PYTHONDONTWRITEBYTECODE": "1"}
        return measured(
            [sys.executable, self.folder / "main.py", what, client, self.urls[scheme], str(count)], settings
        )


def measured(command, settings):
    """Seconds that it told, and MiB that it had."""
    child = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True)
    told = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command} ended with {child.returncode}")
    return json.loads(told), usage.ru_maxrss / 1024


def shown(figures, count):
    """Of one column: seconds, or ms a call, and MiB."""
    if not figures:
        return "-", "-"
    seconds = median(each[0] for each in figures)
    per_call = f"{seconds / count * 1000:.2f} ms" if count == CALLS else f"{seconds:.2f} s"
    return per_call, f"{max(each[1] for each in figures):.0f} MiB"


def main(program, turns=5):
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(Path(program).absolute(), Path(place))
        ways = [bench.um_host, bench.python3]
        figures = {(row, way): [] for row in ROWS for way in ways}
        for turn in range(int(turns)):
            print(f"turn {turn + 1}", file=sys.stderr)
            for row, way in figures:
                figures[row, way] += filter(None, [way(*row)])
        bench.close()
        print("| what | client | um-host | its memory | python3 | its memory |\n|---|---|---|---|---|---|")
        for row in ROWS:
            what, client, scheme, count = row
            cells = [cell for way in ways for cell in shown(figures[row, way], count)]
            print(f"| {what}, {scheme} | {client} | {' | '.join(cells)} |")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
