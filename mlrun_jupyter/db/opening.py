"""From an address to a store, one object for each store in a process."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import re
import threading
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from mlrun_jupyter import config
from mlrun_jupyter.db import recovery
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import InvalidArgumentError, StoreUnavailableError


class Sent(NamedTuple):
    """What a :func:`sync` did, and the writers whose journals stay, as their processes run."""

    outcome: recovery.Outcome
    waiting: int
    where: str


_SCHEMES: Final = "a folder, postgresql://, http://, https:// or memory://"
_open: dict[tuple[int, str], RunDB] = {}
_lock = threading.RLock()


def open_db(url: str = "") -> RunDB:
    """The store at an address; the same object for the same address in one process.

    Parameters
    ----------
    url
        A folder (``./``, ``~/x``, ``file:///x``: embedded SQLite, made when missing), ``postgresql://...``,
        ``http(s)://...`` (a service) or ``memory://[name]``. Empty: the setting ``dbpath``, else ``~/.mlrun/db``.

    Raises
    ------
    InvalidArgumentError
        An address of another kind.
    StoreUnavailableError, StoreDamagedError, StoreVersionError
        The store cannot be used, and why.

    Example
    -------
    >>> open_db("memory://docs") is open_db("memory://docs")
    True
    """
    address = normalised(url or config.current().dbpath or config.DEFAULT_FOLDER)
    slot = os.getpid(), address
    found = _open.get(slot)
    if found is not None:
        return found
    with _lock:
        found = _open.get(slot)
        if found is None:
            found = _opened(address)
            _open[slot] = found
            with contextlib.suppress(StoreUnavailableError):  # a read-only store is for reading
                found.recover()
    return found


def sync(url: str = "") -> Sent:
    """Send what processes that are gone have recorded for a store and it does not have yet, each record once.

    Opening a store does so too, and goes on without it where that fails; here it raises.

    Parameters
    ----------
    url
        As for :func:`open_db`.

    Raises
    ------
    StoreUnavailableError
        The store cannot be reached, or lets nobody in; what waits, waits on.
    """
    address = normalised(url or config.current().dbpath or config.DEFAULT_FOLDER)
    held = _open.get((os.getpid(), address))
    db = held or _opened(address)
    try:
        outcome = db.sync()
        return Sent(outcome, waiting=len(recovery.journals(db.spool)), where=db.url)
    finally:
        if held is None:
            db.close()


def close_all() -> None:
    """Close every store of this process; the next :func:`open_db` opens anew. Called at exit."""
    with _lock:
        mine = [slot for slot in _open if slot[0] == os.getpid()]
        for slot in mine:
            with contextlib.suppress(StoreUnavailableError):
                _open.pop(slot).close()


def close(db: RunDB) -> None:
    """Close one store of this process."""
    with _lock:
        for slot in [slot for slot, held in _open.items() if held is db]:
            del _open[slot]
        db.close()


def close_address(url: str) -> None:
    """Close the store at an address, if this process has it open."""
    found = _open.get((os.getpid(), normalised(url)))
    if found is not None:
        close(found)


def normalised(url: str) -> str:
    """One spelling for each store. Raises ``InvalidArgumentError`` for an address of another kind.

    Example
    -------
    >>> normalised("file:///tmp/../srv/runs/")
    '/srv/runs'
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", url)
    if not scheme:
        return os.path.realpath(Path(url).expanduser())
    name = scheme[1].lower()
    if name == "file":
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):
            raise InvalidArgumentError("a file:// address names no host", where=url, hint="write file:///folder")
        return os.path.realpath(unquote(parts.path))
    if name in ("postgresql", "postgres", "http", "https", "memory"):
        return url.rstrip("/") if name != "memory" else url
    raise InvalidArgumentError(f"not an address of a store: {masked(url)!r}", hint=f"use {_SCHEMES}")


def masked(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{host}"))


def _opened(address: str) -> RunDB:
    if address.startswith("memory://"):
        from mlrun_jupyter.db.memory import MemoryStore

        return MemoryStore(address)
    if address.startswith(("postgresql://", "postgres://")):
        return _postgres(address)
    if address.startswith(("http://", "https://")):
        from mlrun_jupyter.db.http import HTTPRunDB

        return HTTPRunDB(address)
    return _embedded(Path(address))


def _embedded(folder: Path) -> RunDB:
    from mlrun_jupyter.db.sql.sqlite import FILE, SqliteEngine
    from mlrun_jupyter.db.sql.store import SqlStore

    engine = SqliteEngine(folder)
    return SqlStore(engine, spool=folder / f"{FILE}-journals", artifact_path=str(folder / "artifacts"))


def _postgres(address: str) -> RunDB:
    from mlrun_jupyter.db.sql.postgres import PostgresEngine
    from mlrun_jupyter.db.sql.store import SqlStore

    safe = masked(address)
    home = Path("~/.mlrun").expanduser()
    spool = home / "spool" / hashlib.sha256(safe.encode()).hexdigest()[:16]
    return SqlStore(PostgresEngine(address, safe), spool=spool, artifact_path=str(home / "artifacts"))


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()


atexit.register(close_all)
with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
