"""Finding runs."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from mlrun_jupyter.db import paging
from mlrun_jupyter.db.match import Rank, SortKey, run_matches, sort_keys
from mlrun_jupyter.db.query import Page, RunQuery
from mlrun_jupyter.db.sql import codec
from mlrun_jupyter.db.sql.codec import SELECT_RUN, RunRow
from mlrun_jupyter.db.sql.engine import Session
from mlrun_jupyter.db.sql.vocabulary import children, parents
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord

_FROM: Final = f"{SELECT_RUN} FROM runs r JOIN names n ON n.id = r.name_id"


def page(session: Session, projects: Sequence[tuple[int, str]], query: RunQuery) -> Page[RunRecord]:
    """A page of the runs that match in some projects."""
    keys = sort_keys(query.sort)
    limit = paging.bounded(query.limit)
    after = paging.position(query.after) if query.after else None
    found = list(islice(_ordered(matching(session, projects, query), keys, after), limit + 1))
    rows = found[:limit]
    token = ""
    if len(found) > limit and rows:
        id, run = rows[-1]
        token = paging.token([*(key.value(run) for key in keys), id])
    return Page([run for _id, run in rows], token)


def _ordered(
    found: Iterator[tuple[int, RunRecord]], keys: Sequence[SortKey], after: Any
) -> Iterator[tuple[int, RunRecord]]:
    def order(values: Sequence[Any], id: int) -> tuple[Any, ...]:
        return (*(Rank(value, key.descending) for key, value in zip(keys, values, strict=True)), -id)

    ranked = [(order([key.value(run) for key in keys], id), id, run) for id, run in found]
    start = order(after[:-1], after[-1]) if after else None
    for rank, id, run in sorted(ranked, key=lambda entry: entry[0]):
        if start is None or start < rank:
            yield id, run


def scopes(projects: Sequence[tuple[int, str]], query: RunQuery) -> list[tuple[int, str]]:
    """The scopes that a query is about, with the names of their projects."""
    found = []
    for id, name in projects:
        if query.iterations:
            found.append((children(id), name))
        if not (query.iterations and query.uid):
            found.append((parents(id), name))
    return found


def matching(session: Session, projects: Sequence[tuple[int, str]], query: RunQuery) -> Iterator[tuple[int, RunRecord]]:
    """(number, run) of what matches, newest first."""
    streams = [_newest(session, scope, name, query) for scope, name in scopes(projects, query)]
    return heapq.merge(*streams, key=lambda pair: -pair[0])


def _newest(session: Session, scope: int, project: str, query: RunQuery) -> Iterator[tuple[int, RunRecord]]:
    conditions, bound = column_conditions(query)
    sql = f"{_FROM} WHERE r.scope = ?{conditions} ORDER BY r.id DESC"
    for values in session.stream(sql, (scope, *bound)):
        row = RunRow._make(values)
        run = codec.record(row, project)
        if run_matches(run, query):
            yield row.id, run


def column_conditions(query: RunQuery) -> tuple[str, list[Any]]:
    """What can be decided by the columns of a row, as SQL that begins with `` AND``, and its values."""
    sql, bound = "", []  # type: tuple[str, list[Any]]
    if query.uid:
        sql += " AND r.uid = ?"
        bound.append(codec.pack_uid(query.uid))
    if query.states:
        known = [states.ALL.index(state) for state in query.states if state in states.ALL]
        sql += f" AND r.state IN ({', '.join('?' * len(known)) or 'NULL'})"
        bound += known
    for column, edge, value in (
        ("started", ">=", query.start_from),
        ("started", "<", query.start_to),
        ("updated", ">=", query.update_from),
        ("updated", "<", query.update_to),
    ):
        if value is not None:
            sql += f" AND r.{column} {edge} ?"
            bound.append(round(value * 1e6))
    return sql, bound


def count(session: Session, projects: Sequence[tuple[int, str]], query: RunQuery) -> dict[str, int]:
    """How many match, by state."""
    counted: dict[str, int] = {}
    for _id, run in matching(session, projects, query):
        counted[run.status.state] = counted.get(run.status.state, 0) + 1
    return counted


def matching_rows(session: Session, projects: Sequence[tuple[int, str]], query: RunQuery) -> list[tuple[RunRow, str]]:
    """The rows of what matches, with the names of their projects."""
    names = dict(projects)
    found = []
    for id, _run in list(matching(session, projects, query)):
        row = session.one(f"{_FROM} WHERE r.id = ?", (id,))
        if row is not None:
            found.append((RunRow._make(row), names[row[1] // 2]))
    return found


def family(session: Session, row: RunRow) -> list[RunRow]:
    """The run and, of a parent, its iterations."""
    if row.iter:
        return [row]
    found = session.all(f"{_FROM} WHERE r.uid = ? AND r.scope = ?", (row.uid, row.scope + 1))
    return [row, *(RunRow._make(values) for values in found)]
