"""What the operations of one service share."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.service.access import TokenBook
from mlrun_jupyter.service.changes import Changes
from mlrun_jupyter.service.counters import Counters
from mlrun_jupyter.service.lasting import Lasting
from mlrun_jupyter.service.origin import Hosts

if TYPE_CHECKING:
    from mlrun_jupyter.runs.retention import Rule

THREADS: Final = 8


class ServedStore(RunDB, Protocol):
    """A store that can be served: it creates runs, and ends those whose writers it is told about."""

    def store_run(self, run: RunRecord, *, create: bool = False) -> None: ...
    def live_writers(self) -> dict[str, float]: ...
    def end_lost(self, writer: str, *, presumed: bool) -> int: ...


class Service:
    """A store with its doors.

    Parameters
    ----------
    db
        What is served.
    tokens, hosts
        Who may come in, and under which names.
    artifact_path
        Where clients put artifacts; the store's own folder by default.
    page
        The folder of the built dashboard.
    retention
        What is deleted without being asked for.
    """

    def __init__(
        self,
        db: Any,
        *,
        tokens: TokenBook,
        hosts: Hosts,
        artifact_path: str = "",
        page: Path | None = None,
        threads: int = THREADS,
        retention: Sequence[Rule] = (),
    ) -> None:
        self.db: ServedStore = db
        self.tokens = tokens
        self.hosts = hosts
        self.artifact_path = artifact_path or db.artifact_path
        self.page = page
        self.retention = tuple(retention)
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="mlrun-store")
        self.changes = Changes(db)
        self.counters = Counters()
        self.lasting = Lasting(db)

    @property
    def artifact_root(self) -> Path | None:
        """The folder of this machine below which artifacts lie; None where they go elsewhere."""
        return None if "://" in self.artifact_path else Path(self.artifact_path)

    def close(self) -> None:
        """Let go of threads and files; the store is closed by whoever opened it."""
        self.threads.shutdown(wait=True, cancel_futures=True)
        self.lasting.close()
        self.changes.close()
