"""The store that a Jupyter server reads, opened when it is first asked for, and the threads that ask it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.runs.changes import Watcher

T = TypeVar("T")


class StoreAccess:
    """Asks a store from threads, so that a slow one keeps nobody else waiting.

    Parameters
    ----------
    address
        Of the store; empty: the configured one.
    threads
        How many questions are asked at once.
    """

    def __init__(self, address: str = "", *, threads: int = 4) -> None:
        self._address = address
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mlrun-store")
        self._lock = threading.Lock()
        self._watcher: tuple[RunDB, Watcher] | None = None

    async def ask(self, question: Callable[[RunDB], T]) -> T:
        """The answer to a question. Raises what the question or opening the store raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: question(self._open()))

    async def watcher(self) -> Watcher:
        """The one watcher of the store."""
        return await self.ask(self._watch)

    def _open(self) -> RunDB:
        return open_db(self._address)

    def _watch(self, db: RunDB) -> Watcher:
        with self._lock:
            if self._watcher is None or self._watcher[0] is not db:
                self._watcher = db, Watcher(db)
            return self._watcher[1]

    def close(self) -> None:
        """End the threads; questions that were not begun are dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)
