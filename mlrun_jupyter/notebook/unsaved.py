"""What was run and is not saved, in its place among the cells of the file.

The file counts where it is younger than what was run: a cell that was edited, or deleted, and then saved is as the file
has it. What was run after that counts in place of what the file holds.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final, NamedTuple

from mlrun_jupyter.notebook.cells import Cell, Notebook
from mlrun_jupyter.notebook.diagnostics import Diagnostic

SAVING: Final = 2.0
"""Seconds that saving may take: what was run so shortly before the file was written may not be in it."""
_SIMILAR: Final = 0.6
_SHOWN: Final = 3


class Ran(NamedTuple):
    """A cell that was run: its source, the front end's id of it, and when (seconds since 1970; 0: it is not known)."""

    source: str
    cell_id: str = ""
    at: float = 0.0


def join(saved: Notebook, history: Sequence[Ran], saved_at: float) -> list[Diagnostic]:
    """Put what was run since into ``saved``, and tell what was done.

    Parameters
    ----------
    history
        What was run, in order, the last text of each cell only where they have ids.
    saved_at
        When the file was written, in seconds since 1970.

    Example
    -------
    >>> from mlrun_jupyter.notebook.cells import from_cells
    >>> book = from_cells([{"cell_type": "code", "id": "a", "source": "x = 1"}], name="t.ipynb")
    >>> [found.code for found in join(book, [Ran("x = 2", "a", at=20.0)], saved_at=10.0)], book.cells[0].source
    (['unsaved-notebook'], 'x = 2')
    """
    known = {_key(cell.source) for cell in saved.code_cells}
    fresh = [
        number
        for number, ran in enumerate(history)
        if _key(ran.source) not in known and not 0 < _latest(history, number) < saved_at - SAVING
    ]
    if not fresh:
        return []
    by_id = {cell.id: cell for cell in saved.code_cells}
    free = list(saved.code_cells)
    named = any(ran.cell_id in by_id for ran in history)  # some front ends have ids that are in no file
    replaced: list[int] = []
    added: list[str] = []
    for number in fresh:
        ran = history[number]
        exact = named and bool(ran.cell_id)
        cell = by_id.get(ran.cell_id) if exact else _likest(ran.source, free)
        if cell is None:
            added.append(ran.source)
        elif exact or not _superseded(cell, history, number):
            cell.source = ran.source
            replaced.append(cell.index)
            free = [each for each in free if each is not cell]
    for source in added:
        index = len(saved.cells) + 1
        saved.cells.append(Cell(index=index, id=f"unsaved-{index}", kind="code", source=source))
    return [_tell(saved.name, replaced, added, exact=named)] if replaced or added else []


def _latest(history: Sequence[Ran], number: int) -> float:
    """When a cell was run; where it is not known, when the next one was, which is later; 0: nothing is known."""
    return next((ran.at for ran in history[number:] if ran.at), 0.0)


def _superseded(cell: Cell, history: Sequence[Ran], number: int) -> bool:
    """Whether the file's text of a cell was run after this one: then this is what it was before."""
    return any(_key(ran.source) == _key(cell.source) for ran in history[number + 1 :])


def _likest(source: str, cells: list[Cell]) -> Cell | None:
    best = max(cells, key=lambda cell: _likeness(cell.source, source), default=None)
    return best if best is not None and _likeness(best.source, source) >= _SIMILAR else None


def _likeness(one: str, other: str) -> float:
    matcher = difflib.SequenceMatcher(None, one[:5000], other[:5000], autojunk=False)
    if matcher.real_quick_ratio() < _SIMILAR or matcher.quick_ratio() < _SIMILAR:
        return 0.0
    return matcher.ratio()


def _key(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().replace("\r\n", "\n").split("\n"))


def _tell(name: str, replaced: list[int], added: list[str], *, exact: bool) -> Diagnostic:
    told = []
    if replaced:
        cells = ", ".join(str(index) for index in sorted(set(replaced)))
        taken = (
            f"cells {cells} are taken as they were run"
            if len(set(replaced)) > 1
            else f"cell {cells} is taken as it was run"
        )
        told.append(taken + ("" if exact else ", matched by text"))
    if added:
        heads = [repr(source.strip().split("\n", 1)[0][:40]) for source in added[:_SHOWN]]
        more = ", ..." if len(added) > _SHOWN else ""
        told.append(f"what was run and is nowhere in the file is put at the end: {', '.join(heads)}{more}")
    return Diagnostic(
        code="unsaved-notebook",
        message=f"{name} is not saved: {'; '.join(told)}",
        hint="save it, then convert again",
    )
