"""Pieces of cells that make up a function: whole cells, or the lines that a section or a needed definition covers."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from mlrun_jupyter.notebook.diagnostics import Diagnostics
from mlrun_jupyter.notebook.marks import FunctionMark, tagged_names
from mlrun_jupyter.notebook.prepared import Prepared

_TOLD = {"code", "foreign"}
"""Roles of cells that a selection covers; of a foreign one nothing is left but what there is to tell."""

Mode = Literal["sections", "marked", "whole"]


class Piece(NamedTuple):
    """Lines ``first`` to ``last`` (from 1, both included) of a cell; ``last`` < ``first``: nothing."""

    prepared: Prepared
    first: int
    last: int

    def lines(self) -> list[str | None]:
        return self.prepared.lines[self.first - 1 : self.last]


class Selection(NamedTuple):
    """What is marked for the function ``name``, and how; ``mark`` is what ``%%mlrun`` says about it."""

    mode: Mode
    name: str
    pieces: list[Piece]
    mark: FunctionMark | None = None


def normalize_name(name: str) -> str:
    """A function's name as the mission system writes it.

    Example
    -------
    >>> normalize_name("My train_job.v2")
    'my-train-jobv2'
    """
    return re.sub(r"[\s_]+", "-", name.strip()).replace(".", "").lower()


def same_name(one: str, other: str) -> bool:
    return one == other or normalize_name(one) == normalize_name(other)


def whole(prepared: Prepared) -> Piece:
    return Piece(prepared, 1, len(prepared.lines))


def select(cells: list[Prepared], name: str, found: Diagnostics) -> Selection:
    """What the marks of a notebook give for a name; ``cells`` are the code cells that are not ignored."""
    marked, chosen, mark = _marked(cells, name, found)
    sections = _sections(cells, chosen or name, found, named_only=bool(marked))
    if marked:
        listed = {id(cell) for cell in marked}
        parts = [piece for piece in sections or [] if id(piece.prepared) not in listed]
        pieces = sorted([*parts, *map(whole, marked)], key=lambda piece: (piece.prepared.cell.index, piece.first))
        return Selection("marked", chosen, pieces, mark)
    if sections is not None:
        return Selection("sections", name, sections)
    return Selection("whole", name, [whole(cell) for cell in cells if cell.role in _TOLD])


# marked cells


def _marked(cells: list[Prepared], name: str, found: Diagnostics) -> tuple[list[Prepared], str, FunctionMark | None]:
    """Cells that ``%%mlrun`` or a tag marks for the name, the name that was meant, and the mark."""
    named: dict[str, list[Prepared]] = {}
    nameless: list[Prepared] = []
    for cell in cells:
        names = [cell.mark.name] if cell.mark else []
        names += [tag for tag in tagged_names(cell.cell.tags) if tag not in names]
        for given in filter(None, names):
            key = next((known for known in named if same_name(known, given)), given)
            named.setdefault(key, []).append(cell)
        if names == [""]:
            nameless.append(cell)
    _tell_doubles(named, found)
    if not named and not nameless:
        return [], "", None
    chosen = _choose(named, nameless, name, found)
    if chosen is None:
        return [], "", None
    own = named.get(chosen, [])
    listed = own if own else nameless
    mark = next((cell.mark for cell in listed if cell.mark), None)
    return listed, chosen or name, mark


def _tell_doubles(named: dict[str, list[Prepared]], found: Diagnostics) -> None:
    for name, cells in named.items():
        marks = [cell for cell in cells if cell.mark and cell.mark.name]
        for second in marks[1:]:
            first = marks[0].cell.place(1)[0]
            second.note(
                second.mark.line if second.mark else 1,
                "duplicate-function",
                f"the function {name!r} is already marked in cell {first}",
                severity="error",
                hint=f"one %%mlrun for each name; the tag mlrun:{name} adds further cells",
                always=True,
            )
            for note in second.always[-1:]:
                found.add(note)


def _choose(named: dict[str, list[Prepared]], nameless: list[Prepared], name: str, found: Diagnostics) -> str | None:
    """The marked name that is meant; "" for nameless marks; None when there is no telling."""
    from mlrun_jupyter.errors import nearest
    from mlrun_jupyter.notebook.diagnostics import Diagnostic

    if name:
        match = next((known for known in named if same_name(known, name)), None)
        if match is not None:
            return match
        if nameless:
            return ""
        if len(named) == 1:
            only = next(iter(named))
            message = f"no cell is marked for {name!r}: {only!r}, the only function that is marked, is taken"
            found.add(Diagnostic(code="only-function", message=message, severity="info"))
            return only
        message, hint = f"no cell is marked for {name!r}", nearest(name, named)
    else:
        if len(named) + bool(nameless) == 1:
            return next(iter(named), "")
        listed = ", ".join(sorted(named))
        message, hint = f"the notebook holds several functions: {listed}", "say which one by its name"
    found.add(Diagnostic(code="unknown-function", message=message, severity="error", hint=hint))
    return None


# sections


def _sections(cells: list[Prepared], name: str, found: Diagnostics, *, named_only: bool) -> list[Piece] | None:
    """What ``start-code`` and ``end-code`` delimit; None when no marker counts for the name.

    ``named_only``: cells are marked for the name, so nameless sections are about something else.
    """
    present = {marker.name for cell in cells for marker in cell.markers if marker.word in {"start-code", "end-code"}}
    if not present:
        return None
    own = {known for known in present if known and name and same_name(known, name)}
    if not own and (named_only or "" not in present):
        if name and not named_only:
            _tell_unknown(name, present, found)
        return None
    return _delimited(cells, own or {""}, found)


def _tell_unknown(name: str, present: set[str], found: Diagnostics) -> None:
    from mlrun_jupyter.errors import nearest
    from mlrun_jupyter.notebook.diagnostics import Diagnostic

    found.add(
        Diagnostic(
            code="unknown-section",
            message=f"no section is named {name!r}: the whole notebook is taken",
            hint=nearest(name, present),
        )
    )


def _delimited(cells: list[Prepared], names: set[str], found: Diagnostics) -> list[Piece]:
    pieces: list[Piece] = []
    started, inside = False, True  # an end without a start closes what began with the notebook
    before = ""
    for cell in cells:
        if cell.role not in _TOLD:
            continue
        first = 1
        for marker in cell.markers:
            if marker.word not in {"start-code", "end-code"} or marker.name not in names:
                continue
            if started and inside == (marker.word == "start-code"):
                _tell_twice(cell, marker.word, marker.line, before, found)
            elif marker.word == "start-code":
                if not started:
                    pieces.clear()
                first = marker.line + 1
            else:
                pieces.append(Piece(cell, first, marker.line - 1))
            started, inside = True, marker.word == "start-code"
            number, line = cell.cell.place(marker.line)
            before = f"cell {number} line {line}" if number else f"line {line}"
        if inside:
            pieces.append(Piece(cell, first, len(cell.lines)))
    return pieces


def _tell_twice(cell: Prepared, word: str, line: int, before: str, found: Diagnostics) -> None:
    other = "end-code" if word == "start-code" else "start-code"
    cell.note(
        line,
        "marker-unbalanced",
        f"a second {word!r} without {other!r} between: the one before is in {before}",
        severity="error",
        hint=f"put '# mlrun: {other}' between them, or take one away",
    )
    found.add(cell.notes.pop())
