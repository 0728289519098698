"""What a statement changes without binding it: ``CFG["lr"] = 1``, ``pd.options.x = 2``, ``C.append(3)`` in a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from mlrun_jupyter.notebook.vocabulary import CHANGING_CALLS, CHANGING_METHODS

_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def changed_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Names whose objects the statements may change while they are executed, those in their blocks included.

    Example
    -------
    >>> sorted(changed_names(ast.parse("a.x, b[0] = 1, 2\\nfor i in c: d.append(i)\\nsetattr(e, 'x', f.mean())").body))
    ['a', 'b', 'd', 'e']
    """
    found: set[str] = set()
    for part in _executed(nodes):
        if isinstance(part, (ast.Attribute, ast.Subscript)):
            if not isinstance(part.ctx, ast.Load):
                found.add(base_name(part))
        elif isinstance(part, ast.Expr):
            if isinstance(part.value, ast.Call) and isinstance(part.value.func, ast.Attribute):
                found.add(base_name(part.value.func))
        elif isinstance(part, ast.Call):
            found.add(_changed_by_call(part))
    return found - {""}


def called_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that are called by the statements themselves."""
    return {part.func.id for part in _executed(nodes) if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)}


def changed_by_calling(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names of the module whose objects a function may change when it is called; its own variables are left out."""
    arguments = node.args
    own = {each.arg for each in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    own |= {each.arg for each in (arguments.vararg, arguments.kwarg) if each is not None}
    declared: set[str] = set()
    for part in _executed(node.body):
        if isinstance(part, ast.Global):
            declared.update(part.names)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            own.add(part.id)
    return (changed_names(node.body) - own) | declared


def base_name(node: ast.AST) -> str:
    """The name that ``a.b[c].d(...)`` starts with."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _changed_by_call(node: ast.Call) -> str:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in CHANGING_CALLS and node.args:
        return base_name(node.args[0])
    return base_name(function) if isinstance(function, ast.Attribute) and name in CHANGING_METHODS else ""


def _executed(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes below, except what is executed only when a function is called."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting.extend(ast.iter_child_nodes(node))
