"""Statistics of files that are larger than memory.

One pass: what adds up (counts, missing values, extremes, means, deviations, marks of distinct values) is exact over all
rows or estimated over all of them; quantiles, histograms and frequent values come from an even sample, and the column
says so with ``sampled``, the number of its rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from mlrun_jupyter.artifacts.preview import rows_of
from mlrun_jupyter.artifacts.stats.columns import describe_column, family
from mlrun_jupyter.artifacts.stats.distinct import Marks
from mlrun_jupyter.artifacts.stats.numbers import plain
from mlrun_jupyter.errors import DataError

SAMPLE_ROWS: Final = 1_000_000
SAMPLE_BYTES: Final = 128 << 20
MAX_COLUMNS: Final = 1000
"""Columns that statistics are taken of."""
_BATCH: Final = 1 << 16
_BATCH_BYTES: Final = 64 << 20
_BUFFERS: Final = 64 << 20
_MARKS: Final = 1 << 28
"""Cells, of a byte each, for the marks of all columns' values together."""
_TEXT_BYTES: Final = 16
"""About what a value takes that has no fixed width."""
_NUMBERS: Final = ("integer", "number")


class Scanned(NamedTuple):
    """What one pass over a file told."""

    schema: Any
    length: int
    stats: dict[str, dict[str, Any]]
    preview: list[list[Any]]


