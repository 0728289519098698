"""Runs from a distance: by project, by state, and put together by what they share."""

from __future__ import annotations

from typing import Final

import msgspec

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import Page, RunQuery
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs import search
from mlrun_jupyter.views import overview as views
from mlrun_jupyter.views.overview import Counts, Overview, RunGroups

LOOKED_AT: Final = 5_000
"""Runs that are put together, the newest that match: the answer of a store of any size comes at once."""
SINGLE: Final = "sweep:no"
"""The group of the runs that are no sweeps."""
_STEP: Final = 1_000


def projects(db: RunDB) -> Overview:
    """Every project with its runs by state, and the newest of them."""
    told = []
    for project in db.list_projects():
        name = project.metadata.name
        states = db.count_runs(RunQuery(project=name))
        recent = db.list_runs(RunQuery(project=name, limit=views.RECENT)).rows
        told.append(views.project_brief(project, states=states, recent=recent))
    return views.overview(told)


def count(db: RunDB, query: RunQuery) -> Counts:
    """Runs by state, where an index tells: of all runs, or of those in some states."""
    plain = RunQuery(project=query.project, states=query.states)
    if msgspec.structs.replace(query, sort=(), limit=plain.limit) != plain:
        return Counts(known=False)
    return Counts(db.count_runs(plain))


def groups(db: RunDB, query: RunQuery, by: str) -> RunGroups:
    """The newest 5,000 runs that match, put together.

    Parameters
    ----------
    by
        ``name`` (when empty), ``sweep`` or ``label:<key>``.

    Raises
    ------
    InvalidArgumentError
        Nothing to put them together by.
    """
    by = by or views.NAME
    if by not in (views.NAME, views.SWEEP) and not (by.startswith(views.LABEL) and by != views.LABEL):
        raise InvalidArgumentError(f"runs cannot be grouped by {by[:40]!r}", hint="group by name, sweep or label:<key>")
    found: list[RunRecord] = []
    query = msgspec.structs.replace(query, sort=(), limit=_STEP, after="")
    while True:
        page = db.list_runs(query)
        found += page.rows
        query.after = page.after
        if not page.after or len(found) >= LOOKED_AT:
            return views.groups(found, by, more=bool(page.after))


def within(db: RunDB, query: RunQuery, group: str) -> Page[RunRecord]:
    """A page of the runs of one group; of a sweep, its iterations."""
    if group == SINGLE:
        while True:
            page = db.list_runs(query)
            rows = [run for run in page.rows if not views.is_sweep(run)]
            if rows or not page.after:
                return Page(rows, page.after)
            query.after = page.after
    narrower = search.parse(group)
    query.name = narrower.name or query.name
    query.labels += narrower.labels
    if narrower.uid:
        query = RunQuery(
            project=query.project,
            uid=narrower.uid,
            iterations=True,
            limit=query.limit,
            after=query.after,
            sort=query.sort,
        )
    return db.list_runs(query)
