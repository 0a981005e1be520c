"""The author's source: what it is, told from its syntax before any of it runs."""

from __future__ import annotations

import ast
import enum
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import CodeType


class Kind(enum.Enum):
    """How a script is started. See wit/runner.wit."""

    COMMAND = "command"
    TYPED = "typed"


@dataclass(frozen=True)
class Script:
    """A script that compiles."""

    path: PurePosixPath
    kind: Kind
    code: CodeType

    @property
    def module_name(self) -> str:
        """A typed script is imported, so that `if __name__ == "__main__":` can hold what an author tries it with."""
        return "__main__" if self.kind is Kind.COMMAND else self.path.stem


def load(path: str) -> Script:
    """Reads and compiles a script. Raises OSError and SyntaxError."""
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), path)
    return Script(PurePosixPath(path), _kind(tree.body), compile(tree, path, "exec", dont_inherit=True))


def _kind(body: list[ast.stmt]) -> Kind:
    """A script that calls its own `run` is a program: called by um-host as well, it would do its work twice."""
    statements = list(_top_level(body))
    callers = _callers_of_run(statements)
    typed = any(map(_binds_run, statements)) and not any(_calls(statement, callers) for statement in statements)
    return Kind.TYPED if typed else Kind.COMMAND


def _callers_of_run(statements: list[ast.stmt]) -> set[str]:
    """`run`, and the functions of the script that come to call it: `main`, say."""
    functions = [each for each in statements if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))]
    callers = {"run"}
    while True:
        more = {each.name for each in functions if _calls_any(each, callers)} - callers
        if not more:
            return callers
        callers |= more


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the script is imported, also those within `if` and `try`."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            runs = [] if _is_main_guard(statement.test) else statement.body
            yield from _top_level(runs + statement.orelse)
        elif isinstance(statement, (ast.Try, ast.TryStar)):
            yield from _top_level(statement.body + statement.orelse + statement.finalbody)
            for handler in statement.handlers:
                yield from _top_level(handler.body)
        elif isinstance(statement, ast.With):
            yield from _top_level(statement.body)


def _is_main_guard(test: ast.expr) -> bool:
    """`__name__ == "__main__"`: false when a typed script is imported."""
    if not (isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq)):
        return False
    return {ast.unparse(side) for side in (test.left, *test.comparators)} == {"__name__", "'__main__'"}


def _binds_run(statement: ast.stmt) -> bool:
    match statement:
        case ast.FunctionDef(name="run") | ast.AsyncFunctionDef(name="run"):
            return True
        case ast.ImportFrom(module=module, names=names):
            own = module is None or module.partition(".")[0] not in sys.stdlib_module_names
            return own and any((alias.asname or alias.name) == "run" for alias in names)
        case ast.Assign(targets=targets, value=value):
            return any(_is_run(target) for target in targets) and _may_be_function(value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return _is_run(target) and _may_be_function(value)
    return False


def _calls(statement: ast.stmt, names: set[str]) -> bool:
    """Whether it does so when the script is imported; what stands in blocks has been taken out of them."""
    blocks = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.Try, ast.TryStar, ast.With)
    return not isinstance(statement, blocks) and _calls_any(statement, names)


def _calls_any(tree: ast.AST, names: set[str]) -> bool:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Name) and called.id in names for called in calls)


def _is_run(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "run"


def _may_be_function(value: ast.expr) -> bool:
    """`run = 0` is a counter and `run = {}` a record, of a script that is a command."""
    return isinstance(value, (ast.Name, ast.Attribute, ast.Call, ast.Lambda, ast.Subscript, ast.IfExp, ast.BoolOp))
