"""What marked code needs from the rest of the notebook: imports, constants, functions and classes, in notebook order.

Statements that do something do not come along, and are told where they would have mattered.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Set
from typing import Final

import msgspec

from mlrun_jupyter.notebook import purity
from mlrun_jupyter.notebook.diagnostics import Diagnostics, Severity
from mlrun_jupyter.notebook.effects import called_names, changed_by_calling, changed_names
from mlrun_jupyter.notebook.names import BUILTINS, IPYTHON, quoted_names
from mlrun_jupyter.notebook.pieces import Piece
from mlrun_jupyter.notebook.prepared import Prepared
from mlrun_jupyter.notebook.units import Unit, comments_above, read_units

_FINISHED: Final = frozenset({"constant", "class", "function"})
"""What a later statement may finish: ``CFG["lr"] = 0.1`` below ``CFG = {}``."""
_WORDS: Final = re.compile(r"[^\W\d]\w*")


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
        self.units = read_units(cells, pieces)
        self.binders: dict[str, list[Unit]] = {}
        for unit in self.units:
            for name in unit.binds():
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
        for name in sorted(quoted_names(unit.nodes) - names.uses - names.binds):
            provider = self._nearest(name, unit)
            if provider is not None and provider.kind != "action":
                self._bring(provider, name, new)
        return new

    def _nearest(self, name: str, user: Unit) -> Unit | None:
        """What binds a name last above its user, else first below."""
        binders = [unit for unit in self.binders.get(name, []) if unit is not user]
        before = [unit for unit in binders if unit.order < user.order]
        return before[-1] if before else next(iter(binders), None)

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
        if earlier and name not in action.binds():
            return earlier[-1]
        self._tell(
            user,
            "needs-unmarked-work",
            f"{name!r} comes from {action.place()}, which does something and does not come along: {action.what()}",
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
        if any("global" in unit.text() and name in unit.read().sets for unit in self.units):
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
        """Statements such as ``CFG["lr"] = 0.1`` that finish a constant or a class which came along."""
        made = {name: order for name, (kind, order) in self._made().items() if kind in _FINISHED}
        new = []
        for unit in self._left():
            if unit.kind != "constant" or not (touched := self._touched(unit, made)):
                continue
            self.chosen[unit.order] = unit
            self.brought.setdefault(unit.prepared.cell.index, []).extend(touched)
            new.append(unit)
        return new

    def _tell_side_effects(self) -> None:
        """What was left behind although it changes something that came along."""
        made = self._made()
        orders = {name: order for name, (_kind, order) in made.items()}
        callees = self._callees(orders)
        for unit in self._left():
            if unit.kind not in {"action", "constant"}:
                continue
            called = called_names(unit.nodes) & callees.keys() if callees else set()
            touched = self._touched(unit, orders, also=set().union(*(callees[name] for name in called)))
            if not touched:
                continue
            imported = all(made[name][0] == "import" for name in touched)
            self._tell(
                unit,
                "effect-left-behind",
                f"{unit.what()} is left out: it does something to {', '.join(touched)} and is not marked",
                severity="info" if imported else "warning",
                hint="mark it too, should the function need it",
            )
        self._tell_later_changes({name: order for name, (kind, order) in made.items() if kind in {"constant", "class"}})

    def _tell_later_changes(self, made: dict[str, int]) -> None:
        """What changes a constant below the marked code: in the notebook it counts when the function is called later."""
        for unit in self.units[self._end() :]:
            if unit.order not in self.chosen and unit.kind in {"action", "constant"}:
                touched = self._touched(unit, made)
                if touched:
                    message = f"{unit.what()} changes {', '.join(touched)} below the function, which does not see it"
                    self._tell(
                        unit, "changed-below", message, severity="info", hint="put it above, or make it a parameter"
                    )

    def _made(self) -> dict[str, tuple[purity.Kind, int]]:
        """Each name that is there by now: the kind of what makes it last, and from where on it is there."""
        made: dict[str, tuple[purity.Kind, int]] = {}
        for unit in sorted(self.chosen.values(), key=lambda unit: unit.order):
            for name in unit.binds():
                made[name] = unit.kind, made[name][1] if name in made else unit.order
        return made

    def _left(self) -> list[Unit]:
        """What stands above the last marked statement and is not chosen."""
        return [unit for unit in self.units[: self._end()] if unit.order not in self.chosen]

    def _end(self) -> int:
        return max((unit.order for unit in self.chosen.values() if unit.marked), default=0)

    @staticmethod
    def _touched(unit: Unit, made: dict[str, int], also: Set[str] = frozenset()) -> list[str]:
        """The names among ``made`` whose objects a statement below them changes."""
        if not also and made.keys().isdisjoint(_WORDS.findall(unit.text())):
            return []
        changed = changed_names(unit.nodes) | also
        return sorted(name for name in changed & made.keys() if made[name] < unit.order)

    def _callees(self, made: dict[str, int]) -> dict[str, set[str]]:
        """Functions of the notebook that change something which came along when they are called."""
        found: dict[str, set[str]] = {}
        for unit in self.units:
            if unit.kind != "function" or made.keys().isdisjoint(_WORDS.findall(unit.text())):
                continue
            for node in unit.nodes:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    changed = changed_by_calling(node) & made.keys()
                    if changed:
                        found[node.name] = changed
        return found

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
            first = comments_above(unit)
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


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
