"""A process's way into one store: its journal, and the recorder thread that applies it.

Logging is an append to the journal and returns. The recorder takes new records about ten times a second, puts them
into the store in one transaction, and syncs the journal to the disk once a second. A store that is slow, full or gone
costs the user's code nothing: the journal waits, and what could not be applied is applied by whoever opens the store
next.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import logging
import os
import random
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from mlrun_jupyter import config
from mlrun_jupyter.artifacts import durable
from mlrun_jupyter.db import chosen, open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import MlrunError, NotFoundError
from mlrun_jupyter.model import journal as format
from mlrun_jupyter.model import states
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.tracking.journal import FileJournal, Journal, MemoryJournal

INTERVAL = 0.1
"""Seconds between two visits of the recorder."""
SHARE = 9.0
"""The recorder rests so many times as long as a visit kept the processor busy: the larger a run's document grows, the more
seldom it is written, and recording never takes more than a tenth of the time."""
SYNC_INTERVAL = 1.0
BEAT_INTERVAL = 20.0
ABORT_INTERVAL = 1.0
"""Seconds between two looks whether a run of this process is to be aborted."""
_LOOK = 1.0  # seconds after which somebody who waits for the recorder looks whether it is still there
LONGEST = 5.0
"""Longest pause, in seconds, between two visits."""
BACK_OFF = 2.0
"""Longest pause, in seconds, before a store in trouble is tried again: about as long as a service takes to come back."""

_log = logging.getLogger(__name__)
_chance = random.SystemRandom()  # not the user's generator, whose draws a seed decides


class Attempt:
    """A run that is open in this process, and the thread that it was opened in."""

    __slots__ = ("interrupted", "key", "thread")

    def __init__(self, key: RunKey, thread: int) -> None:
        self.key = key
        self.thread = thread
        self.interrupted = False


class _Visit:
    """What somebody who waits for the recorder holds."""

    __slots__ = ("done", "error")

    def __init__(self) -> None:
        self.done = threading.Event()
        self.error: Exception | None = None

    def end(self, error: Exception | None) -> None:
        self.error = error
        self.done.set()


def interrupt(thread: int) -> None:
    """Raise KeyboardInterrupt in a thread of this process; the main one is interrupted in system calls, too."""
    if thread == threading.main_thread().ident:
        signal.raise_signal(signal.SIGINT) if os.name == "nt" else os.kill(os.getpid(), signal.SIGINT)
    else:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt))


class Tracker:
    """Records what runs of this process do in one store; see :func:`of`.

    All methods may be called from any thread.
    """

    def __init__(self, db: RunDB) -> None:
        self.db = db
        self.journal: Journal = (
            MemoryJournal()
            if db.spool is None
            else FileJournal(db.spool, durable=config.current().durability == "full")
        )
        self.trouble = ""
        self._told: type[Exception] | None = None
        self._open: dict[int, Attempt] = {}
        self._joined = False
        self._actions: deque[Callable[[], None]] = deque()
        self._acting = threading.Lock()
        self._known: set[str] = set()
        self._batch: list[JournalRecord] = []
        self._turn = threading.Lock()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._visits: deque[_Visit] = deque()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self._synced = time.monotonic()
        self._beaten = time.monotonic()
        self._asked = time.monotonic()

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    # recording

    def open_run(self, key: RunKey, attempt: int, document: dict[str, Any]) -> int:
        """Begin an attempt. Raises ``StoreUnavailableError`` when nothing can be recorded: better now than later."""
        ref = self.journal.open(key, attempt, document)
        self._open[ref] = Attempt(key, threading.get_ident())
        self._notice()
        return ref

    def join_run(self, key: RunKey, attempt: int) -> int:
        """Record for an attempt that another process began and will end."""
        self._joined = True
        ref = self.journal.open(key, attempt, None)
        self._notice()
        return ref

    def append(self, op: str, ref: int, payload: Any) -> None:
        """Record something of a run. Never raises for trouble of the store."""
        self.journal.append(op, ref, payload)
        self._notice()

    def metric(self, ref: int, step: int | None, series: dict[str, float], moment: float) -> None:
        """Record points at one step; the quick way: while a run is open the recorder looks for them by itself."""
        self.journal.metric(ref, step, series, moment)

    def close_run(self, ref: int, status: dict[str, Any]) -> None:
        """End an attempt with the last fields of its status."""
        self.settle()
        self.append(format.CLOSE, ref, status)
        self._open.pop(ref, None)

    def share(self, hash: str, kind: str, body: Any) -> None:
        """Record something that many runs refer to, once for each process."""
        if hash not in self._known:
            self._known.add(hash)
            self.append(format.OBJECT, 0, {"kind": kind, "hash": hash, "body": body})

    def soon(self, action: Callable[[], None]) -> None:
        """Have ``action`` done by the recorder's thread, or by :meth:`settle` if that comes first."""
        self._actions.append(action)
        self._notice()

    def settle(self) -> None:
        """Do now what was left for soon; a run is not closed before what belongs to it is recorded."""
        if self._actions or self._acting.locked():
            with self._acting:
                while self._actions:
                    self._actions.popleft()()

    # applying

    def flush(self) -> None:
        """Have everything recorded so far applied. Raises ``StoreError`` when the store does not take it.

        The recorder's thread does it, and this one waits: an interrupt can end the waiting, but tears nothing apart.
        """
        thread = self._thread
        if thread is None or self._ended.is_set():  # nothing was recorded, or all is done
            return
        visit = _Visit()
        self._visits.append(visit)
        self._hurry.set()
        self._wake.set()
        while not visit.done.wait(_LOOK) and thread.is_alive():
            pass
        if visit.error is not None:
            raise visit.error

    def _apply(self, *, lasting: bool = False) -> None:
        self.settle()
        if self.trouble:
            self.db.recover()  # what children recorded meanwhile comes before the end of their runs
        while batch := self._batch or self.journal.take():
            self._batch = batch  # kept until the store has it
            full = self.journal.full
            self.db.apply(self.journal.writer, batch, durable=lasting or full)
            self._batch = []
            if full:
                self.journal.trim()
        self.trouble = self.journal.trouble

    def _notice(self) -> None:
        if self._thread is None:  # a process that only reads has no thread
            self._thread = threading.Thread(target=self._record, name="mlrun-recorder", daemon=True)
            self._thread.start()
        self._wake.set()

    def _after_fork(self) -> None:
        """A child has its parent's memory but none of its threads, and must not share its connections."""
        self._turn, self._wake, self._ended = threading.Lock(), threading.Event(), threading.Event()
        self._hurry, self._visits = threading.Event(), deque()
        self._thread = None
        self._batch, self._actions, self._acting = [], deque(), threading.Lock()
        self._known.clear()
        self.journal.after_fork()
        self.db = open_db(self.db.url)

    def _record(self) -> None:
        pause, due = INTERVAL, 0.0
        while not self._ended.is_set():
            self._wake.wait(timeout=INTERVAL if self._open or self._joined else None)
            self._hurry.wait(INTERVAL)  # so that many records come together, unless somebody waits for them
            self._wake.clear()
            self._hurry.clear()
            self._sync()  # whatever the store does
            waiting = len(self._visits)
            if not waiting and time.monotonic() < due:
                self._wake.set()
                continue
            began = time.thread_time()
            if self._visit(waiting):
                pause = max(INTERVAL, min(SHARE * (time.thread_time() - began), LONGEST))
                due = time.monotonic() + pause - INTERVAL
            else:
                pause = min(pause * 2, BACK_OFF)
                due = time.monotonic() + pause * _chance.uniform(0.5, 1.0)

    def _visit(self, waiting: int) -> bool:
        """One round; the first ``waiting`` of those who wait for it are told. False when the store is in trouble."""
        trouble: Exception | None = None
        try:
            with self._turn:
                if not self._ended.is_set():
                    self._beat()
                    self._apply()
                    self._look_for_aborts()
        except Exception as error:  # the recorder outlives every trouble: the journal keeps what it could not apply
            trouble = error
            self._troubled(error)
        else:
            self._told = None
        for _ in range(waiting):
            self._visits.popleft().end(trouble)
        return trouble is None

    def _troubled(self, error: Exception) -> None:
        """Say so once, and come again."""
        self._wake.set()
        self.trouble = str(error)
        if self._told is not type(error):  # the words differ from try to try
            self._told = type(error)
            _log.warning("tracking waits for the store: %s", error)

    def _beat(self) -> None:
        now = time.monotonic()
        if self._open and now - self._beaten >= BEAT_INTERVAL:
            self._beaten = now
            for ref in list(self._open):
                self.journal.append(format.BEAT, ref, None)

    def _sync(self) -> None:
        """Once a second; a last one comes a second after the last record."""
        now = time.monotonic()
        if now - self._synced < SYNC_INTERVAL:
            self._wake.set()
            return
        self._synced = now
        try:
            with self._turn:  # or the journal could be closed under it
                if not self._ended.is_set():
                    durable.sync_pending()  # bytes before the records that name them
                    self.journal.sync()
        except OSError as error:
            self._troubled(error)

    def _look_for_aborts(self) -> None:
        """A run whose state somebody has set to ``aborting`` gets an interrupt, as if its user had pressed Ctrl-C."""
        now = time.monotonic()
        if not self._open or now - self._asked < ABORT_INTERVAL:
            return
        self._asked = now
        for attempt in list(self._open.values()):
            if not attempt.interrupted and self._is_aborting(attempt.key):
                attempt.interrupted = True
                interrupt(attempt.thread)

    def _is_aborting(self, key: RunKey) -> bool:
        try:
            return self.db.read_run(key).status.state == states.ABORTING
        except NotFoundError:
            return False

    def close(self) -> None:
        """Apply what is left, for good, and delete the journal; where the store is in trouble the journal stays."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._hurry.set()
        self._wake.set()
        with self._turn, contextlib.suppress(MlrunError, OSError):
            durable.sync_pending()
            self._apply(lasting=True)
            if not self._open and self.journal.end():
                self.db.forget_writer(self.journal.writer)


_trackers: dict[str, Tracker] = {}
_trackers_lock = threading.Lock()


def of(db: RunDB) -> Tracker:
    """The tracker of this process for a store; made at the first call.

    Raises
    ------
    StoreUnavailableError
        The store's journal folder cannot be written.
    """
    with _trackers_lock:
        tracker = _trackers.get(db.url)
        if tracker is None or tracker.ended or tracker.db is not db:
            tracker = _trackers[db.url] = Tracker(db)
        return tracker


def flush(db: RunDB) -> None:
    """Apply what this process has recorded for a store, so that reading finds it; nothing to do when there is nothing."""
    tracker = _trackers.get(db.url)
    if tracker is not None and tracker.db is db and not tracker.ended:
        with contextlib.suppress(MlrunError):
            tracker.flush()


def _after_fork() -> None:
    global _trackers_lock
    _trackers_lock = threading.Lock()
    for tracker in _trackers.values():
        tracker._after_fork()


chosen.register(flush)
os.register_at_fork(after_in_child=_after_fork)


@atexit.register
def close_all() -> None:
    """Before the interpreter ends; and for those who are done with all stores."""
    for tracker in list(_trackers.values()):
        tracker.close()
    _trackers.clear()
