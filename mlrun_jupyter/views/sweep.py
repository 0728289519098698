"""The iterations of a sweep: how far it is, which is the best, and what was tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.base import MAX_ENTRIES
from mlrun_jupyter.views.direction import MIN, best, better, selected
from mlrun_jupyter.views.format import Cell, cell, is_number
from mlrun_jupyter.views.influence import Influence, influences
from mlrun_jupyter.views.table import column_cells

SHOWN = 8
"""Rows that are shown."""
MAX_VALUES = 1_000
"""Iterations whose values a view carries, the best first."""
MAX_COLUMNS = 12


class IterationRow(msgspec.Struct):
    """A row that is shown; ``params`` and ``results`` stand in the order of the view's."""

    iteration: int
    state: str
    params: list[Cell]
    results: list[Cell]
    duration: float | None = None
    best: bool = False


class Improvement(msgspec.Struct):
    """An iteration that was better than all before it, and what it came to."""

    iteration: int
    value: float


class SweepView(msgspec.Struct):
    """Rows are the best first by ``metric`` when there is one, else in order; those that failed come last.

    ``total`` counts the iterations that are planned (0: not known), ``recorded`` those there is a record of. ``rows`` are
    the ten that are shown; ``values`` holds the plain values of up to 1,000, in the same order: iteration, state, seconds,
    then ``params``, then ``results``. ``params`` are the parameters that differ between iterations. ``improvements`` are in
    order of the iterations. ``influences`` say which
    parameters go with the metric.
    """

    total: int = 0
    recorded: int = 0
    done: int = 0
    failed: int = 0
    running: int = 0
    metric: str = ""
    direction: str = ""
    best: int | None = None
    params: list[str] = []
    results: list[str] = []
    rows: list[IterationRow] = []
    values: list[list[Any]] = []
    improvements: list[Improvement] = []
    influences: list[Influence] = []


class _Iteration(msgspec.Struct):
    number: int
    state: str
    params: dict[str, Any]
    results: dict[str, Any]
    duration: float | None = None


def sweep_view(run: RunRecord, children: Sequence[RunRecord] = ()) -> SweepView | None:
    """None when the run is no sweep. ``children`` know more than the parent's table and win over it."""
    planned = bool(run.spec.hyperparams or run.spec.param_file)
    if run.metadata.iteration or not (planned or run.status.iterations or children):
        return None
    iterations = [_of_child(child) for child in children] or _of_table(run.status.iterations)
    direction, metric = selected(run.spec.selector)
    results = _names([each.results for each in iterations])
    if not metric or metric not in results:
        metric = metric or next((name for name in results if better(name)), "")
        direction = direction or better(metric)
    best_number = _best(run, iterations, metric, direction)
    params = _varied(iterations)[:MAX_COLUMNS]
    results = ([metric] if metric in results else []) + [name for name in results if name != metric]
    view = SweepView(
        total=max(_total(run), len(iterations)),
        recorded=len(iterations),
        done=sum(each.state == states.COMPLETED for each in iterations),
        failed=sum(each.state in (states.ERROR, states.ABORTED) for each in iterations),
        running=sum(each.state == states.RUNNING for each in iterations),
        metric=metric,
        direction=direction,
        best=best_number,
        params=params,
        results=results[:MAX_COLUMNS],
    )
    ordered = _ordered(iterations, metric, direction, best_number)
    view.rows = _rows(ordered[:SHOWN], view)
    view.values = [_values(each, view) for each in ordered[:MAX_VALUES]]
    if metric and direction:
        view.improvements = _improvements(iterations, metric, direction)
        rows = [[each.params.get(name) for name in params] for each in iterations]
        view.influences = influences(params, rows, [_number(each, metric) for each in iterations])
    return view


def _improvements(iterations: list[_Iteration], metric: str, direction: str) -> list[Improvement]:
    found: list[Improvement] = []
    for each in sorted(iterations, key=lambda each: each.number):
        value = _number(each, metric)
        if value is None or not math.isfinite(value):
            continue
        if not found or (value < found[-1].value if direction == MIN else value > found[-1].value):
            found.append(Improvement(each.number, value))
    return found


