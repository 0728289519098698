"""Ends runs whose writers have fallen silent, and applies the journals of this machine's dead processes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from mlrun_jupyter.errors import MlrunError

if TYPE_CHECKING:
    from mlrun_jupyter.service.state import Service

INTERVAL: Final = 10.0
"""Seconds."""

log = logging.getLogger(__name__)


class Reaper:
    """Visits the store now and then."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                ended = await loop.run_in_executor(self._service.threads, self._service.db.recover)
            except (MlrunError, OSError) as error:
                log.warning("lost runs wait: %s", error)
                continue
            if ended:
                log.info("%d lost runs were ended", ended)
                self._service.changes.note()
