"""Fold a batch of journal records into one change for each attempt of a run. Pure.

A run that was opened, logged and closed within a batch becomes one :class:`Change`, so a store writes it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mlrun_jupyter.model import journal, states
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.points import INT64, number
from mlrun_jupyter.model.run import RunKey


class Points:
    """New points of one series, in the order they came; a step of None means the one after the last."""

    __slots__ = ("steps", "times", "values")

    def __init__(self) -> None:
        self.steps: list[int | None] = []
        self.times: list[float] = []
        self.values: list[float] = []

    def resolve(self, last: int) -> list[int]:
        """The steps with the missing ones filled in, given the last step that the series has (-1: none)."""
        resolved = []
        for step in self.steps:
            if step is None:
                last += 1
                resolved.append(last)
            else:
                last = max(last, step)
                resolved.append(step)
        return resolved


class Change:
    """What a batch does to one attempt of a run. ``opened`` is the document of an ``open``, None without one."""

    __slots__ = ("artifacts", "attempt", "closed", "edits", "key", "log", "opened", "points", "records")

    def __init__(self, key: RunKey, attempt: int) -> None:
        self.key = key
        self.attempt = attempt
        self.opened: dict[str, Any] | None = None
        self.edits: list[tuple[str, Mapping[str, Any]]] = []
        self.points: dict[str, Points] = {}
        self.log: list[str] = []
        self.artifacts: list[dict[str, Any]] = []
        self.closed = False
        self.records: list[JournalRecord] = []

    @property
    def last(self) -> float:
        """When its newest record was written."""
        return self.records[-1].time

    def goes_on(self, record: JournalRecord) -> bool:
        """Whether the record is clearly of this attempt, which has not ended."""
        return record.run is self.key and record.attempt == self.attempt and not self.closed

    def add(self, record: JournalRecord) -> None:
        op = record.op
        if op == journal.METRIC:
            self.point(record)
            return
        self.records.append(record)
        if op == journal.POINTS:
            self.row(record)
        elif op == journal.LOG:
            self.log.append(record.payload)
        elif op == journal.OPEN:
            self.opened = record.payload.get("run") or {}
            self.closed = _ends(self.opened.get("status"))
        elif op == journal.ARTIFACT:
            self.artifacts.append(record.payload)
        elif op != journal.BEAT:
            self.edits.append((op, record.payload or {}))
            self.closed = op == journal.CLOSE or (op == journal.STATUS and _ends(record.payload))

    def point(self, record: JournalRecord) -> None:
        """Add a record of a metric."""
        self.records.append(record)
        step, series = record.payload
        if step is not None and not -INT64 <= step <= INT64:
            step = max(-INT64, min(INT64, int(step)))
        for name, value in series.items():
            points = self.points.get(name)
            if points is None:
                points = self.points[name] = Points()
            points.steps.append(step)
            points.times.append(record.time)
            points.values.append(value if type(value) is float else number(value))

    def row(self, record: JournalRecord) -> None:
        """Add a row of metrics."""
        for name, (_places, steps, times, values) in record.payload["series"].items():
            points = self.points.get(name)
            if points is None:
                points = self.points[name] = Points()
            points.steps.extend(steps or [None] * len(times))
            points.times.extend(times)
            points.values.extend(map(float, values))


def _ends(status: Mapping[str, Any] | None) -> bool:
    return status is not None and status.get("state") in states.TERMINAL


class Batch:
    """The changes of a batch in order, its shared objects, and records that belong to no run."""

    __slots__ = ("changes", "objects", "stray")

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.objects: list[dict[str, Any]] = []
        self.stray: list[JournalRecord] = []


def fold(records: Iterable[JournalRecord]) -> Batch:
    """One change for each attempt; records after its end make a further one, for the store to keep aside.

    Example
    -------
    >>> key = RunKey("p", "u")
    >>> batch = fold([JournalRecord(1, "open", key, 1, 0.0, {"run": {}}), JournalRecord(2, "close", key, 1, 0.5, {})])
    >>> [(change.key.uid, change.closed) for change in batch.changes]
    [('u', True)]
    """
    batch = Batch()
    current: dict[tuple[RunKey, int], Change] = {}
    change: Change | None = None
    for record in records:
        if record.op == journal.METRIC and change is not None and change.goes_on(record):
            change.point(record)  # one more of a long row of them
            continue
        if record.op == journal.OBJECT:
            batch.objects.append(record.payload)
            continue
        if record.run is None:
            batch.stray.append(record)
            continue
        slot = record.run, record.attempt
        change = current.get(slot)
        if change is None or change.closed or record.op == journal.OPEN:
            change = current[slot] = Change(record.run, record.attempt)
            batch.changes.append(change)
        change.add(record)
    return batch
