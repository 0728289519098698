"""The run database as its user holds it: lists that show themselves, filters in plain words."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from mlrun_jupyter import artifacts, config
from mlrun_jupyter.db import open_db, query
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, nearest
from mlrun_jupyter.model import states, times
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.project import ProjectMetadata, ProjectRecord
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.runs.lists import ArtifactList, FunctionList, RunList
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.tracking import tracker

Labels = str | Iterable[str] | Mapping[str, Any] | None
Time = str | float | datetime | None


def get_run_db(url: str = "", secrets: Any = None, force_reconnect: bool = False) -> RunDatabase:
    """The database at an address; the configured one when it is empty.

    Parameters
    ----------
    url
        A folder (``./``, ``~/runs``), ``postgresql://``, ``http(s)://`` of a service, or ``memory://``.

    Raises
    ------
    StoreError
        Nothing can be opened there.

    Example
    -------
    ::

        db = get_run_db("./").connect()
        db.list_runs("train", state="completed", where="results.accuracy > 0.9").show()
    """
    del secrets, force_reconnect  # of the older form: a store finds what it needs in its address
    return RunDatabase(open_db(url))


class RunDatabase:
    """Runs, artifacts, functions and projects of one store. What the filters mean is in :mod:`mlrun_jupyter.db.query`."""

    def __init__(self, store: RunDB) -> None:
        self._store = store

    def connect(self, secrets: Any = None) -> Self:
        """The database itself; opening it has connected already."""
        del secrets
        return self

    @property
    def url(self) -> str:
        return self._store.url

    @property
    def store(self) -> RunDB:
        """The store behind, for those who write."""
        tracker.flush(self._store)
        return self._store

    # runs

    def list_runs(
        self,
        name: str = "",
        uid: str = "",
        project: str = "",
        labels: Labels = None,
        state: str | Iterable[str] = "",
        sort: bool | str | Iterable[str] = True,
        last: int = 0,
        iter: bool = False,
        *,
        where: str | Iterable[str] | None = None,
        start_time_from: Time = None,
        start_time_to: Time = None,
        last_update_time_from: Time = None,
        last_update_time_to: Time = None,
        limit: int = 0,
        after: str = "",
    ) -> RunList:
        """Runs, newest first.

        Parameters
        ----------
        name
            Part of the name; ``=name`` exactly; ``*`` and ``?`` as wildcards.
        labels
            ``"owner=ann"``, ``["team!=ops", "gpu"]`` or a mapping; all must hold.
        state
            One state or several.
        sort
            ``"-results.accuracy"``, ``"name"`` ...; True is newest first.
        last, limit
            At most so many (two names of one thing).
        iter
            Include the iterations of sweeps.
        where
            ``"results.accuracy > 0.9"``, ``"params.depth = 4"``, ``"metrics.loss < 0.1"``; all must hold.
        after
            ``page`` of the list before, to read on behind it.

        Raises
        ------
        InvalidArgumentError
            A filter that cannot be read; the message shows how it is written.
        """
        question = query.RunQuery(
            project=self._project(project),
            name=name,
            uid=uid,
            labels=query.labels(labels),
            states=self._states(state),
            where=tuple(query.Comparison.parse(each) for each in _texts(where)),
            start_from=_seconds(start_time_from),
            start_to=_seconds(start_time_to),
            update_from=_seconds(last_update_time_from),
            update_to=_seconds(last_update_time_to),
            iterations=iter,
            sort=() if isinstance(sort, bool) else tuple(_texts(sort)),
            limit=last or limit or query.MAX_LIMIT,
            after=after,
        )
        page = self.store.list_runs(question)
        found = RunList([Run(record, self._store) for record in page.rows])
        found.page = page.after
        return found

    def read_run(self, uid: str, project: str = "", iter: int = 0) -> Run:
        """A run by its uid, or by the beginning of it where that is unique. Raises ``NotFoundError``."""
        key = RunKey(self._project(project), uid, iter)
        try:
            return Run(self.store.read_run(key), self._store)
        except NotFoundError:
            if len(uid) >= 32:
                raise
        matches = [run for run in self.list_runs(project=project) if run.uid().startswith(uid)] if uid else []
        if len(matches) != 1:
            told = "several runs begin so" if matches else "no run begins so"
            raise NotFoundError(f"{told}: {uid!r}", where=f"project {key.project!r}", hint="give more of the uid")
        return Run(self.store.read_run(matches[0].key._replace(iteration=iter)), self._store)

    def store_run(self, run: Mapping[str, Any] | RunRecord, uid: str = "", project: str = "", iter: int = 0) -> None:
        """Write a whole document."""
        record = run if isinstance(run, RunRecord) else RunRecord.from_dict(dict(run))
        metadata = record.metadata
        metadata.uid, metadata.iteration = uid or metadata.uid, iter or metadata.iteration
        metadata.project = project or metadata.project or config.current().default_project
        if not metadata.uid:
            raise InvalidArgumentError("a run needs a uid", where="metadata.uid")
        self.store.store_run(record)

    def update_run(self, updates: Mapping[str, Any], uid: str, project: str = "", iter: int = 0) -> None:
        """Set fields by dotted path, as in ``{"metadata.labels.owner": "ann"}``."""
        self.store.update_run(RunKey(self._project(project), uid, iter), dict(updates))

    def del_run(self, uid: str, project: str = "", iter: int = 0) -> None:
        """Delete a run with its iterations, metrics and log; its artifacts stay."""
        del iter
        run = self.read_run(uid, project)
        self.store.delete_runs(query.RunQuery(project=run.key.project, uid=run.uid()))

    def del_runs(
        self,
        name: str = "",
        project: str = "",
        labels: Labels = None,
        state: str | Iterable[str] = "",
        days_ago: float = 0,
        *,
        everything: bool = False,
    ) -> int:
        """Delete the runs that match, and return how many.

        Parameters
        ----------
        days_ago
            Only runs that started longer ago than this.
        everything
            Say so when every run of the project is meant: a call without any filter is refused otherwise.
        """
        if not (name or labels or state or days_ago or everything):
            raise InvalidArgumentError(
                "this would delete every run of the project", hint="give a filter, or everything=True if you mean it"
            )
        start_to = time.time() - timedelta(days=days_ago).total_seconds() if days_ago else None
        return self.store.delete_runs(
            query.RunQuery(
                project=self._project(project),
                name=name,
                labels=query.labels(labels),
                states=self._states(state),
                start_to=start_to,
            )
        )

    def get_log(self, uid: str, project: str = "", offset: int = 0, size: int = -1) -> tuple[str, bytes]:
        """State and log of a run, from ``offset`` on, at most ``size`` bytes."""
        run = self.read_run(uid, project)
        return run.state(), self.store.read_log(run.key, offset, size)

    def watch_log(self, uid: str, project: str = "", watch: bool = True, offset: int = 0) -> str:
        """Print a run's log, follow it to the end when ``watch``, and return the state."""
        return self.read_run(uid, project).logs(watch=watch, offset=offset)

    # artifacts

    def list_artifacts(
        self,
        name: str = "",
        project: str = "",
        tag: str = "",
        labels: Labels = None,
        since: Time = None,
        until: Time = None,
        *,
        kind: str = "",
        iter: int | None = None,
        tree: str = "",
        limit: int = 0,
    ) -> ArtifactList:
        """Artifacts, newest first: of each the version ``latest``, or ``tag``; ``tag="*"`` lists every version."""
        question = query.ArtifactQuery(
            project=self._project(project),
            name=name,
            tag=tag,
            kind=kind,
            tree=tree,
            iter=iter,
            labels=query.labels(labels),
            update_from=_seconds(since),
            update_to=_seconds(until),
            limit=limit or query.MAX_LIMIT,
        )
        return ArtifactList(self.store.list_artifacts(question).rows)

    def read_artifact(
        self, key: str, tag: str = "", iter: int | None = None, project: str = "", tree: str = "", uid: str = ""
    ) -> ArtifactRecord:
        """One version of an artifact. Raises ``NotFoundError``."""
        return self.store.read_artifact(self._project(project), key, tag=tag, tree=tree, iter=iter, uid=uid)

    def store_artifact(
        self, key: str, artifact: Mapping[str, Any] | ArtifactRecord, *, tag: str = "", project: str = ""
    ) -> ArtifactRecord:
        """Keep a version under ``key`` and move the tag (and ``latest``) to it."""
        record = artifact if isinstance(artifact, ArtifactRecord) else ArtifactRecord.from_dict(dict(artifact))
        record.metadata.key = record.metadata.key or key
        record.spec.db_key = record.spec.db_key or key
        record.metadata.project = project or record.metadata.project or config.current().default_project
        return self.store.store_artifact(record, tags=tuple(dict.fromkeys(("latest", *([tag] if tag else [])))))

    def del_artifact(
        self,
        key: str,
        tag: str = "",
        project: str = "",
        tree: str = "",
        *,
        keep_data: bool = False,
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        """Delete an artifact with its data: the version of a tag or tree, or all of them with ``tag="*"``.

        Data that another version lies at as well, or that was only referred to (``upload=False``), stays.

        Parameters
        ----------
        keep_data
            Delete the record only; ``mlrun gc`` finds the bytes.
        secrets
            Credentials for the storage, looked at before the environment.

        Raises
        ------
        NotFoundError
            No such artifact.
        DataError, StoreUnavailableError
            The data cannot be deleted; the records stay.
        """
        tag = tag or ("*" if tree else "")
        found = query.ArtifactQuery(project=self._project(project), name=f"={key}", tag=tag, tree=tree)
        if not self._delete_artifacts(found, keep_data, secrets):
            raise NotFoundError(f"no artifact {key!r}", where=f"project {found.project!r}")

    def del_artifacts(
        self,
        name: str = "",
        project: str = "",
        tag: str = "",
        labels: Labels = None,
        *,
        everything: bool = False,
        keep_data: bool = False,
        secrets: Mapping[str, str] | None = None,
    ) -> int:
        """Delete what matches as :meth:`del_artifact` does, and return how many; a call without any filter needs
        ``everything=True``."""
        if not (name or tag or labels or everything):
            raise InvalidArgumentError(
                "this would delete every artifact of the project",
                hint="give a filter, or everything=True if you mean it",
            )
        question = query.ArtifactQuery(
            project=self._project(project),
            name=name,
            tag=tag or ("*" if everything else ""),
            labels=query.labels(labels),
        )
        return self._delete_artifacts(question, keep_data, secrets)

    def _delete_artifacts(
        self, question: query.ArtifactQuery, keep_data: bool, secrets: Mapping[str, str] | None
    ) -> int:
        if keep_data:
            return self.store.delete_artifacts(question)
        return artifacts.delete(question, db=self.store, secrets=secrets)

    def list_artifact_tags(self, project: str = "") -> list[str]:
        return self.store.list_artifact_tags(self._project(project))

    # functions

    def list_functions(self, name: str = "", project: str = "", tag: str = "", labels: Labels = None) -> FunctionList:
        """Functions, newest first; ``tag="*"`` lists every version."""
        question = query.FunctionQuery(project=self._project(project), name=name, tag=tag, labels=query.labels(labels))
        return FunctionList(self.store.list_functions(question).rows)

    def get_function(self, name: str, project: str = "", tag: str = "", hash_key: str = "") -> FunctionRecord:
        """One version of a function; the hash wins over the tag. Raises ``NotFoundError``."""
        return self.store.read_function(self._project(project), name, tag=tag, hash=hash_key)

    def store_function(
        self,
        function: Mapping[str, Any] | FunctionRecord,
        name: str = "",
        project: str = "",
        tag: str = "",
        versioned: bool = True,
    ) -> str:
        """Keep a version, move the tag to it, and return its hash."""
        del versioned  # every version is kept
        record = function if isinstance(function, FunctionRecord) else FunctionRecord.from_dict(dict(function))
        record.metadata.name = name or record.metadata.name
        record.metadata.project = project or record.metadata.project or config.current().default_project
        return self.store.store_function(record, tag=tag or "latest")

    def delete_function(self, name: str, project: str = "") -> None:
        """Delete every version of a function."""
        found = query.FunctionQuery(project=self._project(project), name=f"={name}", tag="*")
        if not self.store.delete_functions(found):
            raise NotFoundError(f"no function {name!r}", where=f"project {found.project!r}")

    # projects

    def list_projects(self) -> list[ProjectRecord]:
        return self.store.list_projects()

    def get_project(self, name: str) -> ProjectRecord:
        """Raises ``NotFoundError`` with the nearest name."""
        try:
            return self.store.read_project(name)
        except NotFoundError as error:
            known = [each.metadata.name for each in self.store.list_projects()]
            raise NotFoundError(f"no project {name!r}", hint=nearest(name, known)) from error

    def store_project(self, name: str, project: Mapping[str, Any] | ProjectRecord | None = None) -> ProjectRecord:
        record = project if isinstance(project, ProjectRecord) else ProjectRecord.from_dict(dict(project or {}))
        record.metadata = record.metadata if record.metadata.name else ProjectMetadata(name=name)
        self.store.store_project(record)
        return record

    def delete_project(self, name: str) -> None:
        """Delete a project with everything in it."""
        self.store.delete_project(name)

    # inside

    @staticmethod
    def _project(name: str) -> str:
        return name or config.current().default_project

    @staticmethod
    def _states(state: str | Iterable[str]) -> tuple[str, ...]:
        found = tuple(_texts(state))
        for each in found:
            if each not in states.ALL:
                raise InvalidArgumentError(f"no such state: {each!r}", hint=nearest(each, states.ALL))
        return found

    def __repr__(self) -> str:
        return f"<run database {self.url}>"


def _texts(given: str | Iterable[str] | None) -> list[str]:
    return [] if not given else [given] if isinstance(given, str) else list(given)


def _seconds(moment: Time) -> float | None:
    return None if moment is None or moment == "" else times.seconds(moment)
