"""What may be wrong with an embedded store, as data, and what can still be read of a damaged one."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from mlrun_jupyter.db import liveness, opening, recovery
from mlrun_jupyter.db.lock import writer_lock
from mlrun_jupyter.db.sql import codec, runs, schema
from mlrun_jupyter.db.sql.sqlite import APPLICATION, FILE, SqliteSession
from mlrun_jupyter.db.sql.vocabulary import Vocabulary
from mlrun_jupyter.errors import NotFoundError, StoreDamagedError
from mlrun_jupyter.model import journal

OK: Final = "ok"
NOTE: Final = "note"
WARNING: Final = "warning"
ERROR: Final = "error"

_FIXED: Final = (3, 51, 3)
_NETWORK: Final = ("nfs", "cifs", "smb", "sshfs", "9p", "lustre", "gpfs", "ceph", "glusterfs", "afs", "davfs", "s3fs")
_LITTLE: Final = 2**30
_NOTHING: Final = 100 * 2**20
_PROBLEMS: Final = 20  # lines of an integrity check that are shown
_DERIVED: Final = ("run_numbers", "run_texts", "alembic_version")
"""Tables that are made anew from the others."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. ``level``: ``ok``, ``note``, ``warning`` or ``error``."""

    level: str
    topic: str
    text: str
    hint: str = ""


class Repaired(msgspec.Struct):
    """What a repair could save: the new file, and rows by table; ``lost`` where a table could not be read to its end."""

    path: str
    rows: dict[str, int]
    lost: list[str]


def check(folder: str | os.PathLike[str]) -> list[Finding]:
    """Look at a store, change nothing.

    Example
    -------
    >>> [finding.topic for finding in check("/nowhere")][-1]
    'store'
    """
    place = Path(folder).expanduser()
    found = [*_versions()]
    if not (place / FILE).exists():
        level = ERROR if (place / f"{FILE}-wal").exists() else NOTE
        return [*found, Finding(level, "store", f"there is no {FILE} in {place}")]
    return [*found, *_disk(place), *_store(place), *_journals(place)]


def repair(folder: str | os.PathLike[str], *, replace: bool = False) -> Repaired:
    """Save what can be read of a damaged store into a new file beside it.

    Parameters
    ----------
    folder
        The store's folder. Nobody may be using it.
    replace
        Put the new file in the store's place; the damaged one is kept as ``mlrun.db.damaged-<time>``.

    Raises
    ------
    NotFoundError
        There is no store.
    StoreDamagedError
        Nothing in it can be read.
    """
    source = file_of(folder)
    opening.close_address(str(source.parent))
    stamp = time.strftime("%Y%m%d-%H%M%S")
    with writer_lock(source.with_name(f"{FILE}-lock")):
        work = source.with_name(f"{FILE}.repair-{stamp}")
        work.mkdir()
        try:
            for suffix in ("", "-wal"):  # the index of the log is made anew
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy2(f"{source}{suffix}", work / f"{FILE}{suffix}")
            fresh = source.with_name(f"{FILE}.repaired-{stamp}")
            saved = _save(work / FILE, fresh)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        if replace:
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{source}{suffix}").rename(source.with_name(f"{FILE}.damaged-{stamp}{suffix}"))
            saved.path = str(fresh.rename(source))
    return saved


def file_of(folder: str | os.PathLike[str]) -> Path:
    """The file of the store in a folder. Raises ``NotFoundError``."""
    path = Path(os.path.realpath(Path(folder).expanduser())) / FILE
    if not path.exists():
        raise NotFoundError("there is no store", where=str(path.parent))
    return path


# looking
def _versions() -> Iterator[Finding]:
    yield Finding(OK, "package", f"mlrun-jupyter {metadata.version('mlrun-jupyter')}")
    yield Finding(OK, "python", sys.version.split()[0])
    if sqlite3.sqlite_version_info < _FIXED:
        text = f"SQLite {sqlite3.sqlite_version} can damage a file when two connections write and checkpoint at once"
        yield Finding(NOTE, "sqlite", text, "our lock keeps them apart; do not write to the store with other tools")
    else:
        yield Finding(OK, "sqlite", f"SQLite {sqlite3.sqlite_version}")


