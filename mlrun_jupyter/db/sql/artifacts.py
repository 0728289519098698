"""Versions of artifacts, and the tags that point at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from mlrun_jupyter.db import paging, versions
from mlrun_jupyter.db.match import label_holds, name_test
from mlrun_jupyter.db.query import ArtifactQuery, Page
from mlrun_jupyter.db.sql.engine import Row, Session
from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model import times, values
from mlrun_jupyter.model.artifact import UNLISTED, ArtifactRecord

_COLUMNS: Final = "a.id, a.updated, a.doc"


def store(
    session: Session, project_id: int, project: str, artifact: ArtifactRecord, *, tags: Sequence[str], now: float
) -> ArtifactRecord:
    """Add a version, or refresh it where it is known, and move the tags to it."""
    artifact = versions.prepared(artifact, project=project, updated=times.iso(now))
    metadata, spec = artifact.metadata, artifact.spec
    tags, metadata.tag = versions.wanted_tags(artifact, tags), ""
    row = session.one(
        "INSERT INTO artifacts (project_id, db_key, key, uid, kind, tree, iter, updated, doc) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, db_key, uid) DO UPDATE SET "
        "key = excluded.key, kind = excluded.kind, tree = excluded.tree, iter = excluded.iter, "
        "updated = excluded.updated, doc = excluded.doc RETURNING id",
        (
            *(project_id, spec.db_key, metadata.key, metadata.uid, artifact.kind, metadata.tree, metadata.iter),
            *(int(now * 1e6), values.encode(artifact.to_dict())),
        ),
    )
    assert row is not None  # noqa: S101 - RETURNING
    for name in tags:
        tag(session, project_id, spec.db_key, name, versions.slot(name, metadata.iter), row[0])
    metadata.tag = tags[0] if tags else ""
    return artifact


def store_document(session: Session, project_id: int, project: str, document: dict[str, Any], *, now: float) -> None:
    """Store what a run logged. A document that is no artifact's, or of the run only, stays a link in the run, and nothing else."""
    if document.get(UNLISTED):
        return
    try:
        artifact = ArtifactRecord.from_dict(document)
        artifact.metadata.project = project
        store(session, project_id, project, artifact, tags=(versions.LATEST,), now=now)
    except (msgspec.ValidationError, ValueError):
        return


def tag(session: Session, project_id: int, db_key: str, name: str, slot: int, artifact_id: int) -> None:
    """Move a tag."""
    session.run(
        "INSERT INTO artifact_tags (project_id, db_key, tag, slot, artifact_id) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (project_id, db_key, tag, slot) DO UPDATE SET artifact_id = excluded.artifact_id",
        (project_id, db_key, name, slot, artifact_id),
    )


def find(
    session: Session,
    project_id: int,
    db_key: str,
    *,
    tag: str = "",
    tree: str = "",
    iter: int | None = None,
    uid: str = "",
) -> ArtifactRecord:
    """One version. Raises ``NotFoundError``."""
    sql = f"SELECT {_COLUMNS} FROM artifacts a"  # noqa: S608 - a constant
    conditions, bound = ["a.project_id = ?", "a.db_key = ?"], [project_id, db_key]
    if not tag and not tree and not uid:
        tag = versions.LATEST
    if tag:
        sql += " JOIN artifact_tags t ON t.artifact_id = a.id"
        conditions.append("t.project_id = ? AND t.db_key = ? AND t.tag = ?")
        bound += [project_id, db_key, tag]
    for column, value in (("a.tree", tree), ("a.uid", uid)):
        if value:
            conditions.append(f"{column} = ?")
            bound.append(value)
    if iter is not None:
        conditions.append("a.iter = ?")
        bound.append(iter)
    row = session.one(
        f"{sql} WHERE {' AND '.join(conditions)} ORDER BY CASE WHEN a.iter = 0 THEN 0 ELSE 1 END, a.id DESC LIMIT 1",
        bound,
    )
    if row is None:
        raise NotFoundError("no such artifact", where=_where(db_key, tag, tree, iter, uid))
    return _record(row, tag)


def _where(db_key: str, tag: str, tree: str, iter: int | None, uid: str) -> str:
    said = {"tag": tag, "tree": tree, "iter": iter, "uid": uid}
    return ", ".join([db_key, *(f"{name} {value}" for name, value in said.items() if value not in ("", None))])


def _record(row: Row, tag: str = "") -> ArtifactRecord:
    artifact = ArtifactRecord.from_dict(values.decode(bytes(row[2])))
    artifact.metadata.tag = tag
    return artifact


def matching(
    session: Session, project_id: int, query: ArtifactQuery, before: int | None = None
) -> Iterator[tuple[int, ArtifactRecord]]:
    """(number, version) of what matches in a project, newest first."""
    tag = "" if query.tag == "*" else query.tag or versions.LATEST
    sql, bound = f"SELECT {_COLUMNS} FROM artifacts a", []  # noqa: S608 - a constant
    conditions: list[str] = []
    if tag:
        sql += " JOIN artifact_tags t ON t.artifact_id = a.id"
        conditions.append("t.project_id = ? AND t.tag = ?")
        bound += [project_id, tag]
    conditions.append("a.project_id = ?")
    bound.append(project_id)
    for condition, value in (
        ("a.tree = ?", query.tree),
        ("a.kind = ?", query.kind),
        ("a.iter = ?", query.iter if query.iter is not None else ""),
        ("a.updated >= ?", int(query.update_from * 1e6) if query.update_from is not None else ""),
        ("a.updated < ?", int(query.update_to * 1e6) if query.update_to is not None else ""),
        ("a.id < ?", before if before is not None else ""),
    ):
        if value != "":
            conditions.append(condition)
            bound.append(value)
    order = "t.artifact_id" if tag else "a.id"
    for row in session.stream(f"{sql} WHERE {' AND '.join(conditions)} ORDER BY {order} DESC", bound):
        artifact = _record(row, tag)
        if _matches(artifact, query):
            yield row[0], artifact


def _matches(artifact: ArtifactRecord, query: ArtifactQuery) -> bool:
    if query.name:
        test = name_test(query.name)
        if not (test(artifact.metadata.key) or test(artifact.spec.db_key)):
            return False
    if query.hash and artifact.metadata.hash != query.hash:
        return False
    return all(label_holds(artifact.metadata.labels, condition) for condition in query.labels)


def page(session: Session, project_ids: Sequence[int], query: ArtifactQuery) -> Page[ArtifactRecord]:
    """A page over one or several projects, newest first."""
    return paging.newest_first(
        [lambda before, id=id: matching(session, id, query, before) for id in project_ids],  # type: ignore[misc]  # a bound name
        limit=query.limit,
        after=query.after,
    )


def delete(session: Session, ids: Sequence[int]) -> None:
    """Delete versions with their tags. Where ``latest`` goes, the newest version that is left gets it."""
    for id in ids:
        lost = session.all(
            "SELECT project_id, db_key, slot FROM artifact_tags WHERE artifact_id = ? AND tag = ?",
            (id, versions.LATEST),
        )
        session.run("DELETE FROM artifact_tags WHERE artifact_id = ?", (id,))
        session.run("DELETE FROM artifacts WHERE id = ?", (id,))
        for project_id, db_key, slot in lost:
            row = session.one(
                "SELECT max(id) FROM artifacts WHERE project_id = ? AND db_key = ? AND iter = ?",
                (project_id, db_key, slot),
            )
            if row and row[0] is not None:
                tag(session, project_id, db_key, versions.LATEST, slot, row[0])
