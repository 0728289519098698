"""Calls that are waited for only so long, whatever they hang on: a name that is not found, a line that went dead."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

T = TypeVar("T")
_Jobs = queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None]

STUCK: Final = 10.0
"""Seconds after which a call that nobody waits for any more is forgotten."""


class BusyError(Exception):
    """An earlier call was given up a moment ago, and has not come back."""


class Courier:
    """Threads that make calls, as many as are waited for at once. They never keep an interpreter from ending."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Jobs] = []
        self._given_up: list[tuple[Future[Any], float]] = []
        self._closed = False

    def call(self, action: Callable[[], T], *, seconds: float) -> T:
        """What ``action`` returns or raises.

        Raises ``TimeoutError`` when it takes too long (it goes on, unheard), and :class:`BusyError` at once while such a
        one goes on.
        """
        future: Future[T] = Future()
        with self._lock:
            now = time.monotonic()
            self._given_up = [each for each in self._given_up if not each[0].done() and now - each[1] < STUCK]
            if self._given_up:
                raise BusyError
            jobs = self._idle.pop() if self._idle else self._start()
        jobs.put((action, future))
        try:
            return future.result(timeout=seconds)
        except TimeoutError:
            with self._lock:
                self._given_up.append((future, now))
            raise

    def close(self) -> None:
        """Let the threads end; those that are busy, when they are done."""
        with self._lock:
            self._closed = True
            for jobs in self._idle:
                jobs.put(None)
            self._idle.clear()

    def _start(self) -> _Jobs:
        jobs: _Jobs = queue.SimpleQueue()
        threading.Thread(target=self._work, args=[jobs], name="mlrun-courier", daemon=True).start()
        return jobs

    def _work(self, jobs: _Jobs) -> None:
        while (job := jobs.get()) is not None:
            action, future = job
            try:
                result = action()
            except BaseException as error:  # whoever waits is told
                self._done(jobs)
                future.set_exception(error)
            else:
                self._done(jobs)
                future.set_result(result)

    def _done(self, jobs: _Jobs) -> None:
        with self._lock:
            if self._closed:
                jobs.put(None)
            else:
                self._idle.append(jobs)
