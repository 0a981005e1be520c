"""What a script comes to, and what it says on the way: run for real, in a Python of its own."""

import json
import subprocess
import sys
import tempfile
import textwrap
import unittest
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
STARTER = """
import json, os, sys
from um_runner.run import run
path, input = sys.argv[1:]
folder = os.path.dirname(path)
sys.path.insert(0, folder)
os.chdir(folder)
ending = run(path, json.loads(input), lambda kind, bare: print("declared", kind.value, *["bare"] * bare))
print("\\nending", type(ending).__name__, json.dumps(list(vars(ending).values())[0]))
"""


@dataclass
class Told:
    declared: str
    ending: str
    value: object
    out: str
    err: str


def run(source: str, input: str = "{}", **files: str) -> Told:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "report.py")
        for name, text in {"report": source, **files}.items():
            Path(folder, f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", STARTER, str(script), input],
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(ROOT)},
            timeout=60,
        )
    if "\nending " not in done.stdout:
        raise AssertionError(done.stdout + done.stderr)
    declared, _, out = done.stdout.partition("\n")
    out, _, ending = out.rpartition("\nending ")
    name, _, value = ending.partition(" ")
    return Told(declared.partition(" ")[2], name, json.loads(value), out, done.stderr)


class CommandTest(unittest.TestCase):
    def test_what_stood_in_and_was_caught_is_told_at_the_end_and_once(self) -> None:
        calls = "from um_runner.absent.compiled.stub import named\ncall = named('cryptography.x509.Certificate')\n"
        caught = "try:\n    call()\nexcept Exception:\n    print('wrong signature')\n"
        told = run(calls + caught + caught)
        self.assertEqual((told.ending, told.value, told.out.split("\n")[:2]), ("Exited", 0, ["wrong signature"] * 2))
        self.assertEqual(told.err.count("hint: an error was caught that said: `cryptography.x509.Certificate`"), 1)
        shown = run(calls + "call()")
        self.assertEqual((shown.value, shown.err.count("cannot be used"), "was caught" in shown.err), (1, 1, False))
        typed = run(calls + "def run(input):\n    call()\n")
        self.assertEqual((typed.ending, "was caught" in typed.err), ("Failed", False))

    def test_top_level_code_runs_as_main_to_status_0(self) -> None:
        told = run("import sys\nprint(__name__, __file__.rpartition('/')[2], sys.modules['__main__'].__name__)")
        self.assertEqual((told.declared, told.ending, told.value), ("command bare", "Exited", 0))
        self.assertEqual(told.out.strip(), "__main__ report.py __main__")

    def test_sys_exit_has_the_status_that_python3_gives_it(self) -> None:
        for code, status, text in (
            ("", 0, ""),
            ("0", 0, ""),
            ("False", 0, ""),
            ("True", 1, ""),
            ("3", 3, ""),
            ("300", 44, ""),
            ("-1", 255, ""),
            ("'no rows'", 1, "no rows\n"),
            ("(1, 2)", 1, "(1, 2)\n"),
            ("0.0", 1, "0.0\n"),
        ):
            with self.subTest(code):
                told = run(f"import sys\nsys.exit({code})")
                self.assertEqual((told.ending, told.value, told.err), ("Exited", status, text))

    def test_an_uncaught_exception_shows_the_authors_frames_alone(self) -> None:
        told = run(
            "import helper\nhelper.read('{bad')",
            helper="import json\ndef read(text):\n    return json.loads(text)\n",
        )
        self.assertEqual((told.ending, told.value), ("Exited", 1))
        self.assertIn('File "report.py", line 2, in <module>\n    helper.read', told.err)
        self.assertIn('File "helper.py", line 3, in read\n    return json.loads(text)', told.err)
        self.assertEqual(told.err.count("File "), 2)
        self.assertTrue(told.err.startswith("Traceback (most recent call last):\n"))

    def test_chains_groups_and_notes_are_kept(self) -> None:
        told = run(
            """
            try:
                {}["a"]
            except KeyError as error:
                failure = RuntimeError("outer")
                failure.add_note("while testing")
                raise ExceptionGroup("both", [failure, ValueError("inner")]) from error
            """
        )
        for part in ("KeyError: 'a'", "direct cause", "both (2 sub-exceptions)", "while testing", "ValueError: inner"):
            self.assertIn(part, told.err)
        self.assertNotIn("um_runner", told.err)

    def test_a_script_that_does_not_compile_is_shown_as_python_shows_it(self) -> None:
        told = run("x = (1,\ny = 2\n")
        self.assertEqual((told.declared, told.ending, told.value), ("command", "Exited", 1))
        self.assertTrue(told.err.startswith('  File "report.py", line 1\n    x = (1,\n'), told.err)
        self.assertIn("SyntaxError: '(' was never closed", told.err)

    def test_top_level_await_says_what_to_do(self) -> None:
        self.assertIn("hint: top-level await is not supported: put it in", run("await x").err)

    def test_a_module_that_is_not_there_comes_with_what_to_use(self) -> None:
        missing = "raise ModuleNotFoundError('no', name='{}')"
        self.assertIn("hint: the module `mmap` of the standard library", run(missing.format("mmap")).err)
        self.assertIn("hint: an action imports the standard library", run("import not_there_at_all").err)

    def test_what_um_host_said_of_a_call_is_told_where_packages_hide_it(self) -> None:
        told = run(
            """
            from um_action import HostNotAllowed
            from um_runner.net.errors import told
            def run(input):
                try:
                    raise told(HostNotAllowed("GET", None, "add it"))
                except HostNotAllowed:
                    raise ValueError("package") from None
            """
        )
        self.assertTrue(told.err.endswith("ValueError: package\nhint: GET: add it\n"), told.err)
        self.assertEqual(told.value, "ValueError: package: GET: add it")
        told = run("import um_action\nraise um_action.HostNotAllowed('GET', None, 'add it')")
        self.assertNotIn("hint", told.err)

    def test_an_interrupt_is_status_130(self) -> None:
        told = run("raise KeyboardInterrupt")
        self.assertEqual((told.ending, told.value), ("Exited", 130))

    def test_an_exception_hook_of_the_authors_is_called(self) -> None:
        told = run("import sys\nsys.excepthook = lambda kind, error, trace: print('hook', error)\nraise ValueError(5)")
        self.assertEqual((told.value, told.out, told.err), (1, "hook 5\n", ""))

    def test_an_exception_hook_that_fails_hides_nothing(self) -> None:
        told = run("import sys\nsys.excepthook = lambda kind, error, trace: 1 / 0\nraise ValueError('mine')")
        self.assertEqual(told.value, 1)
        self.assertIn("Error in sys.excepthook:", told.err)
        self.assertIn("ZeroDivisionError", told.err)
        self.assertIn("ValueError: mine", told.err)

    def test_exit_functions_run_and_what_is_buffered_comes_out(self) -> None:
        told = run("import atexit\natexit.register(print, 'bye')\nprint('no newline', end=' ')\nraise SystemExit(2)")
        self.assertEqual((told.value, told.out), (2, "no newline bye\n"))

    def test_closed_or_missing_streams_end_quietly(self) -> None:
        self.assertEqual(run("import sys\nsys.stderr.close()").value, 0)
        self.assertEqual(run("import sys\nsys.stderr = None").value, 0)
        self.assertEqual(run("import sys\nsys.stderr.close()\nraise ValueError").value, 1)
        self.assertEqual(run("import sys\nsys.stderr = None\nsys.exit('words')").value, 1)


