"""A page of a table's rows, chosen and ordered, read from its file without reading the rest where that is possible."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from mlrun_jupyter.datastore import DataItem
from mlrun_jupyter.errors import DataError, InvalidArgumentError
from mlrun_jupyter.runs.conditions import matching

MAX_ROWS: Final = 200
MAX_COLUMNS: Final = 100
MAX_ORDERED: Final = 20_000_000
"""Rows that are put in order or searched through; of a larger table that is refused."""
MAX_HELD: Final = 300_000_000
"""Bytes of a file that has to be read whole to be ordered."""
_BATCH: Final = 16_384
_PARQUET: Final = (".parquet", ".pq", "parquet", "pq")
_TEXT: Final = (".csv", ".tsv", "csv", "tsv")
_KEPT: Final = 2


class RowsAsked(msgspec.Struct, frozen=True):
    """Which part of a table.

    Parameters
    ----------
    offset, rows
        Rows from ``offset``, at most 200, counted in the order and choice asked for.
    first, columns
        Columns from the ``first``, at most 100.
    sort
        The column that gives the order; ``-name`` for the largest first, empty for that of the file.
    where
        Column to condition: ``"> 3"``, ``"= a"``, ``"!= a"``, ``"null"``, or a text that is contained.
    """

    offset: int = 0
    rows: int = 50
    first: int = 0
    columns: int = MAX_COLUMNS
    sort: str = ""
    where: tuple[tuple[str, str], ...] = ()


class RowsRead(NamedTuple):
    """All names, those of the columns that are here with their values, where the rows stand in the file, and how many
    rows there are where that is known."""

    names: list[str]
    shown: list[str]
    columns: list[list[Any]]
    numbers: list[int]
    total: int | None


def read(item: DataItem, asked: RowsAsked, *, format: str = "") -> RowsRead:
    """The rows.

    Raises
    ------
    DataError
        The file is not what it is called.
    InvalidArgumentError
        A column that is not there, a condition that cannot be read, or too much to be put in order.
    """
    if item.suffix.lower() in _PARQUET or (not item.suffix and format in _PARQUET):
        return _from_parquet(item, asked)
    if asked.sort or asked.where:
        return _from_table(item, asked, format)
    return _from_start(item, asked, format)


def _from_start(item: DataItem, asked: RowsAsked, format: str) -> RowsRead:
    """As the file stands; texts are read as far as they are needed."""
    limit = asked.offset + asked.rows + 1
    options: dict[str, Any] = {"nrows": limit} if item.suffix.lower() in _TEXT else {}
    frame = item.as_df(format=format, **options)
    names = [str(name) for name in frame.columns]
    page = frame.iloc[asked.offset : asked.offset + asked.rows, asked.first : asked.first + asked.columns]
    return RowsRead(
        names,
        names[asked.first : asked.first + asked.columns],
        [_plain(page.iloc[:, at].tolist()) for at in range(page.shape[1])],
        list(range(asked.offset, asked.offset + len(page))),
        len(frame) if not options or len(frame) < limit else None,
    )


def _from_table(item: DataItem, asked: RowsAsked, format: str) -> RowsRead:
    if item.stat().size > MAX_HELD:
        raise InvalidArgumentError(
            "the file is too large to be ordered or searched here",
            hint="keep it as Parquet, of which columns can be read",
        )
    table = item.as_df(format=format, df_module="pyarrow")
    order = _order(table, asked)
    numbers = order[asked.offset : asked.offset + asked.rows]
    names = [str(name) for name in table.column_names]
    shown = names[asked.first : asked.first + asked.columns]
    page = table.select(shown).take(numbers)
    return RowsRead(names, shown, [_plain(each.to_pylist()) for each in page.columns], numbers.tolist(), len(order))


def _from_parquet(item: DataItem, asked: RowsAsked) -> RowsRead:
    import numpy as np
    import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
    import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

    try:
        with item.open("rb") as file:
            source = pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 16)
            names = list(source.schema_arrow.names)
            shown = names[asked.first : asked.first + asked.columns]
            total = source.metadata.num_rows
            if asked.sort or asked.where:
                order = _kept_order(item, source, asked)
                numbers, total = order[asked.offset : asked.offset + asked.rows], len(order)
            else:
                numbers = np.arange(asked.offset, max(asked.offset, min(total, asked.offset + asked.rows)))
            page = _taken(source, shown, numbers)
    except pa.ArrowException as error:
        raise DataError("the file is no Parquet", where=item.url, hint=str(error)[:200]) from None
    return RowsRead(names, shown, [_plain(each.to_pylist()) for each in page.columns], numbers.tolist(), total)


def _taken(source: Any, names: list[str], numbers: Any) -> Any:
    """The rows of these numbers, in their order; a group of rows is read up to the last that is needed."""
    import numpy as np
    import pyarrow as pa

    wanted = np.sort(numbers)
    parts, before = [], 0
    for group in range(source.num_row_groups):
        length = source.metadata.row_group(group).num_rows
        own = wanted[(wanted >= before) & (wanted < before + length)] - before
        at = 0
        for batch in source.iter_batches(_BATCH, row_groups=[group], columns=names) if len(own) else ():
            here = own[(own >= at) & (own < at + len(batch))] - at
            if len(here):
                parts.append(pa.Table.from_batches([batch]).take(here))
            at += len(batch)
            if at > own[-1]:
                break
        before += length
    if not parts:
        return source.schema_arrow.empty_table().select(names)
    return pa.concat_tables(parts).take(np.argsort(np.argsort(numbers, kind="stable"), kind="stable"))


def _order(table: Any, asked: RowsAsked) -> Any:
    """The numbers of the rows that fulfil all conditions, in the order asked for; nulls come last."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped]  # ships no types

    if len(table) > MAX_ORDERED:
        raise InvalidArgumentError(f"{len(table):,} rows are too many to be ordered or searched here")
    _known(asked, [str(name) for name in table.column_names])
    chosen = None
    for name, condition in asked.where:
        fulfils = pc.fill_null(matching(table.column(name), condition, name=name), False)
        chosen = fulfils if chosen is None else pc.and_(chosen, fulfils)
    rows = np.arange(len(table), dtype=np.int32)
    if chosen is not None:
        rows = rows[np.asarray(chosen)]
    if not asked.sort:
        return rows
    descending = asked.sort.startswith("-")
    column = table.column(asked.sort.removeprefix("-")).take(rows)
    keys = [("", "descending" if descending else "ascending")]
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        order = pc.sort_indices(column, sort_keys=keys)
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError):
        told = [None if each is None else str(each) for each in column.to_pylist()]
        order = pc.sort_indices(pa.array(told, pa.string()), sort_keys=keys)
    return rows[np.asarray(order)]


