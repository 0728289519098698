"""Ends runs whose writers have fallen silent, applies the journals of this machine's dead processes, and deletes what is
kept no longer: old runs, and uploads that nobody went on with."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.safety import files

if TYPE_CHECKING:
    from mlrun_jupyter.service.state import Service

INTERVAL: Final = 10.0
"""Seconds between two looks for lost runs."""
PRUNE_INTERVAL: Final = 3600.0
"""Seconds between two looks for runs that the rules of retention let go."""

UNFINISHED: Final = 86400.0
"""Seconds that an upload may rest before what came of it is deleted; looked for as often."""

log = logging.getLogger(__name__)


class Reaper:
    """Visits the store now and then."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def run(self) -> None:
        """Until cancelled."""
        pruned, tidied = -PRUNE_INTERVAL, -UNFINISHED
        while True:
            await asyncio.sleep(INTERVAL)
            await self._act("lost runs wait", self._recover)
            if self._service.retention and time.monotonic() - pruned >= PRUNE_INTERVAL:
                pruned = time.monotonic()
                await self._act("old runs wait", self._prune)
            if time.monotonic() - tidied >= UNFINISHED:
                tidied = time.monotonic()
                await self._act("unfinished uploads wait", self._tidy)

    async def _act(self, trouble: str, action: Callable[[], str]) -> None:
        """Do something to the store in a thread; ``action`` says what it did, nothing where that is nothing."""
        try:
            told = await asyncio.get_running_loop().run_in_executor(self._service.threads, action)
        except (MlrunError, OSError) as error:
            log.warning("%s: %s", trouble, error)
            return
        if told:
            log.info("%s", told)
            self._service.changes.note()

    def _recover(self) -> str:
        ended = self._service.db.recover()
        return f"{ended} lost runs were ended" if ended else ""

    def _tidy(self) -> str:
        root = self._service.artifact_root
        count = files.remove_leftovers(root, older_than=time.time() - UNFINISHED) if root is not None else 0
        return f"{count} unfinished uploads were deleted" if count else ""

    def _prune(self) -> str:
        from mlrun_jupyter.runs import retention

        done = retention.prune(self._service.db, self._service.retention)
        return f"{done.runs} old runs and {done.artifacts} artifacts were deleted" if done.runs else ""
