"""What every kind of storage can do for a data item."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import IO, Any, Protocol

import msgspec

Progress = Callable[[int, int | None], None]
"""Called with the bytes done and in total (None where that is unknown)."""


class FileStat(msgspec.Struct, frozen=True):
    """``size`` in bytes, ``modified`` in seconds since 1970 (0 where the storage does not tell)."""

    size: int
    modified: float = 0.0
    content_type: str = ""
    is_dir: bool = False


class Storage(Protocol):
    """Files at paths of one kind of storage.

    What is missing raises ``NotFoundError``; what cannot be reached, read or written raises ``DataError`` or
    ``StoreUnavailableError``, with the path in the message and no credentials.
    """

    kind: str

    def read(self, path: str, size: int | None = None, offset: int = 0) -> bytes: ...
    def write(self, path: str, data: bytes, *, append: bool = False) -> None: ...
    def open(self, path: str, mode: str, **options: Any) -> IO[Any]: ...
    def stat(self, path: str) -> FileStat: ...
    def list(self, path: str) -> list[str]:
        """Paths of all files below a folder, relative to it, sorted."""

    def delete(self, path: str) -> None:
        """A file, or a folder with everything in it."""

    def download(self, path: str, target: str, *, progress: Progress | None = None) -> None: ...
    def upload(self, path: str, source: str, *, progress: Progress | None = None) -> None: ...


class Secrets:
    """Where credentials are looked up: what the run was given, then the environment.

    Example
    -------
    >>> Secrets({"TOKEN": "x"}).get("TOKEN"), Secrets({})
    ('x', <secrets>)
    """

    def __init__(self, values: Mapping[str, str] | None) -> None:
        self._values = values if values is not None else {}

    def get(self, *names: str) -> str:
        """The first of these that has a value, or an empty text."""
        for source in (self._values, os.environ):
            for name in names:
                value = source.get(name)
                if value:
                    return str(value)
        return ""

    def given(self, name: str) -> str:
        """The value that the run was given, whatever the environment holds."""
        return str(self._values.get(name) or "")

    def __repr__(self) -> str:
        return "<secrets>"
