"""MLflow's SQLite database: the tables ``experiments``, ``runs``, ``params``, ``metrics`` and ``tags``, as every version has them.

Opened for reading only, in use or not.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mlrun_jupyter.errors import DataError
from mlrun_jupyter.transfer.intake import file_name
from mlrun_jupyter.transfer.items import Curve, Item
from mlrun_jupyter.transfer.mlflow.convert import Experiment, Told, artifacts_of, run_of

_TABLES: Final = frozenset({"experiments", "runs", "params", "metrics", "tags"})
_RUN: Final = ("run_uuid", "name", "status", "start_time", "end_time", "user_id", "artifact_uri")


class DatabaseSource:
    """A file such as ``mlflow.db``. Raises ``DataError`` for a database of something else."""

    own = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = f"mlflow.{file_name(path)}"
        with self._open() as connection:
            found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if missing := _TABLES - found:
            raise DataError(
                "not a database of MLflow's", where=str(path), hint=f"it has no {', '.join(sorted(missing))}"
            )

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(
                sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)
            ) as connection:
                connection.text_factory = lambda data: data.decode(errors="replace")
                yield connection
        except sqlite3.Error as error:
            raise DataError(f"the database cannot be read: {error}", where=str(self._path)) from error

    def items(self) -> Iterator[Item]:
        with self._open() as connection:
            notes = _notes(connection)
            for id, name, created in connection.execute(
                "SELECT experiment_id, name, creation_time FROM experiments WHERE lifecycle_stage = 'active' ORDER BY 1"
            ).fetchall():
                experiment = Experiment(id=str(id), name=name or "", created=int(created or 0), note=notes.get(id, ""))
                runs = connection.execute(
                    f"SELECT {', '.join(_RUN)} FROM runs WHERE experiment_id = ? AND lifecycle_stage = 'active' "  # noqa: S608 - constants
                    "ORDER BY start_time",
                    (id,),
                ).fetchall()
                if not runs and id == 0:
                    continue  # the one that is always there
                yield experiment.record()
                for row in runs:
                    yield from self._run(connection, experiment, row)

    def _run(self, connection: sqlite3.Connection, experiment: Experiment, row: tuple[Any, ...]) -> Iterator[Item]:
        uid, name, status, start, end, user, place = row
        told = Told(
            id=uid,
            name=name or "",
            status=status or "",
            start=start,
            end=end,
            user=user or "",
            artifacts=place or "",
            params=dict(connection.execute("SELECT key, value FROM params WHERE run_uuid = ?", (uid,))),
            tags={
                key: value or ""
                for key, value in connection.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (uid,))
            },
        )
        found = list(artifacts_of(experiment, told, self._path.parent))
        yield from found
        yield run_of(experiment, told, _curves(connection, uid), found)


def _curves(connection: sqlite3.Connection, uid: str) -> dict[str, Curve]:
    curves: dict[str, Curve] = {}
    for key, step, moment, value, is_nan in connection.execute(
        "SELECT key, step, timestamp, value, is_nan FROM metrics WHERE run_uuid = ? ORDER BY key, step, timestamp",
        (uid,),
    ):
        curve = curves.setdefault(key, Curve(key, [], [], []))
        curve.steps.append(int(step))
        curve.times.append(moment / 1e3)
        curve.values.append(math.nan if is_nan else _infinite(float(value)))
    return curves


def _infinite(value: float) -> float:
    """The database has the largest finite numbers in place of infinities."""
    return math.copysign(math.inf, value) if abs(value) >= 1.7976931348623157e308 else value


def _notes(connection: sqlite3.Connection) -> dict[int, str]:
    with contextlib.suppress(sqlite3.Error):  # older versions have no such table
        return dict(
            connection.execute(
                "SELECT experiment_id, value FROM experiment_tags WHERE key = 'mlflow.note.content' AND value IS NOT NULL"
            )
        )
    return {}
