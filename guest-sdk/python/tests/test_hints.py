"""What is said to do about an error, by what stands behind it."""

import os
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.test_run import run
from um_action.testing import fake
from um_runner.hints import Place, hint
from um_runner.substitutes import COMPILED, DATABASES, STOOD_IN_FOR


def raised(code: str, folder: str = "/action", script: str = "") -> str:
    """The hint for what this code raises."""
    try:
        exec(compile(code, f"{folder}/main.py", "exec"), {})
    except BaseException as error:
        return hint(error, Place(folder, script)) or ""
    raise AssertionError("it raised nothing")


class Compiled(unittest.TestCase):
    def of(self, statement: str, *files: str) -> str:
        with TemporaryDirectory() as folder:
            for name in files:
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("from .parts import fast\n" if path.name == "__init__.py" else "")
            return raised(
                f"import sys\nsys.path.insert(0, {folder!r})\ntry:\n    {statement}\nfinally:\n    sys.path.pop(0)",
                folder,
            )

    def test_a_package_whose_parts_are_for_other_machines_is_called_that(self) -> None:
        # It was: no module named so, and that an action imports what lies beside its script, where it lay.
        for part in ("parts.abi3.xyz.so", "parts.cp314-win_amd64.pyd"):
            told = self.of("import quick_sums", "quick_sums/__init__.py", f"quick_sums/{part}")
            self.assertEqual(
                told,
                "`quick_sums` has compiled parts, which are for other machines: um-host runs pure Python, and nothing "
                "is known that could take its place",
            )

    def test_one_without_such_parts_is_only_not_there(self) -> None:
        told = self.of("import quick_sums", "quick_sums/__init__.py")
        self.assertTrue(
            told.startswith("an action imports the standard library and what lies beside its script; "), told
        )

    def test_the_substitute_is_named_and_so_for_one_that_is_not_there_at_all(self) -> None:
        for name, words in (
            ("pydantic_core._pydantic_core", "In its place: `pydantic<2`"),
            ("rpds.rpds", "`jsonschema<4.18`"),
            ("cryptography.hazmat.bindings._rust", "`google-auth<2.48` with `rsa`"),
            ("orjson", "`json` of the standard library"),
            ("PIL._imaging", "nothing is known"),
        ):
            told = raised(f"raise ImportError('library not found', name={name!r})")
            self.assertIn("has compiled parts", told)
            self.assertIn(words, told)

    def test_the_cause_counts_where_a_package_has_words_of_its_own(self) -> None:
        told = raised(
            "try:\n  raise ImportError('x', name='numpy._core')\nexcept ImportError as e:\n"
            "  raise RuntimeError('30 lines') from e"
        )
        self.assertIn("`numpy` has compiled parts", told)
        told = raised(
            "try:\n  raise ImportError('x', name='numpy')\nexcept ImportError:\n"
            "  raise ExceptionGroup('g', [KeyError()])"
        )
        self.assertEqual(told, "")

    def test_one_that_looks_at_the_machine_by_itself_is_called_that_too(self) -> None:
        looks = "def check():\n    raise RuntimeError('unknown feature flag')\n"
        for path, calls, told in (
            ("polars/__init__.py", "check()", "`polars` has compiled parts"),
            ("polars/__init__.py", "", ""),
            ("quick_sums/__init__.py", "check()", ""),
        ):
            ours: dict[str, object] = {}
            try:
                exec(compile(f"{looks}{calls}", f"/action/{path}", "exec"), ours)
                exec("check()", ours)
            except RuntimeError as error:
                self.assertEqual((hint(error, Place("/action")) or "")[: len(told) or 1], told)

    def test_a_script_that_fails_by_itself_gets_no_hint(self) -> None:
        for code in (
            "raise ValueError('no')",
            "{}['CRM_TOKEN']",
            "raise ImportError('mine')",
            "raise OSError(2, 'no')",
        ):
            self.assertEqual(raised(code), "", code)

    def test_what_loads_with_a_stand_in_is_fetched_as_it_is(self) -> None:
        # For another platform there is no whole set of it, or one that is years old.
        for module, packages in (("openai", "openai 'pydantic<2'"), ("github", "PyGithub"), ("reportlab", "reportlab")):
            told = raised(f"raise ModuleNotFoundError('no', name={module!r})")
            self.assertIn(f"`python3 -m pip install --target FOLDER_OF_THE_SCRIPT {packages}` puts it there", told)
        self.assertFalse(STOOD_IN_FOR.keys() & COMPILED.keys())

    def test_the_table_is_of_names_that_are_imported(self) -> None:
        for name in (*COMPILED, *DATABASES):
            self.assertTrue(name.isidentifier(), name)
        self.assertFalse(COMPILED.keys() & DATABASES.keys())


