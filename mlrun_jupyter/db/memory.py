"""A store that lives and dies with its process, for tests and for trying things out.

It is written for being obviously right rather than fast: records are applied one by one, lists look at everything. The
tests hold the other stores against it.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from mlrun_jupyter import config
from mlrun_jupyter.db import document as documents
from mlrun_jupyter.db import paging, recovery, series, versions
from mlrun_jupyter.db.base import Series
from mlrun_jupyter.db.document import Document
from mlrun_jupyter.db.fold import Change
from mlrun_jupyter.db.match import Rank, label_holds, name_test, run_test, sort_keys
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery, FunctionQuery, LabelCondition, Page, RunQuery
from mlrun_jupyter.db.sql.codec import lenient
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import journal, states, times, values
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunKey, RunRecord

P = ParamSpec("P")
T = TypeVar("T")


class _Run:
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


class _Version:
    """A version of an artifact or function; numbers grow with time."""

    def __init__(self, number: int, document: Document) -> None:
        self.number = number
        self.document = document


def _locked(method: Callable[Concatenate[MemoryStore, P], T]) -> Callable[Concatenate[MemoryStore, P], T]:

    def within(self: MemoryStore, /, *args: P.args, **options: P.kwargs) -> T:
        with self._lock:
            return method(self, *args, **options)

    within.__doc__ = method.__doc__
    return within


class MemoryStore:
    """A :class:`~mlrun_jupyter.db.base.RunDB` of dictionaries. ``clock`` is the store's time."""

    def __init__(self, url: str = "memory://", *, clock: Callable[[], float] = time.time) -> None:
        self.url = url
        self._clock = clock
        self._lock = threading.RLock()
        self._number = 0
        self._writers: dict[str, tuple[int, float]] = {}
        self._runs: dict[RunKey, _Run] = {}
        self.late: list[tuple[str, JournalRecord]] = []
        self._artifacts: dict[tuple[str, str, str], _Version] = {}
        self._artifact_tags: dict[tuple[str, str, str, int], str] = {}
        self._functions: dict[tuple[str, str, str], _Version] = {}
        self._function_tags: dict[tuple[str, str, str], str] = {}
        self._objects: dict[str, dict[str, Any]] = {}
        self._projects: dict[str, Document] = {}
        self._folder = ""

    @property
    def address(self) -> str:
        return self.url

    @property
    def spool(self) -> Path | None:
        return None

    @property
    def artifact_path(self) -> str:
        if not self._folder:
            self._folder = tempfile.mkdtemp(prefix="mlrun-artifacts-")
        return self._folder

    def close(self) -> None:
        """Nothing to let go of."""

    def _next(self) -> int:
        self._number += 1
        return self._number

    # the way in for everything that a run records
    @_locked
    def apply(self, writer: str, records: Sequence[JournalRecord], *, durable: bool = False) -> int:  # noqa: ARG002 - the contract's
        seq = self._writers.get(writer, (0, 0.0))[0]
        for record in records:
            if record.seq > seq:
                seq = record.seq
                self._apply(writer, record)
        self._writers[writer] = seq, self._clock()
        return seq

    def _apply(self, writer: str, record: JournalRecord) -> None:
        if record.op == journal.OBJECT:
            self._objects.setdefault(
                str(record.payload["hash"]),
                {"kind": str(record.payload.get("kind", "")), "body": _copy(record.payload.get("body"))},
            )
            return
        run = self._runs.get(record.run) if record.run else None
        if record.run is None or (run is None and record.op != journal.OPEN):
            self._set_aside(writer, record)
            return
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

    def _moved_on(self, run: _Run, record: JournalRecord) -> bool:
        if record.attempt != run.attempt:
            return True
        return documents.state(run.document) in states.TERMINAL and not run.presumed

    def _opened(self, writer: str, record: JournalRecord, run: _Run | None) -> _Run | None:
        document = documents.copied(record.payload.get("run") or {})
        key = record.run
        assert key is not None  # noqa: S101 - the caller's
        if run is None:
            self._projects.setdefault(key.project, self._implicit(key.project))
            run = self._runs[key] = _Run(self._next(), document)
        elif record.attempt > run.attempt:
            if documents.state(run.document) in (states.COMPLETED, states.ABORTED):
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
        self._settled(run, record)
        return run

    @staticmethod
    def _revive(run: _Run) -> None:
        if run.presumed:
            documents.revive(run.document)

    def _change(self, run: _Run, writer: str, record: JournalRecord) -> None:
        if run.presumed:
            self._revive(run)
            run.presumed, run.writer = False, writer
        if record.op == journal.METRIC:
            self._add_points(run, record)
        elif record.op == journal.LOG:
            run.log += record.payload.encode()
        elif record.op == journal.ARTIFACT:
            documents.link(run.document, record.payload)
            self._log_artifact(record)
        elif record.op != journal.BEAT:
            documents.edit(run.document, record.op, record.payload or {})
        self._settled(run, record)

    def _settled(self, run: _Run, record: JournalRecord) -> None:
        if documents.state(run.document) in states.TERMINAL:
            documents.settle(run.document, record.time)
            run.writer = ""

    def _add_points(self, run: _Run, record: JournalRecord) -> None:
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
        try:
            artifact = ArtifactRecord.from_dict(_copy(record.payload))
            artifact.metadata.project = record.run.project
            self.store_artifact(artifact)
        except (msgspec.ValidationError, ValueError):
            return

    @_locked
    def applied(self, writer: str) -> int:
        return self._writers.get(writer, (0, 0.0))[0]

    @_locked
    def forget_writer(self, writer: str) -> None:
        self._writers.pop(writer, None)

    def recover(self) -> int:
        return recovery.recover(self).ended

    @_locked
    def live_writers(self) -> dict[str, float]:
        """See :class:`~mlrun_jupyter.db.recovery.Recoverable`."""
        now = self._clock()
        live = {run.writer for run in self._runs.values() if run.writer}
        return {writer: now - self._writers[writer][1] for writer in live if writer in self._writers}

    @_locked
    def end_lost(self, writer: str, *, presumed: bool) -> int:
        """See :class:`~mlrun_jupyter.db.recovery.Recoverable`."""
        lost = [run for run in self._runs.values() if run.writer == writer]
        for run in lost:
            documents.section(run.document, "status").update(state=states.ERROR, reason="lost")
            documents.settle(run.document, run.updated)
            run.writer, run.presumed, run.updated = "", presumed, self._clock()
        return len(lost)

    # runs
    @_locked
    def read_run(self, key: RunKey) -> RunRecord:
        key = _keyed(key)
        return _record(key, self._run(key))

    def _run(self, key: RunKey) -> _Run:
        try:
            return self._runs[_keyed(key)]
        except KeyError:
            raise NotFoundError("no such run", where=str(key)) from None

    def _matching(self, query: RunQuery) -> Iterator[tuple[RunKey, _Run, RunRecord]]:
        project = query.project or _project("")
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
                _within(started, query.start_from, query.start_to)
                and _within(run.updated, query.update_from, query.update_to)
            ):
                continue
            if test is None or test(record):
                yield key, run, record

    @_locked
    def list_runs(self, query: RunQuery) -> Page[RunRecord]:
        keys = sort_keys(query.sort)
        limit = paging.bounded(query.limit)

        def order(found: Sequence[Any]) -> tuple[Any, ...]:
            return (*(Rank(value, key.descending) for key, value in zip(keys, found, strict=False)), -found[-1])

        rows = [
            ([*(key.value(record) for key in keys), run.number], record) for _key, run, record in self._matching(query)
        ]
        rows.sort(key=lambda row: order(row[0]))
        if query.after:
            after = order(paging.position(query.after))
            rows = [row for row in rows if after < order(row[0])]
        token = paging.token(rows[limit - 1][0]) if limit and len(rows) > limit else ""
        return Page([record for _position, record in rows[:limit]], token)

    @_locked
    def count_runs(self, query: RunQuery) -> dict[str, int]:
        counted: dict[str, int] = {}
        for _key, _run, record in self._matching(query):
            counted[record.status.state] = counted.get(record.status.state, 0) + 1
        return counted

    @_locked
    def store_run(self, run: RunRecord, *, create: bool = False) -> None:
        key, document = _keyed(run.key), _copy(run.to_dict())
        if documents.state(document) in states.TERMINAL:
            documents.settle(document, self._clock())
        held = self._runs.get(key)
        if held is None:
            self._projects.setdefault(key.project, self._implicit(key.project))
            held = self._runs[key] = _Run(self._next(), document)
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

    @_locked
    def update_run(self, key: RunKey, updates: dict[str, Any]) -> None:
        run = self._run(key)
        document = _copy(run.document)
        state = documents.state(document)
        documents.update(document, updates)
        if state in states.TERMINAL and documents.state(document) != state:
            raise ConflictError(f"the run has ended as {state}", where=str(key), hint="a final state never changes")
        if documents.state(document) in states.TERMINAL:
            documents.settle(document, self._clock())
            run.writer = ""
        run.document, run.updated = document, self._clock()

    @_locked
    def delete_runs(self, query: RunQuery) -> int:
        found = [key for key, _run, _record in self._matching(query)]
        for key in found:
            self._runs.pop(key, None)
            if key.iteration == 0:
                for other in [each for each in self._runs if each[:2] == key[:2]]:
                    del self._runs[other]
        return len(found)

    # what is kept apart from the run's document
    @_locked
    def read_log(self, key: RunKey, offset: int = 0, size: int = -1) -> bytes:
        log = self._run(key).log[offset:]
        return log if size < 0 else log[:size]

    @_locked
    def append_log(self, key: RunKey, text: bytes) -> None:
        self._run(key).log += text

    @_locked
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

    # artifacts
    @_locked
    def store_artifact(self, artifact: ArtifactRecord, *, tags: Sequence[str] = ("latest",)) -> ArtifactRecord:
        project = _project(artifact.metadata.project)
        artifact = versions.prepared(artifact, project=project, updated=times.iso(self._clock()))
        metadata, db_key = artifact.metadata, artifact.spec.db_key
        self._projects.setdefault(project, self._implicit(project))
        tags, metadata.tag = versions.wanted_tags(artifact, tags), ""
        place = project, db_key, metadata.uid
        held = self._artifacts.get(place)
        self._artifacts[place] = _Version(held.number if held else self._next(), artifact.to_dict())
        for tag in tags:
            self._artifact_tags[project, db_key, tag, versions.slot(tag, metadata.iter)] = metadata.uid
        metadata.tag = tags[0] if tags else ""
        return artifact

    @_locked
    def read_artifact(
        self, project: str, db_key: str, *, tag: str = "", tree: str = "", iter: int | None = None, uid: str = ""
    ) -> ArtifactRecord:
        project = _project(project)
        if not (tag or tree or uid):
            tag = versions.LATEST
        query = ArtifactQuery(project=project, tag=tag or "*", tree=tree, iter=iter)
        found = [
            artifact
            for _number, artifact in self._artifact_matches(query)
            if artifact.spec.db_key == db_key and uid in ("", artifact.metadata.uid)
        ]
        if not found:
            raise NotFoundError("no such artifact", where=db_key)
        return min(found, key=lambda artifact: artifact.metadata.iter != 0)  # the newest, a parent's before a child's

    def _artifact_matches(self, query: ArtifactQuery) -> list[tuple[int, ArtifactRecord]]:
        """(number, version), newest first."""
        project = query.project or _project("")
        tag = "" if query.tag == "*" else query.tag or versions.LATEST
        found = []
        for (home, db_key, uid), version in self._artifacts.items():
            if project not in (ALL_PROJECTS, home):
                continue
            artifact = ArtifactRecord.from_dict(_copy(version.document))
            if tag and self._artifact_tags.get((home, db_key, tag, versions.slot(tag, artifact.metadata.iter))) != uid:
                continue
            artifact.metadata.tag = tag
            if _artifact_fits(artifact, query):
                found.append((version.number, artifact))
        return sorted(found, key=lambda pair: -pair[0])

    @_locked
    def list_artifacts(self, query: ArtifactQuery) -> Page[ArtifactRecord]:
        return _newest(self._artifact_matches(query), query.limit, query.after)

    @_locked
    def delete_artifacts(self, query: ArtifactQuery) -> int:
        found = self._artifact_matches(query)
        for _number, artifact in found:
            project, db_key, uid = artifact.metadata.project, artifact.spec.db_key, artifact.metadata.uid
            del self._artifacts[project, db_key, uid]
            for place in [place for place, held in self._artifact_tags.items() if held == uid and place[1] == db_key]:
                if place[0] != project:
                    continue
                del self._artifact_tags[place]
                left = [
                    (version.number, other)
                    for (home, name, other), version in self._artifacts.items()
                    if (home, name) == (project, db_key)
                    and version.document["metadata"].get("iter", 0) == artifact.metadata.iter
                ]
                if place[2] == versions.LATEST and left:
                    self._artifact_tags[place] = max(left)[1]
        return len(found)

    @_locked
    def tag_artifact(self, project: str, db_key: str, uid: str, tag: str) -> None:
        project = _project(project)
        held = self._artifacts.get((project, db_key, uid))
        if held is None:
            raise NotFoundError("no such artifact", where=f"{db_key}, uid {uid}")
        iteration = held.document["metadata"].get("iter", 0)
        self._artifact_tags[project, db_key, tag, versions.slot(tag, iteration)] = uid

    @_locked
    def list_artifact_tags(self, project: str) -> list[str]:
        project = project or _project("")
        return sorted({tag for home, _key, tag, _slot in self._artifact_tags if project in (ALL_PROJECTS, home)})

    # functions
    @_locked
    def store_function(self, function: FunctionRecord, *, tag: str = "latest") -> str:
        function = function.copy()
        metadata = function.metadata
        if not metadata.name:
            raise InvalidArgumentError("a function needs a name", where="metadata.name")
        metadata.project = _project(metadata.project)
        metadata.hash = function.content_hash()
        metadata.tag, metadata.updated = "", times.iso(self._clock())
        self._projects.setdefault(metadata.project, self._implicit(metadata.project))
        place = metadata.project, metadata.name, metadata.hash
        held = self._functions.get(place)
        self._functions[place] = _Version(held.number if held else self._next(), function.to_dict())
        if tag:
            self._function_tags[metadata.project, metadata.name, tag] = metadata.hash
        return metadata.hash

    @_locked
    def read_function(self, project: str, name: str, *, tag: str = "", hash: str = "") -> FunctionRecord:
        project = _project(project)
        tag = "" if hash else tag or versions.LATEST
        held = self._functions.get((project, name, hash or self._function_tags.get((project, name, tag), "")))
        if held is None:
            raise NotFoundError("no such function", where=name)
        function = FunctionRecord.from_dict(_copy(held.document))
        function.metadata.tag = tag
        return function

    def _function_matches(self, query: FunctionQuery) -> list[tuple[int, FunctionRecord]]:
        """(number, version), newest first."""
        project = query.project or _project("")
        tag = "" if query.tag == "*" else query.tag or versions.LATEST
        found = []
        for (home, name, hash), version in self._functions.items():
            if project not in (ALL_PROJECTS, home) or (tag and self._function_tags.get((home, name, tag)) != hash):
                continue
            function = FunctionRecord.from_dict(_copy(version.document))
            function.metadata.tag = tag
            if (
                (not query.name or name_test(query.name)(name))
                and query.kind in ("", function.kind)
                and query.hash in ("", hash)
                and _labelled(function.metadata.labels, query.labels)
            ):
                found.append((version.number, function))
        return sorted(found, key=lambda pair: -pair[0])

    @_locked
    def list_functions(self, query: FunctionQuery) -> Page[FunctionRecord]:
        return _newest(self._function_matches(query), query.limit, query.after)

    @_locked
    def delete_functions(self, query: FunctionQuery) -> int:
        found = self._function_matches(query)
        for _number, function in found:
            metadata = function.metadata
            del self._functions[metadata.project, metadata.name, metadata.hash]
            for place, hash in list(self._function_tags.items()):
                if place[:2] != (metadata.project, metadata.name) or hash != metadata.hash:
                    continue
                del self._function_tags[place]
                left = [
                    (version.number, other)
                    for (home, name, other), version in self._functions.items()
                    if (home, name) == place[:2]
                ]
                if place[2] == versions.LATEST and left:
                    self._function_tags[place] = max(left)[1]
        return len(found)

    # shared objects
    @_locked
    def read_object(self, hash: str) -> dict[str, Any]:
        if hash not in self._objects:
            raise NotFoundError("no such object", where=hash)
        return dict(_copy(self._objects[hash]))

    # projects
    def _implicit(self, name: str) -> Document:
        return {"metadata": {"name": name, "created": times.iso(self._clock())}}

    @_locked
    def store_project(self, project: ProjectRecord) -> None:
        name = project.metadata.name
        if not name:
            raise InvalidArgumentError("a project needs a name", where="metadata.name")
        document = _copy(project.to_dict())
        held = self._projects.get(name, self._implicit(name))
        document["metadata"].setdefault("created", held["metadata"]["created"])
        self._projects[name] = document

    @_locked
    def read_project(self, name: str) -> ProjectRecord:
        if name not in self._projects:
            raise NotFoundError("no such project", where=name)
        return ProjectRecord.from_dict(_copy(self._projects[name]))

    @_locked
    def list_projects(self) -> list[ProjectRecord]:
        return [self.read_project(name) for name in sorted(self._projects)]

    @_locked
    def delete_project(self, name: str) -> None:
        if name not in self._projects:
            raise NotFoundError("no such project", where=name)
        del self._projects[name]
        self._runs = {place: held for place, held in self._runs.items() if place[0] != name}
        self._artifacts = {place: held for place, held in self._artifacts.items() if place[0] != name}
        self._artifact_tags = {place: held for place, held in self._artifact_tags.items() if place[0] != name}
        self._functions = {place: held for place, held in self._functions.items() if place[0] != name}
        self._function_tags = {place: held for place, held in self._function_tags.items() if place[0] != name}