def scan(path: str, format: str, *, rows: int, label_column: str = "") -> Scanned:
    """Read a local table file once, in constant memory.

    Parameters
    ----------
    format
        ``parquet, csv, tsv, jsonl`` or ``arrow``.
    rows
        How many rows of preview.

    Raises
    ------
    DataError
        It is no table of that format.
    """
    import numpy as np
    import pyarrow as pa  # type: ignore[import-untyped] # it brings no types

    draw = np.random.default_rng(0)
    try:
        schema = schema_of(path, format)
        fields = [field for at, field in enumerate(schema) if at < MAX_COLUMNS or field.name == label_column]
        names = [field.name for field in fields]
        source = batches(path, format, names if len(names) < len(schema) else None)
        share = _share(path, format)
        columns = [_Column(field.type, _MARKS // max(1, len(fields))) for field in fields]
        preview: list[list[Any]] = []
        samples = []
        length = 0
        for batch in source:
            if len(preview) < rows:
                preview += rows_of(pa.Table.from_batches([batch]), rows - len(preview))
            length += batch.num_rows
            for column, array in zip(columns, batch.columns, strict=True):
                column.add(array)
            chosen = np.flatnonzero(draw.random(batch.num_rows) < share) if share < 1 else None
            samples.append(batch if chosen is None else batch.take(pa.array(chosen)))
    except pa.ArrowException as error:
        raise DataError(f"not a readable {format} table", where=path, hint=str(error)[:300]) from error
    sample = pa.Table.from_batches(samples, pa.schema(fields))
    stats = {
        name: column.told(describe_column(sample.column(index), balance=name == label_column), length, sample.num_rows)
        for index, (name, column) in enumerate(zip(names, columns, strict=True))
    }
    return Scanned(schema, length, stats, preview)


def batches(path: str, format: str, columns: list[str] | None = None) -> Iterator[Any]:
    """Batches of a local table file, few at a time and of few rows where there are many columns."""
    schema = schema_of(path, format)
    width = sum(_width(field.type) for field in (schema if columns is None else map(schema.field, columns)))
    rows = max(64, min(_BATCH, _BATCH_BYTES // max(1, width)))
    if format == "parquet" and Path(path).is_file():
        yield from _parquet(path, len(columns or schema.names)).iter_batches(rows, columns=columns)
    else:
        yield from _dataset(path, format).to_batches(
            columns=columns, batch_size=rows, batch_readahead=2, fragment_readahead=1, cache_metadata=False
        )


def head(path: str, *, rows: int, columns: int) -> tuple[Any, int, Any]:
    """Schema, length and first rows of the first columns of a Parquet file; little else of it is read.

    Raises
    ------
    DataError
        It is no Parquet.
    """
    import pyarrow as pa

    try:
        file = _parquet(path, columns)
        schema = file.schema_arrow
        names = schema.names[:columns]
        first = next(file.iter_batches(max(1, rows), columns=names), None)
        empty = schema.empty_table().select(names)
        table = empty if first is None else pa.Table.from_batches([first])
        return schema, file.metadata.num_rows, table
    except pa.ArrowException as error:
        raise DataError("not a readable parquet table", where=path, hint=str(error)[:300]) from error


def held(path: str, format: str) -> int:
    """About how many bytes a table takes in memory. A Parquet file tells less than that where values repeat."""
    if format != "parquet" or not Path(path).is_file():
        return Path(path).stat().st_size * (1 if format in ("csv", "tsv", "arrow") else 2)
    import pyarrow as pa

    try:
        file = _parquet(path)
    except pa.ArrowException as error:
        raise DataError("not a readable parquet table", where=path, hint=str(error)[:300]) from error
    metadata = file.metadata
    written = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    return max(int(written), int(metadata.num_rows) * sum(_width(field.type) for field in file.schema_arrow))


def schema_of(path: str, format: str) -> Any:
    """The names and types of a local table file's columns."""
    return (
        _parquet(path).schema_arrow if format == "parquet" and Path(path).is_file() else _dataset(path, format).schema
    )


def _parquet(path: str, columns: int = 1) -> Any:
    """A file of which so many columns are read at the same time, each through a buffer of its own."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped] # as above

    size = max(1 << 14, min(1 << 20, _BUFFERS // max(1, columns)))
    return pq.ParquetFile(path, pre_buffer=False, buffer_size=size)  # otherwise whole row groups are held


def _width(kind: Any) -> int:
    """About how many bytes a value takes."""
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return _TEXT_BYTES


def _dataset(path: str, format: str) -> Any:
    import pyarrow.dataset as ds  # type: ignore[import-untyped] # as above

    kind: Any = {"jsonl": "json", "tsv": "csv"}.get(format, format)
    if format == "tsv":
        from pyarrow import csv

        kind = ds.CsvFileFormat(parse_options=csv.ParseOptions(delimiter="\t"))
    return ds.dataset(path, format=kind)


def _share(path: str, format: str) -> float:
    """The share of rows that belongs into the sample."""
    share = min(1.0, SAMPLE_BYTES / max(1, held(path, format))) if Path(path).is_file() else 1.0
    return min(share, SAMPLE_ROWS / max(1, _dataset(path, format).count_rows())) if format == "parquet" else share


class _Column:
    """What is kept of a column while it streams by."""

    def __init__(self, kind: Any, marks: int) -> None:
        self._family = family(kind)
        self._room = marks
        self._count = self._nulls = self._infinite = 0
        self._mean = self._spread = 0.0
        self._low: Any = None
        self._high: Any = None
        self._marks: Marks | None = None

    def add(self, array: Any) -> None:
        self._nulls += array.null_count
        if self._family in _NUMBERS:
            self._add_numbers(array)
        elif self._family in ("text", "category"):
            self._add_texts(array)

    def _add_numbers(self, array: Any) -> None:
        import numpy as np
        import pyarrow as pa

        if pa.types.is_decimal(array.type):
            array = array.cast(pa.float64())
        values = (array.drop_null() if array.null_count else array).to_numpy(zero_copy_only=False)
        if values.dtype.kind == "f":
            missing = int(np.isnan(values).sum())
            self._nulls += missing
            finite = values[np.isfinite(values)] if missing or not np.isfinite(values).all() else values
            self._infinite += len(values) - missing - len(finite)
            values = finite.astype(np.float64, copy=False)
        else:
            values = values.astype(np.uint64 if values.dtype.kind == "u" else np.int64, copy=False)
        if not len(values):
            return
        low, high = values.min(), values.max()
        self._low = low if self._low is None else min(self._low, low)
        self._high = high if self._high is None else max(self._high, high)
        self._merge(values)
        self._mark(values)

    def _merge(self, values: Any) -> None:
        import numpy as np

        numbers = values.astype(np.float64, copy=False)
        size = len(numbers)
        middle = float(numbers.mean())
        away = numbers - middle
        delta, total = middle - self._mean, self._count + size
        self._mean += delta * size / total
        self._spread += float(np.square(away, out=away).sum()) + delta * delta * self._count * size / total
        self._count = total

    def _add_texts(self, array: Any) -> None:
        import numpy as np

        names = array.unique().to_pylist()
        hashes = np.fromiter((hash(name) for name in names if name is not None), np.int64)
        if len(hashes):
            self._mark(hashes)

    def _mark(self, values: Any) -> None:
        if self._marks is None:
            self._marks = Marks(self._room // 4)
        self._marks.add(values)

    def told(self, sampled: dict[str, Any], length: int, sample: int) -> dict[str, Any]:
        """The sample's statistics with what is known of all rows put in their place."""
        if sample >= length:
            return sampled
        known = length - self._nulls
        told = {**sampled, "count": known, "nulls": self._nulls, "sampled": sample}
        factor = length / max(1, sample)
        for pair in told.get("top", []):
            pair[1] = round(pair[1] * factor)
        if told.get("hist"):
            told["hist"][0] = [round(count * factor) for count in told["hist"][0]]
        for each in told.get("balance", []):
            each[1] = round(each[1] * factor)
        if self._marks is not None and known:
            told["distinct"] = max(sampled.get("distinct") or 0, self._marks.estimate(known))
            told["distinct_approximate"] = True
        if self._count:
            spread = self._spread / (self._count - 1) if self._count > 1 else math.nan
            told |= {"min": plain(self._low), "max": plain(self._high), "mean": plain(self._mean)}
            told["std"] = math.sqrt(spread) if math.isfinite(spread) else None
        if self._infinite:
            told["infinite"] = self._infinite
        return told
