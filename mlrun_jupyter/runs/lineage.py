"""Where a version of an artifact comes from, and where it went."""

from __future__ import annotations

from typing import Final, NamedTuple

from mlrun_jupyter.datastore import uris
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import times
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.given import USED

_PAGE: Final = 500


class Lineage(NamedTuple):
    """The run that made a version (None where it is gone or there was none), the inputs it was made from, and the runs
    of the same project that have read it, newest first."""

    producer: Run | None
    sources: list[str]
    used_by: list[Run]

    def __str__(self) -> str:
        lines = [f"made by {_named(self.producer)}" if self.producer else "made by no run that is here"]
        lines += [f"  from {source}" for source in self.sources]
        lines += [f"read by {_named(run)}" for run in self.used_by]
        return "\n".join(lines)


def lineage(artifact: ArtifactRecord, db: RunDB) -> Lineage:
    """What is recorded of a version's past and future.

    A run that reads an artifact by its ``store://`` address records which version it was; one that is handed a bare path
    does not.

    Example
    -------
    ::

        print(run.artifact("model").lineage())
    """
    tracker.flush(db)
    producer = _producer(artifact, db)
    sources = [str(each.get("path") or "") for each in artifact.spec.sources]
    if producer is not None:
        sources += producer.status.extra.get(USED, [])
    return Lineage(producer, list(dict.fromkeys(filter(None, sources))), _readers(artifact, db))


def _producer(artifact: ArtifactRecord, db: RunDB) -> Run | None:
    told = artifact.spec.producer
    project, _, uid = str(told.get("uri") or "").partition("/")
    if told.get("kind", "run") != "run" or not uid:
        return None
    iteration = artifact.metadata.iter
    try:
        return Run(db.read_run(RunKey(project, uid.removesuffix(f"-{iteration}"), iteration)), db)
    except NotFoundError:
        return None


def _readers(artifact: ArtifactRecord, db: RunDB) -> list[Run]:
    """Runs that were changed since the version was made, and name it."""
    found: list[Run] = []
    made = times.seconds(artifact.metadata.updated) if artifact.metadata.updated else None
    query = RunQuery(project=artifact.metadata.project, iterations=True, update_from=made, limit=_PAGE)
    while True:
        page = db.list_runs(query)
        found += [
            Run(run, db)
            for run in page.rows
            if any(_is(address, artifact) for address in run.status.extra.get(USED, []))
        ]
        if not page.after:
            return found
        query.after = page.after


def _is(address: str, artifact: ArtifactRecord) -> bool:
    try:
        uri = uris.parse(address)
    except InvalidArgumentError:
        return False
    return (uri.db_key, uri.uid) == (artifact.spec.db_key, artifact.metadata.uid)


def _named(run: Run) -> str:
    return f"{run.name}@{run.uid()[:8]}" + (f"-{run.key.iteration}" if run.key.iteration else "")
