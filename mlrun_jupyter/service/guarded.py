"""A store as one caller sees it: every method asks for the right first, on the project that the object belongs to.

Operations check what they are called with; this holds even where one forgets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mlrun_jupyter import config
from mlrun_jupyter.db.base import RunDB, Series
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery, FunctionQuery, Page, RunQuery
from mlrun_jupyter.db.recovery import Outcome
from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.service.access import ADMIN, READ, WRITE, Principal
from mlrun_jupyter.service.gate import RefusedError
from mlrun_jupyter.service.narrowed import merged

R = TypeVar("R", RunRecord, ArtifactRecord, FunctionRecord)
Q = TypeVar("Q", RunQuery, ArtifactQuery, FunctionQuery)


class GuardedStore:
    """A :class:`~mlrun_jupyter.db.base.RunDB` for one principal.

    A project that cannot be seen is answered as one that is not there; ``*`` means all that can be seen.
    """

    __slots__ = ("_db", "_principal", "url")

    def __init__(self, db: RunDB, principal: Principal) -> None:
        self._db = db
        self._principal = principal
        self.url = db.url

    def require(self, role: str, project: str) -> None:
        """Raise unless the role is held in the project (the default one when empty, all for ``*``)."""
        project = project or config.current().default_project
        if self._principal.may(role, project):
            return
        if not self._principal.may(READ, project):
            raise NotFoundError("no such project", where=project)
        raise RefusedError(403, f"the token may not {role} in the project {project}")

    @property
    def address(self) -> str:
        return self.url

    @property
    def spool(self) -> Path | None:
        return None

    @property
    def artifact_path(self) -> str:
        return self._db.artifact_path

    def admit(self, project: str) -> None:
        self.require(WRITE, project)

    def apply(self, writer: str, records: Sequence[JournalRecord], *, durable: bool = False) -> int:
        for project in {record.run.project for record in records if record.run is not None}:
            self.require(WRITE, project)
        return self._db.apply(writer, records, durable=durable)

    def applied(self, writer: str) -> int:
        return self._db.applied(writer)

    def forget_writer(self, writer: str) -> None:
        self._db.forget_writer(writer)

    def recover(self) -> int:
        self.require(ADMIN, ALL_PROJECTS)
        return self._db.recover()

    def sync(self) -> Outcome:
        self.require(ADMIN, ALL_PROJECTS)
        return self._db.sync()

    # runs
    def read_run(self, key: RunKey) -> RunRecord:
        self.require(READ, key.project)
        return self._db.read_run(key)

    def list_runs(self, query: RunQuery) -> Page[RunRecord]:
        return self._listed(query, self._db.list_runs)

    def count_runs(self, query: RunQuery) -> dict[str, int]:
        if (projects := self._narrowed(query.project)) is None:
            return self._db.count_runs(query)
        total: dict[str, int] = {}
        for name in projects:
            query.project = name
            for state, count in self._db.count_runs(query).items():
                total[state] = total.get(state, 0) + count
        return total

    def store_run(self, run: RunRecord, *, create: bool = False) -> None:
        self.require(WRITE, run.metadata.project)
        if create:
            self._db.store_run(run, create=True)  # type: ignore[call-arg]  # of the stores that are served
        else:
            self._db.store_run(run)

    def update_run(self, key: RunKey, updates: dict[str, Any]) -> None:
        self.require(WRITE, key.project)
        self._db.update_run(key, updates)

    def delete_runs(self, query: RunQuery) -> int:
        self.require(WRITE, query.project)
        return self._db.delete_runs(query)

    def read_log(self, key: RunKey, offset: int = 0, size: int = -1) -> bytes:
        self.require(READ, key.project)
        return self._db.read_log(key, offset, size)

    def append_log(self, key: RunKey, text: bytes) -> None:
        self.require(WRITE, key.project)
        self._db.append_log(key, text)

    def read_series(self, key: RunKey, name: str, *, points: int = 0) -> Series:
        self.require(READ, key.project)
        return self._db.read_series(key, name, points=points)

    def list_series(self, key: RunKey) -> dict[str, dict[str, Any]]:
        self.require(READ, key.project)
        return self._db.list_series(key)

    # artifacts
    def store_artifact(self, artifact: ArtifactRecord, *, tags: Sequence[str] = ("latest",)) -> ArtifactRecord:
        self.require(WRITE, artifact.metadata.project)
        return self._db.store_artifact(artifact, tags=tags)

    def read_artifact(
        self, project: str, db_key: str, *, tag: str = "", tree: str = "", iter: int | None = None, uid: str = ""
    ) -> ArtifactRecord:
        self.require(READ, project)
        return self._db.read_artifact(project, db_key, tag=tag, tree=tree, iter=iter, uid=uid)

    def list_artifacts(self, query: ArtifactQuery) -> Page[ArtifactRecord]:
        return self._listed(query, self._db.list_artifacts)

    def delete_artifacts(self, query: ArtifactQuery) -> int:
        self.require(WRITE, query.project)
        return self._db.delete_artifacts(query)

    def tag_artifact(self, project: str, db_key: str, uid: str, tag: str) -> None:
        self.require(WRITE, project)
        self._db.tag_artifact(project, db_key, uid, tag)

    def list_artifact_tags(self, project: str) -> list[str]:
        return self._tags(project, self._db.list_artifact_tags)

    def _tags(self, project: str, ask: Callable[[str], list[str]]) -> list[str]:
        if (projects := self._narrowed(project)) is None:
            return ask(project)
        return sorted({tag for name in projects for tag in ask(name)})

    # functions
    def store_function(self, function: FunctionRecord, *, tag: str = "latest") -> str:
        self.require(WRITE, function.metadata.project)
        return self._db.store_function(function, tag=tag)

    def read_function(self, project: str, name: str, *, tag: str = "", hash: str = "") -> FunctionRecord:
        self.require(READ, project)
        return self._db.read_function(project, name, tag=tag, hash=hash)

    def list_functions(self, query: FunctionQuery) -> Page[FunctionRecord]:
        return self._listed(query, self._db.list_functions)

    def delete_functions(self, query: FunctionQuery) -> int:
        self.require(WRITE, query.project)
        return self._db.delete_functions(query)

    def list_function_tags(self, project: str) -> list[str]:
        return self._tags(project, self._db.list_function_tags)

    def read_object(self, hash: str) -> dict[str, Any]:
        """For whom not every project is open: only what a run that they can see refers to."""
        if not self._principal.may(READ, ALL_PROJECTS) and not self._referred(hash):
            raise NotFoundError("no such object", where=hash)
        return self._db.read_object(hash)

    def _referred(self, hash: str) -> bool:
        mark = hash.encode()
        query = RunQuery(project=ALL_PROJECTS, limit=1000)
        while True:
            page = self.list_runs(query)
            if any(mark in wire.encode_record(run) for run in page.rows):
                return True
            if not page.after:
                return False
            query.after = page.after

    # projects
    def store_project(self, project: ProjectRecord) -> None:
        self.require(WRITE, project.metadata.name)
        self._db.store_project(project)

    def read_project(self, name: str) -> ProjectRecord:
        self.require(READ, name)
        return self._db.read_project(name)

    def list_projects(self) -> list[ProjectRecord]:
        visible = self._principal.projects
        return [each for each in self._db.list_projects() if visible is None or each.metadata.name in visible]

    def delete_project(self, name: str) -> None:
        self.require(ADMIN, name)
        self._db.delete_project(name)

    def close(self) -> None:
        """The store stays open: others use it."""

    # narrowing
    def _narrowed(self, project: str) -> list[str] | None:
        """The projects that ``*`` stands for; None where it needs no narrowing."""
        if project != ALL_PROJECTS:
            self.require(READ, project)
            return None
        return None if self._principal.projects is None else [each.metadata.name for each in self.list_projects()]

    def _listed(self, query: Q, ask: Callable[[Q], Page[R]]) -> Page[R]:
        projects = self._narrowed(query.project)
        return ask(query) if projects is None else merged(query, projects, ask)
