"""Writing runs: the row, its index entries, and the records that change them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from mlrun_jupyter.db import document as documents
from mlrun_jupyter.db import series
from mlrun_jupyter.db.document import Document
from mlrun_jupyter.db.fold import Change
from mlrun_jupyter.db.sql import artifacts, codec, links, logs, points
from mlrun_jupyter.db.sql.codec import SELECT_RUN, RunRow
from mlrun_jupyter.db.sql.engine import Session
from mlrun_jupyter.db.sql.vocabulary import Vocabulary, scope_of
from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model import journal, states, times, values
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey

FINAL: Final = frozenset(states.ALL.index(state) for state in states.TERMINAL)
_FAILED: Final = states.ALL.index(states.ERROR)
_ABORTED: Final = states.ALL.index(states.ABORTED)

_FIND: Final = (
    f"{SELECT_RUN} FROM runs r JOIN names n ON n.id = r.name_id WHERE r.uid = ? AND r.scope = ? AND r.iter = ?"
)
_INSERT: Final = (
    "INSERT INTO runs (scope, uid, iter, name_id, state, started, ended, updated, attempt, writer_id, doc) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_UPDATE: Final = (
    "UPDATE runs SET name_id = ?, state = ?, started = ?, ended = ?, updated = ?, attempt = ?, writer_id = ?, "
    "presumed = ?, doc = ? WHERE id = ?"
)

_ENTER: Final = "INSERT INTO {table} (field_id, value, run_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_LEAVE: Final = "DELETE FROM {table} WHERE field_id = ? AND value = ? AND run_id = ?"


def find(session: Session, vocabulary: Vocabulary, key: RunKey) -> RunRow | None:
    """The row of a run."""
    project_id = vocabulary.project(session, key.project)
    if project_id is None:
        return None
    return find_in(session, project_id, key)


def find_in(session: Session, project_id: int, key: RunKey) -> RunRow | None:
    row = session.one(_FIND, (codec.pack_uid(key.uid), scope_of(project_id, key.iteration), key.iteration))
    return RunRow._make(row) if row else None


def required(session: Session, vocabulary: Vocabulary, key: RunKey) -> RunRow:
    """The row of a run; raises ``NotFoundError``."""
    row = find(session, vocabulary, key)
    if row is None:
        raise NotFoundError("no such run", where=str(key))
    return row


class Ingest:
    """Applies changes within one transaction, for one writer, at one time of the store's clock."""

    def __init__(
        self, session: Session, vocabulary: Vocabulary, *, now: float, writer: str = "", writer_id: int | None = None
    ) -> None:
        self._session = session
        self._vocabulary = vocabulary
        self._now = now
        self._writer = writer
        self._writer_id = writer_id
        self._projects: dict[str, int] = {}
        self._any_late: bool | None = None

    def change(self, change: Change) -> None:
        """Apply one change, or keep its records aside where the run has moved on."""
        project_id = self._project(change.key.project, make=change.opened is not None)
        row = find_in(self._session, project_id, change.key) if project_id is not None else None
        if row is None or project_id is None:
            if change.opened is None or project_id is None:
                self.set_aside(change.records)
            else:
                self._insert(project_id, self._with_early(change))
        elif self._fenced(row, change):
            self.set_aside(change.records)
        else:
            begins = change.opened is not None and change.attempt > row.attempt
            self._extend(row, self._with_early(change) if begins else change)

    def _with_early(self, change: Change) -> Change:
        """The change that begins an attempt, with what another process recorded of it and was quicker to send."""
        if self._any_late is None:  # nearly always there are none, and one look does for all runs of a transaction
            self._any_late = self._session.one("SELECT 1 FROM late LIMIT 1") is not None
        if not self._any_late:
            return change
        key = change.key
        found = self._session.all(
            "DELETE FROM late WHERE project = ? AND uid = ? AND iter = ? AND attempt = ? RETURNING id, body",
            (key.project.encode(), codec.pack_uid(key.uid), key.iteration, change.attempt),
        )
        if not found:
            return change
        early = [
            JournalRecord(seq, op, key, change.attempt, time, payload)
            for _id, body in sorted(found)
            for seq, op, time, payload in values.decode(zlib.decompress(body))
        ]
        joined = Change(key, change.attempt)
        joined.add(change.records[0])
        rest = iter((*early, *change.records[1:]))
        for record in rest:
            if joined.closed:  # the first end counts
                self.set_aside([record, *rest])
                break
            joined.add(record)
        return joined

    def _project(self, name: str, *, make: bool) -> int | None:
        found = self._projects.get(name)
        if found is None:
            look = self._vocabulary.make_project if make else self._vocabulary.project
            found = look(self._session, name)
            if found is not None:
                self._projects[name] = found
        return found

    @staticmethod
    def _fenced(row: RunRow, change: Change) -> bool:
        """Whether the run has moved on: a newer attempt, or an end.

        Only an attempt that failed may be followed by a newer one, or an aborted one when somebody resumes the run; and
        only a presumed end can be taken back, by the attempt that was presumed dead.
        """
        if change.attempt > row.attempt and change.opened is not None:
            reopened = row.state == _FAILED or (row.state == _ABORTED and documents.resumed(change.opened))
            return row.state in FINAL and not reopened
        if change.attempt != row.attempt:
            return True
        return row.state in FINAL and not row.presumed

    def set_aside(self, records: Sequence[JournalRecord]) -> None:
        """Keep records of one run that change nothing: late ones, or those of a run that is not here."""
        kept = [[each.seq, each.op, each.time, each.payload] for each in records if each.op != journal.BEAT]
        if not kept:
            return
        self._any_late = True
        first = records[0]
        key = first.run or RunKey("", "")
        self._session.run(
            "INSERT INTO late (project, uid, iter, attempt, writer, seq, count, time, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(key.project.encode(), codec.pack_uid(key.uid), key.iteration, first.attempt),
                *(self._writer.encode(), first.seq, len(kept), first.time, zlib.compress(values.encode(kept))),
            ),
        )

    def _insert(self, project_id: int, change: Change) -> None:
        document = documents.copied(change.opened or {})
        documents.section(document, "status")["attempt"] = change.attempt
        documents.section(document, "status").setdefault("start_time", times.iso(change.records[0].time))
        tracks = self._edit(document, change)
        run_id = self.insert(project_id, change.key, document)
        self._append(run_id, project_id, change, tracks, finished=_finished(document))

    def _extend(self, row: RunRow, change: Change) -> None:
        document = codec.unpack(row, change.key.project)
        pieces = None
        if links.apart(row, document, change):
            entries = documents.short_forms(change.artifacts)
            pieces = links.append(self._session, row.id, codec.pieces(row), entries)
        elif codec.pieces(row):
            document = links.unpack(self._session, row, change.key.project)
        before = codec.numbers_and_texts(document)
        if change.attempt > row.attempt:
            points.delete(self._session, row.id)
            documents.begin_attempt(document, change.opened or {})
        else:
            if row.presumed:
                documents.revive(document)
            documents.joined(document, change.opened or {})
        if change.opened is not None:
            status = documents.section(document, "status")
            status["attempt"] = change.attempt
            status.setdefault("start_time", times.iso(change.records[0].time))
        tracks = self._edit(document, change, link=pieces is None)
        writer_id = self._writer_id if change.opened is not None or row.presumed else row.writer_id
        self.update(row, document, before, writer_id=writer_id, pieces=pieces)
        project_id = row.scope // 2
        self._append(row.id, project_id, change, tracks, finished=_finished(document))

    def _edit(self, document: Document, change: Change, *, link: bool = True) -> dict[str, series.Track]:
        for op, payload in change.edits:
            documents.edit(document, op, payload)
        if link:
            documents.link(document, change.artifacts)
        tracks = {}
        if change.points:
            summaries = documents.section(documents.section(document, "status"), "metrics")
            for name, new in change.points.items():
                held = summaries.get(name)
                steps = new.resolve(held["step"] if held else -1)
                summaries[name] = series.extended(held, steps, new.values)
                tracks[name] = series.Track.of(steps, new.times, new.values)
        if documents.state(document) in states.TERMINAL:
            documents.settle(document, change.last)
        return tracks

    def _append(
        self, run_id: int, project_id: int, change: Change, tracks: dict[str, series.Track], *, finished: bool
    ) -> None:
        for name, track in tracks.items():
            points.append(self._session, run_id, name, track)
        if finished:
            points.compact(self._session, run_id)
        if change.log:
            logs.append(self._session, run_id, "".join(change.log).encode())
        for artifact in change.artifacts:
            artifacts.store_document(self._session, project_id, change.key.project, artifact, now=self._now)

    # rows
    def insert(self, project_id: int, key: RunKey, document: Document) -> int:
        """Add a row with its index entries; returns its number."""
        written, others = links.split(document)
        columns, body = codec.pack(written, pieces=1 if others else 0)
        scope = scope_of(project_id, key.iteration)
        row = self._session.one(
            _INSERT,
            (
                scope,
                codec.pack_uid(key.uid),
                key.iteration,
                self._vocabulary.name(self._session, scope, columns.name),
                columns.state,
                columns.started,
                columns.ended,
                int(self._now * 1e6),
                columns.attempt,
                None if columns.state in FINAL else self._writer_id,
                body,
            ),
        )
        assert row is not None  # noqa: S101 - RETURNING
        numbers, texts = codec.numbers_and_texts(document)
        self.index(scope, row[0], numbers, texts)
        links.append(self._session, row[0], 0, others)
        return int(row[0])

    def update(
        self,
        row: RunRow,
        document: Document,
        before: tuple[set[tuple[str, float]], set[tuple[str, bytes]]],
        *,
        writer_id: int | None,
        presumed: bool = False,
        pieces: int | None = None,
    ) -> None:
        """Write a changed document over its row.

        Parameters
        ----------
        before
            The index entries that it had.
        pieces
            How many pieces lie beside the document; None: it is whole, and is split anew.
        """
        written = document
        if pieces is None:
            written, others = links.split(document)
            if codec.pieces(row):
                links.delete(self._session, row.id)
            pieces = links.append(self._session, row.id, 0, others)
        columns, body = codec.pack(written, pieces)
        self._session.run(
            _UPDATE,
            (
                self._vocabulary.name(self._session, row.scope, columns.name),
                columns.state,
                columns.started,
                columns.ended,
                int(self._now * 1e6),
                columns.attempt,
                None if columns.state in FINAL else writer_id,
                1 if presumed else None,
                body,
                row.id,
            ),
        )
        numbers, texts = codec.numbers_and_texts(document)
        self.unindex(row.scope, row.id, before[0] - numbers, before[1] - texts)
        self.index(row.scope, row.id, numbers - before[0], texts - before[1])

    def index(
        self, scope: int, run_id: int, numbers: Iterable[tuple[str, float]], texts: Iterable[tuple[str, bytes]]
    ) -> None:
        session, field = self._session, self._vocabulary.field
        for table, entries in (("run_numbers", numbers), ("run_texts", texts)):
            rows: list[Any] = [(field(session, scope, name), value, run_id) for name, value in entries]
            if rows:
                session.many(_ENTER.format(table=table), rows)

    def unindex(
        self, scope: int, run_id: int, numbers: Iterable[tuple[str, float]], texts: Iterable[tuple[str, bytes]]
    ) -> None:
        session, field = self._session, self._vocabulary.field
        for table, entries in (("run_numbers", numbers), ("run_texts", texts)):
            rows: list[Any] = [(field(session, scope, name), value, run_id) for name, value in entries]
            if rows:
                session.many(_LEAVE.format(table=table), rows)


def _finished(document: Document) -> bool:
    """Whether the run has ended and has points, which are then put together."""
    return documents.state(document) in states.TERMINAL and bool(document["status"].get("metrics"))


def delete(session: Session, vocabulary: Vocabulary, row: RunRow, project: str) -> None:
    """Delete a run's row, index entries, points and log."""
    ingest = Ingest(session, vocabulary, now=0.0)
    numbers, texts = codec.numbers_and_texts(codec.unpack(row, project))
    ingest.unindex(row.scope, row.id, numbers, texts)
    points.delete(session, row.id)
    links.delete(session, row.id)
    logs.delete(session, row.id)
    session.run("DELETE FROM late WHERE project = ? AND uid = ? AND iter = ?", (project.encode(), row.uid, row.iter))
    session.run("DELETE FROM runs WHERE id = ?", (row.id,))


def live_writers(session: Session, now: float) -> dict[str, float]:
    """The writers of runs that have not ended, with the seconds since each was last heard of."""
    found = session.all(
        "SELECT DISTINCT w.name, w.seen FROM runs r JOIN writers w ON w.id = r.writer_id WHERE r.writer_id IS NOT NULL"
    )
    return {bytes(name).decode(): now - seen / 1e6 for name, seen in found}


def end_lost(session: Session, vocabulary: Vocabulary, writer: str, *, presumed: bool, now: float) -> int:
    """End the writer's unfinished runs as ``error``, reason ``lost``; returns how many."""
    found = session.all(
        f"{SELECT_RUN}, p.name FROM runs r JOIN names n ON n.id = r.name_id JOIN projects p ON p.id = r.scope / 2 "
        "JOIN writers w ON w.id = r.writer_id WHERE r.writer_id IS NOT NULL AND w.name = ?",
        (writer.encode(),),
    )
    ingest = Ingest(session, vocabulary, now=now)
    for *values_of_row, project in found:
        row = RunRow._make(values_of_row)
        document = codec.unpack(row, project)
        before = codec.numbers_and_texts(document)
        documents.lose(document)
        documents.settle(document, row.updated / 1e6)
        ingest.update(row, document, before, writer_id=row.writer_id, presumed=presumed, pieces=codec.pieces(row))
        points.compact(session, row.id)
    return len(found)
