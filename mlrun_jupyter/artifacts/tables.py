"""Whatever holds rows and columns, as an Arrow table.

Frames of other libraries are taken over without a copy where that is possible. What Arrow has no type for (mixed
types, integers beyond 64 bits, complex numbers, objects) is kept as text, column by column, and named in the notes;
one odd column never costs the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mlrun_jupyter.errors import DataError, InvalidArgumentError


class Taken(NamedTuple):
    """A table, and for each column that could not be kept as it was, why."""

    table: Any
    notes: dict[str, str]


def to_arrow(data: Any, *, where: str = "") -> Taken:
    """The data as ``pyarrow.Table``.

    Parameters
    ----------
    data
        A pandas, polars, Dask or other frame or series, an Arrow table, batch or reader, a duckdb relation, a numpy array, a
        mapping of columns, a list of mappings or of rows.
    where
        What it is, for messages.

    Raises
    ------
    InvalidArgumentError
        It has no rows and columns.
    DataError
        It cannot be read as a table.

    Example
    -------
    >>> to_arrow([{"a": 1}, {"a": None}]).table.num_rows
    2
    """
    import pyarrow as pa  # type: ignore[import-untyped] # it brings no types

    module = type(data).__module__.partition(".")[0]
    if isinstance(data, pa.Table):
        return _named(data)
    if isinstance(data, pa.RecordBatch):
        return _named(pa.Table.from_batches([data]))
    if isinstance(data, pa.RecordBatchReader):
        return _named(data.read_all())
    if module == "pandas":
        return _from_pandas(data.to_frame() if data.ndim == 1 else data)
    if module == "polars":
        frame = data.collect() if hasattr(data, "collect") else data
        return _named((frame.to_frame() if not hasattr(frame, "columns") else frame).to_arrow())
    if module == "dask" or hasattr(data, "dask"):
        return to_arrow(data.compute(), where=where)
    if module == "numpy":
        return _from_numpy(data, where)
    if hasattr(data, "__arrow_c_stream__"):  # duckdb relations and other libraries' frames
        return _named(pa.table(data))
    if isinstance(data, (Mapping, list, tuple)):
        return _from_python(data, where)
    return _from_any(data, where)


def _from_any(data: Any, where: str) -> Taken:
    import narwhals as nw

    try:
        frame = nw.from_native(data)
    except TypeError:
        raise InvalidArgumentError(
            f"not a table: {type(data).__name__}",
            where=where,
            hint="give a pandas, polars or Arrow table, a duckdb relation, a numpy array, a list of mappings, or a file's path",
        ) from None
    eager: Any = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return _named(eager.to_arrow())


def _named(table: Any) -> Taken:
    """Names that are there once; two columns of one name could not be told apart."""
    names = unique(table.column_names)
    if names != table.column_names:
        changed = {
            new: f"named {old!r} before" for old, new in zip(table.column_names, names, strict=True) if new != old
        }
        return Taken(table.rename_columns(names), changed)
    return Taken(table, {})


def _from_pandas(frame: Any) -> Taken:
    import pyarrow as pa

    old = [_label(label) for label in frame.columns]
    names = unique(old)
    notes = {new: f"named {before!r} before" for before, new in zip(old, names, strict=True) if new != before}
    if list(frame.columns) != names:
        frame = frame.set_axis(names, axis=1)
    try:
        return Taken(pa.Table.from_pandas(frame), notes)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError, AttributeError, KeyError):
        converted = {}
        for name in names:
            column, note = _as_writable(frame[name])
            converted[name] = column
            if note:
                notes[name] = note
        import pandas as pd

        safe = pd.DataFrame(converted, index=frame.index) if names else frame
        try:
            return Taken(pa.Table.from_pandas(safe), notes)
        except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError):  # an odd index
            return Taken(pa.Table.from_pandas(safe, preserve_index=False), {**notes, "": "the index was left out"})


def _as_writable(column: Any) -> tuple[Any, str]:
    """The column if Arrow takes it, else its values as text."""
    import pyarrow as pa

    try:
        pa.Array.from_pandas(column)
    except Exception as error:  # whatever the values' own conversion raises
        import pandas as pd

        text = [None if _missing(value) else _text(value) for value in column.array]
        return pd.Series(text, index=column.index, dtype=object), f"kept as text: {_reason(error)}"
    return column, ""


def _from_numpy(array: Any, where: str) -> Taken:
    import numpy as np

    if array.dtype.names:
        return _from_python({name: array[name] for name in array.dtype.names}, where)
    if array.ndim == 0:
        raise InvalidArgumentError("a single value is no table", where=where, hint="log it as a result")
    flat = (
        array.reshape(len(array), -1)
        if array.ndim != 1 and array.size
        else array.reshape(len(array), -1 if array.size else 0)
    )
    names = ["value"] if array.ndim == 1 else [f"c{index}" for index in range(flat.shape[1])]
    return _from_python({name: np.ascontiguousarray(flat[:, index]) for index, name in enumerate(names)}, where)


def _from_python(data: Any, where: str) -> Taken:
    """Mappings of columns, lists of mappings, lists of rows, lists of values."""
    import pandas as pd
    import pyarrow as pa

    if isinstance(data, Mapping):
        return _from_columns({_label(name): values for name, values in data.items()}, where)
    rows: Sequence[Any] = data
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = list(dict.fromkeys(_label(name) for row in rows for name in row))
        try:
            return Taken(
                pa.Table.from_pylist(list(rows), schema=None) if _complete(rows, names) else _by_columns(rows, names),
                {},
            )
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return _from_pandas(
                pd.DataFrame({name: pd.Series([_get(row, name) for row in rows], dtype=object) for name in names})
            )
    if rows and all(isinstance(row, (list, tuple)) for row in rows):
        width = max(len(row) for row in rows)
        return _from_columns(
            {f"c{index}": [row[index] if index < len(row) else None for row in rows] for index in range(width)}, where
        )
    return _from_columns({"value": list(rows)} if rows else {}, where)


def _from_columns(columns: Mapping[str, Any], where: str) -> Taken:
    import pandas as pd
    import pyarrow as pa

    notes: dict[str, str] = {}
    arrays = {}
    for name, values in columns.items():
        try:
            arrays[name] = pa.array(values, from_pandas=True)
        except Exception as error:  # whatever the values' own conversion raises
            arrays[name], note = _as_text(values), f"kept as text: {_reason(error)}"
            notes[name] = note
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) > 1:
        raise DataError(
            "columns of different lengths",
            where=where,
            hint=str({name: len(array) for name, array in arrays.items()})[:300],
        )
    if not arrays:
        return Taken(pa.Table.from_pandas(pd.DataFrame(), preserve_index=False), notes)
    return Taken(pa.table(arrays), notes)


def _complete(rows: Sequence[Any], names: list[str]) -> bool:
    """Whether every row has the same text keys: Arrow looks at the first row's only."""
    first = list(rows[0])
    return first == names and all(type(name) is str for name in first) and all(len(row) == len(names) for row in rows)


