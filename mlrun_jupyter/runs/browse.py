"""What a front end asks of a store: pages of runs, cards, logs, curves, artifacts, and word of what changed.

The same answers for every front end that is served over HTTP; who may ask is decided by who serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import ArtifactQuery, RunQuery
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.runs import card, compare, overview, search
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.views import summary
from mlrun_jupyter.views.catalog import ArtifactPage, artifact_summary
from mlrun_jupyter.views.compare import CompareView
from mlrun_jupyter.views.dataset import ColumnPage, DatasetView, artifact_view, column_page
from mlrun_jupyter.views.drift import DatasetDrift
from mlrun_jupyter.views.drift import drift as compare_datasets
from mlrun_jupyter.views.run import RunView
from mlrun_jupyter.views.series import POINTS, SeriesView, series_views
from mlrun_jupyter.views.summary import RunPage

MAX_ROWS = 500
MAX_LOG = 1_000_000
"""Bytes of a log in one answer."""
MAX_COMPARED = 100
_TAGS = 100
"""Tags of a project that are looked at for an artifact's versions."""
_LOOKED_AT = 200
"""Runs that decide what a bare name in a filter means."""


class LogPart(msgspec.Struct):
    """Text of a log from byte ``offset`` up to ``end``; ``final``: the run is over and nothing follows."""

    text: str
    offset: int
    end: int
    final: bool = False


class Projects(msgspec.Struct):
    """Names of projects, in alphabetical order."""

    names: list[str]


class Deleted(msgspec.Struct):
    """How many were deleted."""

    deleted: int


def runs(
    db: RunDB,
    *,
    filter: str = "",
    project: str = "",
    columns: Sequence[str] = (),
    within: str = "",
    limit: int = 100,
    after: str = "",
) -> RunPage:
    """A page of runs, newest first.

    Parameters
    ----------
    filter
        A line as :mod:`mlrun_jupyter.runs.search` reads it.
    project
        Where the filter names none; ``*`` for all.
    columns
        Fields whose values come along.
    within
        A group, as :func:`mlrun_jupyter.runs.overview.groups` names it: what it says comes on top of the filter.
    limit, after
        At most so many rows (500), behind the token of the page before.

    Raises
    ------
    InvalidArgumentError
        The filter or the token cannot be read.
    """
    query = asked(db, filter=filter, project=project)
    query.limit, query.after = max(1, min(limit, MAX_ROWS)), after
    found = overview.within(db, query, within) if within else db.list_runs(query)
    page = summary.page(found.rows, columns=columns, after=found.after)
    page.understood = search.written(query)
    return page


def asked(db: RunDB, *, filter: str, project: str) -> RunQuery:
    """The question of a filter line; a bare name in it is looked for in the newest runs."""
    query = search.parse(filter, where=lambda name: _section(db, project, name))
    query.project = query.project or project
    return query


def _section(db: RunDB, project: str, name: str) -> str:
    """Where a bare name of a filter is found in the newest runs; a result when nobody knows it."""
    newest = db.list_runs(RunQuery(project=project, limit=_LOOKED_AT)).rows
    if any(name in run.status.results for run in newest):
        return "results"
    if any(name in run.spec.parameters for run in newest):
        return "params"
    return "metrics" if any(name in run.status.metrics for run in newest) else "results"


def projects(db: RunDB) -> Projects:
    """The projects of a store."""
    return Projects(sorted(each.metadata.name for each in db.list_projects()))


def run(db: RunDB, key: RunKey) -> RunView:
    """The card of a run. Raises ``NotFoundError``."""
    return card.of(Run(db.read_run(key), db))


def log(db: RunDB, key: RunKey, *, offset: int = 0, size: int = MAX_LOG) -> LogPart:
    """A part of a run's log; a negative ``offset`` counts from the end of what there is."""
    done = db.read_run(key).done  # asked first: what is written before the end is then read
    if offset < 0:
        whole = len(db.read_log(key))
        offset = max(0, whole + offset)
    body = db.read_log(key, offset, max(1, min(size, MAX_LOG)))
    body = _whole_letters(body)
    end = offset + len(body)
    return LogPart(body.decode("utf-8", "replace"), offset, end, done and len(body) < size)


def _whole_letters(body: bytes) -> bytes:
    """Without the beginning of a letter whose rest has not been read."""
    for back in range(1, min(4, len(body)) + 1):
        byte = body[-back]
        if byte & 0xC0 != 0x80:
            needed = (
                1 if byte < 0x80 else 2 if byte >> 5 == 6 else 3 if byte >> 4 == 14 else 4 if byte >> 3 == 30 else 1
            )
            return body[:-back] if needed > back and len(body) > back else body
    return body


