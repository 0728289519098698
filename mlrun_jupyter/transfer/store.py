"""A store as a source."""

from __future__ import annotations

import codecs
import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

from mlrun_jupyter import datastore
from mlrun_jupyter.artifacts.content import Content, Folder, Nothing, Source
from mlrun_jupyter.artifacts.folder import files_of
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import ArtifactQuery, FunctionQuery, Page, RunQuery
from mlrun_jupyter.errors import MlrunError, NotFoundError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.transfer.items import Artifact, Curve, Function, Item, Run, Shared

_PAGE: Final = 500
_LOG: Final = 4 * 2**20
"""Bytes of a log that are read at once."""
_HASH: Final = re.compile(r"[0-9a-f]{16,128}")

R = TypeVar("R")
Q = TypeVar("Q", ArtifactQuery, FunctionQuery)


class StoreSource:
    """Projects of a store.

    Parameters
    ----------
    db
        Where they are.
    projects
        Which; all when there are none.
    with_data
        Take the bytes of artifacts along that lie in a folder of this machine or with the service. What lies in an
        object store, and what was only referred to, stays where it is in any case.

    Raises ``NotFoundError`` for a project that is not there.
    """

    own = True

    def __init__(self, db: RunDB, projects: Sequence[str] = (), *, with_data: bool = True) -> None:
        self._db = db
        known = {each.metadata.name: each for each in db.list_projects()}
        for name in projects:
            if name not in known:
                raise NotFoundError("no such project", where=name, hint=f"there are {', '.join(known) or 'none'}")
        self.projects: list[ProjectRecord] = [known[name] for name in dict.fromkeys(projects or known)]
        self._with_data = with_data
        self.name = "store." + hashlib.sha256(db.url.encode()).hexdigest()[:16]
        self._told: set[str] = set()

    def items(self) -> Iterator[Item]:
        for project in self.projects:
            yield project
            yield from self._functions(project.metadata.name)
            yield from self._artifacts(project.metadata.name)
            yield from self._runs(project.metadata.name)

    def _functions(self, project: str) -> Iterator[Function]:
        tags: dict[tuple[str, str], list[str]] = {}
        for tag in self._db.list_function_tags(project):
            for record in _oldest_first(self._db.list_functions, FunctionQuery(project=project, tag=tag)):
                tags.setdefault((record.metadata.name, record.metadata.hash), []).append(tag)
        for record in _oldest_first(self._db.list_functions, FunctionQuery(project=project, tag="*")):
            yield Function(record, tuple(tags.get((record.metadata.name, record.metadata.hash), ())))

    def _artifacts(self, project: str) -> Iterator[Artifact]:
        tags: dict[tuple[str, str], list[str]] = {}
        for tag in self._db.list_artifact_tags(project):
            for record in _oldest_first(self._db.list_artifacts, ArtifactQuery(project=project, tag=tag)):
                tags.setdefault((record.spec.db_key, record.metadata.uid), []).append(tag)
        for record in _oldest_first(self._db.list_artifacts, ArtifactQuery(project=project, tag="*")):
            with self._content(record) as content:
                yield Artifact(record, tuple(tags.get((record.spec.db_key, record.metadata.uid), ())), content)

    def _content(self, record: ArtifactRecord) -> AbstractContextManager[Content]:
        """The bytes, as local files; nothing where they cannot be read, as the record is worth having without them."""
        target = record.spec.target_path
        here = "://" not in target or target.startswith("file://")
        if not (self._with_data and target and record.metadata.hash) or not (here or target.startswith(self._db.url)):
            return nullcontext(Nothing())
        item = datastore.resolve(target, db=self._db)
        return _Local(item) if not here else nullcontext(_local(item.url.removeprefix("file://")))

    def _runs(self, project: str) -> Iterator[Item]:
        query = RunQuery(project=project, iterations=True, sort=("start",), limit=_PAGE)
        while True:
            page = self._db.list_runs(query)
            for record in page.rows:
                yield from self._shared(record)
                yield Run(record, self._parts(record.key, record))
            if not page.after:
                return
            query.after = page.after

    def _shared(self, run: RunRecord) -> Iterator[Shared]:
        for hash in _hashes(run.status.extra):
            if hash in self._told:
                continue
            self._told.add(hash)
            try:
                found = self._db.read_object(hash)
            except NotFoundError:
                continue
            yield Shared(hash, str(found.get("kind", "")), found.get("body"))

    def _parts(self, key: RunKey, run: RunRecord) -> Iterator[Curve | str]:
        for name in run.status.metrics:
            series = self._db.read_series(key, name)
            yield Curve(name, list(series.steps), list(series.times), list(series.values))
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        offset = 0
        while piece := self._db.read_log(key, offset, _LOG):
            offset += len(piece)
            if text := decode(piece):
                yield text
        if rest := decode(b"", final=True):
            yield rest


class _Local:
    """A copy of bytes that are elsewhere, as long as the block runs."""

    def __init__(self, item: Any) -> None:
        self._item = item
        self._folder = tempfile.TemporaryDirectory(prefix="mlrun-transfer-")

    def __enter__(self) -> Content:
        target = str(Path(self._folder.__enter__(), "data"))
        try:
            self._item.download(target)
        except MlrunError:
            return Nothing()
        return _local(target)

    def __exit__(self, *failure: Any) -> None:
        self._folder.__exit__(*failure)


def _local(path: str) -> Content:
    """A file or folder of this machine as it is stored; nothing where there is none."""
    if Path(path).is_dir():
        return Folder(files_of(path))
    return Source(path) if Path(path).is_file() else Nothing()


def _oldest_first(ask: Callable[[Q], Page[R]], query: Q) -> Iterator[R]:
    """All rows of a list that is told newest first. The pages are asked for twice, so that they need not be kept."""
    query.limit = _PAGE
    starts = [""]
    while after := ask(_from(query, starts[-1])).after:
        starts.append(after)
    for start in reversed(starts):
        yield from reversed(ask(_from(query, start)).rows)


def _from(query: Q, after: str) -> Q:
    query.after = after
    return query


def _hashes(value: Any) -> Iterator[str]:
    """Texts that may name a shared object."""
    if isinstance(value, str):
        if _HASH.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _hashes(each)
