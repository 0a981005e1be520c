"""A script is a command, or typed when its top level binds a function `run`, or a `main` that it leaves alone."""

import tempfile
import unittest
from pathlib import Path

from um_runner.script import Kind, Script, load


def script(source: str) -> Script:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.py")
        path.write_text(source, encoding="utf-8")
        return load(str(path))


def kind(source: str) -> Kind:
    return script(source).kind


GUARD = "if __name__ == '__main__':\n    "
LOGGED = """
import functools, logging
def logged(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        logging.info(f.__name__)
        return f(*args, **kwargs)
    inner.count = 0
    return inner
def times(n, f=None):
    if f is None:
        return lambda f: times(n, f)
    return f
def often(n):
    def deco(f):
        def inner(**named): return [f(**named) for _ in range(n)]
        return inner
    return deco
jobs = []
def job(f):
    jobs.append(f)
    return f
def now(f):
    f()
    return f
def soon(f):
    def inner(): f()
    inner()
    return inner
"""


class KindTest(unittest.TestCase):
    def test_whatever_binds_a_function_run_at_the_top_level_makes_a_script_typed(self) -> None:
        for source in (
            "def run(input): pass",
            "async def run(): pass",
            "from helper import run",
            "from helper import start as run",
            "import helper\nrun = helper.start",
            "run = lambda input: input",
            "run: object = make()",
            "a = run = b",
            "if True:\n    def run(input): pass",
            "if x:\n    pass\nelse:\n    from a import run",
            "try:\n    from a import run\nexcept ImportError:\n    from b import run",
            "try:\n    import a\nexcept ImportError:\n    def run(input): pass",
            "with x:\n    def run(input): pass",
            "if __name__ == '__main__':\n    pass\nelse:\n    def run(input): pass",
        ):
            with self.subTest(source):
                self.assertIs(kind(source), Kind.TYPED)

    def test_a_run_that_is_no_function_or_not_of_the_top_level_leaves_a_command(self) -> None:
        for source in (
            "",
            "print(1)",
            "def start():\n    def run(input): pass",
            "class Job:\n    def run(self): pass",
            "run = 0\nfor _ in range(3):\n    run += 1",
            "run = {'id': 1}",
            "for run in runs: pass",
            "import run",
            "run: int",
            "if __name__ == '__main__':\n    run = Job()\n    run.start()",
            "def run(): pass\nrun()",
            "async def run(): pass\nasyncio.run(run())",
            "if '__main__' == __name__:\n    from a import run",
        ):
            with self.subTest(source):
                self.assertIs(kind(source), Kind.COMMAND)

    def test_a_main_that_the_script_leaves_alone_makes_it_typed(self) -> None:
        for source in (
            "def main(): pass",
            "async def main(customer, limit=10): pass",
            "print('imported')\ndef main(branch='main'): pass",
            "BRANCH = 'main'\ndef main(branch=BRANCH): pass",
            "from helper import main",
            "from helper import start as main",
            "import helper\nmain = helper.start",
            "main = lambda name: name",
            "from functools import partial\ndef start(a, b): pass\nmain = partial(start, 1)",
            "class Job:\n    def __call__(self): pass\nmain = Job()",
            "try:\n    import a\nexcept ImportError:\n    pass\nelse:\n    def main(): pass",
            "def main(n): return main(n - 1)",
            "def main(): return again()\ndef again(): return main()",
            "def main(): pass\ndef try_it(): main()",
            "def main(): print(globals(), eval('1'))",
            "def main(): pass\n" + GUARD + "print('try it with um-host')",
            "class Job:\n    main = 1\ndef main(): pass",
            "run = 0\ndef main(): pass",
            "import functools\n@functools.lru_cache(maxsize=1)\ndef main(): pass",
            "from tenacity import retry\n@retry()\ndef main(): pass",
            LOGGED + "@logged\ndef main(customer): pass",
            LOGGED + "@often(2)\n@logged\ndef main(customer): pass",
        ):
            with self.subTest(source):
                found = script(source)
                self.assertEqual((found.kind, found.entry, found.bare), (Kind.TYPED, "main", False))

    def test_a_main_that_the_script_calls_or_hands_on_leaves_a_command(self) -> None:
        for use in (
            "main()",
            GUARD + "main()",
            "if '__main__' == __name__:\n    main()",
            "if __name__ == '__main__' and True:\n    main()",
            "import sys\n" + GUARD + "sys.exit(main())",
            "import asyncio\n" + GUARD + "asyncio.run(main())",
            GUARD + "raise SystemExit(main())",
            GUARD + "try:\n        main()\n    except KeyboardInterrupt: pass",
            "try:\n    main()\nfinally: pass",
            "with x:\n    main()",
            "for name in names:\n    main()",
            "while True:\n    main()",
            "match x:\n    case 1: main()",
            "result = main()",
            "[main() for _ in names]",
            "x if main() else y",
            "import fire\nfire.Fire(main)",
            "import fire\nfire.Fire()",
            "import typer\ntyper.run(main)",
            "app.run(main)",
            "register(start=main)",
            "start = main\nstart()",
            "lambda: main()",
            "def start(): main()\nstart()",
            "def start(): main()\ndef begin(): start()\n" + GUARD + "begin()",
            "def start():\n    def inner(): main()\n    return inner\nstart()()",
            "def cli(f=main): pass",
            "@app.command()\ndef cli(): main()",
            "class App:\n    def __init__(self): main()",
            "class App:\n    start = main",
            "globals()['main']()",
            "getattr(sys.modules[__name__], 'main')()",
            "import __main__\n__main__.main()",
            "eval('main()')",
            "import unittest\n" + GUARD + "unittest.main()",
        ):
            for main in ("def main(a=1): pass", "async def main(): pass", "from helper import main"):
                with self.subTest(f"{main}: {use}"):
                    found = script(f"{main}\n{use}")
                    self.assertEqual((found.kind, found.bare), (Kind.COMMAND, False))

    def test_a_main_that_may_be_called_under_another_name_leaves_a_command(self) -> None:
        for source in (
            "def start(): pass\nmain = start\n" + GUARD + "start()",
            "class Job:\n    def __call__(self): pass\nmain = Job()\nJob()()",
            "main = 1",
            "main = {}",
            "main = Window()",
            "main = soup.find('main')",
            "from unittest import main",
            "import main",
            "for main in mains: pass",
            "class main: pass",
            GUARD + "def main(): pass",
            "import click\n@click.command()\ndef main(): pass",
            "import atexit\n@atexit.register\ndef main(): pass",
            "@app.command\ndef main(): pass",
            "@decorators[0]\ndef main(): pass",
            "from helper import start\n@start\ndef main(): pass",
            LOGGED + "@now\ndef main(): pass",
            LOGGED + "@soon\ndef main(): pass",
            LOGGED + "@job\ndef main(): pass",
        ):
            with self.subTest(source):
                self.assertIs(kind(source), Kind.COMMAND)

    def test_of_run_and_main_it_is_run(self) -> None:
        self.assertEqual(script("def run(a): pass\ndef main(): pass").entry, "run")
        self.assertEqual(script("def run(a): pass\ndef main(): pass\n" + GUARD + "main()").entry, "run")
        self.assertEqual(script("def run(a): pass\ndef main(): pass\nrun(1)").entry, None)
        self.assertEqual(script("def run(a): pass\ndef main(): run(1)\nmain()").entry, None)

    def test_a_command_that_defines_neither_is_bare(self) -> None:
        for source in ("", "def handler(event): pass", "main = 1", "@app.command()\ndef main(): pass"):
            self.assertTrue(script(source).bare, source)
        for source in (
            "def run(): pass\nrun()",
            "def main(): pass\nmain()",
            "def run(): pass",
            "main = A()\nmain.go()",
        ):
            self.assertFalse(script(source).bare, source)

    def test_a_script_that_is_nested_deeply_is_judged_as_well(self) -> None:
        self.assertIs(kind("x = 1" + "+1" * 900 + "\ndef main(): pass"), Kind.TYPED)

    def test_a_script_declares_its_encoding_or_is_utf_8(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "old.py")
            path.write_bytes(b"# -*- coding: latin-1 -*-\nrun = lambda input: '\xe9'\n")
            self.assertIs(load(str(path)).kind, Kind.TYPED)
            path.write_bytes(b"x = '\xe9'\n")
            with self.assertRaises(SyntaxError):
                load(str(path))
