"""Data that lies in its record itself."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any

from mlrun_jupyter.datastore.base import FileStat, Progress
from mlrun_jupyter.datastore.local import content_type
from mlrun_jupyter.errors import DataError


class InlineStorage:
    """One file; it cannot be changed."""

    kind = "inline"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, path: str, size: int | None = None, offset: int = 0) -> bytes:  # noqa: ARG002 - there is only one
        return self._data[offset : None if size is None else offset + size]

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:  # noqa: ARG002 - the contract's signature
        raise _fixed(path)

    def open(self, path: str, mode: str, **options: Any) -> IO[Any]:
        if "r" not in mode or "+" in mode:
            raise _fixed(path)
        raw = io.BytesIO(self._data)
        return raw if "b" in mode else io.TextIOWrapper(raw, **{"encoding": "utf-8", **options})

    def stat(self, path: str) -> FileStat:
        return FileStat(len(self._data), content_type=content_type(path))

    def list(self, path: str) -> list[str]:
        raise DataError("a file, not a folder", where=path)

    def delete(self, path: str) -> None:
        raise _fixed(path)

    def download(self, path: str, target: str, *, progress: Progress | None = None) -> None:  # noqa: ARG002 - as above
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).write_bytes(self._data)

    def upload(self, path: str, source: str, *, progress: Progress | None = None) -> None:  # noqa: ARG002 - as above
        raise _fixed(path)


def _fixed(path: str) -> DataError:
    return DataError("data inside a record cannot be changed", where=path, hint="log the artifact again")