class TypedTest(unittest.TestCase):
    def test_run_gets_the_input_and_its_result_is_json(self) -> None:
        told = run("def run(input):\n    return {'seen': input, 'name': __name__}", '{"a": [1]}')
        self.assertEqual((told.declared, told.ending), ("typed", "Returned"))
        self.assertEqual(told.value, '{"seen":{"a":[1]},"name":"report"}')

    def test_the_main_guard_does_not_fire(self) -> None:
        told = run("def run(input):\n    return 1\nif __name__ == '__main__':\n    print(run({}))")
        self.assertEqual((told.value, told.out), ("1", ""))

    def test_run_takes_the_input_or_nothing(self) -> None:
        for head, value in (
            ("def run(): return 0", "0"),
            ("def run(input=5): return input", "{}"),
            ("def run(*inputs): return inputs", "[{}]"),
            ("def run(**options): return options", "{}"),
            ("def run(input, /): return input", "{}"),
            ("async def run(input): return input", "{}"),
            ("import functools\nrun = functools.partial(lambda k, input: k, 7)", "7"),
            ("class Job:\n    def __call__(self, input): return 8\nrun = Job()", "8"),
        ):
            with self.subTest(head):
                self.assertEqual(run(head).value, value)

    def test_a_run_that_cannot_be_called_so_is_refused(self) -> None:
        for head, words in (
            ("def run(a, b): pass", "run(a, b): missing `a`, `b`"),
            ("def run(*, key): pass", "run(*, key): missing `key`"),
            ("def run(input, limit=7): return limit", "run(input, limit=7): missing `input`"),
            ("def run(input, /, *, flag=1): return flag", "`input` cannot be given so: take the `/` out"),
            ("def main(*words): pass", "`*words` takes none: leave it out"),
            ("run = print()", "`run` is NoneType, not a function"),
        ):
            with self.subTest(head):
                told = run(head)
                self.assertEqual((told.declared, told.ending), ("typed", "Failed"))
                self.assertIn(words, str(told.value))

    def test_a_main_that_nobody_calls_is_called_with_the_keys_by_name(self) -> None:
        # It did nothing, with status 0 and without a word.
        for head, input, value in (
            ("def main(): return 'none'", "{}", '"none"'),
            ("def main(customer): return customer", '{"customer": [1]}', "[1]"),
            ("def main(customer, limit=10): return [customer, limit]", '{"customer": "a"}', '["a",10]'),
            ("def main(a, *, b=2, **rest): return [a, b, rest]", '{"c d": 3, "a": 1}', '[1,2,{"c d":3}]'),
            ("async def main(n: int) -> int: return n", '{"n": "text"}', '"text"'),
            ("def main(n=1): return n\nif __name__ == '__main__': print('never')", "{}", "1"),
            ("import functools\ndef f(k, n): return [k, n]\nmain = functools.partial(f, 7)", '{"n": 8}', "[7,8]"),
            ("class Job:\n    def __call__(self, n): return n\nmain = Job()", '{"n": 8}', "8"),
            ("main = lambda n=3: n", "null", "3"),
        ):
            with self.subTest(head):
                told = run(head, input)
                self.assertEqual((told.declared, told.value, told.out), ("typed", value, ""), told.err)

    def test_a_run_of_several_parameters_gets_the_keys_by_name(self) -> None:
        # `count` was left at its default, and `name` was the whole input.
        head = "def run(name: str, count: int = 3): return [name, count]"
        self.assertEqual(run(head, '{"name": "Ada", "count": 2}').value, '["Ada",2]')
        self.assertEqual(run(head, '{"name": {}}').value, "[{},3]")

    def test_a_decorator_hides_no_parameters(self) -> None:
        for wraps in ("", "@functools.wraps(f)"):
            head = f"""
            import functools
            def logged(f):
                {wraps}
                def inner(*args, **kwargs):
                    return f(*args, **kwargs)
                return inner
            class Counted:
                def __init__(self, f): self.f = f
                def __call__(self, *args, **kwargs): return self.f(*args, **kwargs)
            """
            for function, input, value in (
                ("@logged\ndef main(a, b=2): return [a, b]", '{"a": 1}', "[1,2]"),
                ("@logged\n@logged\ndef run(input): return input", '{"a": 1}', '{"a":1}'),
                ("@Counted\ndef run(a, b=2): return [a, b]", '{"a": 1}', "[1,2]"),
                ("@functools.cache\ndef main(a): return a", '{"a": 1}', "1"),
            ):
                with self.subTest(wraps + function):
                    self.assertEqual(run(textwrap.dedent(head) + function, input).value, value)

    def test_a_script_that_calls_its_main_is_the_program_that_it_was(self) -> None:
        told = run("def main(a=1): print(__name__, a)\nif __name__ == '__main__': main(2)", '{"a": 3}')
        self.assertEqual((told.declared, told.ending, told.value, told.out), ("command", "Exited", 0, "__main__ 2\n"))

    def test_a_result_of_main_that_is_no_json(self) -> None:
        self.assertIn("main returned a set at .a", str(run("def main(): return {'a': {1}}").value))

    def test_a_failure_has_its_traceback_and_a_line(self) -> None:
        told = run("async def run(input):\n    raise ValueError('bad\\ninput')")
        self.assertEqual((told.ending, told.value), ("Failed", "ValueError: bad input"))
        self.assertIn('File "report.py", line 2, in run', told.err)
        self.assertEqual(told.err.count("File "), 1)

    def test_an_exception_whose_text_cannot_be_made(self) -> None:
        told = run("class Odd(Exception):\n    def __str__(self): raise KeyError\ndef run(): raise Odd")
        self.assertEqual((told.ending, told.value), ("Failed", "report.Odd: <exception str() failed>"))

    def test_an_exception_whose_class_has_no_name(self) -> None:
        told = run(
            """
            class Meta(type):
                @property
                def __name__(self): raise ValueError
                __module__ = __name__
            class Odd(Exception, metaclass=Meta): pass
            def run(input): raise Odd
            """
        )
        self.assertEqual((told.ending, told.value), ("Failed", "an exception that cannot be shown"))

    def test_sys_exit_of_a_typed_script(self) -> None:
        for code, ending, value in (
            ("", "Returned", "null"),
            ("0", "Returned", "null"),
            ("3", "Exited", 3),
            ("'no rows'", "Failed", "no rows"),
        ):
            with self.subTest(code):
                told = run(f"import sys\ndef run(input): sys.exit({code})")
                self.assertEqual((told.ending, told.value), (ending, value))

    def test_endless_recursion_is_an_error_of_the_script(self) -> None:
        self.assertIn("RecursionError", str(run("def run(input): return run(input)").value))

    def test_a_result_that_is_no_json(self) -> None:
        self.assertIn("run returned a set at .a", str(run("def run(): return {'a': {1}}").value))

    def test_a_typed_script_can_be_pickled_from_and_named_like_a_module(self) -> None:
        told = run("import pickle\nclass K: pass\ndef run(): return type(pickle.loads(pickle.dumps(K()))).__module__")
        self.assertEqual(told.value, '"report"')
