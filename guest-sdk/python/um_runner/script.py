"""The author's source: what it is, told from its syntax before any of it runs."""

from __future__ import annotations

import ast
import enum
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import CodeType

from um_runner.own import Own
from um_runner.uses import is_used


class Kind(enum.Enum):
    """How a script is started. See wit/runner.wit."""

    COMMAND = "command"
    TYPED = "typed"


@dataclass(frozen=True)
class Script:
    """A script that compiles."""

    path: PurePosixPath
    code: CodeType
    entry: str | None
    """The function that um-host calls, `run` or `main`; none of a command."""
    bare: bool
    """Whether it is a command that defines no `run` and uses no `main` of its own."""

    @property
    def kind(self) -> Kind:
        return Kind.TYPED if self.entry else Kind.COMMAND

    @property
    def module_name(self) -> str:
        """A typed script is imported, so that `if __name__ == "__main__":` can hold what an author tries it with."""
        return self.path.stem if self.entry else "__main__"


def load(path: str) -> Script:
    """Reads and compiles a script. Raises OSError and SyntaxError."""
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), path)
    statements = list(_top_level(tree.body))
    entry = _entry(tree, statements)
    bare = not entry and not _defines(statements, "run") and not _has_its_main(tree, statements)
    return Script(PurePosixPath(path), compile(tree, path, "exec", dont_inherit=True), entry, bare)


def _entry(tree: ast.Module, statements: list[ast.stmt]) -> str | None:
    """`run`, unless the script calls it itself: called by um-host as well, it would do its work twice. Without a `run`
    a `main` that the script leaves alone; where that cannot be told, the script is the program that it always was."""
    if _defines(statements, "run"):
        callers = _callers_of_run(statements)
        return None if any(_calls(statement, callers) for statement in statements) else "run"
    own = Own.of(statements)
    mains = [each for each in statements if _binds(each, "main", own.is_function)]
    return "main" if mains and _leaves_alone(mains, tree, own) else None


def _defines(statements: list[ast.stmt], name: str) -> bool:
    return any(_binds(statement, name, _may_be_function) for statement in statements)


def _has_its_main(tree: ast.Module, statements: list[ast.stmt]) -> bool:
    return _defines(statements, "main") and is_used(["main"], tree)


def _leaves_alone(mains: list[ast.stmt], tree: ast.Module, own: Own) -> bool:
    """Whether the script uses its `main` nowhere, a `__main__` guard included, nor what stands behind that name."""
    names = {"main"}
    for main in mains:
        match main:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                names |= own.behind(value)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if not all(map(own.only_wraps, main.decorator_list)):
                    return False
    return not is_used(names, tree, but=mains)


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


def _binds(statement: ast.stmt, name: str, is_function: Callable[[ast.expr], bool]) -> bool:
    """Whether it gives the name to a function; `is_function` judges what is assigned."""
    match statement:
        case ast.FunctionDef(name=defined) | ast.AsyncFunctionDef(name=defined):
            return defined == name
        case ast.ImportFrom(module=module, names=names):
            own = module is None or module.partition(".")[0] not in sys.stdlib_module_names
            return own and any((alias.asname or alias.name) == name for alias in names)
        case ast.Assign(targets=targets, value=value):
            return any(_is_name(target, name) for target in targets) and is_function(value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return _is_name(target, name) and is_function(value)
    return False


def _calls(statement: ast.stmt, names: set[str]) -> bool:
    """Whether it does so when the script is imported; what stands in blocks has been taken out of them."""
    blocks = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.Try, ast.TryStar, ast.With)
    return not isinstance(statement, blocks) and _calls_any(statement, names)


def _calls_any(tree: ast.AST, names: set[str]) -> bool:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Name) and called.id in names for called in calls)


def _is_name(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _may_be_function(value: ast.expr) -> bool:
    """`run = 0` is a counter and `run = {}` a record, of a script that is a command."""
    return isinstance(value, (ast.Name, ast.Attribute, ast.Call, ast.Lambda, ast.Subscript, ast.IfExp, ast.BoolOp))
