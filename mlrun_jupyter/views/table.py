"""Lists of runs, artifacts and functions as one kind of table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from mlrun_jupyter.views import format
from mlrun_jupyter.views.base import View
from mlrun_jupyter.views.format import Cell, cell, number_cell

ROWS = 50
"""Rows that are shown when nobody says how many."""
LOOKED_AT = 200
"""Rows that decide which names get a column."""


class Column(msgspec.Struct, omit_defaults=True):
    """``key`` names the field (``results.loss``), ``group`` the heading above several (``results``)."""

    key: str
    label: str
    group: str = ""
    numeric: bool = False


class Row(msgspec.Struct, omit_defaults=True):
    """``ref`` is what the row stands for: ``project``, ``uid``, ``iteration``, or ``project``, ``name``, ``tag`` ..."""

    ref: dict[str, Any]
    cells: list[Cell]
    state: str = ""


class TableView(View, kw_only=True):
    """``total`` rows were listed, those in ``rows`` are shown; ``hidden`` names columns that are too many to show."""

    title: str = ""
    total: int = 0
    columns: list[Column] = []
    rows: list[Row] = []
    hidden: list[str] = []


def column_cells(values: Sequence[Any], *, limit: int = 28) -> list[Cell]:
    """The cells of one column: numbers with the same decimals, what is missing empty."""
    return [
        number_cell(value, text) if text else Cell("", None, "null") if value is None else cell(value, limit=limit)
        for value, text in zip(values, format.numbers(values), strict=True)
    ]


def text_cell(text: str, *, limit: int = 40) -> Cell:
    """A cell that shows ``text`` as it is given; empty when it is."""
    return cell(text, limit=limit) if text else Cell("", None, "null")


def common(rows: Sequence[dict[str, Any]], most: int) -> tuple[list[str], list[str]]:
    """The names that most rows have, in the order they appear, at most ``most``; and those left out.

    Example
    -------
    >>> common([{"a": 1, "b": 2}, {"b": 3, "c": 4}], 2)
    (['a', 'b'], ['c'])
    """
    counts: Counter[str] = Counter()
    for row in rows[:LOOKED_AT]:
        counts.update(list(row)[:LOOKED_AT])
    kept = {name for name, _ in counts.most_common(most)}
    return [name for name in counts if name in kept], [name for name in counts if name not in kept]


def fill(view: TableView, columns: Sequence[tuple[Column, Sequence[Cell]]]) -> None:
    """Put columns into a view whose rows are there already; a column without any value is left out."""
    for column, cells in columns:
        if any(each.text for each in cells):
            column.numeric = column.numeric or any(each.type == "number" for each in cells)
            view.columns.append(column)
            for row, each in zip(view.rows, cells, strict=True):
                row.cells.append(each)
