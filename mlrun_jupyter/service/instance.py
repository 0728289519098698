"""One service for a folder."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from mlrun_jupyter.db import liveness
from mlrun_jupyter.db.lock import writer_lock
from mlrun_jupyter.db.remote.nearby import FILE, FOLDER, Instance, find
from mlrun_jupyter.errors import ConflictError, StoreUnavailableError
from mlrun_jupyter.safety.files import write_atomic


class Claim:
    """The right to serve a folder, from entering until leaving, or until the process is gone.

    Raises ``ConflictError`` naming the process that serves it already.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER
        self._lock = writer_lock(self.folder / "lock")

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailableError(
                f"the folder cannot be made: {error.strerror}", where=str(self.folder)
            ) from error
        try:
            self._lock.acquire(timeout=0.0)
        except StoreUnavailableError:
            other = find(self.folder.parent)
            if other is None:
                raise
            raise ConflictError(
                f"a service runs for this folder already: process {other.pid}",
                where=str(self.folder.parent),
                hint=f"it is reached at {other.url}",
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        (self.folder / FILE).unlink(missing_ok=True)
        self._lock.release()

    def tell(self, url: str, version: str) -> None:
        """Write down where the service is reached."""
        pid = os.getpid()
        instance = Instance(url=url, pid=pid, started=liveness.start_time(pid) or 0.0, version=version)
        write_atomic(self.folder / FILE, msgspec.json.encode(instance), sync=False)
