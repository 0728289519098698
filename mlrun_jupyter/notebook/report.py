"""Which cell went where, and why: one line for each cell of the notebook."""

from __future__ import annotations

from typing import Literal

import msgspec

from mlrun_jupyter.notebook.cells import Notebook
from mlrun_jupyter.notebook.pieces import Piece, Selection
from mlrun_jupyter.notebook.prepared import Prepared

Fate = Literal["in", "partly", "brought", "out", "ignored", "setting", "text"]


class CellReport(msgspec.Struct, kw_only=True):
    """A cell's fate.

    Parameters
    ----------
    fate
        ``in`` the function, ``partly`` in it, ``brought`` along for what marked code needs, ``out``, ``ignored`` on
        request, ``setting`` (it says something about the function), ``text`` (no code cell).
    reason
        Why, in a few words.
    lines
        How many of its lines are in the module.
    """

    index: int
    id: str
    fate: Fate
    reason: str = ""
    lines: int = 0


def report_cells(
    notebook: Notebook,
    prepared: list[Prepared],
    pieces: list[Piece],
    ignored: dict[int, str],
    brought: dict[int, list[str]],
    selection: Selection,
) -> list[CellReport]:
    """The fate of each cell, in the order of the notebook."""
    by_index = {cell.cell.index: cell for cell in prepared}
    kept: dict[int, int] = {}
    for piece in pieces:
        count = sum([1 for line in piece.lines() if line and not line.isspace()])
        kept[piece.prepared.cell.index] = kept.get(piece.prepared.cell.index, 0) + count
    marked = {piece.prepared.cell.index for piece in selection.pieces}
    reports = []
    for cell in notebook.cells:
        found = by_index.get(cell.index)
        if found is None:
            reports.append(CellReport(index=cell.index, id=cell.id, fate="text"))
            continue
        fate, reason = _fate(found, kept.get(cell.index, 0), ignored, brought, selection, marked)
        reports.append(
            CellReport(index=cell.index, id=cell.id, fate=fate, reason=reason, lines=kept.get(cell.index, 0))
        )
    return reports


def _fate(
    cell: Prepared,
    kept: int,
    ignored: dict[int, str],
    brought: dict[int, list[str]],
    selection: Selection,
    marked: set[int],
) -> tuple[Fate, str]:
    index = cell.cell.index
    if index in ignored:
        return "ignored", ignored[index]
    if cell.role != "code":
        return ("setting" if cell.role == "setting" else "out"), cell.reason
    if index in brought and index not in marked:
        names = ", ".join(dict.fromkeys(brought[index]))
        return "brought", f"it gives {names}"
    if not kept:
        if (cell.actions or cell.installs) and not cell.has_code():
            return "setting", "it says what the function needs"
        return "out", _why_out(cell, selection, index in marked)
    code = sum([1 for line in cell.lines if line and not line.isspace()])
    if kept == code and None not in cell.lines:
        return "in", ""
    if kept < code:
        return "partly", "the rest is outside the sections" if selection.mode == "sections" else ""
    left = sum(1 for number, line in enumerate(cell.cell.source.split("\n")) if line.strip() and not cell.lines[number])
    return "in", f"without {left} {'line' if left == 1 else 'lines'} of the notebook's own" if left else ""


def _why_out(cell: Prepared, selection: Selection, marked: bool) -> str:
    if not cell.cell.source.strip():
        return "it is empty"
    if not cell.has_code() or marked:
        return "nothing of it is for a job"
    if selection.mode == "sections":
        return "it is outside the sections"
    return "it is not marked, and nothing marked needs it"