def series(db: RunDB, key: RunKey, names: Sequence[str] = (), *, points: int = POINTS) -> list[SeriesView]:
    """Curves of a run: those named, or all."""
    record = db.read_run(key)
    wanted = [name for name in names or record.status.metrics if name in record.status.metrics]
    read = {name: db.read_series(key, name, points=max(2, min(points, 5_000))) for name in wanted}
    return series_views(read, {name: record.status.metrics[name] for name in wanted})


def compared(db: RunDB, keys: Sequence[RunKey], *, everything: bool = False) -> CompareView:
    """Runs beside one another. A run that was deleted meanwhile is left out.

    Raises
    ------
    InvalidArgumentError
        More than 100, or fewer than two.
    """
    if not 2 <= len(keys) <= MAX_COMPARED:
        raise InvalidArgumentError(f"{len(keys)} runs cannot be compared", hint=f"choose 2 to {MAX_COMPARED}")
    records: list[RunRecord] = []
    for key in keys:
        try:
            records.append(db.read_run(key))
        except NotFoundError:
            continue
    environments, codes = compare.kept([db] * len(records), records)
    return compare.compare(records, hide_identical=not everything, environments=environments, codes=codes).view


def artifacts(
    db: RunDB, *, project: str = "", name: str = "", kind: str = "", limit: int = 100, after: str = ""
) -> ArtifactPage:
    """A page of artifacts, the newest version of each; those that iterations of sweeps made are found with their runs."""
    query = ArtifactQuery(project=project, name=name, kind=kind, limit=max(1, min(limit, MAX_ROWS)), after=after)
    found = db.list_artifacts(query)
    return ArtifactPage([artifact_summary(each) for each in found.rows], found.after)


def artifact(db: RunDB, project: str, db_key: str, *, tag: str = "", tree: str = "", uid: str = "") -> DatasetView:
    """The card of one artifact. Raises ``NotFoundError``."""
    return artifact_view(db.read_artifact(project, db_key, tag=tag, tree=tree, uid=uid))


def versions(db: RunDB, project: str, db_key: str) -> ArtifactPage:
    """The newest 500 versions of an artifact with the tags that point at them, and how many more there are.

    Raises ``NotFoundError``.
    """
    query = ArtifactQuery(project=project, name=f"={db_key}", tag="*")
    kept = [each for each in db.list_artifacts(query).rows if each.spec.db_key == db_key]
    if not kept:
        raise NotFoundError("no such artifact", where=db_key)
    tags: dict[str, list[str]] = {}
    for tag in sorted(db.list_artifact_tags(project), key=lambda name: (name != "latest", name))[:_TAGS]:
        for each in db.list_artifacts(ArtifactQuery(project=project, name=f"={db_key}", tag=tag)).rows:
            tags.setdefault(each.metadata.uid, []).append(tag)
    rows = [artifact_summary(each, tags=tags.get(each.metadata.uid, ())) for each in kept[:MAX_ROWS]]
    return ArtifactPage(rows, more=len(kept) - len(rows))


def drift(db: RunDB, project: str, db_key: str, *, old: str, new: str) -> DatasetDrift:
    """How far the version ``new`` of a data set is from ``old``, by their uids. Raises ``NotFoundError``."""
    return compare_datasets(db.read_artifact(project, db_key, uid=old), db.read_artifact(project, db_key, uid=new))


def columns(
    db: RunDB, project: str, db_key: str, given: Mapping[str, str], *, tag: str = "", tree: str = "", uid: str = ""
) -> ColumnPage:
    """A page of a data set's columns: ``offset``, ``limit`` (200 at most), and ``find``, a part of their names.

    Raises
    ------
    NotFoundError
        No such artifact.
    InvalidArgumentError
        An ``offset`` or ``limit`` that is no number.
    """
    record = db.read_artifact(project, db_key, tag=tag, tree=tree, uid=uid)
    try:
        offset, limit = int(given.get("offset") or 0), int(given.get("limit") or 100)
    except ValueError:
        raise InvalidArgumentError("offset and limit are whole numbers") from None
    return column_page(record, offset=offset, limit=limit, find=given.get("find", ""))


def abort(db: RunDB, key: RunKey) -> RunView:
    """Ask a run to end; nothing happens to one that has. Raises ``NotFoundError``."""
    record = db.read_run(key)
    if not record.done and record.status.state != states.ABORTING:
        db.update_run(key, {"status.state": states.ABORTING, "status.status_text": "asked to stop"})
    return run(db, key)


def delete(db: RunDB, keys: Sequence[RunKey]) -> Deleted:
    """Delete runs with their iterations, metrics and logs; artifacts stay."""
    return Deleted(sum(db.delete_runs(RunQuery(project=key.project, uid=key.uid)) for key in keys))
