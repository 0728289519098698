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
_BATCH: Final = 1 << 16
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
        schema, source = batches(path, format)
        share = _share(path, format)
        columns = [_Column(field.type) for field in schema]
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
    sample = pa.Table.from_batches(samples, schema)
    stats = {
        name: column.told(describe_column(sample.column(index), balance=name == label_column), length, sample.num_rows)
        for index, (name, column) in enumerate(zip(schema.names, columns, strict=True))
    }
    return Scanned(schema, length, stats, preview)


def batches(path: str, format: str) -> tuple[Any, Iterator[Any]]:
    """Schema and batches of a local table file, few at a time."""
    if format == "parquet" and Path(path).is_file():
        import pyarrow.parquet as pq  # type: ignore[import-untyped] # as above

        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)  # otherwise whole row groups are held
        return file.schema_arrow, file.iter_batches(_BATCH)
    data = _dataset(path, format)
    return data.schema, data.to_batches(
        batch_size=_BATCH, batch_readahead=2, fragment_readahead=1, cache_metadata=False
    )


def _dataset(path: str, format: str) -> Any:
    import pyarrow.dataset as ds  # type: ignore[import-untyped] # as above

    kind: Any = {"jsonl": "json", "tsv": "csv"}.get(format, format)
    if format == "tsv":
        from pyarrow import csv

        kind = ds.CsvFileFormat(parse_options=csv.ParseOptions(delimiter="\t"))
    return ds.dataset(path, format=kind)


def _share(path: str, format: str) -> float:
    """The share of rows that belongs into the sample."""
    size = Path(path).stat().st_size if Path(path).is_file() else 0
    share = min(1.0, SAMPLE_BYTES / max(1, size))
    return min(share, SAMPLE_ROWS / max(1, _dataset(path, format).count_rows())) if format == "parquet" else share


class _Column:
    """What is kept of a column while it streams by."""

    def __init__(self, kind: Any) -> None:
        self._family = family(kind)
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
            self._marks = Marks(1 << 24)
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
