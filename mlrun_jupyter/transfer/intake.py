"""Writing what comes from a source into a store: each thing once, however often it is begun again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from mlrun_jupyter.artifacts import remote
from mlrun_jupyter.artifacts.content import Content, Folder, Nothing
from mlrun_jupyter.artifacts.vault import Placed, Vault
from mlrun_jupyter.datastore.location import join, locate
from mlrun_jupyter.datastore.templates import expand
from mlrun_jupyter.db import document as documents
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import ConflictError, DataError, NotFoundError
from mlrun_jupyter.model import journal, states, times
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.safety.names import MAX_KEY, normalise
from mlrun_jupyter.transfer.items import Artifact, Curve, Function, Item, Run, Shared, Source

FOLDER: Final = "imported"
"""Below the artifact path: where bytes go that came along."""
_BATCH: Final = 4000


class Taken(msgspec.Struct):
    """What a load brought; ``there`` counts what the store had already, ``lost`` runs that had not ended."""

    projects: int = 0
    functions: int = 0
    artifacts: int = 0
    runs: int = 0
    there: int = 0
    lost: int = 0


def take(source: Source, db: RunDB) -> Taken:
    """Put everything of a source into a store.

    What the store has already stays as it is: a run of the same uid, a version of an artifact or function, a tag that
    points somewhere. So the same load can be done again, also after it was killed, and nothing is there twice. Times
    of runs stay; the store's own (last update) are those of the load. A run that had not ended ends as ``lost``: its
    process does not record here.

    Parameters
    ----------
    source
        Where it comes from.
    db
        Where it goes; bytes of artifacts go to its artifact path.

    Raises
    ------
    DataError
        Bytes that are not those that their record names.
    StoreError
        The store does not take it; what was taken stays.

    Example
    -------
    ::

        take(ArchiveSource("iris.mlrun.gz"), open_db("./"))
    """
    load = _Load(source, db)
    for item in source.items():
        load.take(item)
    return load.taken


class _Load:
    def __init__(self, source: Source, db: RunDB) -> None:
        self._source = source
        self._db = db
        self._shared = 0
        self._moved: dict[str, str] = {}
        self.taken = Taken()

    def take(self, item: Item) -> None:
        match item:
            case Run():
                self._run(item)
            case Artifact():
                self._artifact(item)
            case Shared():
                self._object(item)
            case Function():
                self._function(item)
            case ProjectRecord():
                self._project(item)

    def _project(self, project: ProjectRecord) -> None:
        try:
            self._db.read_project(project.metadata.name)
        except NotFoundError:
            self._db.store_project(project)
            self.taken.projects += 1

    def _function(self, item: Function) -> None:
        record, metadata = item.record, item.record.metadata
        wanted = [
            tag for tag in item.tags if not _found(self._db.read_function, metadata.project, metadata.name, tag=tag)
        ]
        if _found(self._db.read_function, metadata.project, metadata.name, hash=metadata.hash) and not wanted:
            self.taken.there += 1
            return
        for tag in wanted or [""]:
            self._db.store_function(record, tag=tag)
        self.taken.functions += 1

    def _object(self, item: Shared) -> None:
        """Objects are recorded by writers; each is a writer's only record."""
        writer = f"{self._source.name}.{_digest(item.hash)}"
        payload = {"hash": item.hash, "kind": item.kind, "body": item.body}
        self._db.apply(writer, [JournalRecord(1, journal.OBJECT, None, 0, 0.0, payload)])
        self._db.forget_writer(writer)

    # artifacts
    def _artifact(self, item: Artifact) -> None:
        record, metadata, spec = item.record.copy(), item.record.metadata, item.record.spec
        place = metadata.project, spec.db_key or metadata.key
        held = _found(self._db.read_artifact, *place, uid=metadata.uid)
        if held is not None:
            self._note(spec.target_path, held.spec.target_path)
            self.taken.there += 1
            return
        if not isinstance(item.content, Nothing):
            placed = self._put(record, item.content)
            if metadata.hash and placed.digest.sha256 != metadata.hash:
                raise DataError("an artifact's bytes are not those that its record names", where=metadata.key)
            record.metadata.hash, record.spec.size = placed.digest.sha256, placed.digest.size
            record.spec.target_path = placed.path
            self._note(spec.target_path, placed.path)
        elif not self._source.own and spec.target_path and locate(spec.target_path).scheme == "file":
            record.spec.target_path = ""  # a path of another machine means nothing here, or somebody's own file
            record.spec.extra = {**record.spec.extra, "left_at": spec.target_path}
            self._note(spec.target_path, "")
        record.metadata.tag = ""
        tags = tuple(
            tag for tag in item.tags if not _found(self._db.read_artifact, *place, tag=tag, iter=metadata.iter)
        )
        self._db.store_artifact(record, tags=tags)
        self.taken.artifacts += 1

    def _note(self, old: str, new: str) -> None:
        if old and old != new:
            self._moved[old] = new

    def _put(self, record: ArtifactRecord, content: Content) -> Placed:
        metadata = record.metadata
        name = re.split(r"[/\\]", record.spec.target_path.rstrip("/"))[-1] or metadata.key
        parts = [FOLDER, metadata.project, record.spec.db_key or metadata.key, metadata.uid[:16] or "0", name]
        relative = "/".join(normalise(part, max_length=MAX_KEY) for part in parts)
        root = locate(expand(self._db.artifact_path, {"run.project": metadata.project, "project": metadata.project}))
        if root.scheme != "file":
            return remote.put(locate(join(root.path, relative)), content, None)
        vault = Vault(root.path, sync=True)
        if isinstance(content, Folder):
            return vault.put_folder(relative, content.files)
        if isinstance(content, Nothing):
            raise DataError("nothing to store", where=metadata.key)
        return vault.put(relative, content)

    # runs
    def _run(self, item: Run) -> None:
        """A run is recorded as by a process of its own, so that what was applied before a kill is not applied again;
        its whole document comes last."""
        record, key = item.record, item.record.key
        writer = f"{self._source.name}.{_digest(str(key))}"
        if not self._db.applied(writer) and _found(self._db.read_run, key):
            self.taken.there += 1
            return
        whole = record.to_dict()
        if documents.state(whole) not in states.TERMINAL:
            documents.lose(whole)
            self.taken.lost += 1
        whole["status"]["artifacts"] = [self._moved_entry(each) for each in record.status.artifacts]
        batch: list[JournalRecord] = []
        for entry in self._records(record, key, item.parts):
            batch.append(entry)
            if len(batch) >= _BATCH:
                self._db.apply(writer, batch)
                batch = []
        self._db.apply(writer, batch)
        self._db.store_run(RunRecord.from_dict(whole))
        self._db.forget_writer(writer)
        self.taken.runs += 1

    def _records(self, record: RunRecord, key: RunKey, parts: Iterator[Curve | str]) -> Iterator[JournalRecord]:
        attempt = max(1, record.status.attempt)
        begun = times.seconds(record.status.start_time) if record.status.start_time else 0.0
        document = record.to_dict()
        document["status"] = {"state": states.RUNNING, "start_time": record.status.start_time}
        seq = 1
        yield JournalRecord(seq, journal.OPEN, key, attempt, begun, {"run": document})
        for part in parts:
            if isinstance(part, str):
                seq += 1
                yield JournalRecord(seq, journal.LOG, key, attempt, begun, part)
                continue
            for step, moment, value in zip(part.steps, part.times, part.values, strict=True):
                seq += 1
                yield JournalRecord(seq, journal.METRIC, key, attempt, moment, [step, {part.name: value}])

    def _moved_entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        spec = entry.get("spec")
        target = self._moved.get(spec.get("target_path", "")) if isinstance(spec, dict) else None
        return entry if target is None else {**entry, "spec": {**entry["spec"], "target_path": target}}


def check_empty(db: RunDB) -> None:
    """Raises ``ConflictError`` for a store that holds runs: what is moved there as a whole would be mixed with them."""
    if db.list_runs(RunQuery(project="*", limit=1)).rows:
        raise ConflictError("the store to move to holds runs already", where=db.url, hint="move to an empty one")


def _found(read: Any, *arguments: Any, **named: Any) -> Any:
    """What is there, or None."""
    try:
        return read(*arguments, **named)
    except NotFoundError:
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def file_name(path: Path) -> str:
    """A source's name from where it lies."""
    return _digest(str(path.resolve()))[:16]