def _by_columns(rows: Sequence[Any], names: list[str]) -> Any:
    import pyarrow as pa

    return pa.table({name: pa.array([_get(row, name) for row in rows], from_pandas=True) for name in names})


def _get(row: Mapping[Any, Any], name: str) -> Any:
    if name in row:
        return row[name]
    return next((value for key, value in row.items() if type(key) is not str and _label(key) == name), None)


def _as_text(values: Any) -> Any:
    import pyarrow as pa

    return pa.array([None if _missing(value) else _text(value) for value in values], pa.string())


def unique(names: Sequence[Any]) -> list[str]:
    """Names as text, each of them once: a second ``a`` becomes ``a_1``.

    Example
    -------
    >>> unique(["a", "a", 3, "a_1"])
    ['a', 'a_2', '3', 'a_1']
    """
    texts = [str(name) for name in names]
    if len(set(texts)) == len(texts):
        return texts
    taken = set(texts)
    seen: set[str] = set()
    result = []
    for text in texts:
        name, number = text, 0
        while name in seen or (number and name in taken):
            number += 1
            name = f"{text}_{number}"
        seen.add(name)
        result.append(name)
    return result


def _label(label: Any) -> str:
    """A column's name as text; the levels of several are joined."""
    text = "_".join(str(part) for part in label if str(part)) if isinstance(label, tuple) else str(label)
    return text.encode("utf-8", "replace").decode()


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return str(text).encode("utf-8", "replace").decode()


def _missing(value: Any) -> bool:
    return value is None or (type(value) is float and value != value) or type(value).__name__ in ("NaTType", "NAType")


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
