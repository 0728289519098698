"""Tables as they are written, and what is told about them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mlrun_jupyter.artifacts.preview import MAX_COLUMNS as SHOWN_COLUMNS
from mlrun_jupyter.artifacts.preview import rows_of
from mlrun_jupyter.artifacts.stats import streaming
from mlrun_jupyter.artifacts.stats.streaming import MAX_COLUMNS
from mlrun_jupyter.errors import DataError, InvalidArgumentError, MlrunError, NotFoundError, nearest
from mlrun_jupyter.safety.files import HashingFile

IN_MEMORY: Final = 512 << 20
"""Bytes up to which a file is read whole for its statistics; larger ones are streamed."""
_SAMPLE: Final = 4096


class Held:
    """A table in memory."""

    def __init__(self, table: Any, notes: Mapping[str, str] | None = None) -> None:
        self.table = table
        self._notes = dict(notes or {})

    def describe(self, *, rows: int, stats: bool, label_column: str, correlations: bool) -> Mapping[str, Any]:
        """Preview, schema, length and statistics, all plain."""
        return told(
            self.table,
            self.table.num_rows,
            rows=rows,
            stats=stats,
            label_column=label_column,
            correlations=correlations,
            notes=self._notes,
        )

    def write(self, file: HashingFile, format: str, options: Mapping[str, Any]) -> None:
        """Write the table in a format."""
        write_table(self.table, file, format, options)


def told(
    table: Any,
    length: int,
    *,
    rows: int,
    stats: bool,
    label_column: str,
    correlations: bool,
    notes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What is told about a table in memory."""
    from mlrun_jupyter.artifacts import stats as statistics

    names = table.column_names
    _check_label(label_column, names)
    return {
        "preview": rows_of(table, rows),
        "stats": statistics.describe(table.select(range(min(len(names), MAX_COLUMNS))), label_column=label_column)
        if stats
        else {},
        "header": list(names),
        "length": length,
        "schema": _fields(table.schema),
        "correlations": statistics.correlations(table) if correlations else None,
        "notes": dict(notes or {}),
    }


def _check_label(label_column: str, names: list[str]) -> None:
    if label_column and label_column not in names:
        hint = nearest(label_column, names)
        raise InvalidArgumentError(f"the table has no column {label_column!r}", where="label_column", hint=hint)


def _fields(schema: Any) -> dict[str, Any]:
    return {"fields": [{"name": field.name, "type": str(field.type)} for field in schema]}


def write_table(table: Any, file: HashingFile, format: str, options: Mapping[str, Any]) -> None:
    """Write a table front to back. Raises :class:`DataError` when the format cannot hold it."""
    import pyarrow as pa  # type: ignore[import-untyped] # it brings no types

    try:
        if format == "parquet":
            import pyarrow.parquet as pq  # type: ignore[import-untyped] # as above

            given = {"use_dictionary": repeating(table), "compression": _compressions(table), **options}
            pq.write_table(_for_parquet(table), pa.PythonFile(file, mode="w"), **given)
        elif format == "arrow":
            with pa.ipc.new_file(pa.PythonFile(file, mode="w"), table.schema) as writer:
                writer.write_table(table)
        elif format == "jsonl":
            _write_lines(table, file)
        else:
            from pyarrow import csv

            csv.write_csv(
                flat(table),
                pa.PythonFile(file, mode="w"),
                csv.WriteOptions(delimiter="\t" if format == "tsv" else ",", quoting_style="needed"),
            )
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        if isinstance(error, MlrunError):
            raise
        raise DataError(f"the table cannot be written as {format}", hint=str(error)[:300]) from error


def repeating(table: Any) -> list[str]:
    """The columns worth a dictionary, judged by their first rows; trying all of them costs as much as the writing."""
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped] # as above

    names = []
    head = table.slice(0, _SAMPLE)
    for name, column in zip(head.column_names, head.columns, strict=True):
        kind = str(column.type)
        if kind.startswith(
            (
                "list",
                "struct",
                "map",
                "large_list",
                "extension",
                "null",
                "bool",
                "dictionary",
                "fixed_size_list",
                "union",
            )
        ):
            continue
        try:
            distinct = pc.count_distinct(column).as_py()
        except pa.ArrowException:  # a type without hashing needs no dictionary
            distinct = len(column)
        if distinct * 4 <= len(column) or (len(column) < _SAMPLE and not kind.startswith(("double", "float"))):
            names.append(name)
    return names


def _compressions(table: Any) -> dict[str, str] | str:
    """Snappy, but for columns of numbers whose beginning does not get smaller by it: random digits never do."""
    import pyarrow as pa

    chosen = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not pa.types.is_floating(column.type) or len(column) < _SAMPLE:
            continue
        values = column.chunk(0).slice(0, _SAMPLE)
        data = values.buffers()[1].slice(
            values.offset * values.type.bit_width // 8, len(values) * values.type.bit_width // 8
        )
        if len(pa.compress(data, codec="snappy", asbytes=True)) > 0.9 * len(data):
            chosen[name] = "none"
    return {name: chosen.get(name, "snappy") for name in table.column_names} if chosen else "snappy"


