"""Runs in memory: records applied one by one, lists that look at everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mlrun_jupyter.db import document as documents
from mlrun_jupyter.db import paging, recovery, series
from mlrun_jupyter.db.base import Series
from mlrun_jupyter.db.document import Document, lenient
from mlrun_jupyter.db.fold import Change
from mlrun_jupyter.db.match import Rank, run_test, sort_keys
from mlrun_jupyter.db.memory.shelf import copied, keyed, locked, project_name, within
from mlrun_jupyter.db.memory.versions import Versions
from mlrun_jupyter.db.query import ALL_PROJECTS, Page, RunQuery
from mlrun_jupyter.errors import ConflictError, NotFoundError
from mlrun_jupyter.model import journal, states, times
from mlrun_jupyter.model.artifact import UNLISTED, ArtifactRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.points import after
from mlrun_jupyter.model.run import RunKey, RunRecord


class Held:
    """A run with what is kept apart from its document."""

    def __init__(self, number: int, document: Document) -> None:
        self.number = number
        self.document = document
        self.attempt: int = document.get("status", {}).get("attempt", 1)
        self.updated = 0.0
        self.writer = ""
        self.presumed = False
        self.log = b""
        self.points: dict[str, list[tuple[int, float, float]]] = {}
        self.last_steps: dict[str, int] = {}
        self.logged: list[dict[str, Any]] = []
        """Artifacts that the document does not name yet."""

    def link(self) -> None:
        documents.link(self.document, self.logged)
        self.logged = []


class Runs(Versions):
    """The part of the store that keeps runs, with their points and logs."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._writers: dict[str, tuple[int, float]] = {}
        self._runs: dict[RunKey, Held] = {}
        self._objects: dict[str, dict[str, Any]] = {}
        self.late: list[tuple[str, JournalRecord]] = []

    @property
    def spool(self) -> Path | None:
        return None

    # the way in for everything that a run records
    @locked
    def apply(self, writer: str, records: Sequence[JournalRecord], *, durable: bool = False) -> int:  # noqa: ARG002 - the contract's
        seq = self._writers.get(writer, (0, 0.0))[0]
        for record in records:
            if record.seq > seq:
                self._apply(writer, after(record, seq))
                seq = record.seq
        for key in {record.run for record in records if record.op in (journal.ARTIFACT, journal.OPEN)}:
            if key in self._runs:
                self._runs[key].link()
        self._writers[writer] = seq, self._clock()
        return seq

    def _apply(self, writer: str, record: JournalRecord) -> None:
        if record.op == journal.OBJECT:
            self._objects.setdefault(
                str(record.payload["hash"]),
                {"kind": str(record.payload.get("kind", "")), "body": copied(record.payload.get("body"))},
            )
            return
        run = self._runs.get(record.run) if record.run else None
        if record.run is None or (run is None and record.op != journal.OPEN):
            self._set_aside(writer, record)
            return
        if run is not None and record.op != journal.ARTIFACT:
            run.link()
        if record.op == journal.OPEN:
            run = self._opened(writer, record, run)
        elif run is not None and not self._moved_on(run, record):
            self._change(run, writer, record)
        else:
            run = None
        if run is None:
            self._set_aside(writer, record)
            return
        run.updated = self._clock()

    def _set_aside(self, writer: str, record: JournalRecord) -> None:
        if record.op != journal.BEAT:
            self.late.append((writer, record))

    def _moved_on(self, run: Held, record: JournalRecord) -> bool:
        if record.attempt != run.attempt:
            return True
        return documents.state(run.document) in states.TERMINAL and not run.presumed

    def _opened(self, writer: str, record: JournalRecord, run: Held | None) -> Held | None:
        document = documents.copied(record.payload.get("run") or {})
        key = record.run
        assert key is not None  # noqa: S101 - the caller's
        begins = run is None or record.attempt > run.attempt
        if run is None:
            self._projects.setdefault(key.project, self._implicit(key.project))
            run = self._runs[key] = Held(self._next(), document)
        elif record.attempt > run.attempt:
            held = documents.state(run.document)
            if held == states.COMPLETED or (held == states.ABORTED and not documents.resumed(document)):
                return None
            documents.begin_attempt(run.document, document)
            run.points, run.last_steps = {}, {}
        elif self._moved_on(run, record):
            return None
        else:
            self._revive(run)
            documents.joined(run.document, document)
        run.attempt, run.writer, run.presumed = record.attempt, writer, False
        documents.section(run.document, "status").setdefault("start_time", times.iso(record.time))
        if begins:
            self._add_early(run, record)
        self._settled(run, record)
        return run

    def _add_early(self, run: Held, opened: JournalRecord) -> None:
        """What another process recorded of an attempt, and was quicker to send than the one that begins it."""
        early = [each for each in self.late if each[1][2:4] == opened[2:4]]  # of the same run and attempt
        self.late = [each for each in self.late if each not in early]
        for writer, record in early:
            if self._moved_on(run, record):
                self._set_aside(writer, record)
            else:
                self._change(run, run.writer, record)

    @staticmethod
    def _revive(run: Held) -> None:
        if run.presumed:
            documents.revive(run.document)

    def _change(self, run: Held, writer: str, record: JournalRecord) -> None:
        if run.presumed:
            self._revive(run)
            run.presumed, run.writer = False, writer
        if record.op in (journal.METRIC, journal.POINTS):
            self._add_points(run, record)
        elif record.op == journal.LOG:
            run.log += record.payload.encode()
        elif record.op == journal.ARTIFACT:
            run.logged.append(record.payload)
            self._log_artifact(record)
        elif record.op != journal.BEAT:
            documents.edit(run.document, record.op, record.payload or {})
        self._settled(run, record)

    def _settled(self, run: Held, record: JournalRecord) -> None:
        if documents.state(run.document) in states.TERMINAL:
            documents.settle(run.document, record.time)
            run.writer = ""

    def _add_points(self, run: Held, record: JournalRecord) -> None:
        change = Change(record.run or RunKey("", ""), record.attempt)
        change.add(record)
        for name, new in change.points.items():
            held = run.points.setdefault(name, [])
            last = run.last_steps.get(name, -1)
            steps = new.resolve(last)
            held += zip(steps, new.times, new.values, strict=True)
            run.last_steps[name] = max(last, *steps)

    def _log_artifact(self, record: JournalRecord) -> None:
        assert record.run is not None  # noqa: S101 - the caller's
        if record.payload.get(UNLISTED):
            return
        try:
            artifact = ArtifactRecord.from_dict(copied(record.payload))
            artifact.metadata.project = record.run.project
            self.store_artifact(artifact)
        except (msgspec.ValidationError, ValueError):
            return

    @locked
    def applied(self, writer: str) -> int:
        return self._writers.get(writer, (0, 0.0))[0]

    @locked
    def forget_writer(self, writer: str) -> None:
        self._writers.pop(writer, None)

    def recover(self) -> int:
        return self.sync().ended

    def sync(self) -> recovery.Outcome:
        return recovery.recover(self)

    @locked
    def live_writers(self) -> dict[str, float]:
        """See :class:`~mlrun_jupyter.db.recovery.Recoverable`."""
        now = self._clock()
        live = {run.writer for run in self._runs.values() if run.writer}
        return {writer: now - self._writers[writer][1] for writer in live if writer in self._writers}

    @locked
    def end_lost(self, writer: str, *, presumed: bool) -> int:
        """See :class:`~mlrun_jupyter.db.recovery.Recoverable`."""
        lost = [run for run in self._runs.values() if run.writer == writer]
        for run in lost:
            documents.lose(run.document)
            documents.settle(run.document, run.updated)
            run.writer, run.presumed, run.updated = "", presumed, self._clock()
        return len(lost)

    # runs
    @locked
    def read_run(self, key: RunKey) -> RunRecord:
        key = keyed(key)
        return _record(key, self._run(key))

    def _run(self, key: RunKey) -> Held:
        try:
            return self._runs[keyed(key)]
        except KeyError:
            raise NotFoundError("no such run", where=str(key)) from None

    def _matching(self, query: RunQuery) -> Iterator[tuple[RunKey, Held, RunRecord]]:
        project = query.project or project_name("")
        test = run_test(query)
        for key, run in list(self._runs.items()):
            if project not in (ALL_PROJECTS, key.project):
                continue
            children_only = query.iterations and query.uid
            if (key.iteration > 0 and not query.iterations) or (key.iteration == 0 and children_only):
                continue
            record = _record(key, run)
            started = documents.moment(record.status.start_time)
            if not (
                within(started, query.start_from, query.start_to)
                and within(run.updated, query.update_from, query.update_to)
            ):
                continue
            if test is None or test(record):
                yield key, run, record

    @locked
    def list_runs(self, query: RunQuery) -> Page[RunRecord]:
        keys = sort_keys(query.sort)
        limit = paging.bounded(query.limit)

        def order(found: Sequence[Any]) -> tuple[Any, ...]:
            return (*(Rank(value, key.descending) for key, value in zip(keys, found, strict=False)), -found[-1])

        rows = [
            ([*(key.value(record) for key in keys), run.number], record) for _key, run, record in self._matching(query)
        ]
        rows.sort(key=lambda row: order(row[0]))
        if start := paging.Position.parse(query.after, len(keys)):
            after = order([*start.values, start.id])
            rows = [row for row in rows if after < order(row[0])]
        token = paging.token(rows[limit - 1][0]) if limit and len(rows) > limit else ""
        return Page([record for _position, record in rows[:limit]], token)

    @locked
    def count_runs(self, query: RunQuery) -> dict[str, int]:
        counted: dict[str, int] = {}
        for _key, _run, record in self._matching(query):
            counted[record.status.state] = counted.get(record.status.state, 0) + 1
        return counted

    @locked
    def store_run(self, run: RunRecord, *, create: bool = False) -> None:
        key, document = keyed(run.key), copied(run.to_dict())
        documents.check(document)
        if documents.state(document) in states.TERMINAL:
            documents.settle(document, self._clock())
        held = self._runs.get(key)
        if held is None:
            self._projects.setdefault(key.project, self._implicit(key.project))
            held = self._runs[key] = Held(self._next(), document)
        elif create:
            if documents.content(_written(key, held)) != documents.content(document):
                raise ConflictError("a run of this uid exists with other content", where=str(key))
            return
        elif documents.outdated(_written(key, held), document):
            return
        else:
            held.document = document
            held.attempt = document.get("status", {}).get("attempt", 1)
        held.updated = self._clock()

    @locked
    def update_run(self, key: RunKey, updates: dict[str, Any]) -> None:
        run = self._run(key)
        document = copied(run.document)
        state = documents.state(document)
        documents.update(document, updates)
        if state in states.TERMINAL and documents.state(document) != state:
            raise ConflictError(f"the run has ended as {state}", where=str(key), hint="a final state never changes")
        if documents.state(document) in states.TERMINAL:
            documents.settle(document, self._clock())
            run.writer = ""
        run.document, run.updated = document, self._clock()

    @locked
    def delete_runs(self, query: RunQuery) -> int:
        found = [key for key, _run, _record in self._matching(query)]
        gone = set(found)
        for key in found:
            if key.iteration == 0:
                gone.update(each for each in self._runs if each[:2] == key[:2])
        self._runs = {key: run for key, run in self._runs.items() if key not in gone}
        self.late = [each for each in self.late if each[1].run not in gone]
        return len(found)

    # what is kept apart from the run's document
    @locked
    def read_log(self, key: RunKey, offset: int = 0, size: int = -1) -> bytes:
        log = self._run(key).log[offset:]
        return log if size < 0 else log[:size]

    @locked
    def append_log(self, key: RunKey, text: bytes) -> None:
        self._run(key).log += text

    @locked
    def read_series(self, key: RunKey, name: str, *, points: int = 0) -> Series:
        held = self._run(key).points.get(name)
        if not held:
            raise NotFoundError(f"the run has no metric {name!r}", where=str(key))
        ordered = sorted(held, key=lambda point: point[0])
        track = series.Track.of(*zip(*ordered, strict=True))
        if points > 0:
            track = series.downsampled(track, points)
        return Series(name, len(held), track.steps, track.times, track.values)

    def list_series(self, key: RunKey) -> dict[str, dict[str, Any]]:
        return self.read_run(key).status.metrics


def _written(key: RunKey, run: Held) -> Document:
    """The document with what the store knows of the run."""
    document: Document = {"kind": "run", **copied(run.document)}
    metadata, status = documents.section(document, "metadata"), documents.section(document, "status")
    metadata.update(uid=key.uid, project=key.project, iteration=key.iteration)
    metadata["labels"] = {name: str(value) for name, value in (metadata.get("labels") or {}).items()}
    status.update(state=documents.state(document), attempt=run.attempt, last_update=times.iso(run.updated))
    if run.points:
        status["metrics"] = {
            name: series.extended(None, [point[0] for point in held], [point[2] for point in held])
            for name, held in run.points.items()
        }
    return document


def _record(key: RunKey, run: Held) -> RunRecord:
    return lenient(_written(key, run))
