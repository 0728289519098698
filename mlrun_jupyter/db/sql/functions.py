"""Versions of functions, and the tags that point at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from mlrun_jupyter.db import paging
from mlrun_jupyter.db.match import label_holds, name_test
from mlrun_jupyter.db.query import FunctionQuery, Page
from mlrun_jupyter.db.sql.engine import Row, Session
from mlrun_jupyter.db.versions import LATEST
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import times, values
from mlrun_jupyter.model.function import FunctionRecord

_COLUMNS: Final = "f.id, f.hash, f.updated, f.doc"


def store(session: Session, project_id: int, project: str, function: FunctionRecord, *, tag: str, now: float) -> str:
    """Keep a version, move the tag to it, and return its hash."""
    function = function.copy()
    metadata = function.metadata
    if not metadata.name:
        raise InvalidArgumentError("a function needs a name", where="metadata.name")
    metadata.project = metadata.project or project
    metadata.hash = function.content_hash()
    metadata.tag = metadata.updated = ""
    row = session.one(
        "INSERT INTO functions (project_id, name, hash, kind, updated, doc) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (project_id, name, hash) DO UPDATE SET updated = excluded.updated, doc = excluded.doc RETURNING id",
        (project_id, metadata.name, metadata.hash, function.kind, int(now * 1e6), values.encode(function.to_dict())),
    )
    assert row is not None  # noqa: S101 - RETURNING
    if tag:
        session.run(
            "INSERT INTO function_tags (project_id, name, tag, function_id) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (project_id, name, tag) DO UPDATE SET function_id = excluded.function_id",
            (project_id, metadata.name, tag, row[0]),
        )
    return metadata.hash


def find(session: Session, project_id: int, name: str, *, tag: str, hash: str) -> FunctionRecord:
    """One version. Raises ``NotFoundError``."""
    if hash:
        row = session.one(
            f"SELECT {_COLUMNS} FROM functions f WHERE f.project_id = ? AND f.name = ? AND f.hash = ?",  # noqa: S608 - a constant
            (project_id, name, hash),
        )
    else:
        tag = tag or LATEST
        row = session.one(
            f"SELECT {_COLUMNS} FROM function_tags t JOIN functions f ON f.id = t.function_id "  # noqa: S608 - a constant
            "WHERE t.project_id = ? AND t.name = ? AND t.tag = ?",
            (project_id, name, tag),
        )
    if row is None:
        raise NotFoundError("no such function", where=f"{name}, {'hash ' + hash if hash else 'tag ' + tag}")
    return _record(row, tag)


def _record(row: Row, tag: str = "") -> FunctionRecord:
    function = FunctionRecord.from_dict(values.decode(bytes(row[3])))
    function.metadata.hash = row[1]
    function.metadata.updated = times.iso(row[2] / 1e6)
    function.metadata.tag = tag
    return function


def matching(
    session: Session, project_id: int, query: FunctionQuery, before: int | None = None
) -> Iterator[tuple[int, FunctionRecord]]:
    """(number, version) of what matches in a project, newest first."""
    tag = "" if query.tag == "*" else query.tag or LATEST
    sql = f"SELECT {_COLUMNS} FROM functions f"  # noqa: S608 - a constant
    conditions: list[str] = ["f.project_id = ?"]
    bound: list[Any] = [project_id]
    if tag:
        sql += " JOIN function_tags t ON t.function_id = f.id"
        conditions.append("t.project_id = ? AND t.tag = ?")
        bound += [project_id, tag]
    for condition, value in (("f.kind = ?", query.kind), ("f.hash = ?", query.hash), ("f.id < ?", before or "")):
        if value != "":
            conditions.append(condition)
            bound.append(value)
    for row in session.stream(f"{sql} WHERE {' AND '.join(conditions)} ORDER BY f.id DESC", bound):
        function = _record(row, tag)
        if query.name and not name_test(query.name)(function.metadata.name):
            continue
        if all(label_holds(function.metadata.labels, condition) for condition in query.labels):
            yield row[0], function


def page(session: Session, project_ids: Sequence[int], query: FunctionQuery) -> Page[FunctionRecord]:
    """A page over one or several projects, newest first."""
    return paging.newest_first(
        [lambda before, id=id: matching(session, id, query, before) for id in project_ids],  # type: ignore[misc]  # a bound name
        limit=query.limit,
        after=query.after,
    )


def delete(session: Session, ids: Sequence[int]) -> None:
    """Delete versions with their tags. Where ``latest`` goes, the newest version that is left gets it."""
    for id in ids:
        lost = session.all("SELECT project_id, name FROM function_tags WHERE function_id = ? AND tag = ?", (id, LATEST))
        session.run("DELETE FROM function_tags WHERE function_id = ?", (id,))
        session.run("DELETE FROM functions WHERE id = ?", (id,))
        for project_id, name in lost:
            row = session.one("SELECT max(id) FROM functions WHERE project_id = ? AND name = ?", (project_id, name))
            if row and row[0] is not None:
                session.run(
                    "INSERT INTO function_tags (project_id, name, tag, function_id) VALUES (?, ?, ?, ?)",
                    (project_id, name, LATEST, row[0]),
                )
