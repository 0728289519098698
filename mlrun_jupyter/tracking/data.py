"""Data by its address, what this process has just recorded included."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from mlrun_jupyter import datastore
from mlrun_jupyter.datastore import DataItem
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.tracking import tracker


@runtime_checkable
class HasStore(Protocol):
    """Who holds a store, as what :func:`mlrun_jupyter.get_run_db` gives does."""

    @property
    def store(self) -> RunDB: ...


def get_dataitem(
    url: str | os.PathLike[str], db: RunDB | HasStore | str | None = None, *, secrets: Mapping[str, str] | None = None
) -> DataItem:
    """The data at a path or address; ``store://`` addresses are found in ``db``, the default store if none is given.

    Raises what :func:`mlrun_jupyter.datastore.resolve` raises.

    Example
    -------
    >>> get_dataitem("/tmp/train.csv").suffix
    '.csv'
    """
    if isinstance(db, HasStore):
        db = db.store
    if os.fspath(url).startswith("store://"):
        db = open_db(db or "") if db is None or isinstance(db, str) else db
        tracker.flush(db)
    return datastore.get_dataitem(url, db, secrets=secrets)
