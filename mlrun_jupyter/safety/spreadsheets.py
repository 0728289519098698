"""Text for spreadsheets: a cell shows what it holds and computes nothing."""

from __future__ import annotations

from typing import Any, Final

_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the start of a formula, full-width forms included."""


def guard(value: Any) -> Any:
    """A value for a cell of a CSV export.

    Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers, and text that is one, stay as
    they are.

    Example
    -------
    >>> guard("=HYPERLINK(A1)"), guard("-1.5e3"), guard(-2), guard("plain")
    ("'=HYPERLINK(A1)", '-1.5e3', -2, 'plain')
    """
    if not isinstance(value, str):
        return value
    start = value.lstrip(" \u00a0\ufeff")
    if not start.startswith(_STARTS) or _is_number(start):
        return value
    return "'" + value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text and text.isascii()
