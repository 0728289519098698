"""PostgreSQL 15 or newer as the engine, through psycopg 3, which is imported when it is used."""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from mlrun_jupyter.db.sql import schema
from mlrun_jupyter.db.sql.engine import Row
from mlrun_jupyter.errors import (
    MissingDependencyError,
    MlrunError,
    StoreDamagedError,
    StoreError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    import psycopg

_SCHEMA_LOCK: Final = 0x6D6C726E
"""Advisory lock for making or migrating the tables."""
_NAME_LOCK: Final = 0x6D6C
_OLDEST: Final = 15
_IDLE: Final = 8  # connections kept for the next caller
_STREAMED: Final = 200


class PostgresSession:
    """A transaction on one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(_translated(sql), values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        found: Row | None = self._connection.execute(_translated(sql), values).fetchone()
        return found

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        with self._connection.cursor(name=f"s{os.urandom(6).hex()}") as cursor:
            cursor.itersize = _STREAMED
            cursor.execute(_translated(sql), values)
            yield from cursor

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(_translated(sql), values).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(_translated(sql), list(rows))

    def exclusive(self, *names: str) -> None:
        """One lock a name until the transaction ends; always taken in the order of their numbers, so none waits in a
        circle."""
        for number in sorted({crc32(name.encode()) - 2**31 for name in names}):
            self._connection.execute("SELECT pg_advisory_xact_lock(%s::int, %s::int)", (_NAME_LOCK, number))


class PostgresEngine:
    """The store in a database; its tables are made when there are none.

    Parameters
    ----------
    address
        ``postgresql://user:password@host:port/database``.
    url
        The same without the password.

    Raises
    ------
    MissingDependencyError
        psycopg is not installed.
    StoreUnavailableError, StoreDamagedError, StoreVersionError
        The database cannot be used, and why.
    """

    dialect = "postgresql"

    def __init__(self, address: str, url: str) -> None:
        self.address = address
        self.url = url
        self._idle: list[psycopg.Connection[Any]] = []
        self._closed = False
        self._prepare()
        _engines.add(self)

    # sessions
    @contextlib.contextmanager
    def read(self) -> Iterator[PostgresSession]:
        with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as connection:
            yield PostgresSession(connection)

    @contextlib.contextmanager
    def write(self, *, durable: bool = False) -> Iterator[PostgresSession]:
        with self._transaction("BEGIN") as connection:
            del durable  # every commit is: one that lies in the server's memory only would not survive its death
            yield PostgresSession(connection)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[psycopg.Connection[Any]]:
        import psycopg

        try:
            connection = self._begun(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                self._returned(connection)
        except psycopg.Error as error:
            raise self._error(error) from error

    def _begun(self, begin: str) -> psycopg.Connection[Any]:
        """A connection within a transaction; one that died while it was idle is replaced."""
        import psycopg

        while self._idle:
            connection = self._idle.pop()
            try:
                connection.execute(begin)
            except psycopg.OperationalError:
                connection.close()
            else:
                return connection
        connection = self._connect()
        connection.execute(begin)
        return connection

    def _returned(self, connection: psycopg.Connection[Any]) -> None:
        import psycopg
        from psycopg.pq import TransactionStatus

        with contextlib.suppress(psycopg.Error):
            if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                connection.execute("ROLLBACK")
        idle = connection.info.transaction_status == TransactionStatus.IDLE
        if idle and not self._closed and len(self._idle) < _IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        if self._closed:
            raise StoreUnavailableError("the store is closed", where=self.url)
        try:
            import psycopg
        except ImportError:
            raise MissingDependencyError.of("psycopg", extra="postgres") from None
        try:
            connection: psycopg.Connection[Any] = psycopg.connect(
                self.address, autocommit=True, connect_timeout=10, application_name="mlrun-jupyter"
            )
            connection.execute("SET synchronous_commit TO on")  # see write()
            connection.execute("SET cursor_tuple_fraction TO 0.001")  # lists take the first rows and stop
        except psycopg.Error as error:
            raise self._error(error) from error
        return connection

    # opening
    def _prepare(self) -> None:
        connection = self._connect()
        import psycopg

        try:
            if connection.info.server_version < _OLDEST * 10000:
                raise StoreUnavailableError(
                    f"PostgreSQL {connection.info.server_version // 10000} is too old",
                    where=self.url,
                    hint=f"use {_OLDEST} or newer",
                )
            if not self._has_tables(connection):
                self._create(connection)
            if self._older(connection):
                self._migrate(connection)
        except psycopg.Error as error:
            connection.close()
            raise self._error(error) from error
        except MlrunError:
            connection.close()
            raise
        self._idle.append(connection)

    @staticmethod
    def _has_tables(connection: psycopg.Connection[Any]) -> bool:
        row = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
        return row is not None and row[0] is not None

    def _create(self, connection: psycopg.Connection[Any]) -> None:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
            if not self._has_tables(connection):
                for statement in schema.statements("postgresql"):
                    connection.execute(statement.encode())

    def _older(self, connection: psycopg.Connection[Any]) -> bool:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return schema.is_older(row[0] if row else "", where=self.url)

    def _migrate(self, connection: psycopg.Connection[Any]) -> None:
        """Every missing revision in one transaction; a backup is the database's administrator's."""
        from mlrun_jupyter.db import migrations

        connection.autocommit = False
        try:
            begin = f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"
            migrations.upgrade("postgresql+psycopg", lambda: connection, begin=begin)
        finally:
            connection.rollback()
            connection.autocommit = True

    def _error(self, error: psycopg.Error) -> StoreError:
        """The server's error as one of ours."""
        import psycopg

        text = str(error).strip().split("\n")[0]
        if isinstance(error, psycopg.errors.DiskFull):
            return StoreUnavailableError("the disk of the database is full", where=self.url)
        if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            return StoreUnavailableError("the database is read-only", where=self.url)
        if isinstance(
            error, (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.DuplicateTable)
        ):
            return StoreDamagedError(f"the database holds no store of ours: {text}", where=self.url)
        if isinstance(error, (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted)):
            return StoreDamagedError(f"the store is damaged: {text}", where=self.url)
        return StoreUnavailableError(f"the database does not answer: {text}", where=self.url, hint="is it running?")

    def _forked(self) -> None:
        """In a child: the parent's connections must not be used, nor closed."""
        _inherited.extend(self._idle)
        self._idle = []


@lru_cache(maxsize=1024)
def _translated(sql: str) -> bytes:
    """psycopg's spelling of the values' places."""
    return sql.replace("?", "%s").encode()


_engines: weakref.WeakSet[PostgresEngine] = weakref.WeakSet()
_inherited: list[Any] = []


def _after_fork() -> None:
    for engine in list(_engines):
        engine._forked()


with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