class Databases(unittest.TestCase):
    def test_a_driver_that_does_not_load_or_comes_to_no_connection(self) -> None:
        told = raised("raise ModuleNotFoundError('no', name='psycopg2')")
        self.assertIn("`psycopg2` speaks to a database, which is not possible yet", told)
        self.assertIn("PostgREST", told)
        for code in (
            "from um_runner.net.errors import not_http\nraise not_http(('db', 3306), 'nothing was asked')",
            # Some have a thread that looks after the connection: it was told alone that a lock never comes.
            "from um_runner.threads.locks import WaitsForEver\nraise WaitsForEver('`monitor` waits for a lock')",
        ):
            try:
                exec(compile(code, "/action/pymysql/connections.py", "exec"), {})
            except (OSError, RuntimeError) as error:
                self.assertIn("`pymysql` speaks to a database", hint(error, Place("/action")) or "")
                self.assertIsNone(hint(error, Place("/elsewhere")))


class Environment(unittest.TestCase):
    def test_a_variable_that_is_a_secret_is_asked_of_app(self) -> None:
        with fake(secrets={"CRM_TOKEN": "value-of-it"}, sealed=["MAIL_KEY"]):
            ask = "import os\nos.environ[{!r}]"
            self.assertEqual(
                raised(ask.format("CRM_TOKEN")),
                "`CRM_TOKEN` is a secret, which no environment has: app.secrets.CRM_TOKEN",
            )
            self.assertIn("app.secrets.MAIL_KEY", raised(ask.format("MAIL_KEY")))
            self.assertIn("there is a secret `CRM_TOKEN`", raised(ask.format("crm_token")))
            self.assertIn("um-host run --env OTHER=VALUE", raised(ask.format("OTHER")))
            self.assertEqual(raised("{}['CRM_TOKEN']"), "")
        self.assertIn("um-host run --env CRM_TOKEN=VALUE", raised("import os\nos.environ['CRM_TOKEN']"))


class Habits(unittest.TestCase):
    def test_a_file_that_may_not_be_written(self) -> None:
        for error in (
            "PermissionError(1, 'Operation not permitted', 'out.csv')",
            "OSError(30, 'Read-only file system', 'out.csv')",
            "FileNotFoundError(2, \"No usable temporary directory found in ['/tmp']\")",
        ):
            told = raised(f"raise {error}")
            self.assertIn("below /tmp", told)
            self.assertIn('app.documents.open(name, "w")', told)
        self.assertEqual(raised("raise FileNotFoundError(2, 'No such file', 'rows.csv')"), "")
        self.assertIn("an io.StringIO()", raised("import os\nraise FileNotFoundError(44, 'No such file', os.devnull)"))
        refused = (
            "from um_action import HostNotAllowed\nfrom um_runner.net.errors import told\n"
            "raise told(HostNotAllowed('GET', None))"
        )
        self.assertEqual(raised(refused), "", "a connection is no file")

    def test_other_programs_and_questions(self) -> None:
        self.assertIn("starts no other programs", raised("raise OSError(58, 'wasi does not support processes.')"))
        self.assertIn(
            "starts no other programs", raised("import os\nraise AttributeError('no', name='system', obj=os)")
        )
        self.assertIn("nobody answers questions", raised("raise EOFError('EOF when reading a line')"))
        self.assertEqual(raised("raise EOFError('Ran out of input')"), "")

    def test_who_imports_app_is_told_that_it_is_there(self) -> None:
        for code in ("import app", "from app import secrets"):
            self.assertIn("`app` is there without an import", raised(code))

    def test_what_a_header_asks_for_is_told_with_how_to_get_it(self) -> None:
        with TemporaryDirectory() as folder:
            script = os.path.join(folder, "main.py")
            wanted = '# dependencies = [\n#   "PyYAML>=6",\n#   "rich",\n# ]\n'
            header = f'# /// script\n# requires-python = ">=3.11"\n{wanted}# ///\n'
            Path(script).write_text(header)
            missing = "raise ModuleNotFoundError('no', name={!r})"
            told = raised(missing.format("yaml"), folder, script)
            self.assertIn("`PyYAML>=6` stands in the header of the script, which um-host does not read; before", told)
            self.assertIn("--python-version 3.14 'PyYAML>=6'` puts it", told)
            self.assertIn("`rich` stands in the header", raised(missing.format("rich.table"), folder, script))
            other = raised(missing.format("bs4"), folder, script)
            self.assertNotIn("header", other)
            self.assertIn("--python-version 3.14 beautifulsoup4`", other)
            for broken in (
                "# /// script\n# dependencies = [\n# ///\n",
                "# /// script\n# dependencies = 5\n# ///\n",
                "\xff",
            ):
                Path(script).write_text(broken, encoding="latin-1")
                self.assertNotIn("header", raised(missing.format("yaml"), folder, script))

    def test_a_hint_stands_under_the_traceback_of_a_run(self) -> None:
        told = run(
            "import os\ndef run():\n  try:\n    os.environ['A_B']\n  except KeyError as error:\n"
            "    raise RuntimeError('no') from error"
        )
        self.assertTrue(
            told.err.endswith(
                "RuntimeError: no\nhint: `um-host run --env A_B=VALUE` sets a variable; a secret "
                "is stored with `um-host secrets set`, and in app.secrets\n"
            ),
            told.err,
        )
