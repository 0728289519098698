"""Pages that stay right while rows are written: a token names the last row given, the next page starts behind it."""

from __future__ import annotations

import base64
import binascii
import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import msgspec

from mlrun_jupyter.db.query import MAX_LIMIT, Page
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import values

T = TypeVar("T")


def token(position: Any) -> str:
    """The text of a position.

    Example
    -------
    >>> position(token([1.5, 7]))
    [1.5, 7]
    """
    return base64.urlsafe_b64encode(values.encode(position)).decode().rstrip("=")


def position(text: str) -> Any:
    """The position of a token. Raises ``InvalidArgumentError`` for text that is none."""
    try:
        return values.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise InvalidArgumentError(
            f"not a page token: {text!r}", hint="use the one that the page before gave"
        ) from error


class Position(NamedTuple):
    """The last row of the page before: the values of its sort keys, and its number."""

    values: tuple[Any, ...]
    id: int

    @classmethod
    def parse(cls, token: str, keys: int) -> Position | None:
        """Raises ``InvalidArgumentError`` for a token of another list."""
        if not token:
            return None
        parts = position(token)
        if not isinstance(parts, list) or len(parts) != keys + 1 or type(parts[-1]) is not int:
            parts = None
        if parts is None or any(type(value) not in (int, float, str, type(None)) for value in parts):
            raise InvalidArgumentError(f"not a page token of this list: {token!r}")
        return cls(tuple(parts[:-1]), parts[-1])


def bounded(limit: int) -> int:
    """A limit that can be used. Raises ``InvalidArgumentError`` for a negative one."""
    if limit < 0:
        raise InvalidArgumentError(f"a page cannot have {limit} rows")
    return min(limit, MAX_LIMIT)


def newest_first(
    sources: Sequence[Callable[[int | None], Iterator[tuple[int, T]]]], *, limit: int, after: str
) -> Page[T]:
    """A page of rows that are known by a number which only grows.

    ``sources`` give (number, row) pairs with numbers below the one they are asked with, greatest first.
    """
    before = position(after) if after else None
    if before is not None and type(before) is not int:
        raise InvalidArgumentError(f"not a page token of this list: {after!r}")
    limit = bounded(limit)
    merged = heapq.merge(*(source(before) for source in sources), key=lambda pair: -pair[0])
    rows = list(islice(merged, limit + 1))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page([row for _number, row in rows], token(rows[-1][0]) if more and rows else "")
