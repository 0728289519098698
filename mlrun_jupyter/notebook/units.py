"""The top-level statements of a notebook, as reachability sees them: what each is, binds and uses."""

from __future__ import annotations

import ast

import msgspec

from mlrun_jupyter.notebook import purity
from mlrun_jupyter.notebook.names import Names, quick_binds, read_names
from mlrun_jupyter.notebook.pieces import Piece
from mlrun_jupyter.notebook.prepared import Prepared

_BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)


class Unit(msgspec.Struct, eq=False):
    """A top-level statement (or several on one line) of a cell: lines ``first`` to ``last``."""

    prepared: Prepared
    nodes: list[ast.stmt]
    first: int
    last: int
    order: int = 0
    kind: purity.Kind = "action"
    marked: bool = False
    plain: bool = False
    """Nothing in its cell is bound within an expression."""
    names: Names | None = None

    def read(self) -> Names:
        """Its names, by the compiler; read when they are asked for first."""
        if self.names is None:
            try:
                self.names = read_names(self.text())
            except _BROKEN:  # told when the module is checked
                self.names = Names(set(), set(), set(), set(), set())
            for node in self.nodes:
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                    self.names.now.add(node.target.id)  # a symbol table says that it is bound, not that it is read
        return self.names

    def text(self) -> str:
        lines = self.prepared.lines
        if self.first == self.last:
            return lines[self.first - 1] or ""
        return "\n".join([line or "" for line in lines[self.first - 1 : self.last]])

    def binds(self) -> set[str]:
        """The names that it binds: most statements tell without a symbol table, which would take most of the time."""
        if self.names is None and self.plain:
            found = quick_binds(self.nodes)
            if found is not None:
                return found
        return self.read().binds

    def what(self) -> str:
        """Its first words, to be told."""
        return ast.unparse(self.nodes[0]).splitlines()[0][:60]

    def place(self) -> str:
        cell, line = self.prepared.cell.place(self.first)
        return f"cell {cell} line {line}" if cell else f"line {line}"


def read_units(cells: list[Prepared], pieces: list[Piece]) -> list[Unit]:
    """The units of the cells in notebook order; those that the pieces cover are marked."""
    covered: dict[int, list[Piece]] = {}
    for piece in pieces:
        covered.setdefault(id(piece.prepared), []).append(piece)
    units: list[Unit] = []
    for prepared in cells:
        if prepared.role != "code":
            continue
        text = prepared.text()
        plain = ":=" not in text
        try:
            tree = ast.parse(text)
        except _BROKEN:
            _whole_units(prepared, covered, units)
            continue
        spans = covered.get(id(prepared), ())
        for unit in _statements(prepared, tree):
            unit.plain = plain
            unit.marked = bool(spans) and any(piece.first <= unit.first <= piece.last for piece in spans)
            units.append(unit)
    classes = frozenset(
        node.name
        for unit in units
        for node in unit.nodes
        if isinstance(node, ast.ClassDef) and purity.plain_class(node)
    )
    for order, unit in enumerate(units):
        unit.order = order
        kinds = {purity.kind_of(node, classes) for node in unit.nodes}
        unit.kind = "action" if "action" in kinds or not kinds else sorted(kinds)[0]
    return units


def _whole_units(prepared: Prepared, covered: dict[int, list[Piece]], units: list[Unit]) -> None:
    """A cell that is no Python: its marked pieces are read by themselves, the rest gives nothing."""
    for piece in covered.get(id(prepared), ()):
        units.append(Unit(prepared, [], piece.first, piece.last, marked=True))


def _statements(prepared: Prepared, tree: ast.Module) -> list[Unit]:
    units: list[Unit] = []
    for node in tree.body:
        first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or node.lineno
        if units and units[-1].last >= first:
            units[-1].nodes.append(node)
            units[-1].last = last
        else:
            units.append(Unit(prepared, [node], first, last))
    return units


def comments_above(unit: Unit) -> int:
    """The first line of the comments right above a statement: they belong to it."""
    first = unit.first
    lines = unit.prepared.lines
    while first > 1 and (lines[first - 2] or "").startswith("#"):
        first -= 1
    return first