def _disk(place: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(place).free
    level = ERROR if free < _NOTHING else WARNING if free < _LITTLE else OK
    yield Finding(level, "space", f"{free / 2**30:.1f} GiB free", "" if level == OK else "free some space")
    kind = _file_system(place)
    if any(kind.startswith((name, f"fuse.{name}")) for name in _NETWORK):
        yield Finding(
            WARNING, "file system", f"the store is on a network file system ({kind})", "use mlrun db or PostgreSQL"
        )
    elif kind:
        yield Finding(OK, "file system", kind)
    if not os.access(place, os.W_OK):
        yield Finding(WARNING, "permissions", f"{place} cannot be written: the store is read-only")


def _file_system(place: Path) -> str:
    """The kind of file system that a folder is on, empty where that is not known."""
    best, kind = "", ""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mounts").read_text().splitlines():
            _device, mount, found, *_rest = line.split()
            mount = mount.encode().decode("unicode_escape")
            inside = os.path.realpath(place).startswith(mount.rstrip("/") + "/") or mount == "/"
            if inside and len(mount) >= len(best):
                best, kind = mount, found
    return kind


def _store(place: Path) -> Iterator[Finding]:
    path = place / FILE
    wal = place / f"{FILE}-wal"
    size = path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)
    if path.stat().st_size == 0:
        yield Finding(ERROR, "store", f"{path} is empty", "restore it from a backup")
        return
    try:
        with reading(path) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
                yield Finding(ERROR, "store", f"{path} is no store of ours")
                return
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            level = OK if revision == schema.HEAD else ERROR if revision > schema.HEAD else NOTE
            yield Finding(level, "revision", f"{revision}; this package has {schema.HEAD}")
            problems = integrity(connection)
            for problem in problems:
                yield Finding(ERROR, "integrity", problem, "mlrun db repair")
            if not problems:
                yield Finding(OK, "integrity", "the file is sound")
                yield from _contents(connection, size)
    except sqlite3.Error as error:
        yield Finding(ERROR, "integrity", f"{path}: {error}", "mlrun db repair")


