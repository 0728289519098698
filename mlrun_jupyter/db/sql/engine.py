"""What the store asks of a database: sessions that read or write, in one flavour of SQL with ``?`` for values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class Session(Protocol):
    """A transaction. Statements are constants of this package; values are always bound."""

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]: ...
    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None: ...
    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """Rows as they are found: what is not taken is not computed."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """How many rows it changed."""

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None: ...
    def exclusive(self, *names: str) -> None:
        """Keep other writers of the same names out until the transaction ends."""


class Engine(Protocol):
    """A database that is open, of the newest revision, and may be used from several threads."""

    url: str
    """The address without its password."""
    address: str
    dialect: str

    def read(self) -> AbstractContextManager[Session]:
        """A consistent view."""

    def write(self, *, durable: bool = False) -> AbstractContextManager[Session]:
        """One transaction: done when the block ends, or not at all."""

    def close(self) -> None: ...
