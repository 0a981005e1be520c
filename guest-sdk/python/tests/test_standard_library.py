"""Which module an import finds in a run: the author's, or the one that is held."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parent.parent
STARTER = """
import sys
from um_runner import standard_library
standard_library._imported = lambda name: True    # holds what is imported here, not all there is: that takes seconds
import email.mime.text, calendar, xml.etree.ElementTree, importlib.util
before = calendar
standard_library.hold()
sys.path[:] = [{folder!r}]
sys.path_importer_cache.clear()
"""


def run(code: str, **files: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, f"{name}.py").write_text(text, encoding="utf-8")
        starter = STARTER.format(folder=folder)
        done = subprocess.run(
            [sys.executable, "-c", starter + code],
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(ROOT)},
            timeout=60,
        )
    return done.stdout + done.stderr


class HeldTest(unittest.TestCase):
    def test_a_held_module_is_found_without_its_file(self) -> None:
        self.assertEqual(run("import calendar; print(calendar is before, calendar.__spec__.name)"), "True calendar\n")

    def test_a_submodule_is_found_by_every_way_to_import_it(self) -> None:
        code = "import xml.etree.ElementTree as e; from email.mime import text; import importlib; "
        code += (
            "print(e.fromstring('<a/>').tag, text.MIMEText('x')['MIME-Version'], importlib.import_module('email').mime)"
        )
        self.assertTrue(run(code).startswith("a 1.0 <module 'email.mime'"))

    def test_a_module_beside_the_script_wins_as_it_does_in_python3(self) -> None:
        self.assertEqual(run("import calendar; print(calendar.MINE)", calendar="MINE = 1"), "1\n")

    def test_what_python3_has_loaded_before_any_script_does_not_lose(self) -> None:
        self.assertEqual(run("import os; print(os.sep)", os="sep = 'mine'"), "/\n")

    def test_the_inside_of_a_held_package_is_not_given_to_one_of_the_authors(self) -> None:
        self.assertIn("No module named 'email.mime'", run("import email.mime", email="MINE = 1"))

    def test_a_module_is_there_without_its_accelerator_for_who_puts_that_out_of_the_way(self) -> None:
        # As defusedxml does, which failed: its parser has no `parser`.
        code = """
import xml.etree.ElementTree as usual
sys.modules.pop("xml.etree.ElementTree")
kept, sys.modules["_elementtree"] = sys.modules.pop("_elementtree", None), None
import importlib
pure = importlib.import_module("xml.etree.ElementTree")
del sys.modules["xml.etree.ElementTree"], sys.modules["_elementtree"]
again = importlib.import_module("xml.etree.ElementTree")
for each in (usual, pure, again):
    print(hasattr(each.XMLParser(), "parser"), each.XMLParser.__module__, each.fromstring("<a/>").tag)
"""
        c = "False xml.etree.ElementTree a\n"
        self.assertEqual(run(code), c + "True xml.etree.ElementTree a\n" + c)

    def test_a_missing_module_is_missing(self) -> None:
        self.assertIn("ModuleNotFoundError: No module named 'not_there'", run("import not_there"))
        self.assertEqual(run("print(importlib.util.find_spec('not_there'))"), "None\n")

    def test_modules_are_not_loaded_before_the_script_asks_for_them(self) -> None:
        self.assertEqual(run("print('calendar' in sys.modules, 'os' in sys.modules)"), "False True\n")
