"""``%%nuclio handler [name]``: the cell's body becomes a function of ``context`` and ``event``."""

from __future__ import annotations

import ast
import keyword
import re
from typing import Final

from mlrun_jupyter.notebook.prepared import Prepared
from mlrun_jupyter.notebook.scan import Scan, scan

INDENT: Final = "    "
_RETURN: Final = re.compile(r"#[ \t]*(?:mlrun|nuclio):[ \t]*return\b")


def wrap(prepared: Prepared, number: int) -> None:
    """Turn the body below line ``number`` (from 0) into a function; that line becomes its ``def``.

    The marked expression is returned, or the last one when none is marked and nothing else returns.
    """
    name = prepared.handler or "handler"
    if not name.isidentifier() or keyword.iskeyword(name):
        prepared.note(
            number + 1, "invalid-handler", f"{name!r} is no name for a handler", severity="error", always=True
        )
        return
    start = number + 1
    body = [line or "" for line in prepared.lines[start:]]
    found = scan("\n".join(body))
    try:
        tree = ast.parse("\n".join(body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None  # told with the module's other mistakes
    if tree is not None:
        _add_returns(prepared, tree, found, start)
    for index in range(start, len(prepared.lines)):
        line = prepared.lines[index]
        if line and index - start + 1 not in found.in_string:
            prepared.lines[index] = INDENT + line
    prepared.lines[number] = f"def {name}(context, event):"
    if tree is not None and not tree.body:
        prepared.lines[number] = f"def {name}(context, event): pass"


def rename(prepared: Prepared, name: str) -> None:
    """Name a handler that has no name."""
    for number, line in enumerate(prepared.lines):
        if line and line.startswith("def handler(context, event)"):
            prepared.lines[number] = line.replace("def handler(", f"def {name}(", 1)
            prepared.handler = name
            return


def _add_returns(prepared: Prepared, tree: ast.Module, found: Scan, start: int) -> None:
    marked = [comment.line for comment in found.comments if not comment.alone and _RETURN.match(comment.text)]
    marked += [marker.line - start for marker in prepared.markers if marker.word == "return"]
    for line in marked:
        statement = _expression(tree, line)
        if statement is None:
            prepared.note(
                line + start,
                "return-without-value",
                "'return' marks no expression",
                severity="error",
                hint="put it above, or behind, a line that is a value",
            )
        else:
            _put_return(prepared, statement, start)
    last = tree.body[-1] if tree.body else None
    if not marked and isinstance(last, ast.Expr) and not _returns(tree):
        _put_return(prepared, last, start)


def _expression(tree: ast.Module, line: int) -> ast.Expr | None:
    """The expression statement on a line, or the next one below it."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    here = [node for node in statements if node.lineno <= line <= (node.end_lineno or node.lineno)]
    below = [node for node in statements if node.lineno > line]
    for node in sorted(here, key=lambda node: -node.lineno):
        if isinstance(node, ast.Expr):
            return node
        if node.lineno == line:
            return None
    nearest = min(below, key=lambda node: node.lineno, default=None)
    return nearest if isinstance(nearest, ast.Expr) else None


def _put_return(prepared: Prepared, statement: ast.Expr, start: int) -> None:
    index = start + statement.lineno - 1
    line = prepared.lines[index] or ""
    column = len(line.encode()[: statement.col_offset].decode())
    prepared.lines[index] = f"{line[:column]}return {line[column:]}"


def _returns(tree: ast.Module) -> bool:
    """Whether the body itself, not a function in it, returns."""
    nodes: list[ast.AST] = list(tree.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Return):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            nodes.extend(ast.iter_child_nodes(node))
    return False
