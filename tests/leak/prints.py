"""Runs commands as bash does, each with one variable, and writes what each prints.

Reads a JSON array of [command, variable, value], and writes one of bytes in hexadecimal. A command that is no more than
`python3 -c '…'` runs in a copy of this process: to start Python takes ten times as long as what it is started for.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

# What they import, once.
import html, http.cookies, pprint, quopri, shlex, textwrap, urllib.parse, xml.etree.ElementTree, xml.sax.saxutils  # noqa

OF_PYTHON = re.compile(r"python3 -c '([^']*)'( 2>&1)?")


def by_bash(command: str, variable: str, value: str) -> bytes:
    environment = {**os.environ, variable: value}
    return subprocess.run(
        ["bash", "-c", command], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ).stdout


def by_a_copy(code: str, with_errors: bool, variable: str, value: str) -> bytes:
    with tempfile.TemporaryFile() as out:
        copy = os.fork()
        if copy == 0:
            os.dup2(out.fileno(), 1)
            if with_errors:
                os.dup2(1, 2)
            os.environ[variable] = value
            try:
                exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
            except BaseException as error:
                # Without the line above.
                sys.excepthook(type(error), error.with_traceback(error.__traceback__.tb_next), None)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
        os.waitpid(copy, 0)
        out.seek(0)
        return out.read()


def printed(command: str, variable: str, value: str) -> bytes:
    if code := OF_PYTHON.fullmatch(command):
        return by_a_copy(code[1], bool(code[2]), variable, value)
    return by_bash(command, variable, value)


json.dump([printed(*run).hex() for run in json.load(sys.stdin)], sys.stdout)
