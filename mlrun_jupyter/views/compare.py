"""Runs beside one another: only what differs, the best marked, the rest as differences."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import msgspec

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.base import View
from mlrun_jupyter.views.direction import best, better
from mlrun_jupyter.views.format import Cell, is_number
from mlrun_jupyter.views.table import column_cells

MAX_FIELDS = 300
MAX_RUNS = 100
MAX_CHANGES = 5
"""Different codes that are compared with the first."""
MAX_LINES = 400
SIDE_BY_SIDE = 6
"""Runs that stand as columns; more of them stand as rows."""


class Field(msgspec.Struct):
    """What runs are compared in: its section (``parameters``, ``results``, ``labels``, ``code``, ``environment``), its name,
    and the value for each run, None where a run does not have it."""

    section: str
    name: str
    values: list[Any]
    differs: bool = True


class ComparedRun(msgspec.Struct):
    project: str
    uid: str
    iteration: int
    name: str
    state: str


class ComparedField(msgspec.Struct):
    """``cells`` and ``deltas`` are as long as the runs; a delta is the difference to the best (to the first where
    nobody knows which way is better), empty where there is none."""

    section: str
    name: str
    cells: list[Cell]
    differs: bool = True
    direction: str = ""
    best: int | None = None
    deltas: list[str] = []


class CodeChange(msgspec.Struct):
    """How the code of ``run`` differs from that of ``against`` (places among the runs): a unified diff, of which ``more``
    lines were left out."""

    run: int
    against: int
    diff: str
    more: int = 0


class CompareView(View, kw_only=True):
    """``fields`` were compared, ``differing`` of them differ; ``shown`` are here. At most 100 runs."""

    kind: str = "compare"
    runs: list[ComparedRun] = []
    more_runs: int = 0
    shown: list[ComparedField] = []
    fields: int = 0
    differing: int = 0
    more_fields: int = 0
    changes: list[CodeChange] = []

    @property
    def title(self) -> str:
        return f"Compare {format.count(len(self.runs) + self.more_runs, 'run')}"

    @property
    def note(self) -> str:
        if not self.fields:
            return "nothing to compare"
        if self.differing == 0 and not self.shown:
            return f"no difference in {format.count(self.fields, 'field')}"
        only = "only what differs" if len(self.shown) <= self.differing else "all fields"
        return f"showing {len(self.shown):,} of {format.count(self.fields, 'field')}, {only}"


def compare_view(
    runs: Sequence[RunRecord], fields: Sequence[Field], *, hide_identical: bool = True, selector: str = ""
) -> CompareView:
    """The comparison of runs in fields that were collected from them.

    Parameters
    ----------
    runs
        The records, in the order of every field's values.
    fields
        As :func:`mlrun_jupyter.runs.compare.fields` collects them.
    hide_identical
        Leave out the fields in which all runs agree.
    selector
        ``max.x`` or ``min.x``: which way the result ``x`` is better.
    """
    chosen = [field for field in fields if field.differs or not hide_identical]
    view = CompareView(
        runs=[_run(run) for run in runs[:MAX_RUNS]],
        more_runs=max(0, len(runs) - MAX_RUNS),
        fields=len(fields),
        differing=sum(field.differs for field in fields),
        more_fields=max(0, len(chosen) - MAX_FIELDS),
    )
    view.shown = [_field(field, selector) for field in chosen[:MAX_FIELDS]]
    return view


def code_changes(codes: Sequence[str]) -> list[CodeChange]:
    """From the code of the first run that has some to each other code among the runs, at most five.

    Example
    -------
    >>> [(each.run, each.against) for each in code_changes(["", "a", "a", "b"])]
    [(3, 1)]
    """
    first = next((at for at, code in enumerate(codes) if code), None)
    if first is None:
        return []
    seen = {codes[first]}
    changes: list[CodeChange] = []
    for at, code in enumerate(codes[:MAX_RUNS]):
        if code and code not in seen and len(changes) < MAX_CHANGES:
            seen.add(code)
            lines = list(difflib.unified_diff(codes[first].splitlines(), code.splitlines(), lineterm="", n=3))[2:]
            shown = [format.visible(line.expandtabs(4))[:500] for line in lines[:MAX_LINES]]
            changes.append(CodeChange(at, first, "\n".join(shown), len(lines) - len(shown)))
    return changes


def _run(run: RunRecord) -> ComparedRun:
    return ComparedRun(
        run.metadata.project, run.metadata.uid, run.metadata.iteration, run.metadata.name, run.status.state
    )


def _field(field: Field, selector: str) -> ComparedField:
    values = field.values[:MAX_RUNS]
    view = ComparedField(field.section, field.name[:2_000], column_cells(values), field.differs)
    numbers = [_float(value) for value in values]
    if field.section != "results" or not field.differs or sum(each is not None for each in numbers) < 2:
        return view
    view.direction = better(field.name, selector)
    view.best = best(numbers, view.direction)
    base = view.best if view.best is not None else next(i for i, each in enumerate(numbers) if each is not None)
    reference = numbers[base]
    view.deltas = [
        format.delta(each, reference) if each is not None and reference is not None else "" for each in numbers
    ]
    return view


def _float(value: Any) -> float | None:
    try:
        return float(value) if is_number(value) else None
    except OverflowError:
        return None
