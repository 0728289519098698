"""What marked code needs from the rest of the notebook: imports, constants, functions and classes, in notebook order.

Statements that do something do not come along, and are told where they would have mattered.
"""

from __future__ import annotations

import ast

import msgspec

from mlrun_jupyter.notebook import purity
from mlrun_jupyter.notebook.diagnostics import Diagnostics, Severity
from mlrun_jupyter.notebook.names import BUILTINS, IPYTHON, Names, read_names
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
    names: Names | None = None

    def read(self) -> Names:
        if self.names is None:
            lines = self.prepared.lines[self.first - 1 : self.last]
            try:
                self.names = read_names("\n".join(line or "" for line in lines))
            except _BROKEN:  # told when the module is checked
                self.names = Names(set(), set(), set(), set(), set())
            for node in self.nodes:
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                    self.names.now.add(node.target.id)  # a symbol table says that it is bound, not that it is read
        return self.names

    def place(self) -> str:
        cell, line = self.prepared.cell.place(self.first)
        return f"cell {cell} line {line}" if cell else f"line {line}"


class Reached(msgspec.Struct):
    """The pieces of the function in notebook order, and for each cell what of it came along for which name."""

    pieces: list[Piece]
    brought: dict[int, list[str]]


def reach(cells: list[Prepared], pieces: list[Piece], found: Diagnostics) -> Reached:
    """Close the marked pieces over the names that they use."""
    return _Closure(cells, pieces, found).run()


