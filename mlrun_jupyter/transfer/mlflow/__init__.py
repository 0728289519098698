"""MLflow's stores as sources: its folder of files (``mlruns``) and its SQLite database.

Read from what lies there; the package itself is not needed, and nothing of it is changed.
"""

from __future__ import annotations

import os
from pathlib import Path

from mlrun_jupyter.errors import DataError, NotFoundError
from mlrun_jupyter.transfer.items import Source
from mlrun_jupyter.transfer.mlflow.database import DatabaseSource
from mlrun_jupyter.transfer.mlflow.folder import FolderSource

__all__ = ["DatabaseSource", "FolderSource", "opened"]

_SQLITE = b"SQLite format 3\0"


def opened(address: str) -> Source:
    """The store at a path or address: a folder ``mlruns`` (or one that has it), a file ``mlflow.db``, ``sqlite:///path``.

    Raises
    ------
    NotFoundError
        Nothing is there.
    DataError
        It is no store of MLflow's.
    """
    path = Path(os.path.expanduser(address.removeprefix("sqlite:///").removeprefix("file://")))  # noqa: PTH111 - ~ in text
    if not path.exists():
        raise NotFoundError("no such file or folder", where=str(path))
    if path.is_dir():
        if (path / "mlruns").is_dir():
            path /= "mlruns"
        if any(path.glob("*/meta.yaml")):
            return FolderSource(path)
    else:
        with path.open("rb") as file:
            if file.read(len(_SQLITE)) == _SQLITE:
                return DatabaseSource(path)
    raise DataError(
        "not a store of MLflow's", where=str(path), hint="name its folder mlruns, or its SQLite file mlflow.db"
    )