def flat(table: Any) -> Any:
    """The table with columns that text files cannot hold (lists, structures, bytes) as text."""
    import pyarrow as pa

    columns, names = [], table.column_names
    for column in table.columns:
        kind = column.type
        if (
            pa.types.is_nested(kind)
            or pa.types.is_binary(kind)
            or pa.types.is_large_binary(kind)
            or isinstance(kind, pa.BaseExtensionType)
        ):
            columns.append(
                pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
            )
        elif pa.types.is_dictionary(kind):
            columns.append(column.cast(kind.value_type))
        elif pa.types.is_null(kind):
            columns.append(column.cast(pa.string()))
        else:
            columns.append(column)
    return pa.table(columns, names=names)


def _for_parquet(table: Any) -> Any:
    """A structure without fields is the one thing that Parquet has no way to hold."""
    import pyarrow as pa

    empty = [
        index
        for index, field in enumerate(table.schema)
        if pa.types.is_struct(field.type) and not field.type.num_fields
    ]
    for index in empty:
        column = pa.array([None if value is None else "{}" for value in table.column(index).to_pylist()], pa.string())
        table = table.set_column(index, table.column_names[index], column)
    return table


def _write_lines(table: Any, file: HashingFile) -> None:
    from mlrun_jupyter.model import values

    for batch in table.to_batches(max_chunksize=10_000):
        lines = b"\n".join(values.encode(values.plain(row)) for row in batch.to_pylist())
        if lines:
            file.write(lines + b"\n")


class Opened:
    """A table in a file, read when it is described or written in another format."""

    def __init__(self, path: str, format: str) -> None:
        self.path = path
        self.format = format

    def describe(self, *, rows: int, stats: bool, label_column: str, correlations: bool) -> Mapping[str, Any]:
        """As for a table in memory; a large file is streamed, and what is estimated is marked so."""
        if not correlations:
            if not stats and self.format == "parquet" and Path(self.path).is_file():
                return self._headed(rows, label_column)
            if stats and self._large():
                return self._scanned(rows, label_column)
        table = self._read()
        return told(table, table.num_rows, rows=rows, stats=stats, label_column=label_column, correlations=correlations)

    def _large(self) -> bool:
        return self.format != "excel" and streaming.held(self.path, self.format) > IN_MEMORY

    def _headed(self, rows: int, label_column: str) -> Mapping[str, Any]:
        schema, length, first = streaming.head(self.path, rows=rows, columns=SHOWN_COLUMNS)
        _check_label(label_column, schema.names)
        return {
            "preview": rows_of(first, rows),
            "stats": {},
            "header": list(schema.names),
            "length": length,
            "schema": _fields(schema),
        }

    def _scanned(self, rows: int, label_column: str) -> Mapping[str, Any]:
        scanned = streaming.scan(self.path, self.format, rows=rows, label_column=label_column)
        _check_label(label_column, scanned.schema.names)
        return {
            "preview": scanned.preview,
            "stats": scanned.stats,
            "header": list(scanned.schema.names),
            "length": scanned.length,
            "schema": _fields(scanned.schema),
        }

    def write(self, file: HashingFile, format: str, options: Mapping[str, Any]) -> None:
        """Write the table in another format; a large one goes through piece by piece."""
        if format == "parquet" and self._large():
            _convert(self.path, self.format, file, options)
        else:
            write_table(self._read(), file, format, options)

    def _read(self) -> Any:
        from mlrun_jupyter.datastore.frames import read_arrow

        return read_arrow(self.path, self.format)


def open_file(path: str, *, where: str = "") -> Opened:
    """A table in a file; what it holds is read when it is described.

    Raises
    ------
    NotFoundError
        No such file.
    InvalidArgumentError
        The ending names no format that is read.
    """
    from mlrun_jupyter.datastore.frames import format_of
    from mlrun_jupyter.datastore.local import nearest_file

    if not os.path.exists(path):  # noqa: PTH110 - text, as the writer wants it
        raise NotFoundError("no such file", where=f"{where}, {path}", hint=nearest_file(os.path.abspath(path)))  # noqa: PTH100
    return Opened(path, format_of(path))


def _convert(path: str, kind: str, file: HashingFile, options: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = streaming.schema_of(path, kind)
        with pq.ParquetWriter(pa.PythonFile(file, mode="w"), schema, **options) as writer:
            for batch in streaming.batches(path, kind):
                writer.write_batch(batch)
    except pa.ArrowException as error:
        raise DataError(f"not a readable {kind} table", where=path, hint=str(error)[:300]) from error
