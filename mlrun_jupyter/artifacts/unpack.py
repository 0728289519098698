"""From a data item to the value that a handler's type hint asks for.

Other packages add types through the entry point group ``mlrun_jupyter.unpackers``: each names a function that takes
``(item, hint)`` and returns the value, or the item itself when the hint is not its own.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from mlrun_jupyter.datastore import DataItem
from mlrun_jupyter.errors import DataError
from mlrun_jupyter.safety.documents import Limits, load_json, load_yaml

GROUP: Final = "mlrun_jupyter.unpackers"
_LIMITS: Final = Limits(size=200_000_000, nodes=20_000_000)
"""A handler's own input may be larger than a document of ours."""

Unpacker = Callable[[DataItem, Any], Any]


def unpack(item: DataItem, hint: Any) -> Any:
    """The value of an item for a type hint; the item itself where the hint is none that is known.

    Known are ``str`` and ``Path`` (a local path), ``bytes``, ``dict`` and ``list`` (JSON or YAML), frames and series of pandas and
    polars, ``pyarrow.Table``, ``numpy.ndarray`` (``.npy``, or a table's values) and ``xgboost.Booster``. Nothing is unpickled.

    Raises
    ------
    DataError
        The data is not what the hint says.

    Example
    -------
    >>> import tempfile, pathlib
    >>> from mlrun_jupyter.datastore import resolve
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.json"
    >>> _ = path.write_text('{"depth": 4}')
    >>> unpack(resolve(str(path)), dict)
    {'depth': 4}
    """
    for unpacker in _extensions():
        value = unpacker(item, hint)
        if value is not item:
            return value
    if hint is str:
        return item.local(keep=True)
    if hint in (Path, os.PathLike):
        return Path(item.local(keep=True))
    if hint is bytes:
        return item.get()
    if hint in (dict, list):
        return _document(item, hint)
    known = _KNOWN.get((_library(hint), getattr(hint, "__name__", "")))
    return known(item) if known else item


def _library(hint: Any) -> str:
    return str(getattr(hint, "__module__", "")).partition(".")[0]


def _document(item: DataItem, kind: type) -> Any:
    load = load_yaml if item.suffix in (".yaml", ".yml") else load_json
    value = load(item.get(), where=item.url, limits=_LIMITS)
    if not isinstance(value, kind):
        raise DataError(f"the data is a {type(value).__name__}, not a {kind.__name__}", where=item.url)
    return value


def _array(item: DataItem) -> Any:
    if item.suffix != ".npy":
        values = item.as_df().to_numpy()
        return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    from numpy.lib import format as npy

    try:
        return npy.read_array(io.BytesIO(item.get()), allow_pickle=False)
    except ValueError as error:
        raise DataError("not an array of numbers", where=item.url, hint=str(error)) from None


def _booster(item: DataItem) -> Any:
    from importlib import import_module

    from mlrun_jupyter.artifacts.registry import get_model

    xgboost = import_module("xgboost")
    path = get_model(item).file
    try:
        return xgboost.Booster(model_file=path)
    except xgboost.core.XGBoostError as error:
        raise DataError(
            "not a model of XGBoost", where=item.url, hint=str(error).strip().splitlines()[0][:200]
        ) from None


def _first_column(item: DataItem, library: str) -> Any:
    frame = item.as_df(df_module=library)
    return frame[frame.columns[0]]


_KNOWN: Final[dict[tuple[str, str], Callable[[DataItem], Any]]] = {
    ("pandas", "DataFrame"): lambda item: item.as_df(),
    ("pandas", "Series"): lambda item: _first_column(item, "pandas"),
    ("polars", "DataFrame"): lambda item: item.as_df(df_module="polars"),
    ("polars", "LazyFrame"): lambda item: item.as_df(df_module="polars").lazy(),
    ("polars", "Series"): lambda item: _first_column(item, "polars"),
    ("pyarrow", "Table"): lambda item: item.as_df(df_module="pyarrow"),
    ("numpy", "ndarray"): _array,
    ("xgboost", "Booster"): _booster,
}


@cache
def _extensions() -> tuple[Unpacker, ...]:
    from importlib.metadata import entry_points

    return tuple(each.load() for each in entry_points(group=GROUP))