def _copy(value: Any) -> Any:
    """Through the encoding that the other stores use."""
    return values.decode(values.encode(value))


def _written(key: RunKey, run: _Run) -> Document:
    """The document with what the store knows of the run."""
    document: Document = {"kind": "run", **_copy(run.document)}
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


def _record(key: RunKey, run: _Run) -> RunRecord:
    return lenient(_written(key, run))


def _within(moment: float | None, since: float | None, until: float | None) -> bool:
    if since is None and until is None:
        return True
    return moment is not None and (since is None or moment >= since) and (until is None or moment < until)


def _artifact_fits(artifact: ArtifactRecord, query: ArtifactQuery) -> bool:
    metadata = artifact.metadata
    if query.name and not any(map(name_test(query.name), (metadata.key, artifact.spec.db_key))):
        return False
    return (
        query.kind in ("", artifact.kind)
        and query.tree in ("", metadata.tree)
        and query.iter in (None, metadata.iter)
        and query.hash in ("", metadata.hash)
        and _within(documents.moment(metadata.updated), query.update_from, query.update_to)
        and _labelled(metadata.labels, query.labels)
    )


def _labelled(labels: dict[str, str], conditions: Sequence[LabelCondition]) -> bool:
    return all(label_holds(labels, condition) for condition in conditions)


def _newest(found: list[tuple[int, Any]], limit: int, after: str) -> Page[Any]:
    return paging.newest_first(
        [lambda before: (pair for pair in found if before is None or pair[0] < before)], limit=limit, after=after
    )


def _project(name: str) -> str:
    return name or config.current().default_project


def _keyed(key: RunKey) -> RunKey:
    return key if key.project else key._replace(project=_project(""))
