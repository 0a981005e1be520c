"""Whether a script comes to use one of its own names when it runs as a program.

What cannot be told counts as used: a function that is handed on, a name that is put together while the script runs.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
"""What defines one."""

_BY_NAME = {"globals", "locals", "vars", "eval", "exec", "run_path", "run_module", "Fire", "CLI", "__dict__"}
"""What can come to a function whose name stands nowhere."""


def is_used(names: Collection[str], tree: ast.Module, but: Collection[ast.stmt] = ()) -> bool:
    """Whether any of these names is used at the top level, in a class, or in a function that is used itself. What
    stands in the statements `but` does not count."""
    names = {*names, *_BY_NAME}
    used: set[str] = set()
    unused: dict[str, list[ast.AST]] = defaultdict(list)
    waiting: list[ast.AST] = [*tree.body]
    # Without recursion: a script may be nested deeper than Python likes.
    while waiting and not names & used:
        node = waiting.pop()
        if isinstance(node, FUNCTIONS):
            waiting += [node.args, *node.decorator_list]
            # A decorator may do anything with it.
            (waiting if node.decorator_list and node.name not in names else unused[node.name]).extend(node.body)
        elif isinstance(node, ast.ClassDef):
            waiting += [part for each in ast.iter_child_nodes(node) for part in _opened(each)]
        elif node not in but:
            used |= _named(node)
            waiting += ast.iter_child_nodes(node)
        if not waiting:
            waiting = [part for name in used & unused.keys() for part in unused.pop(name)]
    return bool(names & used)


def _opened(node: ast.AST) -> list[ast.AST]:
    """A method is called by whom nobody can tell."""
    return [*ast.iter_child_nodes(node)] if isinstance(node, FUNCTIONS) else [node]


def _named(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
            return {name}
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]):
            return {name}
        case ast.Global(names=names):
            return set(names)
    return set()
