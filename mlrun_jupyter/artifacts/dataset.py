"""Data sets: a table with its schema, a preview and statistics of every column, taken once, when it is logged."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from mlrun_jupyter.artifacts.base import Artifact
from mlrun_jupyter.artifacts.content import Content, Source, Stream
from mlrun_jupyter.errors import InvalidArgumentError, nearest
from mlrun_jupyter.model.artifact import ArtifactRecord

PREVIEW_ROWS: Final = 20
PREVIEW_COLUMNS: Final = 100
_ENDINGS: Final = {"parquet": ".parquet", "csv": ".csv", "tsv": ".tsv", "jsonl": ".jsonl", "arrow": ".arrow"}
_ALIASES: Final = {"pq": "parquet", "feather": "arrow", "ipc": "arrow", "ndjson": "jsonl"}


class DatasetArtifact(Artifact):
    """A table.

    Parameters
    ----------
    key
        Its name.
    df
        A pandas, polars, Dask or Arrow table, a duckdb relation, a numpy array, a list of mappings, or the path of a
        CSV, Parquet, Arrow or JSON-lines file (which is kept as it is, unless ``format`` asks for another).
    format
        ``parquet`` (by default), ``csv``, ``tsv``, ``jsonl`` or ``arrow``.
    preview
        Rows shown without opening the data; 20 by default.
    stats
        False leaves the statistics out.
    label_column
        The column that holds the labels: its balance is told.
    correlations
        True adds the correlations of the numeric columns.
    options
        For the writer: ``index=False`` leaves the index of a pandas frame out; ``compression``, ``row_group_size`` ... are
        those of ``pyarrow.parquet.write_table``.

    Example
    -------
    >>> DatasetArtifact("points", df=[{"x": 1}, {"x": 2}], format="csv").file_name()
    'points.csv'
    """

    kind = "dataset"
    default_viewer = "table"

    def __init__(
        self,
        key: str = "",
        df: Any = None,
        preview: int | None = None,
        format: str = "",
        stats: bool | None = None,
        target_path: str = "",
        extra_data: dict[str, Any] | None = None,
        *,
        labels: Mapping[str, Any] | None = None,
        local_path: str | os.PathLike[str] = "",
        label_column: str = "",
        correlations: bool = False,
        column_metadata: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(key, labels=labels, local_path=local_path, target_path=target_path)
        self.df = df
        self.preview = PREVIEW_ROWS if preview is None else max(0, int(preview))
        self.stats = True if stats is None else bool(stats)
        self.label_column = label_column
        self.correlations = correlations
        self.column_metadata = column_metadata or {}
        self._described: Future[Mapping[str, Any]] | None = None
        known = {name: more.pop(name) for name in list(more) if name in vars(self)}
        self.set(**known, extra_data=extra_data)
        self._options = _checked_options(more)
        path = os.fspath(df) if isinstance(df, (str, os.PathLike)) else "" if df is not None else self.source()
        self._file = os.path.expanduser(path)  # noqa: PTH111 - text, as the writer wants it
        self.format = self._format_of(format)

    def _format_of(self, given: str) -> str:
        ending = os.path.splitext(self._file or os.fspath(self.local_path))[1].lstrip(".").lower()  # noqa: PTH122
        name = given.lstrip(".").lower() or (ending if _ALIASES.get(ending, ending) + "" in _ENDINGS else "parquet")
        name = _ALIASES.get(name, name)
        if name not in _ENDINGS:
            raise InvalidArgumentError(
                f"no such data set format: {given!r}", where=f"data set {self.key!r}", hint=nearest(name, _ENDINGS)
            )
        return name

    def file_name(self) -> str:
        if self.local_path and self.df is not None and not self._file:
            return super().file_name()
        ending = _ENDINGS[self.format]
        return self.key if self.key.endswith(ending) else self.key + ending

    def content(self) -> Content:
        from mlrun_jupyter.artifacts import table_files

        where = f"data set {self.key!r}"
        if self.df is None and not self._file:
            raise InvalidArgumentError("a data set needs data", where=where, hint="give df=, or local_path= of a file")
        if self._file:
            opened = table_files.open_file(self._file, where=where)
            self._start(opened.describe)
            if opened.format == self.format and not self._options:
                return Source(self._file)
            return Stream(lambda file: opened.write(file, self.format, self._options))
        from mlrun_jupyter.artifacts.tables import to_arrow

        taken = to_arrow(self._without_index(), where=where)
        held = table_files.Held(taken.table, taken.notes)
        self._start(held.describe)
        return Stream(lambda file: held.write(file, self.format, self._options))

    def _without_index(self) -> Any:
        if self._options.pop("index", True) is False and hasattr(self.df, "reset_index"):
            return self.df.reset_index(drop=True)
        return self.df

    def _start(self, describe: Any) -> None:
        """Statistics are taken by another thread while this one writes: neither needs the interpreter much."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="mlrun-stats")
        self._described = pool.submit(
            describe,
            rows=self.preview,
            stats=self.stats,
            label_column=self.label_column,
            correlations=self.correlations,
        )
        pool.shutdown(wait=False)

    def describe(self, record: ArtifactRecord) -> None:
        record.spec.format = self.format
        if self._described is None:
            return
        found = dict(self._described.result())
        record.status.preview = found.pop("preview")
        record.status.stats = found.pop("stats")
        record.spec.extra.update({name: value for name, value in found.items() if value not in (None, {}, [])})
        if self.label_column:
            record.spec.extra["label_column"] = self.label_column
        if self.column_metadata:
            record.spec.extra["column_metadata"] = self.column_metadata


def _checked_options(options: dict[str, Any]) -> dict[str, Any]:
    """The writer's options; others are refused with the nearest."""
    known = {
        "index", "compression", "compression_level", "row_group_size", "use_dictionary", "version", "data_page_size",
        "write_statistics", "coerce_timestamps", "use_byte_stream_split", "column_encoding",
    }  # fmt: skip
    for name in options:
        if name not in known:
            from mlrun_jupyter.errors import UnknownArgumentError

            others = {
                "df",
                "format",
                "preview",
                "stats",
                "label_column",
                "local_path",
                "target_path",
                "labels",
                "extra_data",
                "correlations",
            }
            raise UnknownArgumentError(f"data sets have no argument {name!r}", hint=nearest(name, known | others))
    return options
