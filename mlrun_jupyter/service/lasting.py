"""What a service has answered survives the power of its host: the store's log is put on the disk first.

SQLite would do that within each transaction, one writer after the other. Here it is done after the transaction, once for
everybody who waits, so that many clients cost the disk no more than one.
"""

from __future__ import annotations

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import StoreUnavailableError
from mlrun_jupyter.safety import files

_LOG: Final = "mlrun.db-wal"

log = logging.getLogger(__name__)


class Lasting:
    """The disk below a store in a folder; other stores see to it themselves, and are not waited for."""

    def __init__(self, db: RunDB) -> None:
        folder = Path(db.address)
        self._file = None if "://" in db.address or not folder.is_dir() else folder / _LOG
        self._inode = 0
        self._failed = ""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mlrun-disk")
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def settle(self) -> None:
        """Return when everything written so far is on the disk.

        Raises ``StoreUnavailableError`` when the disk has failed, from then on each time: what a disk has once refused to
        keep it does not report again.
        """
        if self._file is None:
            return
        if self._next is None:  # whoever comes while it waits is served by it
            self._next = asyncio.create_task(self._sync_after(self._running, self._file))
        await asyncio.shield(self._next)

    async def _sync_after(self, before: asyncio.Task[None] | None, file: Path) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._next = self._next, None
        await asyncio.get_running_loop().run_in_executor(self._thread, self._sync, file)

    def _sync(self, file: Path) -> None:
        if not self._failed:
            try:
                self._sync_file(file)
                return
            except OSError as error:
                self._failed = str(error.strerror)
                log.critical("the disk below %s does not keep what is written: %s", file.parent, self._failed)
        raise StoreUnavailableError(
            f"the disk does not keep what is written: {self._failed}",
            where=str(file.parent),
            hint="look after the disk, then start the service again",
        )

    def _sync_file(self, path: Path) -> None:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return  # copied into the store, which is synced for that
        try:
            os.fdatasync(fd)
            inode = os.fstat(fd).st_ino
        finally:
            os.close(fd)
        if inode != self._inode:  # a new file has to have its name on the disk as well
            files.sync_folder(path.parent)
            self._inode = inode

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=True)
