"""How top-level code is tested: by running the file.

    python3 -m unittest discover examples/hello-py

It uses nothing of um-host, so nothing has to stand in for that.
"""

import contextlib
import io
import runpy
import unittest
from pathlib import Path
from unittest.mock import patch


def said(*arguments: str) -> str:
    script = str(Path(__file__).with_name("main.py"))
    with patch("sys.argv", ["main.py", *arguments]), contextlib.redirect_stdout(io.StringIO()) as output:
        runpy.run_path(script, run_name="__main__")
    return output.getvalue()


class Hello(unittest.TestCase):
    def test_it_greets_who_is_named(self) -> None:
        self.assertEqual(said("Ada", "Grace"), "hello, Ada and Grace\n")

    def test_it_greets_the_world_otherwise(self) -> None:
        self.assertEqual(said(), "hello, world\n")


if __name__ == "__main__":
    unittest.main()
