"""The journal as a process writes it: append one line, and the operating system has it.

One journal serves every run of a process in one store. The format, and why it may be read by anyone, is in
:mod:`mlrun_jupyter.model.journal`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

import msgspec

from mlrun_jupyter.db.liveness import identity
from mlrun_jupyter.errors import InvalidArgumentError, StoreUnavailableError
from mlrun_jupyter.model import journal as format
from mlrun_jupyter.model.journal import JournalRecord, Reader
from mlrun_jupyter.model.points import together
from mlrun_jupyter.model.run import RunKey

SEGMENT_BYTES = 32 * 1024 * 1024
"""A segment longer than this is followed by another, so that what was applied can be deleted."""
TAKE_BYTES = 512 * 1024
"""As much as is read at once."""
PENDING_BYTES = 64 * 1024 * 1024
"""What is kept in memory while the disk refuses to take it."""

_encode = msgspec.json.Encoder().encode


class Journal(Protocol):
    """Where records go first, and whence the recorder takes them."""

    writer: str

    def open(self, key: RunKey, attempt: int, document: dict[str, Any] | None) -> int:
        """Declare an attempt, with its document when it begins here and is to be closed here, and return its ref."""

    def append(self, op: str, ref: int, payload: Any) -> None:
        """Acknowledge a record. Raises ``InvalidArgumentError`` for a payload that cannot be stored, nothing else."""

    def metric(self, ref: int, step: int | None, series: dict[str, float], moment: float) -> None: ...
    def after_fork(self) -> None: ...
    def take(self) -> list[JournalRecord]:
        """The records appended since the last call."""

    def sync(self) -> None:
        """Put on the disk what was appended."""

    def trim(self) -> None:
        """Delete the segments that are read to their end; all that was taken is applied for good."""

    def end(self) -> bool:
        """Delete the whole journal if everything in it was taken; False: something came in between, nothing done."""

    @property
    def full(self) -> bool:
        """Whether a segment waits to be trimmed."""

    @property
    def trouble(self) -> str:
        """Why the last record could not be written; empty when all is well."""


class MemoryJournal:
    """For a store that needs no journal: records wait in memory until they are taken."""

    def __init__(self) -> None:
        self.writer = f"memory-{os.getpid()}-{os.urandom(3).hex()}"
        self.trouble = ""
        self._seq = 0
        self._runs: dict[int, tuple[RunKey, int]] = {}
        self._records: deque[JournalRecord] = deque()
        self._lock = threading.Lock()

    def open(self, key: RunKey, attempt: int, document: dict[str, Any] | None) -> int:
        with self._lock:
            ref = len(self._runs) + 1
            self._runs[ref] = key, attempt
        if document is not None:
            self.append(format.OPEN, ref, {**key._asdict(), "attempt": attempt, "run": document})
        return ref

    def append(self, op: str, ref: int, payload: Any) -> None:
        key, attempt = self._runs.get(ref, (None, 0))
        with self._lock:
            self._seq += 1
            self._records.append(JournalRecord(self._seq, op, key, attempt, time.time(), payload))

    def metric(self, ref: int, step: int | None, series: dict[str, float], moment: float) -> None:
        key, attempt = self._runs[ref]
        with self._lock:
            self._seq += 1
            self._records.append(JournalRecord(self._seq, format.METRIC, key, attempt, moment, [step, series]))

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._records.clear()  # the parent applies those

    def take(self) -> list[JournalRecord]:
        with self._lock:
            records, self._records = list(self._records), deque()
        return records

    def sync(self) -> None:
        """Memory has nothing to sync."""

    def trim(self) -> None:
        """Memory has no segments."""

    def end(self) -> bool:
        return not self._records

    @property
    def full(self) -> bool:
        return False


class FileJournal:
    """A journal in a folder.

    Parameters
    ----------
    folder
        The store's spool; made when it is missing.
    durable
        Sync each record before it is acknowledged, at the price of a disk write each.

    Raises
    ------
    StoreUnavailableError
        The folder cannot be written; told before a run starts, never after.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.trouble = ""
        self._folder = folder
        self._durable = durable
        self._lock = threading.Lock()
        self._open: dict[int, tuple[RunKey, int]] = {}
        self._refs = 0
        self._begin()

    def _begin(self) -> None:
        """Become a new writer, as at the start and in a forked child."""
        header = identity()
        self.writer = header.writer
        self._header = header
        self._forked = False
        self._seq = 0
        self._pending: deque[bytes] = deque()
        self._pending_bytes = 0
        self._reader = Reader()
        self._segments: list[_Segment] = []
        self._started = 0
        self._start_segment()

    def _start_segment(self) -> None:
        header = msgspec.structs.replace(self._header, segment=self._started)
        path = self._folder / f"{header.writer}.{header.segment}.jnl"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                line = format.encode_header(header)
                if os.write(fd, line) != len(line):
                    raise _full()
            except OSError:
                os.close(fd)
                path.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StoreUnavailableError(
                f"the store cannot be written: {error.strerror}",
                where=str(self._folder),
                hint="free some space, or choose another folder",
            ) from error
        self._started += 1
        self._tail = _Segment(path, fd)
        self._segments.append(self._tail)
        for ref, (key, attempt) in self._open.items():
            self._write(format.REFER, ref, {**key._asdict(), "attempt": attempt})

    # writing

    def open(self, key: RunKey, attempt: int, document: dict[str, Any] | None) -> int:
        with self._lock:
            self._own()
            self._refs += 1
            ref = self._refs
            if self._pending:
                self._drain()
            payload = {**key._asdict(), "attempt": attempt}
            if document is not None:
                payload["run"] = document
            self._write(format.REFER if document is None else format.OPEN, ref, payload)
            self._open[ref] = key, attempt
        return ref

    def append(self, op: str, ref: int, payload: Any) -> None:
        with self._lock:
            if self._forked:
                self._own()
            self._write(op, ref, payload)
            if op == format.CLOSE:
                self._open.pop(ref, None)

    def metric(self, ref: int, step: int | None, series: dict[str, float], moment: float) -> None:
        """As ``append(METRIC, ...)`` without the detours: it is called from the middle of training loops."""
        with self._lock:
            if self._forked:
                self._own()
            seq = self._seq + 1
            try:
                body = _encode((seq, "metric", ref, moment, (step, series)))
            except UnicodeEncodeError as error:
                raise InvalidArgumentError("a series' name holds a lone surrogate") from error
            self._seq = seq
            if b"null" in body:  # a missing step, or a number that JSON has not
                self._seq -= 1
                self._write(format.METRIC, ref, [step, series], moment)
                return
            line = b"%08x %b\n" % (crc32(body), body)
            if self._pending or self._durable:
                self._put(line)
                return
            try:
                done = os.write(self._tail.fd, line)
            except OSError as error:
                self._keep(line, error)
                return
            if done != len(line):
                self._tail.cut(done)
                self._keep(line, _full())

    def _write(self, op: str, ref: int, payload: Any, moment: float = 0.0) -> None:
        line = format.encode(self._seq + 1, op, ref, moment or time.time(), payload)
        self._seq += 1
        self._put(line)

    def _put(self, line: bytes) -> None:
        if self._pending:
            self._keep(line)
            self._drain()
            return
        try:
            self._tail.write(line)
            if self._durable:
                os.fdatasync(self._tail.fd)
        except OSError as error:
            self._keep(line, error)

    def _keep(self, line: bytes, error: OSError | None = None) -> None:
        """Hold a line in memory until the disk takes it."""
        if error is not None:
            self.trouble = f"{error.strerror} ({self._folder})"
        if self._pending_bytes + len(line) <= PENDING_BYTES:
            self._pending.append(line)
            self._pending_bytes += len(line)
        else:
            self.trouble = f"records were lost: {self.trouble}"

    def _drain(self) -> None:
        """Write what was kept in memory, as far as the disk takes it."""
        try:
            self._write_pending()
        except OSError as error:
            self.trouble = f"{error.strerror} ({self._folder})"

    def _write_pending(self) -> None:
        while self._pending:
            line = self._pending[0]
            self._tail.write(line)
            self._pending.popleft()
            self._pending_bytes -= len(line)
        if self._durable:
            self._tail.sync()
        self.trouble = ""

    def _own(self) -> None:
        """A forked child is another writer: it leaves its parent's file alone and declares the open runs anew."""
        if self._forked:
            for segment in self._segments:
                os.close(segment.fd)
            self._begin()

    def after_fork(self) -> None:
        """In a child: the lock may be held by a thread that the child does not have."""
        self._lock = threading.Lock()
        self._forked = True

    # reading and clearing up: the recorder's side

    def take(self) -> list[JournalRecord]:
        with self._lock:
            self._own()
            if self._pending:
                self._drain()
            if self._tail.size > SEGMENT_BYTES:
                self._start_segment()
            segments = self._segments
            unread = next((each for each in segments if each.position < each.size), segments[-1])
        return together(self._reader.feed(unread.read(TAKE_BYTES), trusted=True))

    def sync(self) -> None:
        with self._lock:
            segments = list(self._segments)
        for segment in segments:
            segment.sync()

    def trim(self) -> None:
        with self._lock:
            while len(self._segments) > 1 and self._segments[0].position == self._segments[0].size:
                self._segments.pop(0).delete()

    def end(self) -> bool:
        with self._lock:
            if self._forked or self._pending or any(each.position < each.size for each in self._segments):
                return False
            for segment in self._segments:
                segment.delete()
        return True

    @property
    def full(self) -> bool:
        return len(self._segments) > 1


def _full() -> OSError:
    """What a write that took only a part of its bytes means."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class _Segment:
    """One file of a journal, and how far the recorder has read it.

    How long it is the file itself knows: a count of our own would be wrong after an interrupt between a write and the
    count, and the last record would never be read.
    """

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd
        self.position = self._synced = self.size

    @property
    def size(self) -> int:
        return os.fstat(self.fd).st_size

    def write(self, line: bytes) -> None:
        """All of it, or nothing. Raises ``OSError``."""
        done = os.write(self.fd, line)
        if done != len(line):
            self.cut(done)
            raise _full()

    def cut(self, count: int) -> None:
        """Take the last bytes back, part of a line; where that fails, readers skip the torn line."""
        with contextlib.suppress(OSError):
            os.ftruncate(self.fd, self.size - count)

    def read(self, most: int) -> bytes:
        data = os.pread(self.fd, most, self.position)
        self.position += len(data)
        return data

    def sync(self) -> None:
        size = self.size
        if size != self._synced:
            os.fdatasync(self.fd)
            self._synced = size

    def delete(self) -> None:
        os.close(self.fd)
        with contextlib.suppress(OSError):
            self.path.unlink()
