"""Which statements only define something, and which do something.

Definitions may be brought along to code that needs them; statements that do something (read a file, train, print) never
are: whoever runs the job would not expect it.
"""

from __future__ import annotations

import ast
from typing import Final, Literal

from mlrun_jupyter.notebook.vocabulary import PURE_CALLS, PURE_METHODS

Kind = Literal["import", "function", "class", "constant", "action"]

_PURE_NODES: Final = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Lambda,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
)
_PURE_PARENTS: Final = (
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Subscript,
    ast.Slice,
    ast.Starred,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.comprehension,
    ast.keyword,
)


def kind_of(node: ast.stmt, classes: frozenset[str] = frozenset()) -> Kind:
    """What a top-level statement is. ``classes`` are plain data classes of the notebook, whose calls make a value.

    Example
    -------
    >>> [kind_of(node) for node in ast.parse("import os\\nN = 3 * 2\\nprint(N)").body]
    ['import', 'constant', 'action']
    """
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return "import"
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return "function"
    if isinstance(node, ast.ClassDef):
        return "class"
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        return "constant" if _is_constant(node, classes) else "action"
    if type(node).__name__ == "TypeAlias":
        return "constant"
    if isinstance(node, (ast.If, ast.Try)):
        return _kind_of_block(node, classes)
    return "action"


def is_pure(node: ast.AST, classes: frozenset[str] = frozenset()) -> bool:
    """Whether an expression only makes a value."""
    if isinstance(node, _PURE_NODES):
        return True
    if isinstance(node, ast.Call):
        return _is_pure_call(node, classes) and all(
            is_pure(part, classes) for part in [*node.args, *(keyword.value for keyword in node.keywords)]
        )
    if isinstance(node, _PURE_PARENTS):
        return all(is_pure(child, classes) for child in ast.iter_child_nodes(node))
    return False


def plain_class(node: ast.ClassDef) -> bool:
    """A data class, named tuple or enumeration, or a class that does nothing when it is made."""
    bases = {dotted(base).rpartition(".")[2] for base in node.bases}
    if bases & {"NamedTuple", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "TypedDict", "BaseModel", "Struct"}:
        return True
    makers = {"__init__", "__new__", "__post_init__", "__call__"}
    defines = {item.name for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))}
    decorators = {
        dotted(item.func if isinstance(item, ast.Call) else item).rpartition(".")[2] for item in node.decorator_list
    }
    if decorators & {"dataclass", "define", "frozen", "attrs"}:
        return "__post_init__" not in defines
    return not node.bases and not node.keywords and not (makers & defines)


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of names and attributes; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def _is_constant(node: ast.Assign | ast.AnnAssign | ast.AugAssign, classes: frozenset[str]) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is None:
        return True
    return is_pure(node.value, classes) and all(is_pure(target, classes) for target in targets)


def _is_pure_call(node: ast.Call, classes: frozenset[str]) -> bool:
    name = dotted(node.func)
    if name in PURE_CALLS or (name and name in classes):
        return True
    function = node.func
    return isinstance(function, ast.Attribute) and function.attr in PURE_METHODS and is_pure(function.value, classes)


def _kind_of_block(node: ast.If | ast.Try, classes: frozenset[str]) -> Kind:
    """``try: import x except ImportError: x = None`` defines ``x``; a block that does more is an action."""
    inner: list[ast.stmt] = list(node.body)
    if isinstance(node, ast.If):
        if not is_pure(node.test, classes) or "__name__" in {dotted(part) for part in ast.walk(node.test)}:
            return "action"
        inner += node.orelse
    else:
        inner += [item for handler in node.handlers for item in handler.body] + node.orelse + node.finalbody
    kinds = {kind_of(item, classes) for item in inner if not isinstance(item, ast.Pass)}
    if not kinds or "action" in kinds:
        return "action"
    return "import" if "import" in kinds else "constant"
