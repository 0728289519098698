"""One writer at a time, across threads and processes.

A store folder has one lock file. Two bytes of it are locked with POSIX record locks, which the kernel releases when a
process dies: the first is a turnstile, taken only to queue for the second. Whoever has just released the second has to
pass the turnstile again, so a process that writes in a loop cannot starve the others.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mlrun_jupyter.errors import StoreUnavailableError
from mlrun_jupyter.safety import interrupts

if sys.platform != "win32":
    import fcntl

_TURNSTILE: Final = 0
_WRITER: Final = 1
_BUSY: Final = (errno.EACCES, errno.EAGAIN)
TIMEOUT: Final = 60.0
"""Seconds that a writer waits for the others."""


class WriterLock:
    """The writer lock of one store in this process; reentrant within a thread, made new in a forked child.

    Its file stays open while somebody keeps it or holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = threading.RLock()
        self._depth = 0
        self._keepers = 0
        self._file = -1
        self.timeout = TIMEOUT

    def keep(self) -> Self:
        """Have the file stay open between one write and the next; whoever keeps the lock lets it go in the end."""
        with self._mutex:
            self._keepers += 1
        return self

    def let_go(self) -> None:
        with self._mutex:
            self._keepers -= 1
            self._close_unused()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def acquire(self, timeout: float | None = None) -> None:
        """Wait for the lock. Raises ``StoreUnavailableError`` naming the file (and the process that holds it) when
        the wait is too long or the file cannot be opened for writing."""
        timeout = self.timeout if timeout is None else timeout
        if not self._mutex.acquire(timeout=timeout):
            raise StoreUnavailableError("another thread is writing for too long", where=str(self.path))
        try:
            if self._depth == 0:
                self._lock_file(timeout)
        except BaseException:
            self._mutex.release()
            raise
        self._depth += 1

    def release(self) -> None:
        self._depth -= 1
        try:
            if self._depth == 0:
                self._drop(_WRITER)
            self._close_unused()
        finally:
            self._mutex.release()

    def _close_unused(self) -> None:
        """The caller has the mutex."""
        if self._depth == 0 and self._keepers == 0 and self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _lock_file(self, timeout: float) -> None:
        if self._file >= 0 and os.fstat(self._file).st_nlink == 0:  # removed, and perhaps made again by others
            os.close(self._file)
            self._file = -1
        if self._file < 0:
            self._file = _opened(self.path)
        deadline = time.monotonic() + timeout
        self._take(_TURNSTILE, deadline)
        try:
            self._take(_WRITER, deadline)
        finally:
            self._drop(_TURNSTILE)

    def _take(self, byte: int, deadline: float) -> None:
        pause = 0.00005
        while True:
            try:
                if sys.platform != "win32":  # there, the database's own lock has to do
                    fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
                return
            except OSError as error:
                if error.errno not in _BUSY:
                    raise StoreUnavailableError(f"the store cannot be locked: {error}", where=str(self.path)) from error
            if time.monotonic() > deadline:
                raise StoreUnavailableError(
                    "the store is locked by another process",
                    where=str(self.path),
                    hint="is a process of yours stopped?",
                )
            time.sleep(pause)
            interrupts.check()
            pause = min(pause * 2, 0.001)

    def _drop(self, byte: int) -> None:
        if sys.platform != "win32":
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)

    def _forked(self) -> None:
        """In a child: the parent's threads, record locks and stores are not ours. The open file may be shared."""
        self._mutex = threading.RLock()
        self._depth = self._keepers = 0


_locks: dict[str, WriterLock] = {}
"""Closing any handle of a file drops all of a process's record locks on it, so a file has one handle at most."""


def writer_lock(path: Path) -> WriterLock:
    """The lock of this process for a file, the same object at every call."""
    return _locks.setdefault(os.path.realpath(path), WriterLock(path))


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    except OSError as error:
        raise StoreUnavailableError(
            f"the store cannot be written: {error.strerror}", where=str(path.parent), hint="check its permissions"
        ) from error


def _after_fork() -> None:
    for lock in _locks.values():
        lock._forked()


with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
