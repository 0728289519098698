"""Calls that are waited for only so long, whatever they hang on: a name that is not found, a line that went dead."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

T = TypeVar("T")

STUCK: Final = 10.0
"""Seconds after which a call that does not come back is left to itself, and another thread takes over."""


class BusyError(Exception):
    """The call before has not come back yet."""


class Courier:
    """One thread that makes calls, one after the other. It never keeps an interpreter from ending."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._current: Future[Any] | None = None
        self._thread: threading.Thread | None = None
        self._since = 0.0
        self._lock = threading.Lock()

    def call(self, action: Callable[[], T], *, seconds: float) -> T:
        """What ``action`` returns or raises. Raises ``TimeoutError`` when it takes too long (it goes on, unheard), and
        :class:`BusyError` while an earlier one does."""
        with self._lock:
            if self._current is not None and not self._current.done():
                if time.monotonic() - self._since < STUCK:
                    raise BusyError
                self._end()
            if self._thread is None:
                self._jobs = queue.SimpleQueue()
                self._thread = threading.Thread(target=self._work, args=[self._jobs], name="mlrun-courier", daemon=True)
                self._thread.start()
            future: Future[T] = Future()
            self._current, self._since = future, time.monotonic()
            self._jobs.put((action, future))
        return future.result(timeout=seconds)

    def close(self) -> None:
        """Let the thread end."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._thread is not None:
            self._jobs.put(None)
            self._thread = None

    @staticmethod
    def _work(jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None]) -> None:
        while (job := jobs.get()) is not None:
            action, future = job
            try:
                future.set_result(action())
            except BaseException as error:  # whoever waits is told
                future.set_exception(error)
