"""SQLite as the embedded engine: a file in a folder, in WAL mode.

Every write, every checkpoint and the closing of connections happen under the folder's writer lock. SQLite before
3.51.3 can damage a file when two connections write and checkpoint at the same moment; with the lock there never are
two. For the same reason nothing is memory-mapped.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from mlrun_jupyter.db.lock import writer_lock
from mlrun_jupyter.db.sql import schema
from mlrun_jupyter.db.sql.engine import Row
from mlrun_jupyter.errors import StoreDamagedError, StoreError, StoreUnavailableError, StoreVersionError
from mlrun_jupyter.safety import interrupts

FILE: Final = "mlrun.db"
APPLICATION: Final = 0x6D6C726E
"""Marks a SQLite file as ours (``PRAGMA application_id``)."""
_WAL_LIMIT: Final = 16 * 2**20  # bytes after which the log is copied into the file
_CHECKPOINT_EVERY: Final = 64  # commits between tries while readers hold the log
_BUSY_SECONDS: Final = 30.0


class SqliteSession:
    """A transaction on one connection."""

    __slots__ = ("_connection", "_execute")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        found: Row | None = self._execute(sql, values).fetchone()
        return found

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        return self._execute(sql, values)

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        return self._execute(sql, values).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(sql, rows)

    def exclusive(self, *names: str) -> None:
        """There is one writer anyway."""


class SqliteEngine:
    """The store in ``folder``; made when it is not there."""

    dialect = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE
        self.url = self.address = str(folder)
        self._wal = folder / f"{FILE}-wal"
        self._identity = (0, 0)
        self._uncopied = 0
        self._writer: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []
        self._all: list[sqlite3.Connection] = []
        self._closed = False
        self.read_only = False
        self._why = ""
        self._lock = writer_lock(folder / f"{FILE}-lock").keep()
        try:
            self._open()
        except BaseException:
            self._lock.let_go()
            raise
        _engines.add(self)

    # sessions
    @contextlib.contextmanager
    def read(self) -> Iterator[SqliteSession]:
        connection = self._reader()
        try:
            connection.execute("BEGIN")
            yield SqliteSession(connection)
        except sqlite3.Error as error:
            raise self._error(error) from error
        finally:
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # of a damaged file the error is told above
                    connection.execute("ROLLBACK")
            self._readers.append(connection)

    @contextlib.contextmanager
    def write(self, *, durable: bool = False) -> Iterator[SqliteSession]:
        if self.read_only:
            raise StoreUnavailableError("the store is read-only", where=str(self.folder), hint=self._why)
        try:
            with interrupts.deferred(), self._lock:
                connection = self._writable()
                if durable:
                    connection.execute("PRAGMA synchronous=FULL")
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    yield SqliteSession(connection)
                    connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    if durable:
                        connection.execute("PRAGMA synchronous=NORMAL")
                self._checkpoint(connection)
        except sqlite3.Error as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Close every connection under the lock: the last one to close copies the log into the file."""
        kept, self._closed = not self._closed, True
        if self._all:
            with self._lock if not self.read_only else contextlib.nullcontext():
                for connection in self._all:
                    with contextlib.suppress(sqlite3.Error):
                        connection.close()
                self._all.clear()
                self._readers.clear()
                self._writer = None
        if kept:
            self._lock.let_go()

    # connections
    def _connect(self, query: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{query}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        self._all.append(connection)
        if query == "mode=rw":
            for pragma in ("synchronous=NORMAL", "wal_autocheckpoint=0", "mmap_size=0"):
                connection.execute(f"PRAGMA {pragma}")
        return connection

    def _reader(self) -> sqlite3.Connection:
        try:
            return self._readers.pop()
        except IndexError:
            pass
        if self._closed:
            raise StoreUnavailableError("the store is closed", where=str(self.folder))
        try:
            if self.read_only:
                return self._read_only_connection()
            connection = self._connect("mode=rw")
            connection.execute("PRAGMA query_only=ON")
        except sqlite3.Error as error:
            raise self._error(error) from error
        return connection

    def _read_only_connection(self) -> sqlite3.Connection:
        """Where nothing can be written, the log's index cannot be made either; without a log there is no need for one."""
        connection = self._connect("mode=ro")
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            if self._log_size():
                raise
            connection = self._connect("immutable=1")
        return connection

    def _writable(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreUnavailableError("the store is closed", where=str(self.folder))
        connection = self._writer
        if connection is None:
            connection = self._writer = self._connect("mode=rw")
        try:
            stat = self.path.stat()
        except OSError:
            stat = None
        if stat is None or (stat.st_dev, stat.st_ino) != self._identity:
            raise StoreUnavailableError(
                "the store's file was removed or replaced while in use", where=str(self.path), hint="open it again"
            )
        return connection

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        """Copy the log into the file once it is long; the caller holds the lock."""
        self._uncopied += 1
        size = self._log_size()
        if size < _WAL_LIMIT or (self._uncopied < _CHECKPOINT_EVERY and size < 4 * _WAL_LIMIT):
            return
        self._uncopied = 0
        connection.execute("PRAGMA busy_timeout=0")  # a reader that holds the log is not waited for
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.execute(f"PRAGMA busy_timeout={int(_BUSY_SECONDS * 1000)}")

    def _log_size(self) -> int:
        try:
            return self._wal.stat().st_size
        except OSError:
            return 0

    # opening
    def _open(self) -> None:
        folder, path = self.folder, self.path
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailableError(
                f"the store's folder cannot be made: {error.strerror}", where=str(folder), hint="name another folder"
            ) from error
        try:
            if not path.exists():
                with self._lock:
                    if not path.exists():
                        self._create()
            self._inspect()
        except sqlite3.Error as error:
            self._abandon()
            raise self._error(error) from error
        except StoreError:
            self._abandon()
            raise

    def _create(self) -> None:
        """Make the file beside its place and move it there whole."""
        if self._wal.exists():
            raise StoreDamagedError(
                f"{FILE} is missing, but its log {FILE}-wal is there",
                where=str(self.folder),
                hint="put the file back, or move the log away to begin anew",
            )
        fresh = self.path.with_name(f"{FILE}.new-{os.getpid()}")
        fresh.unlink(missing_ok=True)
        try:
            connection = sqlite3.connect(fresh, isolation_level=None)
            try:
                connection.execute(f"PRAGMA application_id={APPLICATION}")
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("BEGIN IMMEDIATE")
                for statement in schema.statements("sqlite"):
                    connection.execute(statement)
                connection.execute("COMMIT")
            finally:
                connection.close()
            fresh.replace(self.path)
            _sync(self.folder)
        finally:
            for each in (fresh, Path(f"{fresh}-wal"), Path(f"{fresh}-shm")):
                each.unlink(missing_ok=True)

    def _inspect(self) -> None:
        stat = self.path.stat()
        self._identity = (stat.st_dev, stat.st_ino)
        if stat.st_size == 0:
            raise StoreDamagedError("the store's file is empty", where=str(self.path), hint="restore it from a backup")
        if not os.access(self.folder, os.W_OK) or not os.access(self.path, os.W_OK):
            self.read_only, self._why = True, f"no permission to write to {self.folder}"
        connection = self._reader()
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
            raise StoreDamagedError("a database that is no store of ours", where=str(self.path))
        if not self._whole(connection):
            with self._lock if not self.read_only else contextlib.nullcontext():  # now nobody copies a log into it
                whole = self._whole(connection)
            if not whole:
                raise StoreDamagedError("the store's file is cut off", where=str(self.path), hint="mlrun db repair")
        self._check_version(connection)
        self._readers.append(connection)

    def _whole(self, connection: sqlite3.Connection) -> bool:
        """Whether the file is as long as it says; where there is a log, the file's length says nothing."""
        pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return self._log_size() > 0 or pages * size == self.path.stat().st_size

    def _check_version(self, connection: sqlite3.Connection) -> None:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if schema.is_older(row[0] if row else "", where=str(self.path)):
            if self.read_only:
                raise StoreVersionError(
                    "the store is of an older version and has to be brought up to date",
                    where=str(self.path),
                    hint=f"open it once where it can be written; {self._why}",
                )
            self._migrate()

    def _migrate(self) -> None:
        """Under the lock: a backup, then every missing revision in one transaction."""
        from mlrun_jupyter.db import migrations

        with self._lock:
            connection = self._connect("mode=rw")
            try:
                found = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
                if not schema.is_older(found, where=str(self.path)):
                    return  # another process was faster
                self._back_up(connection, found)
                migrations.upgrade("sqlite", lambda: connection, begin="BEGIN IMMEDIATE")
            finally:
                self._all.remove(connection)
                connection.close()

    def _back_up(self, connection: sqlite3.Connection, revision: str) -> None:
        """A copy of the store beside it, which appears whole or not at all."""
        target = self.path.with_name(f"{FILE}.{revision}.backup")
        fresh = self.path.with_name(f"{target.name}-{os.getpid()}")
        fresh.unlink(missing_ok=True)
        try:
            copy = sqlite3.connect(fresh)
            try:
                connection.backup(copy)
            finally:
                copy.close()
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)

    def _abandon(self) -> None:
        self._closed = True
        for connection in self._all:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        self._all.clear()

    def _error(self, error: sqlite3.Error) -> StoreError:
        """SQLite's error as one of ours, naming the file."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        where = str(self.path)
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return StoreDamagedError(f"the store is damaged: {error}", where=where, hint="mlrun db check")
        if code == sqlite3.SQLITE_FULL:
            return StoreUnavailableError(
                "the disk is full", where=where, hint="free some space; nothing was half-written"
            )
        if code == sqlite3.SQLITE_READONLY:
            return StoreUnavailableError(f"the store is read-only: {error}", where=where)
        if code == sqlite3.SQLITE_ERROR and "no such table" in str(error):
            return StoreDamagedError(f"the store is damaged: {error}", where=where, hint="mlrun db check")
        return StoreUnavailableError(f"the store does not answer: {error}", where=where)

    def _forked(self) -> None:
        """In a child: the parent's connections must not be used, nor closed."""
        _inherited.append((self._all, self._writer))
        self._all, self._readers, self._writer = [], [], None


def _sync(folder: Path) -> None:
    """Put a folder's list of names on the disk, where folders can be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_engines: weakref.WeakSet[SqliteEngine] = weakref.WeakSet()
_inherited: list[Any] = []


def _after_fork() -> None:
    for engine in list(_engines):
        engine._forked()


with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