class _Closure:
    def __init__(self, cells: list[Prepared], pieces: list[Piece], found: Diagnostics) -> None:
        self.pieces = pieces
        self.found = found
        self.units = _units(cells, pieces)
        self.binders: dict[str, list[Unit]] = {}
        for unit in self.units:
            for name in unit.read().binds:
                self.binders.setdefault(name, []).append(unit)
        self.star = [unit for unit in self.units if any(map(_is_star, unit.nodes))]
        self.chosen: dict[int, Unit] = {}
        self.brought: dict[int, list[str]] = {}
        self.told: set[tuple[str, str]] = set()

    def run(self) -> Reached:
        waiting = [unit for unit in self.units if unit.marked]
        self.chosen = {unit.order: unit for unit in waiting}
        while waiting:
            while waiting:
                waiting.extend(self._needs(waiting.pop()))
            waiting = self._changes()
        self._tell_side_effects()
        return Reached(self._pieces(), self.brought)

    def _needs(self, unit: Unit) -> list[Unit]:
        """The units that a unit needs and that are not there yet."""
        names = unit.read()
        new: list[Unit] = []
        for name in sorted(names.uses):
            later = name not in names.now
            if later and name in names.binds:
                continue
            provider = self._provider(name, unit, later=later)
            if provider is not None:
                self._bring(provider, name, new)
        for name in sorted(names.maybe - names.uses):
            before = [each for each in self.binders.get(name, []) if each.order < unit.order]
            if before and before[-1].kind != "action":
                self._bring(before[-1], name, new)
        return new

    def _bring(self, provider: Unit, name: str, new: list[Unit]) -> None:
        if provider.order not in self.chosen:
            self.chosen[provider.order] = provider
            self.brought.setdefault(provider.prepared.cell.index, []).append(name)
            new.append(provider)

    def _provider(self, name: str, user: Unit, *, later: bool) -> Unit | None:
        binders = [unit for unit in self.binders.get(name, []) if unit is not user]
        before = [unit for unit in binders if unit.order < user.order]
        after = [unit for unit in binders if unit.order > user.order]
        if user in self.binders.get(name, []) and not before:
            return None  # it makes what it reads, as `for x in y` does
        chosen = before[-1] if before else (after[0] if after else None)
        if chosen is None:
            self._unknown(name, user)
            return None
        if not before and not later and name in BUILTINS:
            return None
        if chosen.kind == "action" and not chosen.marked:
            return self._refuse(name, user, chosen, before)
        if not before and not later:
            self._tell(
                user,
                "used-before-defined",
                f"{name!r} is used before it is defined in {chosen.place()}",
                line=self._line(user, name),
            )
        elif before and after and any(not unit.marked for unit in after):
            self._tell(
                user,
                "bound-again",
                f"{name!r} is bound again in {after[-1].place()}: what the function sees is from {chosen.place()}",
                severity="info",
                line=self._line(user, name),
            )
        return chosen

    def _refuse(self, name: str, user: Unit, action: Unit, before: list[Unit]) -> Unit | None:
        """A name that only a statement with effects makes: it stays behind, and the user hears of it."""
        earlier = [unit for unit in before if unit.kind != "action" or unit.marked]
        if earlier and name not in action.read().binds:
            return earlier[-1]
        what = ast.unparse(action.nodes[0]).splitlines()[0][:60]
        self._tell(
            user,
            "needs-unmarked-work",
            f"{name!r} comes from {action.place()}, which does something and does not come along: {what}",
            hint="make it a parameter or an input, compute it in the function, or mark that code too",
            line=self._line(user, name),
        )
        return None

    def _unknown(self, name: str, user: Unit) -> None:
        if name in BUILTINS or name == "display":
            return
        for unit in self.star:
            if unit.order not in self.chosen:
                self.chosen[unit.order] = unit
                self.brought.setdefault(unit.prepared.cell.index, []).append("*")
        if self.star:
            return
        if any(name in unit.read().sets for unit in self.units):
            return
        line = self._line(user, name)
        if name in IPYTHON:
            self._tell(user, "ipython-name", f"{name!r} exists only in IPython", line=line)
        else:
            self._tell(
                user,
                "undefined-name",
                f"{name!r} is defined nowhere in the notebook",
                hint="import or define it, or make it a parameter",
                line=line,
            )

    def _changes(self) -> list[Unit]:
        """Statements such as ``CFG["lr"] = 0.1`` that finish a constant which came along."""
        names = {name for unit in self.chosen.values() for name in unit.read().binds if unit.kind == "constant"}
        last = max((unit.order for unit in self.chosen.values() if unit.marked), default=0)
        new = []
        for unit in self.units:
            if unit.order in self.chosen or unit.order > last or unit.kind != "constant" or unit.read().binds:
                continue
            touched = set().union(*map(purity.changed_names, unit.nodes)) & names
            if touched:
                self.chosen[unit.order] = unit
                self.brought.setdefault(unit.prepared.cell.index, []).extend(sorted(touched))
                new.append(unit)
        return new

    def _tell_side_effects(self) -> None:
        """What was left behind although it changes something that came along."""
        kinds: dict[str, purity.Kind] = {}
        for unit in self.chosen.values():
            for name in unit.read().binds:
                kinds[name] = unit.kind
        last = max((unit.order for unit in self.chosen.values() if unit.marked), default=0)
        for unit in self.units:
            if unit.order in self.chosen or unit.order > last or unit.kind != "action":
                continue
            touched = sorted(set().union(*map(purity.changed_names, unit.nodes)) & kinds.keys())
            if not touched:
                continue
            what = ast.unparse(unit.nodes[0]).splitlines()[0][:60]
            imported = all(kinds[name] == "import" for name in touched)
            self._tell(
                unit,
                "effect-left-behind",
                f"{what} is left out: it does something to {', '.join(touched)} and is not marked",
                severity="info" if imported else "warning",
                hint="mark it too, should the function need it",
            )

    def _line(self, unit: Unit, name: str) -> int:
        from mlrun_jupyter.notebook.names import first_use

        for node in unit.nodes:
            for _name, line in first_use(node, {name}):
                return line
        return unit.first

    def _tell(
        self,
        unit: Unit,
        code: str,
        message: str,
        *,
        severity: Severity = "warning",
        hint: str = "",
        line: int = 0,
    ) -> None:
        if (code, message) in self.told:
            return
        self.told.add((code, message))
        prepared = unit.prepared
        prepared.note(line or unit.first, code, message, severity=severity, hint=hint)
        self.found.add(prepared.notes.pop())

    def _pieces(self) -> list[Piece]:
        """Marked pieces as they are, and brought units, neighbours in one piece with what stands between them."""
        pieces = list(self.pieces)
        for unit in sorted(self.chosen.values(), key=lambda unit: unit.order):
            if unit.marked:
                continue
            first = _above(unit)
            last = pieces[-1] if pieces else None
            if (
                last is not None
                and last.prepared is unit.prepared
                and last not in self.pieces
                and not any((line or "").strip() for line in unit.prepared.lines[last.last : first - 1])
            ):
                pieces[-1] = Piece(unit.prepared, last.first, unit.last)
            else:
                pieces.append(Piece(unit.prepared, first, unit.last))
        return sorted(pieces, key=lambda piece: (piece.prepared.cell.index, piece.first))


def _units(cells: list[Prepared], pieces: list[Piece]) -> list[Unit]:
    covered: dict[int, list[Piece]] = {}
    for piece in pieces:
        covered.setdefault(id(piece.prepared), []).append(piece)
    units: list[Unit] = []
    for prepared in cells:
        if prepared.role != "code":
            continue
        try:
            tree = ast.parse(prepared.text())
        except _BROKEN:
            _whole_units(prepared, covered, units)
            continue
        for unit in _statements(prepared, tree):
            unit.marked = any(piece.first <= unit.first <= piece.last for piece in covered.get(id(prepared), ()))
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


def _above(unit: Unit) -> int:
    """The first line of the comments right above a statement: they belong to it."""
    first = unit.first
    lines = unit.prepared.lines
    while first > 1 and (lines[first - 2] or "").startswith("#"):
        first -= 1
    return first


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
