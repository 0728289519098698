"""Knowing that a store has changed, without asking it for everything again."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Final

from mlrun_jupyter.db.base import RunDB

_FILE: Final = "mlrun.db"


class Changes:
    """A number that is another one after every change of the store, whoever made it.

    SQLite tells each connection when another one has committed; asking costs microseconds and reads no page. Of other
    stores only what went through this service is known: :attr:`exact` tells the two apart.
    """

    def __init__(self, db: RunDB) -> None:
        self._own = 0
        self._lock = threading.Lock()
        self._connection = _watcher(Path(db.address))

    @property
    def exact(self) -> bool:
        """Whether no change goes unseen."""
        return self._connection is not None

    def number(self) -> tuple[int, int]:
        """Equal numbers: nothing has changed in between."""
        connection = self._connection
        if connection is None:
            return self._own, 0
        with self._lock:
            row = connection.execute("PRAGMA data_version").fetchone()
        return self._own, int(row[0])

    def note(self) -> None:
        """Something was written through this service."""
        self._own += 1

    def close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()


def _watcher(folder: Path) -> sqlite3.Connection | None:
    """A connection that can only read, and so never copies the log into the file, not even when it is closed."""
    path = folder / _FILE
    if "://" in str(folder) or not path.is_file():
        return None
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA data_version").fetchone()
    except sqlite3.Error:
        return None
    return connection
