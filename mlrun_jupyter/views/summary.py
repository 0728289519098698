"""A run as one row of a panel or list: what fits in two lines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.model.times import iso
from mlrun_jupyter.views import format
from mlrun_jupyter.views.base import Entry
from mlrun_jupyter.views.direction import selected
from mlrun_jupyter.views.failure import error_view
from mlrun_jupyter.views.format import Cell, cell, is_number
from mlrun_jupyter.views.run import Progress
from mlrun_jupyter.views.table import Column, column_cells

KEY_RESULTS = 4
MAX_COLUMNS = 24
"""Columns whose values a page carries at most."""
OFFERED = 100
"""Names of each section that a page offers as columns."""


class SweepBrief(msgspec.Struct):
    """``metric`` with the value of the best iteration as far as the run tells."""

    total: int = 0
    done: int = 0
    metric: str = ""
    best: Cell | None = None


class RunSummary(msgspec.Struct, omit_defaults=True):
    """``results`` are the first few, the one that decides first; ``error`` is one line. ``message`` is how far a run that
    goes on says it is. ``values`` stand in the order of the page's columns. Times are ISO 8601; ``duration`` is seconds,
    of a run that goes on until now."""

    project: str
    uid: str
    name: str
    state: str
    iteration: int = 0
    live: bool = False
    start: str = ""
    duration: float | None = None
    results: list[Entry] = []
    more_results: int = 0
    error: str = ""
    message: str = ""
    progress: Progress | None = None
    sweep: SweepBrief | None = None
    notebook: str = ""
    values: list[Cell] = []


class RunPage(msgspec.Struct):
    """Rows, and the token that the next page starts ``after`` (empty at the end).

    ``columns`` are those asked for; ``offered`` are all that rows of this page could fill. ``understood`` is the filter
    in other words, one condition each.
    """

    rows: list[RunSummary] = []
    after: str = ""
    columns: list[Column] = []
    offered: list[str] = []
    understood: list[str] = []


def summary(run: RunRecord, *, now: float | None = None) -> RunSummary:
    """One row.

    Example
    -------
    >>> run = RunRecord.from_dict({"metadata": {"name": "train"}, "status": {"results": {"loss": 0.25}}})
    >>> [(each.name, each.cell.text) for each in summary(run).results]
    [('loss', '0.25')]
    """
    metadata, spec, status = run.metadata, run.spec, run.status
    decisive = selected(spec.selector)[1]
    planned = bool(spec.hyperparams or spec.param_file) and not metadata.iteration
    names = sorted(status.results, key=lambda name: name != decisive)
    if planned:
        names = [name for name in names if name != "best_iteration"]
    end = status.end_time or status.last_update if run.done else iso(time.time() if now is None else now)
    return RunSummary(
        project=metadata.project,
        uid=metadata.uid,
        name=format.cut(metadata.name, 200),
        state=status.state or states.UNKNOWN,
        iteration=metadata.iteration,
        live=not run.done,
        start=status.start_time,
        duration=format.elapsed(status.start_time, end),
        results=[Entry(name[:200], cell(status.results[name], limit=24)) for name in names[:KEY_RESULTS]],
        more_results=max(0, len(names) - KEY_RESULTS),
        error=_error(run),
        message="" if run.done else format.cut(status.status_text, 160),
        progress=_progress(status.progress),
        sweep=_sweep(run, decisive) if planned else None,
        notebook=format.cut(str(metadata.annotations.get("notebook") or metadata.labels.get("notebook") or ""), 400),
    )


def page(
    runs: Sequence[RunRecord], *, columns: Sequence[str] = (), after: str = "", now: float | None = None
) -> RunPage:
    """A page of rows.

    Parameters
    ----------
    runs
        The records, in order.
    columns
        Fields to show the values of: ``results.accuracy``, ``params.depth``, ``labels.owner``.
    after
        The token of the next page.
    now
        Seconds since 1970, for the durations of runs that go on.
    """
    found = RunPage(rows=[summary(run, now=now) for run in runs], after=after)
    for name in columns[:MAX_COLUMNS]:
        section, _, key = name.partition(".")
        cells = column_cells([_section(run, section).get(key) for run in runs])
        numeric = any(each.type == "number" for each in cells)
        found.columns.append(Column(name, format.cut(key, 40), section, numeric))
        for row, value in zip(found.rows, cells, strict=True):
            row.values.append(value)
    for section in ("results", "params", "labels"):
        found.offered += [f"{section}.{name}" for name in _most_common([_section(run, section) for run in runs])]
    return found


def _most_common(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Names, those that most rows have first; what a sweep says about itself last."""
    counts = Counter(name for row in rows for name in list(row)[:OFFERED])
    del counts["best_iteration"]
    return [name for name, _ in counts.most_common(OFFERED)]


def _section(run: RunRecord, section: str) -> dict[str, Any]:
    if section == "results":
        return run.status.results
    return run.spec.parameters if section == "params" else dict(run.metadata.labels) if section == "labels" else {}


def _error(run: RunRecord) -> str:
    error = error_view(run.status)
    if error is None:
        return ""
    text = f"{error.type}: {error.message}" if error.type else error.message
    return format.cut(" · ".join(part for part in (text, error.where) if part), 200)


def _progress(told: Sequence[Any]) -> Progress | None:
    known = [float(each) for each in told if is_number(each) and 0 <= each < 1e15]
    return Progress(known[0], known[1] if len(known) > 1 else 0) if known else None


def _sweep(run: RunRecord, metric: str) -> SweepBrief:
    progress = _progress(run.status.progress)
    value = run.status.results.get(metric)
    finished = len(run.status.iterations) - 1 if run.status.iterations else 0
    return SweepBrief(
        total=int(progress.total) if progress else finished,
        done=int(progress.done) if progress else finished,
        metric=format.cut(metric, 40),
        best=cell(value) if is_number(value) else None,
    )
