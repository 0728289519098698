"""Combinations from a file: CSV, a row an iteration, or JSON, a name and its values."""

from __future__ import annotations

import ast
import csv
import io
import itertools
from typing import Any

from mlrun_jupyter.datastore import DataItem
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.safety import documents
from mlrun_jupyter.sweeps.options import SweepOptions
from mlrun_jupyter.sweeps.strategy import check_count, limit_of


def read(item: DataItem, options: SweepOptions | None = None) -> tuple[dict[str, list[Any]], str]:
    """Name to values, and the strategy that the kind of file means: ``list`` for CSV, ``grid`` for JSON.

    A CSV cell is a Python literal where it reads as one, else text; an empty cell is None. ``options``: the sweep tries
    every row, and must not have more of them than these say.

    Raises
    ------
    InvalidArgumentError
        Another kind of file, a column without a name or two of one name, a row that is too long or too short (its line
        is named), more rows than the sweep may have, or JSON that is no mapping of names to lists.
    """
    if item.suffix == ".csv":
        return _csv(item.get(), item.url, options), "list"
    if item.suffix == ".json":
        return _json(item.get().decode("utf-8-sig"), item.url), "grid"
    raise InvalidArgumentError("a param file is .csv or .json", where=item.url)


def _csv(data: bytes, where: str, options: SweepOptions | None) -> dict[str, list[Any]]:
    lines = (row for row in csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="")) if row)
    most = None if options is None else limit_of(options) + 1  # and the row of names
    rows = list(itertools.islice(lines, most))
    if options is not None:  # those that are too many are counted, not kept
        check_count(len(rows) - 1 + sum(1 for _ in lines), options, "list")
    if len(rows) < 2:
        raise InvalidArgumentError("a param file has a row of names and at least one row of values", where=where)
    names = [name.strip() for name in rows[0]]
    _check_names(names, where)
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            raise InvalidArgumentError(f"{len(row)} values for {len(names)} names", where=f"{where}, row {number}")
    return {name: [_cell(row[column]) for row in rows[1:]] for column, name in enumerate(names)}


def _check_names(names: list[str], where: str) -> None:
    if "" in names:
        hint = "a data frame is saved without its index by index=False" if not names[0] else ""
        raise InvalidArgumentError(f"column {names.index('') + 1} has no name", where=where, hint=hint)
    for name in names:
        if names.count(name) > 1:
            raise InvalidArgumentError(f"several columns are called {name!r}", where=where)


def _cell(text: str) -> Any:
    text = text.strip()
    if not text:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _json(text: str, where: str) -> dict[str, list[Any]]:
    document = documents.load_json(text, where=where)
    if not isinstance(document, dict) or not all(isinstance(values, list) for values in document.values()):
        raise InvalidArgumentError("a JSON param file maps names to lists of values", where=where)
    return document