def _contents(connection: sqlite3.Connection, size: int) -> Iterator[Finding]:
    (count,) = connection.execute("SELECT count(*) FROM runs").fetchone()
    (late,) = connection.execute("SELECT coalesce(sum(count), 0) FROM late").fetchone()
    yield Finding(OK, "contents", f"{count} runs, {size / 2**20:.1f} MiB")
    if late:
        yield Finding(NOTE, "late records", f"{late} records came after the end of their runs and are kept aside")
    there = _tables(connection)
    for table in ("run_numbers", "run_texts", "points", "point_bodies", "run_artifacts", "logs"):
        if table not in there:  # the store is of a revision that had none
            continue
        (orphans,) = connection.execute(
            f"SELECT count(*) FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = t.run_id)"  # noqa: S608 - constants
        ).fetchone()
        if orphans:
            yield Finding(ERROR, "integrity", f"{orphans} rows of {table} belong to no run", "mlrun db repair")


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def integrity(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with a file; nothing when it is sound."""
    rows = connection.execute(f"PRAGMA integrity_check({_PROBLEMS})").fetchall()
    return [text for (text,) in rows if text != "ok"]


def _journals(place: Path) -> Iterator[Finding]:
    spool = place / f"{FILE}-journals"
    waiting = 0
    for writer, files in recovery.journals(spool).items():
        header = liveness.parse(writer)
        with contextlib.suppress(OSError, StoreDamagedError), files[0].open("rb") as file:
            header = journal.decode_header(file.readline())
        if header is not None and not liveness.alive(header):
            waiting += len(files)
    if waiting:
        yield Finding(NOTE, "journals", f"{waiting} journals of dead processes wait", "opening the store applies them")
    damaged = len(list(spool.glob("*.damaged"))) if spool.exists() else 0
    if damaged:
        yield Finding(WARNING, "journals", f"{damaged} journals had damaged lines and are kept in {spool}")


# saving
def _save(source: Path, target: Path) -> Repaired:
    """Copy what can be read, table by table, and make what follows from it."""
    saved = Repaired(str(target), {}, [])
    try:
        with contextlib.closing(_connect(source, "mode=rw")) as damaged, writing(target) as fresh:
            fresh.execute(f"PRAGMA application_id={APPLICATION}")
            fresh.execute("PRAGMA journal_mode=WAL")
            fresh.execute("BEGIN")
            for statement in schema.statements("sqlite"):
                fresh.execute(statement)
            for (table,) in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                if table not in _DERIVED and not table.startswith("sqlite_"):
                    _save_table(damaged, fresh, table, saved)
            _complete(SqliteSession(fresh))
            fresh.execute("COMMIT")
            fresh.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise StoreDamagedError(f"nothing can be read: {error}", where=str(source.parent.parent / FILE)) from error
    if not any(saved.rows.values()):
        target.unlink(missing_ok=True)
        raise StoreDamagedError("nothing can be read", where=str(source.parent.parent / FILE))
    return saved


def _save_table(damaged: sqlite3.Connection, fresh: sqlite3.Connection, table: str, saved: Repaired) -> None:
    """From both ends, as far as each goes; what lies between is lost."""
    columns = fresh.execute(f"PRAGMA table_info({table})").fetchall()
    names = ", ".join(column[1] for column in columns)
    key = [column[1] for column in sorted(columns, key=lambda column: int(column[5])) if column[5]] or ["rowid"]
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - names of ours
    before = fresh.total_changes
    if table in schema.ADDED and table not in _tables(damaged):
        return  # the store is of a revision that had none
    for way in ("ASC", "DESC"):
        order = ", ".join(f"{name} {way}" for name in key)
        try:
            for row in damaged.execute(f"SELECT {names} FROM {table} NOT INDEXED ORDER BY {order}"):  # noqa: S608 - names of ours
                with contextlib.suppress(sqlite3.IntegrityError):
                    fresh.execute(insert, row)
        except sqlite3.DatabaseError:
            continue
        break
    else:
        saved.lost.append(table)
    saved.rows[table] = fresh.total_changes - before


def _complete(session: SqliteSession) -> None:
    """Names that were lost get a stand-in, rows without a run go, and the indexes of fields are made."""
    for scope, name_id in session.all(
        "SELECT scope, name_id FROM runs WHERE name_id NOT IN (SELECT id FROM names) GROUP BY name_id"
    ):
        session.run(
            "INSERT INTO names (id, scope, name) VALUES (?, ?, ?)", (name_id, scope, f"lost-{name_id}".encode())
        )
    for (project_id,) in session.all(
        "SELECT DISTINCT scope / 2 FROM runs WHERE scope / 2 NOT IN (SELECT id FROM projects)"
    ):
        session.run("INSERT INTO projects (id, name, created) VALUES (?, ?, 0)", (project_id, f"lost-{project_id}"))
    for table in ("points", "point_bodies", "run_artifacts", "logs"):
        session.run(f"DELETE FROM {table} WHERE run_id NOT IN (SELECT id FROM runs)")  # noqa: S608 - constants
    ingest = runs.Ingest(session, Vocabulary(), now=0.0)
    rows = session.all(f"{codec.SELECT_RUN} FROM runs r JOIN names n ON n.id = r.name_id")
    for values in rows:
        row = codec.RunRow._make(values)
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            ingest.index(row.scope, row.id, *codec.numbers_and_texts(codec.unpack(row, "")))


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing."""
    connection = _connect(path, "mode=ro")
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:  # where the log's index cannot be made
        connection.close()
        connection = _connect(path, "immutable=1")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    with contextlib.closing(connection):
        yield connection


def _connect(path: Path, query: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{query}", uri=True, isolation_level=None)


def writing(path: Path) -> contextlib.closing[sqlite3.Connection]:
    """A connection to a file that is being made."""
    return contextlib.closing(sqlite3.connect(path, isolation_level=None))
