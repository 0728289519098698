"""The first rows of a table as plain values."""

from __future__ import annotations

import datetime
import decimal
from typing import Any, Final

MAX_COLUMNS: Final = 100
MAX_TEXT: Final = 500


def rows_of(table: Any, count: int) -> list[list[Any]]:
    """Up to ``count`` rows of an Arrow table, the first 100 columns, long text cut.

    Times are ISO text, bytes are told by their length, numbers stay numbers.
    """
    head = table.slice(0, count).select(range(min(table.num_columns, MAX_COLUMNS)))
    columns = [[shown(value) for value in _values(column)] for column in head.columns]
    return [list(row) for row in zip(*columns, strict=True)] if columns else []


def shown(value: Any) -> Any:
    """One value as JSON can hold it."""
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is float:
        return value
    if kind is str:
        return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, decimal.Decimal):
        return str(value)
    text = str(value)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _values(column: Any) -> list[Any]:
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, ArithmeticError):  # times beyond the years that Python knows
        import pyarrow as pa  # type: ignore[import-untyped] # it brings no types

        try:
            return list(column.cast(pa.string()).to_pylist())
        except pa.ArrowException:
            return [None] * len(column)
