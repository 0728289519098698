"""A list of runs: results and parameters that they share get a column each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.failure import error_view
from mlrun_jupyter.views.format import Cell
from mlrun_jupyter.views.table import ROWS, Column, Row, TableView, column_cells, common, fill, text_cell

MAX_RESULTS = 6
MAX_PARAMETERS = 6


def runs_view(runs: Sequence[RunRecord], *, limit: int = ROWS) -> TableView:
    """The table of runs, in the order given.

    Parameters
    ----------
    runs
        The records.
    limit
        Rows that are shown; the rest is counted.
    """
    shown = list(runs[: max(0, limit)])
    view = TableView(kind="runs", title=format.count(len(runs), "run"), total=len(runs))
    view.rows = [_row(run) for run in shown]
    results, other_results = common([_results(run) for run in shown], MAX_RESULTS)
    parameters, other_parameters = common([run.spec.parameters for run in shown], MAX_PARAMETERS)
    view.hidden = [f"results.{name}" for name in other_results] + [f"params.{name}" for name in other_parameters]
    fill(
        view,
        [
            (Column("state", "state"), [text_cell(run.status.state or "unknown") for run in shown]),
            (Column("name", "name"), [text_cell(run.metadata.name) for run in shown]),
            (Column("uid", "uid"), [_uid(run) for run in shown]),
            (Column("iter", "iter", numeric=True), _iterations(shown)),
            (Column("project", "project"), _projects(shown)),
            (Column("start", "start"), [_when(run.status.start_time) for run in shown]),
            (Column("duration", "duration", numeric=True), [_duration(run) for run in shown]),
            *_group("results", results, [run.status.results for run in shown]),
            *_group("parameters", parameters, [run.spec.parameters for run in shown]),
            (Column("artifacts", "artifacts", numeric=True), [_amount(len(run.status.artifacts)) for run in shown]),
            (Column("error", "error"), [_error(run) for run in shown]),
        ],
    )
    return view


def _results(run: RunRecord) -> dict[str, Any]:
    """Without the number of a sweep's best iteration, which compares to nothing."""
    return {name: value for name, value in run.status.results.items() if name != "best_iteration"}


def _row(run: RunRecord) -> Row:
    ref = {"project": run.metadata.project, "uid": run.metadata.uid, "iteration": run.metadata.iteration}
    return Row(ref, [], run.status.state or "unknown")


def _group(group: str, names: list[str], rows: list[dict[str, Any]]) -> list[tuple[Column, list[Cell]]]:
    prefix = "params" if group == "parameters" else group
    return [(Column(f"{prefix}.{name}", name, group), column_cells([row.get(name) for row in rows])) for name in names]


def _uid(run: RunRecord) -> Cell:
    return Cell(format.cut(run.metadata.uid[:6]), run.metadata.uid[:64], "text", format.cut(run.metadata.uid, 64))


def _iterations(runs: list[RunRecord]) -> list[Cell]:
    if not any(run.metadata.iteration for run in runs):
        return [Cell("", None, "null") for _ in runs]
    return [_amount(run.metadata.iteration) for run in runs]


def _projects(runs: list[RunRecord]) -> list[Cell]:
    several = len({run.metadata.project for run in runs}) > 1
    return [text_cell(run.metadata.project if several else "") for run in runs]


def _when(moment: str) -> Cell:
    shown = format.when(moment)
    return Cell(shown, format.cut(moment, 40), "text", format.cut(moment, 40)) if shown else Cell("", None, "null")


def _duration(run: RunRecord) -> Cell:
    seconds = format.elapsed(run.status.start_time, run.status.end_time)
    return Cell("", None, "null") if seconds is None else Cell(format.duration(seconds), seconds, "number")


def _amount(amount: int) -> Cell:
    return Cell(f"{amount:,}" if amount else "", amount, "number" if amount else "null")


def _error(run: RunRecord) -> Cell:
    error = error_view(run.status)
    if error is None:
        return Cell("", None, "null")
    text = f"{error.type}: {error.message}" if error.type else error.message
    found = text_cell(text, limit=48)
    found.full = " · ".join(part for part in (text, error.where) if part) if error.where else found.full
    return found
