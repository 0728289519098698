"""When to stop a sweep: an expression over results, in a small grammar that runs nothing.

Numbers, text, names of results (``report.f1`` reaches into nested ones), ``+ - * /`` of numbers, comparisons (chained
too), ``and or not`` and brackets; ``accuracy >= 0.95 and loss < 0.1``. What cannot be said of an iteration is false: a
comparison with a result that is missing, such a result by itself, a division by zero.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Container, Mapping
from typing import Any

from mlrun_jupyter.errors import InvalidArgumentError

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_COMPUTE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SIGN: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
MAX_LENGTH = 1000
MAX_DEPTH = 50


class _MissingError(Exception):
    """A result that the iteration does not have."""


class Condition:
    """A parsed expression.

    Example
    -------
    >>> Condition.parse("accuracy > 0.9").holds({"accuracy": 0.95})
    True
    """

    def __init__(self, tree: ast.expr | None) -> None:
        self._tree = tree

    @classmethod
    def parse(cls, text: str) -> Condition:
        """An empty text never holds. Raises ``InvalidArgumentError`` for anything outside the grammar."""
        if not text.strip():
            return cls(None)
        if len(text) > MAX_LENGTH:
            raise InvalidArgumentError(f"a stop condition is at most {MAX_LENGTH} characters long")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InvalidArgumentError(
                f"not a condition: {text!r}", hint="as in accuracy >= 0.95 and loss < 0.1"
            ) from None
        _check(tree, text)
        return cls(tree)

    def holds(self, results: Mapping[str, Any]) -> bool:
        """Whether it is true of an iteration with these results; it raises nothing."""
        return self._tree is not None and _true(self._tree, results)

    def unknown(self, names: Container[str]) -> list[str]:
        """The results that it asks for, by their first names, but for those given."""
        nodes = ast.walk(self._tree) if self._tree is not None else ()
        return sorted({node.id for node in nodes if isinstance(node, ast.Name) and node.id not in names})


def _check(node: ast.expr, text: str, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise InvalidArgumentError("a stop condition that is nested too deeply", where=repr(text[:80]))
    children: list[ast.expr]
    if isinstance(node, ast.BoolOp):
        children = node.values
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.UAdd, ast.USub)):
        children = [node.operand]
    elif isinstance(node, ast.Compare) and all(type(each) in _COMPARE for each in node.ops):
        children = [node.left, *node.comparators]
    elif isinstance(node, ast.BinOp) and type(node.op) in _COMPUTE:
        children = [node.left, node.right]
    elif (
        (isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str, bool)))
        or isinstance(node, ast.Name)
        or (isinstance(node, ast.Attribute) and _path(node))
    ):
        children = []
    else:
        raise InvalidArgumentError(
            f"a stop condition cannot hold {ast.unparse(node)!r}", where=repr(text), hint="compare results with numbers"
        )
    for child in children:
        _check(child, text, depth + 1)


def _path(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute) and (head := _path(node.value)):
        return [*head, node.attr]
    return []


def _true(node: ast.expr, results: Mapping[str, Any]) -> bool:
    try:
        return bool(_value(node, results))
    except (_MissingError, TypeError, ArithmeticError):
        return False


def _value(node: ast.expr, results: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.BoolOp):
        decide = all if isinstance(node.op, ast.And) else any
        return decide(_true(each, results) for each in node.values)
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            return not _true(node.operand, results)
        return _SIGN[type(node.op)](_number(node.operand, results))
    if isinstance(node, ast.Compare):
        operands = [_value(each, results) for each in (node.left, *node.comparators)]
        pairs = zip(node.ops, operands, operands[1:], strict=False)
        return all(_COMPARE[type(op)](left, right) for op, left, right in pairs)
    if isinstance(node, ast.BinOp):
        return _COMPUTE[type(node.op)](_number(node.left, results), _number(node.right, results))
    if isinstance(node, ast.Constant):
        return node.value
    return _result(_path(node), results)


def _number(node: ast.expr, results: Mapping[str, Any]) -> int | float:
    """Text is not computed with: a short expression could make a text of any length."""
    found = _value(node, results)
    if not isinstance(found, (int, float)):
        raise TypeError(found)
    return found


def _result(path: list[str], results: Mapping[str, Any]) -> Any:
    found: Any = results
    for step in path:
        if not isinstance(found, Mapping) or step not in found:
            raise _MissingError(step)
        found = found[step]
    return found
