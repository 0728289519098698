"""The store that a caller reads: one at hand, one that something holds, one by its address, or the default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.opening import open_db


@runtime_checkable
class HasStore(Protocol):
    """Who holds a store, as what :func:`mlrun_jupyter.get_run_db` gives does."""

    @property
    def store(self) -> RunDB: ...


_flush: Callable[[RunDB], None] | None = None


def register(flush: Callable[[RunDB], None]) -> None:
    """Have ``flush(db)`` called before a store is read: whoever records in this process still holds what is young."""
    global _flush
    _flush = flush


def chosen(db: RunDB | HasStore | str | None = None) -> RunDB:
    """The store, with everything in it that this process has recorded. Raises what :func:`~mlrun_jupyter.db.open_db` raises.

    Example
    -------
    >>> chosen("memory://docs") is chosen(open_db("memory://docs"))
    True
    """
    held = db.store if isinstance(db, HasStore) else db
    found = open_db(held or "") if held is None or isinstance(held, str) else held
    if _flush is not None:
        _flush(found)
    return found
