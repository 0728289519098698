"""Frames from files, by the library that the caller wants."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

from mlrun_jupyter.errors import DataError, InvalidArgumentError, MissingDependencyError, MlrunError, nearest

FORMATS: Final = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".xlsx": "excel",
    ".xls": "excel",
}
_ALIASES: Final = {
    "pq": "parquet",
    "feather": "arrow",
    "ipc": "arrow",
    "ndjson": "jsonl",
    "xlsx": "excel",
    "xls": "excel",
}
MODULES: Final = {
    "pandas": "pandas",
    "polars": "polars",
    "pyarrow": "pyarrow",
    "duckdb": "duckdb",
    "dask": "dask.dataframe",
    "dask.dataframe": "dask.dataframe",
}


def format_of(path: str, given: str = "") -> str:
    """The format of a table by name or by its file's ending.

    Raises :class:`InvalidArgumentError` when neither tells.
    """
    if given:
        name = _ALIASES.get(given.lstrip("."), given.lstrip("."))
        if name not in FORMATS.values():
            raise InvalidArgumentError(f"no such table format: {given!r}", hint=nearest(name, FORMATS.values()))
        return name
    _stem, dot, last = path.rstrip("/").rpartition("/")[2].partition("?")[0].rpartition(".")
    if not dot:
        raise InvalidArgumentError(
            "the name has no ending that tells the format of a table",
            where=path,
            hint="give format=, as in format='csv'; the files of a folder are tables by themselves: folder/*.csv",
        )
    ending = f".{last.lower()}"
    if ending in (".gz", ".bz2", ".xz", ".zst"):
        return format_of(path[: -len(ending)])
    if ending not in FORMATS:
        raise InvalidArgumentError(
            f"no table format for the ending {ending!r}",
            where=path,
            hint=f"give format=: {', '.join(sorted(set(FORMATS.values())))}",
        )
    return FORMATS[ending]


def read(
    local: Callable[[], str], where: str, *, columns: list[str] | None, df_module: Any, format: str, **options: Any
) -> Any:
    """See :meth:`DataItem.as_df`; ``local`` gives the path of a local copy of what is at the address ``where``."""
    name = df_module if isinstance(df_module, str) else getattr(df_module, "__name__", "pandas")
    if name not in MODULES:
        raise InvalidArgumentError(f"no frames are made by {name!r}", hint=nearest(name, MODULES))
    kind = format_of(where, format)
    path = local()
    try:
        return _READERS[MODULES[name]](path, kind, columns, options)
    except MlrunError:
        raise
    except ImportError as error:
        raise MissingDependencyError(str(error)) from None
    except TypeError as error:
        raise InvalidArgumentError(f"{name} cannot read {kind} so", where=where, hint=str(error)) from None
    except Exception as error:  # each library has errors of its own; all say that the data is not as asked
        raise DataError(f"not a readable {kind} table", where=where, hint=_first_line(error)) from error


def read_arrow(path: str, kind: str, columns: list[str] | None = None) -> Any:
    """A local file as an Arrow table. Raises :class:`DataError` when it is no table of that kind."""
    try:
        return _arrow(path, kind, columns, {})
    except MlrunError:
        raise
    except Exception as error:  # pandas, which reads what Arrow does not, has errors of its own
        raise DataError(f"not a readable {kind} table", where=path, hint=_first_line(error)) from error


def _pandas(path: str, kind: str, columns: list[str] | None, options: dict[str, Any]) -> Any:
    import pandas as pd

    if kind == "csv":
        return pd.read_csv(path, usecols=columns, **options)
    if kind == "tsv":
        return pd.read_csv(path, sep="\t", usecols=columns, **options)
    if kind == "parquet":
        return pd.read_parquet(path, columns=columns, **options)
    if kind == "arrow":
        return pd.read_feather(path, columns=columns, **options)
    if kind == "excel":
        return pd.read_excel(path, usecols=columns, **options)
    frame = pd.read_json(path, lines=kind == "jsonl", **options)
    return frame if columns is None else frame[columns]


def _polars(path: str, kind: str, columns: list[str] | None, options: dict[str, Any]) -> Any:
    import polars as pl

    if kind in ("csv", "tsv"):
        return pl.read_csv(path, columns=columns, separator="\t" if kind == "tsv" else ",", **options)
    if kind == "parquet":
        return pl.read_parquet(path, columns=columns, **options)
    if kind == "arrow":
        return pl.read_ipc(path, columns=columns, **options)
    if kind == "excel":
        return pl.read_excel(path, columns=columns, **options)
    frame = pl.read_ndjson(path, **options) if kind == "jsonl" else pl.read_json(path, **options)
    return frame if columns is None else frame.select(columns)


def _arrow(path: str, kind: str, columns: list[str] | None, options: dict[str, Any]) -> Any:
    if kind == "parquet":
        import pyarrow.parquet as pq  # type: ignore[import-untyped] # it brings no types

        return pq.read_table(path, columns=columns, **options)
    if kind == "arrow":
        import pyarrow.feather as feather  # type: ignore[import-untyped] # as above

        return feather.read_table(path, columns=columns, **options)
    if kind in ("csv", "tsv"):
        from pyarrow import csv

        parse = csv.ParseOptions(delimiter="\t" if kind == "tsv" else ",")
        return csv.read_csv(
            path, parse_options=parse, convert_options=csv.ConvertOptions(include_columns=columns), **options
        )
    if kind == "jsonl":
        from pyarrow import json

        table = json.read_json(path, **options)
        return table if columns is None else table.select(columns)
    import pyarrow as pa

    return pa.Table.from_pandas(_pandas(path, kind, columns, options), preserve_index=False)


def _duckdb(path: str, kind: str, columns: list[str] | None, options: dict[str, Any]) -> Any:
    import duckdb

    if kind == "parquet":
        relation = duckdb.read_parquet(path, **options)
    elif kind in ("csv", "tsv"):
        relation = duckdb.read_csv(path, **options)
    elif kind in ("json", "jsonl"):
        relation = duckdb.read_json(path, **options)
    else:
        relation = duckdb.from_arrow(_arrow(path, kind, columns, options))
    return relation if columns is None else relation.select(*columns)


def _dask(path: str, kind: str, columns: list[str] | None, options: dict[str, Any]) -> Any:
    frames = importlib.import_module("dask.dataframe")
    if kind == "parquet":
        return frames.read_parquet(path, columns=columns, **options)
    if kind in ("csv", "tsv"):
        return frames.read_csv(path, usecols=columns, sep="\t" if kind == "tsv" else ",", **options)
    return frames.from_pandas(_pandas(path, kind, columns, options), npartitions=1)


_READERS: Final[dict[str, Callable[[str, str, list[str] | None, dict[str, Any]], Any]]] = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _arrow,
    "duckdb": _duckdb,
    "dask.dataframe": _dask,
}


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