def _of_child(child: RunRecord) -> _Iteration:
    return _Iteration(
        child.metadata.iteration,
        child.status.state,
        child.spec.parameters,
        child.status.results,
        format.elapsed(child.status.start_time, child.status.end_time),
    )


def _of_table(table: list[list[Any]]) -> list[_Iteration]:
    """From ``status.iterations``: a header of ``state, iter, param.*, output.*`` and the rows."""
    if not table:
        return []
    head = [str(name) for name in table[0]]
    iterations = []
    for position, values in enumerate(table[1:], start=1):
        row = dict(zip(head, values, strict=False))
        number = row.get("iter")
        iterations.append(
            _Iteration(
                number if isinstance(number, int) else position,
                str(row.get("state") or states.COMPLETED),
                {name[6:]: value for name, value in row.items() if name.startswith("param.")},
                {name[7:]: value for name, value in row.items() if name.startswith("output.") and value is not None},
            )
        )
    return iterations


def _total(run: RunRecord) -> int:
    progress = run.status.progress
    if len(progress) > 1 and is_number(progress[1]) and 0 < progress[1] < 1e12:
        return int(progress[1])
    lengths = [len(values) for values in run.spec.hyperparams.values() if isinstance(values, (list, tuple))]
    if not lengths or run.spec.strategy in ("random", "custom"):
        return 0
    return max(lengths) if run.spec.strategy == "list" else math.prod(lengths)


def _names(rows: list[dict[str, Any]]) -> list[str]:
    names: dict[str, None] = {}
    for row in rows:
        if row.keys() - names.keys():
            names.update(dict.fromkeys(row))
        if len(names) > MAX_ENTRIES:
            break
    return list(names)


def _varied(iterations: list[_Iteration]) -> list[str]:
    varied = []
    for name in _names([each.params for each in iterations]):
        first = iterations[0].params.get(name)
        if any(each.params.get(name) != first for each in iterations):
            varied.append(name)
    return varied or _names([each.params for each in iterations])


def _best(run: RunRecord, iterations: list[_Iteration], metric: str, direction: str) -> int | None:
    told = run.status.results.get("best_iteration")
    if isinstance(told, int) and not isinstance(told, bool) and told > 0:
        return told
    values = [_number(each, metric) for each in iterations]
    index = best(values, direction) if metric else None
    return None if index is None else iterations[index].number


def _number(iteration: _Iteration, metric: str) -> float | None:
    value: Any = iteration.results.get(metric)
    if iteration.state in (states.ERROR, states.ABORTED) or not is_number(value):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _ordered(iterations: list[_Iteration], metric: str, direction: str, best_number: int | None) -> list[_Iteration]:
    def rank(iteration: _Iteration) -> tuple[int, int, float, int]:
        value = _number(iteration, metric) if metric and direction else None
        unknown = value is None or math.isnan(value)
        order = 0.0 if value is None or unknown else value if direction == MIN else -value
        dead = iteration.state in (states.ERROR, states.ABORTED)
        return (2 if dead else int(unknown), int(iteration.number != best_number), order, iteration.number)

    return sorted(iterations, key=rank)


def _rows(iterations: list[_Iteration], view: SweepView) -> list[IterationRow]:
    params = [column_cells([each.params.get(name) for each in iterations]) for name in view.params]
    results = [column_cells([each.results.get(name) for each in iterations]) for name in view.results]
    return [
        IterationRow(
            each.number,
            each.state,
            [column[index] for column in params],
            [column[index] for column in results],
            each.duration,
            each.number == view.best,
        )
        for index, each in enumerate(iterations)
    ]


def _values(iteration: _Iteration, view: SweepView) -> list[Any]:
    found: list[Any] = [iteration.params.get(name) for name in view.params]
    found += [iteration.results.get(name) for name in view.results]
    plain = [each if type(each) is int and abs(each) < 2**53 else _short(each) for each in found]
    return [iteration.number, iteration.state, iteration.duration, *plain]


def _short(value: Any) -> Any:
    """A number, or what stands for another value."""
    shown = cell(value, limit=24)
    return shown.value if shown.type in ("number", "bool", "null") else shown.text
