"""What a script has at its top level: its functions, its classes, and what it imports."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field

from um_runner.uses import FUNCTIONS

_HARMLESS = {"functools", "typing", "typing_extensions", "contextlib", "tenacity", "backoff", "retry", "retrying"}
"""Modules whose decorators neither call a function nor keep it for somebody else."""

_COPIES = {"wraps", "update_wrapper"}
"""What takes a function for its name and its parameters alone."""


@dataclass
class Own:
    """The names of the top level, by what they are."""

    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    """Those whose objects can be called."""
    imports: dict[str, str] = field(default_factory=dict)
    """The module that a name comes from, without what stands behind its first dot."""

    @classmethod
    def of(cls, statements: list[ast.stmt]) -> Own:
        own = cls()
        for statement in statements:
            match statement:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    own.functions[name] = statement
                case ast.ClassDef(name=name, body=body):
                    if any(isinstance(each, FUNCTIONS) and each.name == "__call__" for each in body):
                        own.classes.add(name)
                case ast.Import(names=names):
                    own.imports |= {alias.asname or _top(alias.name): _top(alias.name) for alias in names}
                case ast.ImportFrom(module=module, names=names):
                    own.imports |= {alias.asname or alias.name: _top(module or "") for alias in names}
        return own

    def is_function(self, value: ast.expr) -> bool:
        """Whether what is assigned can only be meant as a function."""
        match value:
            case ast.Lambda():
                return True
            case ast.Name(id=name):
                return name in self.functions or self._is_foreign(name)
            case ast.Attribute():
                return self._is_foreign(_root(value))
            case ast.Call(func=ast.Name(id=name)) if name in self.classes:
                return True
            case ast.Call(func=called):
                return _last(called) in ("partial", "partialmethod")
        return False

    def behind(self, value: ast.expr) -> set[str]:
        """The script's own functions and classes that an assigned function is made of."""
        names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
        return names & (self.functions.keys() | self.classes)

    def only_wraps(self, decorator: ast.expr) -> bool:
        """Whether a decorator surely leaves it to others to call the function: `functools.cache`, and one of the
        script's own that wraps it. `@app.command` keeps it for a program that calls it."""
        made = isinstance(decorator, ast.Call)
        maker = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = _root(maker)
        if name in self.imports:
            return self.imports[name] in _HARMLESS
        own = self.functions.get(name) if isinstance(maker, ast.Name) else None
        if own is None:
            return False
        wrappers = [each for each in own.body if isinstance(each, FUNCTIONS)] if made else [own]
        return bool(wrappers) and not any(map(_hands_on, wrappers))

    def _is_foreign(self, name: str) -> bool:
        return name in self.imports and self.imports[name] not in sys.stdlib_module_names


def _hands_on(decorator: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a decorator may call what it is given, or hand it to somebody who does. What it defines is called
    later."""
    parameters = [*decorator.args.posonlyargs, *decorator.args.args]
    watched = {parameters[0].arg} if parameters else set()
    watched |= {each.name for each in decorator.body if isinstance(each, FUNCTIONS)}
    waiting: list[ast.AST] = [*decorator.body]
    while waiting:
        match node := waiting.pop():
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                waiting += node.decorator_list
            case ast.Lambda() | ast.Return(value=ast.Name()) | ast.Attribute(value=ast.Name()):
                pass
            case ast.Call(func=called) if _last(called) in _COPIES:
                pass
            case ast.Compare(left=ast.Name(), comparators=[ast.Constant()]):
                pass
            case ast.Name(id=name) if name in watched:
                return True
            case _:
                waiting += ast.iter_child_nodes(node)
    return False


def _root(value: ast.expr) -> str:
    """`a` of `a.b.c`, and nothing where no name stands first."""
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else ""


def _last(value: ast.expr) -> str:
    """`c` of `a.b.c`."""
    return value.attr if isinstance(value, ast.Attribute) else _root(value)


def _top(module: str) -> str:
    return module.partition(".")[0]
