"""What is told about one column of an Arrow table, by its type."""

from __future__ import annotations

import datetime
from typing import Any, Final

from mlrun_jupyter.artifacts.preview import shown
from mlrun_jupyter.artifacts.stats.numbers import QUANTILES, numbers, plain, sound
from mlrun_jupyter.artifacts.stats.texts import is_text, length_of, texts

_UNITS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def describe_column(column: Any, *, balance: bool = False) -> dict[str, Any]:
    """``type, count, nulls`` and what the type allows.

    Parameters
    ----------
    column
        A ``pyarrow.ChunkedArray``.
    balance
        Add ``balance``: ``[value, count, share]`` of up to 50 values, the most frequent first.
    """
    import pyarrow as pa  # type: ignore[import-untyped] # it brings no types

    kind = column.type
    array = _one(column)
    told: dict[str, Any] = {"type": family(kind), "count": len(array) - array.null_count, "nulls": array.null_count}
    if not told["count"]:
        return told
    try:
        if isinstance(kind, pa.BaseExtensionType):
            return {
                **told,
                **{
                    name: value
                    for name, value in describe_column(pa.chunked_array([array.storage])).items()
                    if name not in told
                },
            }
        told.update(_known(array, kind, told))
        if balance:
            told["balance"] = _balance(array, told["count"])
    except (pa.ArrowException, ValueError, OverflowError, NotImplementedError):
        told["incomplete"] = True  # a type that the libraries cannot count: better less than nothing
    return told


def family(kind: Any) -> str:
    """The kind of values: ``integer, number, boolean, text, category, datetime, duration, binary, nested, empty, other``."""
    import pyarrow as pa

    kinds = pa.types
    checks = (
        ("boolean", kinds.is_boolean),
        ("integer", kinds.is_integer),
        ("number", kinds.is_floating),
        ("number", kinds.is_decimal),
        ("category", kinds.is_dictionary),
        ("text", is_text),
        ("datetime", lambda each: kinds.is_timestamp(each) or kinds.is_date(each)),
        ("duration", kinds.is_duration),
        ("time", kinds.is_time),
        ("binary", _is_binary),
        ("nested", kinds.is_nested),
        ("empty", kinds.is_null),
    )
    return next((name for name, check in checks if check(kind)), "other")


def _known(array: Any, kind: Any, told: dict[str, Any]) -> dict[str, Any]:
    name = told["type"]
    if name == "integer":
        return numbers(_values(array))
    if name == "number":
        return _floats(array, kind, told)
    if name == "boolean":
        return _booleans(array)
    if name in ("text", "category"):
        return texts(array)
    if name in ("datetime", "duration"):
        return _times(array, kind)
    if name == "binary":
        return length_of(_binary_lengths(array))
    if name == "nested":
        return _nested(array, kind)
    return {}


def _floats(array: Any, kind: Any, told: dict[str, Any]) -> dict[str, Any]:
    """NaN counts as missing, as in pandas."""
    import numpy as np
    import pyarrow as pa

    values = _values(array.cast(pa.float64()) if pa.types.is_decimal(kind) else array)
    if not sound(values):
        missing = np.isnan(values)
        values = values[~missing]
        told["nulls"] += int(missing.sum())
        told["count"] -= int(missing.sum())
    return numbers(values)


def _booleans(array: Any) -> dict[str, Any]:
    import pyarrow.compute as pc  # type: ignore[import-untyped] # as above

    true = int(pc.sum(array).as_py() or 0)
    count = len(array) - array.null_count
    counts = {True: true, False: count - true}
    top = sorted(([value, number] for value, number in counts.items() if number), key=lambda pair: -pair[1])
    return {"distinct": len(top), "top": top, "mean": true / count}


def _times(array: Any, kind: Any) -> dict[str, Any]:
    """Points in time as ISO text, with the zone's offset where there is a zone; durations in seconds.

    The histogram's bounds are seconds, since 1970 for points in time.
    """
    import numpy as np
    import pyarrow as pa

    if pa.types.is_date(kind):
        array = array.cast(pa.timestamp("ms"))
        kind = array.type
    unit = _UNITS[kind.unit]
    values = _values(array.drop_null() if array.null_count else array, as_integers=True)
    told = numbers(values)
    told.pop("std", None)
    edges = told.get("hist")
    if edges:
        edges[1] = [edge / unit for edge in edges[1]]
    if pa.types.is_duration(kind):
        seconds: dict[str, Any] = {
            name: told[name] / unit for name in ("min", "max", "mean", *QUANTILES) if told.get(name) is not None
        }
        std = float(np.std(values.astype(np.float64), ddof=1)) / unit if len(values) > 1 else None
        return {
            **told,
            **seconds,
            "std": std,
            "top": [[value / unit, count] for value, count in told.get("top", [])],
            "unit": "s",
        }
    points = {
        name: _moment(told[name], kind, unit)
        for name in ("min", "max", "mean", *QUANTILES)
        if told.get(name) is not None
    }
    return {**told, **points, "top": [[_moment(value, kind, unit), count] for value, count in told.get("top", [])]}


def _moment(value: float, kind: Any, unit: int) -> str:
    whole = int(value) if isinstance(value, int) else round(value)
    seconds, rest = divmod(whole, unit)
    try:
        point = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    except OverflowError:
        return f"{seconds} s since 1970"
    if kind.tz:
        point = _in_zone(point, str(kind.tz))
    text = point.isoformat(sep="T", timespec="seconds")
    if rest:
        fraction = f"{rest / unit:.9f}".rstrip("0")[1:]
        text = text[:19] + fraction + text[19:]
    return text


def _in_zone(point: datetime.datetime, zone: str) -> datetime.datetime:
    from zoneinfo import ZoneInfo

    known = point.replace(tzinfo=datetime.UTC)
    try:
        return known.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError, OverflowError):  # an offset such as +05:45, or a zone that is not installed
        try:
            return known.astimezone(datetime.datetime.fromisoformat(f"1970-01-01T00:00:00{zone}").tzinfo)
        except (ValueError, OverflowError):
            return known


def _nested(array: Any, kind: Any) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        lengths = pc.list_value_length(array.drop_null() if array.null_count else array)
        return length_of(_values(lengths))
    return {"fields": [field.name for field in kind][:50]} if pa.types.is_struct(kind) else {}


def _balance(array: Any, count: int) -> list[list[Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    found = pc.value_counts(array.drop_null() if array.null_count else array)
    names, counts = found.field(0), found.field(1).to_numpy(zero_copy_only=False)
    order = sorted(range(len(counts)), key=lambda place: -int(counts[place]))[:50] if len(counts) <= 100_000 else []
    return [[shown(plain(names[place].as_py())), int(counts[place]), float(counts[place]) / count] for place in order]


def _binary_lengths(array: Any) -> Any:
    import pyarrow.compute as pc

    return _values(pc.binary_length(array.drop_null() if array.null_count else array))


def _values(array: Any, *, as_integers: bool = False) -> Any:
    """The values as numpy's, without a copy where there are no nulls."""
    import numpy as np

    if array.null_count:
        array = array.drop_null()
    values = array.to_numpy(zero_copy_only=False)
    return values.view(np.int64) if as_integers else values


def _one(column: Any) -> Any:
    """The chunks as one array; a dictionary is unified."""
    import pyarrow as pa

    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    combined = column.combine_chunks()
    return pa.concat_arrays(combined.chunks) if isinstance(combined, pa.ChunkedArray) else combined


def _is_binary(kind: Any) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )
