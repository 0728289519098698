"""The store over SQL: SQLite or PostgreSQL below, the same tables and statements."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from mlrun_jupyter import config
from mlrun_jupyter.db import document as documents
from mlrun_jupyter.db import recovery, series
from mlrun_jupyter.db.base import Series
from mlrun_jupyter.db.fold import fold
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery, FunctionQuery, Page, RunQuery
from mlrun_jupyter.db.sql import artifacts, codec, functions, links, listing, logs, points, runs
from mlrun_jupyter.db.sql import projects as project_rows
from mlrun_jupyter.db.sql.engine import Engine, Session
from mlrun_jupyter.db.sql.vocabulary import Vocabulary
from mlrun_jupyter.db.versions import slot
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, NotFoundError, StoreDamagedError
from mlrun_jupyter.model import states, values
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.points import after
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunKey, RunRecord


class SqlStore:
    """A :class:`~mlrun_jupyter.db.base.RunDB` over an engine. ``clock`` is the store's time."""

    def __init__(
        self, engine: Engine, *, spool: Path | None, artifact_path: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.url = engine.url
        self._engine = engine
        self._spool = spool
        self._artifact_path = artifact_path
        self._clock = clock
        self._vocabulary = Vocabulary()

    @property
    def address(self) -> str:
        return self._engine.address

    @property
    def spool(self) -> Path | None:
        return self._spool

    @property
    def artifact_path(self) -> str:
        return self._artifact_path

    def close(self) -> None:
        self._engine.close()

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with _told(self.url), self._engine.read() as session:
            yield session

    @contextmanager
    def _write(self, *, durable: bool = False) -> Iterator[Session]:
        try:
            with _told(self.url), self._engine.write(durable=durable) as session:
                yield session
        except BaseException:
            self._vocabulary.forget()
            raise

    # the way in for everything that a run records
    def admit(self, project: str) -> None:
        """Opening has shown whether it can be written."""

    def apply(self, writer: str, records: Sequence[JournalRecord], *, durable: bool = False) -> int:
        now = self._clock()
        with self._write(durable=durable) as session:
            row = session.one(
                "INSERT INTO writers (name, seq, seen) VALUES (?, 0, ?) "
                "ON CONFLICT (name) DO UPDATE SET seen = excluded.seen RETURNING id, seq",
                (writer.encode(), int(now * 1e6)),
            )
            assert row is not None  # noqa: S101 - RETURNING
            writer_id, seq = row
            fresh = []
            for record in records:
                if record.seq > seq:
                    fresh.append(after(record, seq))
                    seq = record.seq
            if fresh:
                session.run("UPDATE writers SET seq = ? WHERE id = ?", (seq, writer_id))
                self._ingest(session, writer, writer_id, fresh, now)
            return int(seq)

    def _ingest(
        self, session: Session, writer: str, writer_id: int, records: Sequence[JournalRecord], now: float
    ) -> None:
        batch = fold(records)
        session.exclusive(
            *(f"{change.key.project}@{change.key.uid}" for change in batch.changes),
            *(f"{change.key.project}/artifacts" for change in batch.changes if change.artifacts),
        )
        for each in sorted(batch.objects, key=lambda each: str(each["hash"])):
            session.run(
                "INSERT INTO objects (hash, kind, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (str(each["hash"]), str(each.get("kind", "")), values.encode(each.get("body"))),
            )
        ingest = runs.Ingest(session, self._vocabulary, now=now, writer=writer, writer_id=writer_id)
        for change in batch.changes:
            ingest.change(change)
        ingest.set_aside(batch.stray)

    def applied(self, writer: str) -> int:
        with self._read() as session:
            row = session.one("SELECT seq FROM writers WHERE name = ?", (writer.encode(),))
        return int(row[0]) if row else 0

    def forget_writer(self, writer: str) -> None:
        with self._write() as session:
            session.run("DELETE FROM writers WHERE name = ?", (writer.encode(),))

    def recover(self) -> int:
        return self.sync().ended

    def sync(self) -> recovery.Outcome:
        return recovery.recover(self)

    def live_writers(self) -> dict[str, float]:
        """See :class:`~mlrun_jupyter.db.recovery.Recoverable`."""
        with self._read() as session:
            return runs.live_writers(session, self._clock())

    def end_lost(self, writer: str, *, presumed: bool) -> int:
        """See :class:`~mlrun_jupyter.db.recovery.Recoverable`."""
        with self._write(durable=True) as session:
            return runs.end_lost(session, self._vocabulary, writer, presumed=presumed, now=self._clock())

    # runs
    def read_run(self, key: RunKey) -> RunRecord:
        key = _keyed(key)
        with self._read() as session:
            return links.record(session, runs.required(session, self._vocabulary, key), key.project)

    def list_runs(self, query: RunQuery) -> Page[RunRecord]:
        with self._read() as session:
            return self._search(session, query).page(self._projects(session, query.project))

    def count_runs(self, query: RunQuery) -> dict[str, int]:
        with self._read() as session:
            return self._search(session, query).counted(self._projects(session, query.project))

    def store_run(self, run: RunRecord, *, create: bool = False) -> None:
        key, document = _keyed(run.key), run.to_dict()
        documents.check(document)
        now = self._clock()
        with self._write() as session:
            session.exclusive(f"{key.project}@{key.uid}")
            project_id = self._vocabulary.make_project(session, key.project)
            row = runs.find_in(session, project_id, key)
            ingest = runs.Ingest(session, self._vocabulary, now=now)
            if documents.state(document) in states.TERMINAL:
                documents.settle(document, now)
            if row is None:
                ingest.insert(project_id, key, document)
                return
            held = links.unpack(session, row, key.project)
            if create:
                if documents.content(held) != documents.content(document):
                    raise ConflictError("a run of this uid exists with other content", where=str(key))
                return
            if documents.outdated(held, document):
                return
            metrics = held.get("status", {}).get("metrics")
            if metrics:
                documents.section(document, "status")["metrics"] = metrics
            ingest.update(row, document, codec.numbers_and_texts(held), writer_id=row.writer_id)

    def update_run(self, key: RunKey, updates: dict[str, Any]) -> None:
        key = _keyed(key)
        now = self._clock()
        with self._write() as session:
            session.exclusive(f"{key.project}@{key.uid}")
            row = runs.required(session, self._vocabulary, key)
            document = links.unpack(session, row, key.project)
            before, state = codec.numbers_and_texts(document), documents.state(document)
            documents.update(document, updates)
            after = documents.state(document)
            if state in states.TERMINAL and after != state:
                raise ConflictError(f"the run has ended as {state}", where=str(key), hint="a final state never changes")
            if after in states.TERMINAL:
                documents.settle(document, now)
            runs.Ingest(session, self._vocabulary, now=now).update(
                row, document, before, writer_id=row.writer_id, presumed=bool(row.presumed)
            )

    def delete_runs(self, query: RunQuery) -> int:
        with self._write() as session:
            found = list(self._search(session, query).found(self._projects(session, query.project)))
            session.exclusive(*(f"{each.project}@{each.run.metadata.uid}" for each in found))
            for row, project, _run in found:
                for each in listing.family(session, row.id):
                    runs.delete(session, self._vocabulary, each, project)
            return len(found)

    # what is kept apart from the run's document
    def read_log(self, key: RunKey, offset: int = 0, size: int = -1) -> bytes:
        with self._read() as session:
            row = runs.required(session, self._vocabulary, _keyed(key))
            return logs.read(session, row.id, offset, size)

    def append_log(self, key: RunKey, text: bytes) -> None:
        key = _keyed(key)
        with self._write() as session:
            session.exclusive(f"{key.project}@{key.uid}")
            logs.append(session, runs.required(session, self._vocabulary, key).id, text)

    def read_series(self, key: RunKey, name: str, *, points: int = 0) -> Series:
        with self._read() as session:
            row = runs.required(session, self._vocabulary, _keyed(key))
            summary = codec.record(row, key.project).status.metrics.get(name)
            if not summary:
                raise NotFoundError(f"the run has no metric {name!r}", where=str(key))
            track = points_of(session, row.id, name, points)
        return Series(name, summary["count"], track.steps, track.times, track.values)

    def list_series(self, key: RunKey) -> dict[str, dict[str, Any]]:
        return self.read_run(key).status.metrics

    # artifacts
    def store_artifact(self, artifact: ArtifactRecord, *, tags: Sequence[str] = ("latest",)) -> ArtifactRecord:
        project = _project(artifact.metadata.project)
        with self._write() as session:
            session.exclusive(f"{project}/artifacts")
            project_id = self._vocabulary.make_project(session, project)
            return artifacts.store(session, project_id, project, artifact, tags=tags, now=self._clock())

    def read_artifact(
        self, project: str, db_key: str, *, tag: str = "", tree: str = "", iter: int | None = None, uid: str = ""
    ) -> ArtifactRecord:
        with self._read() as session:
            project_id = self._project_id(session, project)
            return artifacts.find(session, project_id, db_key, tag=tag, tree=tree, iter=iter, uid=uid)

    def list_artifacts(self, query: ArtifactQuery) -> Page[ArtifactRecord]:
        with self._read() as session:
            return artifacts.page(session, [id for id, _name in self._projects(session, query.project)], query)

    def delete_artifacts(self, query: ArtifactQuery) -> int:
        with self._write() as session:
            projects = self._projects(session, query.project)
            session.exclusive(*(f"{name}/artifacts" for _id, name in projects))
            ids = [
                id for project_id, _name in projects for id, _artifact in artifacts.matching(session, project_id, query)
            ]
            artifacts.delete(session, ids)
            return len(ids)

    def tag_artifact(self, project: str, db_key: str, uid: str, tag: str) -> None:
        with self._write() as session:
            session.exclusive(f"{_project(project)}/artifacts")
            project_id = self._project_id(session, project)
            row = session.one(
                "SELECT id, iter FROM artifacts WHERE project_id = ? AND db_key = ? AND uid = ?",
                (project_id, db_key, uid),
            )
            if row is None:
                raise NotFoundError("no such artifact", where=f"{db_key}, uid {uid}")
            artifacts.tag(session, project_id, db_key, tag, slot(tag, row[1]), row[0])

    def list_artifact_tags(self, project: str) -> list[str]:
        return self._tags("SELECT DISTINCT tag FROM artifact_tags WHERE project_id = ?", project)

    def _tags(self, sql: str, project: str) -> list[str]:
        with self._read() as session:
            found = [session.all(sql, (project_id,)) for project_id, _name in self._projects(session, project)]
        return sorted({tag for rows in found for (tag,) in rows})

    # functions
    def store_function(self, function: FunctionRecord, *, tag: str = "latest") -> str:
        project = _project(function.metadata.project)
        with self._write() as session:
            session.exclusive(f"{project}/functions")
            project_id = self._vocabulary.make_project(session, project)
            return functions.store(session, project_id, project, function, tag=tag, now=self._clock())

    def read_function(self, project: str, name: str, *, tag: str = "", hash: str = "") -> FunctionRecord:
        with self._read() as session:
            return functions.find(session, self._project_id(session, project), name, tag=tag, hash=hash)

    def list_functions(self, query: FunctionQuery) -> Page[FunctionRecord]:
        with self._read() as session:
            return functions.page(session, [id for id, _name in self._projects(session, query.project)], query)

    def delete_functions(self, query: FunctionQuery) -> int:
        with self._write() as session:
            projects = self._projects(session, query.project)
            session.exclusive(*(f"{name}/functions" for _id, name in projects))
            ids = [
                id for project_id, _name in projects for id, _function in functions.matching(session, project_id, query)
            ]
            functions.delete(session, ids)
            return len(ids)

    def list_function_tags(self, project: str) -> list[str]:
        return self._tags("SELECT DISTINCT tag FROM function_tags WHERE project_id = ?", project)

    # shared objects
    def read_object(self, hash: str) -> dict[str, Any]:
        with self._read() as session:
            row = session.one("SELECT kind, body FROM objects WHERE hash = ?", (hash,))
        if row is None:
            raise NotFoundError("no such object", where=hash)
        return {"kind": row[0], "body": values.decode(bytes(row[1]))}

    # projects
    def store_project(self, project: ProjectRecord) -> None:
        with self._write() as session:
            project_rows.store(session, self._vocabulary, project)

    def read_project(self, name: str) -> ProjectRecord:
        with self._read() as session:
            return project_rows.find(session, name)

    def list_projects(self) -> list[ProjectRecord]:
        with self._read() as session:
            return project_rows.listed(session)

    def delete_project(self, name: str) -> None:
        with self._write() as session:
            project_rows.delete(session, self._vocabulary, name)

    def _search(self, session: Session, query: RunQuery) -> listing.Search:
        return listing.Search(session, self._vocabulary, query)

    def _projects(self, session: Session, name: str) -> list[tuple[int, str]]:
        """(number, name) of the projects that a query is about."""
        if name == ALL_PROJECTS:
            return self._vocabulary.projects(session)
        name = _project(name)
        found = self._vocabulary.project(session, name)
        return [] if found is None else [(found, name)]

    def _project_id(self, session: Session, name: str) -> int:
        found = self._vocabulary.project(session, _project(name))
        if found is None:
            raise NotFoundError("no such project", where=_project(name))
        return found


@contextmanager
def _told(url: str) -> Iterator[None]:
    """What a store may hold or be given and cannot be understood, as errors of ours."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise InvalidArgumentError("text holds a lone surrogate", hint="it cannot be stored as UTF-8") from error
    except OverflowError as error:
        raise InvalidArgumentError("a number is too large to be stored") from error
    except (msgspec.DecodeError, UnicodeDecodeError, IndexError) as error:
        raise StoreDamagedError("a document in the store is damaged", where=url, hint="mlrun db check") from error


def points_of(session: Session, run_id: int, name: str, wanted: int) -> series.Track:
    """All points of a series, or about so many."""
    return points.read_fewer(session, run_id, name, wanted) if wanted > 0 else points.read(session, run_id, name)


def _project(name: str) -> str:
    return name or config.current().default_project


def _keyed(key: RunKey) -> RunKey:
    return key if key.project else key._replace(project=_project(""))
