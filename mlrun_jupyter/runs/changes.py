"""Word that something changed in a store: one watcher for everybody who waits.

A store in a folder is looked at by the times of its files, which costs nothing while nothing happens; any other is asked
for what was updated last.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import ALL_PROJECTS, RunQuery
from mlrun_jupyter.errors import MlrunError

INTERVAL: Final = 0.25
"""Seconds between two looks at a store in a folder."""
ELSEWHERE: Final = 1.0
"""Seconds between two looks at any other."""
LONGEST: Final = 30.0
_FILES: Final = ("mlrun.db", "mlrun.db-wal")


class Changes(msgspec.Struct):
    """``token`` is what to ask with the next time; ``changed`` is false when the time was over first, and at the start."""

    token: str
    changed: bool


class Watcher:
    """Looks at one store while somebody waits.

    Parameters
    ----------
    db
        The store.
    clock
        Seconds that only grow.
    """

    def __init__(self, db: RunDB, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._clock = clock
        self._turn = threading.Lock()
        self._folder = None if "://" in db.url else Path(db.url)
        self._pause = INTERVAL if self._folder else ELSEWHERE
        self._looked = float("-inf")
        self._token = ""

    async def wait(
        self, token: str = "", *, seconds: float = 20.0, gone: Callable[[], bool] = lambda: False
    ) -> Changes:
        """Wait until the store is not any more what it was at ``token``.

        Parameters
        ----------
        token
            Of the answer before; empty answers at once.
        seconds
            At the longest, up to 30.
        gone
            Asked now and then; True ends the waiting.
        """
        end = self._clock() + min(max(0.0, seconds), LONGEST)
        while True:
            now = await asyncio.to_thread(self.look)
            if now != token:
                return Changes(now, bool(token))
            if self._clock() >= end or gone():
                return Changes(now, False)
            await asyncio.sleep(self._pause)

    def look(self) -> str:
        """The state of the store as a short text; all who wait share one look."""
        with self._turn:
            if self._clock() - self._looked >= self._pause * 0.9:
                self._token = self._of_files(self._folder) if self._folder else self._of_runs()
                self._looked = self._clock()
            return self._token

    @staticmethod
    def _of_files(folder: Path) -> str:
        found = []
        for name in _FILES:
            try:
                status = (folder / name).stat()
                found.append(f"{status.st_mtime_ns:x}.{status.st_size:x}")
            except OSError:
                found.append("0")
        return "-".join(found)

    def _of_runs(self) -> str:
        try:
            newest = self._db.list_runs(RunQuery(project=ALL_PROJECTS, sort=("-update",), limit=1)).rows
            counted = sum(self._db.count_runs(RunQuery(project=ALL_PROJECTS)).values())
        except MlrunError:
            return "unavailable"
        return f"{counted}-{newest[0].status.last_update if newest else ''}"