def _known(asked: RowsAsked, names: list[str]) -> None:
    for name in [asked.sort.removeprefix("-"), *(each for each, _condition in asked.where)]:
        if name and name not in names:
            raise InvalidArgumentError(f"there is no column {name[:80]!r}")


_orders: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
_lock = threading.Lock()


def _kept_order(item: DataItem, source: Any, asked: RowsAsked) -> Any:
    """The order, kept for the pages that follow: only the columns that decide are read for it."""
    if source.metadata.num_rows > MAX_ORDERED:
        raise InvalidArgumentError(f"{source.metadata.num_rows:,} rows are too many to be ordered or searched here")
    _known(asked, list(source.schema_arrow.names))
    told = item.stat()
    key = (item.url, told.size, told.modified, asked.sort, asked.where)
    with _lock:
        if key in _orders:
            _orders.move_to_end(key)
            return _orders[key]
    needed = dict.fromkeys([*(name for name, _condition in asked.where), asked.sort.removeprefix("-")])
    order = _order(source.read(columns=[name for name in needed if name]), asked)
    with _lock:
        _orders[key] = order
        while len(_orders) > _KEPT:
            _orders.popitem(last=False)
    return order


def _plain(values: list[Any]) -> list[Any]:
    """Numbers and texts as they are, everything else as its text."""
    return [each if each is None or isinstance(each, (bool, int, float, str)) else str(each) for each in values]


def asked(given: Mapping[str, str]) -> RowsAsked:
    """From the arguments of a request: ``offset, rows, first, sort`` and ``where``, an object of column to condition.

    Raises
    ------
    InvalidArgumentError
        A number that is none, or conditions that cannot be read.
    """
    try:
        where = msgspec.json.decode(given.get("where") or "{}", type=dict[str, str])
        numbers = {name: int(given.get(name) or 0) for name in ("offset", "rows", "first", "columns")}
    except (msgspec.DecodeError, ValueError):
        raise InvalidArgumentError(
            "this part of a table cannot be read", hint="numbers, and where={column: condition}"
        ) from None
    return RowsAsked(
        max(0, numbers["offset"]),
        max(1, min(numbers["rows"] or 50, MAX_ROWS)),
        max(0, numbers["first"]),
        max(1, min(numbers["columns"] or MAX_COLUMNS, MAX_COLUMNS)),
        given.get("sort", ""),
        tuple((name, text) for name, text in where.items() if text.strip()),
    )
