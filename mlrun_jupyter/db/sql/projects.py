"""Projects: made by hand, or by the first thing that is kept in them."""

from __future__ import annotations

from typing import Final

from mlrun_jupyter.db.sql.engine import Row, Session
from mlrun_jupyter.db.sql.vocabulary import Vocabulary, children, parents
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import times, values
from mlrun_jupyter.model.project import ProjectRecord

_OF_SCOPE: Final = (
    "DELETE FROM run_numbers WHERE field_id IN (SELECT id FROM fields WHERE scope = ?)",
    "DELETE FROM run_texts WHERE field_id IN (SELECT id FROM fields WHERE scope = ?)",
    "DELETE FROM points WHERE run_id IN (SELECT id FROM runs WHERE scope = ?)",
    "DELETE FROM point_bodies WHERE run_id IN (SELECT id FROM runs WHERE scope = ?)",
    "DELETE FROM run_artifacts WHERE run_id IN (SELECT id FROM runs WHERE scope = ?)",
    "DELETE FROM logs WHERE run_id IN (SELECT id FROM runs WHERE scope = ?)",
    "DELETE FROM runs WHERE scope = ?",
    "DELETE FROM fields WHERE scope = ?",
    "DELETE FROM names WHERE scope = ?",
)
_OF_PROJECT: Final = (
    "DELETE FROM artifact_tags WHERE project_id = ?",
    "DELETE FROM artifacts WHERE project_id = ?",
    "DELETE FROM function_tags WHERE project_id = ?",
    "DELETE FROM functions WHERE project_id = ?",
    "DELETE FROM projects WHERE id = ?",
)


def store(session: Session, vocabulary: Vocabulary, project: ProjectRecord) -> None:
    """Write a project's document."""
    name = project.metadata.name
    if not name:
        raise InvalidArgumentError("a project needs a name", where="metadata.name")
    project_id = vocabulary.make_project(session, name)
    session.run("UPDATE projects SET doc = ? WHERE id = ?", (values.encode(project.to_dict()), project_id))


def find(session: Session, name: str) -> ProjectRecord:
    """Raises ``NotFoundError``."""
    row = session.one("SELECT name, created, doc FROM projects WHERE name = ?", (name,))
    if row is None:
        raise NotFoundError("no such project", where=name)
    return _record(row)


def listed(session: Session) -> list[ProjectRecord]:
    """All, by name."""
    return [_record(row) for row in session.all("SELECT name, created, doc FROM projects ORDER BY name")]


def _record(row: Row) -> ProjectRecord:
    project = ProjectRecord.from_dict(values.decode(bytes(row[2]))) if row[2] else ProjectRecord()
    project.metadata.name = row[0]
    project.metadata.created = project.metadata.created or times.iso(row[1] / 1e6)
    return project


def delete(session: Session, vocabulary: Vocabulary, name: str) -> None:
    """Delete a project with everything in it. Raises ``NotFoundError``."""
    project_id = vocabulary.project(session, name)
    if project_id is None:
        raise NotFoundError("no such project", where=name)
    for scope in (parents(project_id), children(project_id)):
        for statement in _OF_SCOPE:
            session.run(statement, (scope,))
    session.run("DELETE FROM late WHERE project = ?", (name.encode(),))
    for statement in _OF_PROJECT:
        session.run(statement, (project_id,))
    vocabulary.forget()
