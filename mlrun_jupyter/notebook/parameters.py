"""Parameters of a notebook: the assignments of the cell that is tagged ``parameters``, as papermill has it."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

import msgspec

from mlrun_jupyter.notebook.prepared import Prepared
from mlrun_jupyter.notebook.purity import dotted

TAG: Final = "parameters"
_COMMENT: Final = re.compile(r"#\s*(?:type:\s*(?P<type>[^#\n]+))?(?:#?\s*(?P<doc>.*))?$")


class Parameter(msgspec.Struct, kw_only=True):
    """A parameter with its default; ``default`` is source text where it is no literal (``literal`` is False)."""

    name: str
    type: str = ""
    default: Any = None
    required: bool = False
    literal: bool = True
    doc: str = ""


def from_cell(prepared: Prepared) -> list[Parameter]:
    """The parameters that a cell assigns, the last assignment of each name.

    Example
    -------
    >>> from mlrun_jupyter.notebook.cells import Cell
    >>> from mlrun_jupyter.notebook.transform import prepare
    >>> from_cell(prepare(Cell(index=1, id="a", kind="code", source="eta: float = 0.1  # step size")))
    [Parameter(name='eta', type='float', default=0.1, required=False, literal=True, doc='step size')]
    """
    text = prepared.text()
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: dict[str, Parameter] = {}
    lines = text.split("\n")
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            targets, value, kind = [node.target.id], node.value, ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign):
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            value, kind = node.value, ""
        else:
            continue
        for name in targets:
            found[name] = _parameter(name, kind, value, lines[(node.end_lineno or node.lineno) - 1])
    return list(found.values())


def from_entry(entry: dict[str, Any]) -> list[Parameter]:
    """The parameters of an entry point, without the context that it is given."""
    listed = []
    for number, item in enumerate(entry.get("parameters", [])):
        kind = item.get("type", "")
        if not number and (item["name"] == "context" or kind.endswith(("MLClientCtx", "RunContext"))):
            continue
        listed.append(
            Parameter(
                name=item["name"],
                type=kind,
                default=item.get("default"),
                required="default" not in item,
                doc=item.get("doc", ""),
            )
        )
    return listed


def _parameter(name: str, kind: str, value: ast.expr | None, line: str) -> Parameter:
    from mlrun_jupyter.notebook.scan import scan

    comments = scan(line).comments
    words = _COMMENT.fullmatch(comments[-1].text) if comments and not comments[-1].alone else None
    if words and words["type"] and not kind:
        kind = words["type"].strip()
    doc = (words["doc"] or "").strip() if words else ""
    if value is None:
        return Parameter(name=name, type=kind, required=True, doc=doc)
    try:
        default: Any = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        source = ast.unparse(value)
        return Parameter(name=name, type=kind or dotted(value), default=source, literal=False, doc=doc)
    if not kind and default is not None:
        kind = type(default).__name__
    return Parameter(name=name, type=kind, default=default, doc=doc)
