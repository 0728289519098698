"""The functions of a module that a task can call, with their parameters, types, defaults and words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from mlrun_jupyter.notebook.docstrings import Docstring, Said, parse_docstring
from mlrun_jupyter.notebook.purity import dotted

_HANDLER: Final = re.compile(r"^#[ \t]*(?:mlrun|nuclio):[ \t]*handler\b", re.MULTILINE)

_NOTHING: Final = Said("", "")
_UNDOCUMENTED: Final = Docstring("", {}, [])

Function = ast.FunctionDef | ast.AsyncFunctionDef


class FoundFunction(NamedTuple):
    """A function of module scope; ``marked`` by ``# mlrun:handler`` or ``@mlrun.handler``."""

    name: str
    entry: dict[str, Any]
    marked: bool


def find_entry_points(code: str) -> dict[str, dict[str, Any]]:
    """Entry points by name, in the form that a function's document keeps.

    Functions of the module itself, ``async`` ones too; never methods, functions in functions, or names that start with
    an underscore. Where ``# mlrun:handler`` or ``@mlrun.handler`` marks some, only those.

    Raises ``SyntaxError`` for code that is no Python.

    Example
    -------
    >>> entry = find_entry_points("def train(context, eta: float = 0.1, *, steps=20): ...")["train"]
    >>> entry["parameters"][1]
    {'name': 'eta', 'type': 'float', 'default': 0.1}
    """
    return choose(find_functions(ast.parse(code), code))


def find_functions(tree: ast.Module, code: str, offset: int = 0) -> list[FoundFunction]:
    """The public functions of a module, or of a part of it that starts ``offset`` lines below its first."""
    marked = _marked_lines(code)
    lines = code.split("\n") if marked else []
    found = []
    for node in functions_of(tree):
        if not node.name.startswith("_"):
            is_marked = bool(marked or node.decorator_list) and (_mark(node, marked, lines) or _is_decorated(node))
            found.append(FoundFunction(node.name, _entry(node, offset), bool(is_marked)))
    return found


def stray_marks(tree: ast.Module, code: str, offset: int = 0) -> list[int]:
    """Lines with ``# mlrun:handler`` that stand above no function."""
    marked = _marked_lines(code)
    if not marked:
        return []
    lines = code.split("\n")
    used = {_mark(node, marked, lines) for node in functions_of(tree)}
    return [line + offset for line in sorted(marked - used)]


def choose(functions: list[FoundFunction]) -> dict[str, dict[str, Any]]:
    """The marked ones where there are any, else all; of two with one name, the later."""
    listed = [found for found in functions if found.marked] or functions
    return {found.name: found.entry for found in listed}


def functions_of(tree: ast.Module) -> Iterator[Function]:
    """The functions of module scope, those in ``if`` and ``try`` blocks too, in order."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        elif isinstance(node, (ast.If, ast.Try)):
            yield from _in_block(node)


def first_line(node: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(item.lineno for item in decorators)]) if decorators else node.lineno


def parameters_of(node: Function) -> list[dict[str, Any]]:
    """Every parameter but ``*args`` and ``**kwargs``, keyword-only ones too."""
    said = _docstring(node)
    return _parameters(node, said)


def _in_block(node: ast.If | ast.Try) -> Iterator[Function]:
    bodies = [node.body, node.orelse]
    if isinstance(node, ast.Try):
        bodies += [handler.body for handler in node.handlers] + [node.finalbody]
    for body in bodies:
        yield from functions_of(ast.Module(body=body, type_ignores=[]))


def _marked_lines(code: str) -> set[int]:
    if not _HANDLER.search(code):
        return set()
    from mlrun_jupyter.notebook.annotations import find_markers
    from mlrun_jupyter.notebook.scan import scan

    markers = find_markers(scan(code).comments)
    return {marker.line for marker in markers if marker.word == "handler" and not marker.column}


def _is_decorated(node: Function) -> bool:
    names = [dotted(item.func if isinstance(item, ast.Call) else item) for item in node.decorator_list]
    return "mlrun.handler" in names or "mlrun_jupyter.handler" in names


def _mark(node: Function, marked: set[int], lines: list[str]) -> int:
    """The line of the comment right above the function or its decorators that marks it; 0 for none."""
    top = first_line(node)
    above = top - 1
    while marked and above > 0:
        if above in marked:
            return above
        if not lines[above - 1].startswith("#"):
            break
        above -= 1
    return next((line for line in range(top, node.lineno) if line in marked), 0)


def _docstring(node: Function) -> Docstring:
    first = node.body[0]
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return _UNDOCUMENTED
    text = first.value.value
    return parse_docstring(text) if isinstance(text, str) and text else _UNDOCUMENTED


def _entry(node: Function, offset: int) -> dict[str, Any]:
    said = _docstring(node)
    entry: dict[str, Any] = {
        "name": node.name,
        "doc": said.summary,
        "parameters": _parameters(node, said),
        "outputs": _outputs(node, said.returns),
        "lineno": node.lineno + offset,
    }
    if node.args.vararg:
        entry["has_varargs"] = True
    if node.args.kwarg:
        entry["has_kwargs"] = True
    return entry


def _parameters(node: Function, said: Docstring) -> list[dict[str, Any]]:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    told = said.parameters
    found = [_parameter(argument, None, told.get(argument.arg, _NOTHING)) for argument in positional[:required]]
    for argument, default in zip(positional[required:], arguments.defaults, strict=True):
        found.append(_parameter(argument, default, told.get(argument.arg, _NOTHING)))
    for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_parameter(argument, value, told.get(argument.arg, _NOTHING)))
    return found


def _parameter(argument: ast.arg, default: ast.expr | None, said: Said) -> dict[str, Any]:
    found: dict[str, Any] = {"name": argument.arg}
    kind = _source(argument.annotation) if argument.annotation is not None else said.type
    if default is not None:
        value = _value(default)
        if not kind and value is not None and isinstance(default, (ast.Constant, ast.List, ast.Dict, ast.UnaryOp)):
            kind = type(value).__name__
        if kind:
            found["type"] = kind
        found["default"] = value
    elif kind:
        found["type"] = kind
    if said.doc:
        found["doc"] = said.doc
    return found


def _outputs(node: Function, returns: list[Said]) -> list[dict[str, Any]]:
    annotated = _source(node.returns) if node.returns is not None else ""
    if not returns:
        return [{"type": annotated}] if annotated and annotated != "None" else []
    listed = []
    for said in returns:
        kind = annotated if annotated and len(returns) == 1 else said.type
        listed.append({key: text for key, text in (("type", kind), ("doc", said.doc)) if text})
    return listed


def _source(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else repr(node.value)
    return ast.unparse(node)


def _value(node: ast.expr) -> Any:
    """A default as plain data, or its source when it is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float, bool, type(None))):
        return node.value
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return _source(node)
    return _plain(value, node)


def _plain(value: Any, node: ast.expr) -> Any:
    from mlrun_jupyter.errors import InvalidArgumentError
    from mlrun_jupyter.model import values

    try:
        return value if not isinstance(value, (bytes, complex)) and values.plain(value) == value else ast.unparse(node)
    except InvalidArgumentError:
        return ast.unparse(node)
