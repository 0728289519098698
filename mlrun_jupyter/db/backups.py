"""Copies of an embedded store as a whole: one file to keep, and back again."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from mlrun_jupyter.db import doctor, opening
from mlrun_jupyter.db.lock import writer_lock
from mlrun_jupyter.db.remote import nearby
from mlrun_jupyter.db.sql import schema
from mlrun_jupyter.db.sql.sqlite import APPLICATION, FILE
from mlrun_jupyter.errors import ConflictError, NotFoundError, StoreDamagedError, StoreUnavailableError
from mlrun_jupyter.safety import files


class Restored(NamedTuple):
    """The store that was put in place, and where the one that was there before is kept (empty: there was none)."""

    path: Path
    before: str


def backup(folder: str | os.PathLike[str], target: str | os.PathLike[str]) -> Path:
    """Copy a store, in use or not, to a file that appears whole or not at all; returns its path.

    Raises
    ------
    ConflictError
        The target exists.
    NotFoundError
        There is no store.
    StoreDamagedError
        The store is damaged; see :func:`mlrun_jupyter.db.doctor.repair`.
    """
    source, goal = doctor.file_of(folder), Path(target).expanduser()
    if goal.is_dir():
        goal = goal / FILE
    if goal.exists():
        raise ConflictError("the target exists", where=str(goal), hint="name another file")
    fresh = goal.with_name(f"{goal.name}-{os.getpid()}")
    try:
        goal.parent.mkdir(parents=True, exist_ok=True)
        with (
            writer_lock(source.with_name(f"{FILE}-lock")),
            doctor.reading(source) as original,
            doctor.writing(fresh) as copy,
        ):
            original.backup(copy)
            problems = doctor.integrity(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file to carry
        if problems:
            raise StoreDamagedError("the store is damaged", where=str(source), hint=problems[0])
        fresh.replace(goal)
    except sqlite3.DatabaseError as error:
        raise StoreDamagedError(f"the store is damaged: {error}", where=str(source), hint="mlrun db repair") from error
    except OSError as error:
        raise StoreUnavailableError(f"the backup cannot be written: {error.strerror}", where=str(goal)) from error
    finally:
        fresh.unlink(missing_ok=True)
    return goal


def restore(source: str | os.PathLike[str], folder: str | os.PathLike[str], *, replace: bool = False) -> Restored:
    """Put a backup in a store's place; what was there before is kept beside it.

    Parameters
    ----------
    source
        A file that :func:`backup` wrote. It stays.
    folder
        The store's folder, made when missing. Nobody may be using it.
    replace
        Whether a store that is there gives way.

    Raises
    ------
    NotFoundError
        There is no such file.
    StoreDamagedError
        It is no store, or damaged; what is there stays.
    StoreVersionError
        A newer version of the package has written it.
    ConflictError
        A store is there and ``replace`` was not said, or a service runs for it.
    """
    origin, place = Path(source).expanduser(), Path(folder).expanduser().absolute()
    if not origin.is_file():
        raise NotFoundError("no such file", where=str(origin))
    _check(origin)
    running = nearby.find(place)
    if running is not None:
        raise ConflictError(
            "a service runs for this folder", where=str(place), hint=f"end it first: process {running.pid}"
        )
    goal = place / FILE
    if goal.exists() and not replace:
        raise ConflictError("there is a store already", where=str(place), hint="say --replace, or name another folder")
    opening.close_address(str(place))
    before = ""
    with files.writing(goal):
        place.mkdir(parents=True, exist_ok=True)
    with writer_lock(place / f"{FILE}-lock"):
        fresh = place / f"{FILE}.restoring-{os.getpid()}"
        try:
            files.copy_atomic(origin, fresh)
            if goal.exists():
                before = str(goal.with_name(f"{FILE}.before-{time.strftime('%Y%m%d-%H%M%S')}"))
                for suffix in ("", "-wal", "-shm"):
                    with contextlib.suppress(FileNotFoundError):
                        Path(f"{goal}{suffix}").rename(f"{before}{suffix}")
            fresh.rename(goal)
            files.sync_folder(place)
        finally:
            fresh.unlink(missing_ok=True)
    return Restored(goal, before)


def _check(path: Path) -> None:
    """Raise unless a file is a sound store that this package can use."""
    try:
        with doctor.reading(path) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
                raise StoreDamagedError("the file is no store of ours", where=str(path))
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            problems = doctor.integrity(connection)
    except sqlite3.Error as error:
        raise StoreDamagedError(f"the file is no store, or damaged: {error}", where=str(path)) from error
    if problems:
        raise StoreDamagedError("the backup is damaged", where=str(path), hint=problems[0])
    schema.is_older(revision, where=str(path))
