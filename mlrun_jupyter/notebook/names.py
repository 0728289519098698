"""Which global names a piece of code binds and uses, by the compiler's own symbol tables."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from mlrun_jupyter.notebook.entrypoints import first_line

BUILTINS: Final = frozenset(dir(builtins)) | {"__file__", "__builtins__", "__annotations__", "__path__", "__class__"}
IPYTHON: Final = frozenset(
    {"get_ipython", "In", "Out", "exit", "quit", "_", "__", "___", "_i", "_ii", "_iii", "_dh", "_oh", "_ih"}
)
"""Names that only an IPython kernel gives; ``display`` is among them and has a stand-in of its own."""

_CHUNK: Final = 20
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_AT_ONCE: Final = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})


class Names(msgspec.Struct):
    """Names of module scope. ``now`` is needed while the code is executed, ``later`` when what it defines is called.

    ``binds`` are assigned, imported or defined; ``sets`` are assigned by functions that say ``global``; ``maybe`` are read
    by class bodies that also bind them: ``x = x`` needs a global ``x``, ``@x.setter`` below ``def x`` does not.
    """

    binds: set[str]
    now: set[str]
    later: set[str]
    sets: set[str]
    maybe: set[str]

    def update(self, other: Names) -> None:
        self.binds |= other.binds
        self.now |= other.now
        self.later |= other.later
        self.sets |= other.sets
        self.maybe |= other.maybe

    @property
    def uses(self) -> set[str]:
        return self.now | self.later


def read_names(text: str) -> Names:
    """The names of a piece of a module.

    Raises ``SyntaxError`` (or ``ValueError``, ``RecursionError``) for text that is no Python.

    Example
    -------
    >>> names = read_names("import os\\ndef f(x, y=LIMIT):\\n    return helper(x)")
    >>> sorted(names.binds), sorted(names.now), sorted(names.later)
    (['f', 'os'], ['LIMIT'], ['helper'])
    """
    table = symtable.symtable(text, "cell", "exec")
    names = Names(set(), set(), set(), set(), set())
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            names.binds.add(symbol.get_name())
        if symbol.is_referenced():
            names.now.add(symbol.get_name())
    for child in table.get_children():
        _collect(child, names, later=False, declares="global" in text)
    return names


def quick_binds(nodes: Iterable[ast.stmt]) -> set[str] | None:
    """The names that statements without ``:=`` bind, where their form alone tells it; None: a symbol table has to.

    Example
    -------
    >>> sorted(quick_binds(ast.parse("import a.b\\nx, (y, *z) = w").body)), quick_binds(ast.parse("if x: y = 1").body)
    (['a', 'x', 'y', 'z'], None)
    """
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                found.update(_targets(target))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update(alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name != "*")
        elif not isinstance(node, ast.Expr):
            return None
    return found


def _targets(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Starred):
        return _targets(node.value)
    if isinstance(node, (ast.Tuple, ast.List)):
        return [name for each in node.elts for name in _targets(each)]
    return []


def quoted_names(nodes: Iterable[ast.stmt]) -> set[str]:
    """Names in annotations that are written as text: ``df: "pd.DataFrame"``. What is no type in them is left alone.

    Example
    -------
    >>> sorted(quoted_names(ast.parse("def f(x: 'pd.DataFrame', y: Literal['a'] = 1) -> list['T']: ...").body))
    ['T', 'pd']
    """
    found: set[str] = set()
    for node in nodes:
        for part in ast.walk(node):
            annotation = part.returns if isinstance(part, _FUNCTIONS) else getattr(part, "annotation", None)
            if isinstance(annotation, ast.expr) and not isinstance(annotation, (ast.Name, ast.Attribute)):
                found.update(_quoted(annotation))
    return found


def _quoted(annotation: ast.expr) -> Iterator[str]:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            tree = ast.parse(annotation.value.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        yield from (part.id for part in ast.walk(tree) if isinstance(part, ast.Name))
        return
    parts: list[ast.AST] = list(ast.iter_child_nodes(annotation))
    if isinstance(annotation, ast.Subscript):
        name = annotation.value.attr if isinstance(annotation.value, ast.Attribute) else annotation.value
        called = name if isinstance(name, str) else getattr(name, "id", "")
        if called == "Literal":
            return
        if called == "Annotated" and isinstance(annotation.slice, ast.Tuple):
            parts = [*annotation.slice.elts[:1]]
    for part in parts:
        if isinstance(part, ast.expr):
            yield from _quoted(part)


def read_module_names(tree: ast.Module, code: str) -> Names:
    """The names of a whole module, some statements at a time.

    ``symtable`` looks through every function for each name of a module: for a long one that takes seconds.
    """
    names = Names(set(), set(), set(), set(), set())
    lines = code.split("\n")
    body = tree.body
    start = 0
    while start < len(body):
        end = min(start + _CHUNK, len(body))
        while end < len(body) and body[end].lineno <= (body[end - 1].end_lineno or 0):
            end += 1
        first, last = first_line(body[start]), body[end - 1].end_lineno or 0
        names.update(read_names("\n".join(lines[first - 1 : last])))
        start = end
    return names


def _collect(table: symtable.SymbolTable, names: Names, *, later: bool, declares: bool) -> None:
    kind = table.get_type()
    later = later or (kind == "function" and table.get_name() not in _AT_ONCE)
    target = names.later if later else names.now
    if isinstance(table, symtable.Function):
        target.update(table.get_globals())
        if declares:
            for symbol in table.get_symbols():
                if symbol.is_declared_global() and symbol.is_assigned():
                    names.sets.add(symbol.get_name())
    else:
        for symbol in table.get_symbols():
            if symbol.is_referenced():
                (target if symbol.is_global() else names.maybe).add(symbol.get_name())
    for child in table.get_children():
        _collect(child, names, later=later, declares=declares)


def stars(tree: ast.Module) -> list[ast.ImportFrom]:
    """The ``from x import *`` of a module, those in ``if`` and ``try`` blocks too."""
    blocks = [part for node in tree.body if isinstance(node, (ast.If, ast.Try)) for part in ast.walk(node)]
    return [
        node
        for node in [*tree.body, *blocks]
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]


def first_use(tree: ast.AST, names: set[str]) -> Iterator[tuple[str, int]]:
    """(name, line) of the first use of each name that is loaded anywhere in the tree, in the order of the lines."""
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names and not isinstance(node.ctx, ast.Store):
            found[node.id] = min(found.get(node.id, node.lineno), node.lineno)
    yield from sorted(found.items(), key=lambda item: (item[1], item[0]))
