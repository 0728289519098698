"""Points of metrics on their way into a store: a row of ``metric`` records becomes one ``points`` record of columns.

A long run is hardly anything else, and a number in a column costs a tenth of what a record of its own does.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from mlrun_jupyter.model.journal import METRIC, POINTS, JournalRecord
from mlrun_jupyter.model.run import MAX_NUMBER

INT64: Final = 2**63 - 1
"""The greatest step, either way."""


def together(records: Iterable[JournalRecord]) -> list[JournalRecord]:
    """The records, each row of metrics of one attempt as one.

    Example
    -------
    >>> records = [JournalRecord(n, "metric", None, 1, 0.5 * n, [n, {"loss": 1.0}]) for n in (3, 4)]
    >>> [(each.seq, each.op, each.payload) for each in together(records)]
    [(4, 'points', {'first': 3, 'series': {'loss': [[0, 1], [3, 4], [1.5, 2.0], [1.0, 1.0]]}})]
    """
    found: list[JournalRecord] = []
    row: list[JournalRecord] = []
    for record in records:
        is_metric = record.op == METRIC
        if row and not (is_metric and record.run is row[0].run and record.attempt == row[0].attempt):
            found.append(_joined(row))
            row = []
        if is_metric:
            row.append(record)
        else:
            found.append(record)
    return [*found, _joined(row)] if row else found


def _joined(row: Sequence[JournalRecord]) -> JournalRecord:
    if len(row) == 1 and abs(row[0].payload[0] or 0) < MAX_NUMBER:
        return row[0]
    first = row[0].seq
    series: dict[str, list[list[Any]]] = {}
    for seq, _op, _run, _attempt, time, (step, values) in row:
        for name, value in values.items():
            columns = series.get(name)
            if columns is None:
                columns = series[name] = [[], [], [], []]
            columns[0].append(seq - first)
            columns[1].append(step)
            columns[2].append(time)
            columns[3].append(value)
    for columns in series.values():
        columns[1] = bounded(columns[1])
        columns[3] = [value if type(value) is float else number(value) for value in columns[3]]
    return row[-1]._replace(op=POINTS, payload={"first": first, "series": series})


def bounded(steps: list[int | None]) -> list[int | None]:
    """Steps that a store holds; none at all where each is the one after the last."""
    if steps.count(None) == len(steps):
        return []
    return [step if step is None or -INT64 <= step <= INT64 else max(-INT64, min(INT64, int(step))) for step in steps]


def number(value: Any) -> float:
    """A point's value, whatever was given for it."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        return math.nan


def after(record: JournalRecord, seq: int) -> JournalRecord:
    """What of a record is newer than the last one applied: of a row, perhaps only the end."""
    if record.op != POINTS or record.payload["first"] > seq:
        return record
    first, kept = seq + 1 - record.payload["first"], {}
    for name, columns in record.payload["series"].items():
        start = bisect_left(columns[0], first)
        if start < len(columns[0]):
            kept[name] = [column[start:] for column in columns]
    return record._replace(payload={**record.payload, "series": kept})


def problem(record: JournalRecord) -> str:
    """What is wrong with a row that somebody else made; empty for a sound one."""
    try:
        first, series = record.payload["first"], msgspec.convert(record.payload["series"], _Series)
    except (KeyError, TypeError, msgspec.ValidationError):
        return "a row of points has its first seq, and columns of places, steps, times and values for each series"
    if type(first) is not int or not 0 < first <= record.seq:
        return "a row of points begins before it ends"
    for places, steps, times, values in series.values():
        if not places or {len(places), len(steps) or len(places), len(times)} != {len(values)}:
            return "columns are of one length"
        if places[0] < 0 or places[-1] > record.seq - first or not all(map(int.__lt__, places, places[1:])):
            return "places of points ascend within the row"
        if any(step is not None and abs(step) > INT64 for step in steps):
            return "a step has 64 bits"
    return ""


_Series = dict[str, tuple[list[int], list[int | None], list[float], list[float]]]
