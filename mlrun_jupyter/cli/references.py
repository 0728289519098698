"""How people name runs: by uid, by its beginning, by name, or by both as ``train@7f3a9c``."""

from __future__ import annotations

import re
from typing import Final

from mlrun_jupyter import config
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import NotFoundError, nearest
from mlrun_jupyter.runs.database import RunDatabase
from mlrun_jupyter.runs.run import Run

RECENT: Final = 500
"""Runs that are looked through for the beginning of a uid, or for a name like the one that was given."""

_UID: Final = re.compile(r"[0-9a-f]{4,32}(-\d+)?")


def find_run(db: RunDatabase, reference: str, project: str = "") -> Run:
    """A run by ``uid``, the beginning of a uid, ``name`` (its newest run), ``name@uid`` or ``...-3`` for an iteration.

    Raises
    ------
    NotFoundError
        No such run, with the nearest name; or several whose uids begin so.
    """
    name, at, text = reference.partition("@")
    uid = text if at else reference
    iteration = 0
    if found := re.fullmatch(r"(.*[0-9a-f])-(\d+)", uid) if _UID.fullmatch(uid) else None:
        uid, iteration = found[1], int(found[2])
    run = _by_uid(db, uid, project, name if at else "") if at or _UID.fullmatch(uid) else None
    run = run or (None if at else _by_name(db, reference, project))
    if run is None:
        raise _unknown(db, reference, project)
    return db.read_run(run.uid(), run.key.project, iteration) if iteration else run


def short(run: Run) -> str:
    """The name that :func:`find_run` takes, short enough to read."""
    return f"{run.name}@{run.uid()[:8]}"


def _by_uid(db: RunDatabase, uid: str, project: str, name: str) -> Run | None:
    if len(uid) == 32:
        try:
            return db.read_run(uid, project)
        except NotFoundError:
            return None
    recent = db.list_runs(f"={name}" if name else "", project=project, last=RECENT)
    matches = [run for run in recent if run.uid().startswith(uid)]
    if len(matches) > 1:
        raise NotFoundError(f"the uids of {len(matches)} runs begin with {uid!r}", hint="give more of it")
    return matches[0] if matches else None


def _by_name(db: RunDatabase, name: str, project: str) -> Run | None:
    return next(iter(db.list_runs(f"={name}", project=project, last=1)), None)


def _unknown(db: RunDatabase, reference: str, project: str) -> NotFoundError:
    query = RunQuery(project=project or config.current().default_project, limit=RECENT)
    known = {record.metadata.name for record in db.store.list_runs(query).rows}
    hint = nearest(reference.partition("@")[0], known) or "mlrun runs lists them"
    return NotFoundError(f"no run {reference!r}", where=f"project {query.project!r}", hint=hint)
