"""A script is a command, or typed when its top level binds a function `run`."""

import tempfile
import unittest
from pathlib import Path

from um_runner.script import Kind, load


def kind(source: str) -> Kind:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.py")
        path.write_text(source, encoding="utf-8")
        return load(str(path)).kind


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
            "def main():\n    def run(input): pass",
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

    def test_a_script_declares_its_encoding_or_is_utf_8(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "old.py")
            path.write_bytes(b"# -*- coding: latin-1 -*-\nrun = lambda input: '\xe9'\n")
            self.assertIs(load(str(path)).kind, Kind.TYPED)
            path.write_bytes(b"x = '\xe9'\n")
            with self.assertRaises(SyntaxError):
                load(str(path))
