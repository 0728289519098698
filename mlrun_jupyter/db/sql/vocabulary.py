"""Small numbers for what is said again and again: projects, scopes, names of runs and of fields."""

from __future__ import annotations

import time
from typing import Final

from mlrun_jupyter.db.sql.engine import Session

_LIMIT: Final = 100_000
_MAKING: Final = "vocabulary"
"""Whoever makes something new here holds this lock, so that two never wait for each other's."""


def parents(project_id: int) -> int:
    """The scope of a project's runs."""
    return project_id * 2


def children(project_id: int) -> int:
    """The scope of the iterations of a project's sweeps."""
    return project_id * 2 + 1


def scope_of(project_id: int, iteration: int) -> int:
    return project_id * 2 + (iteration > 0)


class Vocabulary:
    """Looks up and makes those numbers, and remembers them.

    Numbers of projects are never used again, and names and fields go only with their project, so what is remembered
    cannot come to mean something else; after a rollback :meth:`forget` has to be called.
    """

    def __init__(self) -> None:
        self._ids: dict[tuple[str, int, str], int] = {}

    def forget(self) -> None:
        self._ids = {}

    def project(self, session: Session, name: str) -> int | None:
        row = session.one("SELECT id FROM projects WHERE name = ?", (name,))
        return row[0] if row else None

    def make_project(self, session: Session, name: str) -> int:
        found = self.project(session, name)
        if found is None:
            session.exclusive(_MAKING)
            session.run(
                "INSERT INTO projects (name, created) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (name, int(time.time() * 1e6)),
            )
            found = self.project(session, name)
        assert found is not None  # noqa: S101 - just made, or made before
        return found

    def projects(self, session: Session) -> list[tuple[int, str]]:
        return [(id, name) for id, name in session.all("SELECT id, name FROM projects ORDER BY name")]

    def name(self, session: Session, scope: int, name: str) -> int:
        """The number of a run's name, made when it is new."""
        return self._made(session, "names", scope, name)

    def field(self, session: Session, scope: int, name: str) -> int:
        """The number of ``results.accuracy`` and the like, made when it is new."""
        return self._made(session, "fields", scope, name)

    def known_field(self, session: Session, scope: int, name: str) -> int | None:
        return self._found(session, "fields", scope, name)

    def _found(self, session: Session, table: str, scope: int, name: str) -> int | None:
        found = self._ids.get((table, scope, name))
        if found is None:
            row = session.one(f"SELECT id FROM {table} WHERE scope = ? AND name = ?", (scope, name.encode()))  # noqa: S608 - one of two constants
            if row is None:
                return None
            found = self._remember(table, scope, name, row[0])
        return found

    def _made(self, session: Session, table: str, scope: int, name: str) -> int:
        found = self._found(session, table, scope, name)
        if found is None:
            session.exclusive(_MAKING)
            row = session.one(
                f"INSERT INTO {table} (scope, name) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id",  # noqa: S608 - one of two constants
                (scope, name.encode()),
            )
            found = self._remember(table, scope, name, row[0]) if row else self._found(session, table, scope, name)
        assert found is not None  # noqa: S101 - just made, or made before
        return found

    def _remember(self, table: str, scope: int, name: str, id: int) -> int:
        if len(self._ids) >= _LIMIT:
            self._ids = {}
        self._ids[table, scope, name] = id
        return id
