"""Charts from a header and rows, drawn without a network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from mlrun_jupyter.artifacts.base import Artifact
from mlrun_jupyter.artifacts.content import Content, Data
from mlrun_jupyter.errors import InvalidArgumentError, nearest
from mlrun_jupyter.model import values
from mlrun_jupyter.model.artifact import ArtifactRecord

KINDS: Final = ("line", "area", "column", "bar", "scatter", "pie", "histogram", "stepped", "heatmap")
_NAMES: Final = {
    "linechart": "line",
    "areachart": "area",
    "steppedareachart": "stepped",
    "columnchart": "column",
    "barchart": "bar",
    "scatterchart": "scatter",
    "piechart": "pie",
    "histogramchart": "histogram",
    "combochart": "line",
    "heatmapchart": "heatmap",
}
_SPEC_ROWS: Final = 500


class ChartArtifact(Artifact):
    """A chart: the first column gives the positions, each further one a series.

    Parameters
    ----------
    key
        Its name.
    data
        Rows to begin with; with no ``header``, the first of them is taken for it when it is all text.
    header
        The columns' names.
    options
        ``title``, ``width``, ``height``, ``hAxis`` and ``vAxis`` (``{"title": ...}``), ``colors``, ``legend``.
    title
        Above the chart.
    chart
        ``line`` (also ``LineChart``), ``area``, ``column``, ``bar``, ``scatter``, ``pie``, ``histogram``, ``stepped`` or
        ``heatmap`` (as a confusion matrix has it: a field for each row and series).

    Example
    -------
    >>> chart = ChartArtifact("loss", header=["epoch", "loss"])
    >>> chart.add_row([1, 0.5])
    >>> chart.file_name()
    'loss.html'
    """

    kind = "chart"
    default_suffix = ".html"
    default_viewer = "chart"

    def __init__(
        self,
        key: str = "",
        data: Iterable[Sequence[Any]] | None = None,
        header: Sequence[Any] | None = None,
        options: Mapping[str, Any] | None = None,
        title: str = "",
        chart: str = "line",
        target_path: str = "",
        *,
        labels: Mapping[str, Any] | None = None,
        local_path: str | os.PathLike[str] = "",
        **more: Any,
    ) -> None:
        super().__init__(key, labels=labels, local_path=local_path, target_path=target_path)
        self.rows: list[Sequence[Any]] = list(more.pop("rows", None) or data or [])
        self.header: list[Any] = list(header or [])
        if not self.header and self.rows and all(isinstance(each, str) for each in self.rows[0]):
            self.header = list(self.rows.pop(0))
        self.options: dict[str, Any] = dict(options or {})
        self.title = title
        self.chart = chart or "line"
        self.set(**more)

    def add_row(self, row: Sequence[Any]) -> None:
        """Add a row: a position and a value for each series."""
        self.rows.append(row)

    def content(self) -> Content:
        from mlrun_jupyter.artifacts.chart_page import page

        return Data(page(self.spec(), self._table(), title=self._title()).encode())

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Header and rows, plain and equally long.

        Raises :class:`InvalidArgumentError` for a row that is longer than the header, or no row.
        """
        return self._table()

    def spec(self) -> dict[str, Any]:
        """The chart as a Vega-Lite document with its data."""
        from mlrun_jupyter.artifacts.vega import spec

        header, rows = self._table()
        return spec(self.chart_kind, header, rows, title=self._title(), options=values.plain(self.options))

    @property
    def chart_kind(self) -> str:
        """One of :data:`KINDS`. Raises :class:`InvalidArgumentError` for an unknown kind, with the nearest."""
        name = str(self.chart).lower()
        name = _NAMES.get(name, _NAMES.get(name + "chart", name))
        if name not in KINDS:
            raise InvalidArgumentError(
                f"no such kind of chart: {self.chart!r}", where=f"chart {self.key!r}", hint=nearest(name, KINDS)
            )
        return name

    def _title(self) -> str:
        return str(self.title or self.options.get("title") or "")

    def _table(self) -> tuple[list[str], list[list[Any]]]:
        where = f"chart {self.key!r}"
        rows = []
        for row in self.rows:
            if isinstance(row, (str, bytes)) or not isinstance(row, Iterable):
                raise InvalidArgumentError(
                    "a row of a chart is a list", where=where, hint="as in chart.add_row([1, 0.5])"
                )
            rows.append([values.plain(each) for each in row])
        width = max((len(row) for row in rows), default=len(self.header))
        header = [str(each) for each in self.header] or [f"column {index}" for index in range(width)]
        if width > len(header):
            raise InvalidArgumentError(f"a row has {width} values, the header {len(header)}", where=where)
        return header, [row + [None] * (len(header) - len(row)) for row in rows]

    def describe(self, record: ArtifactRecord) -> None:
        header, rows = self._table()
        record.spec.format = "html"
        record.spec.extra.update({"header": header, "chart": self.chart_kind, "length": len(rows)})
        if len(rows) <= _SPEC_ROWS:
            record.spec.extra["vega_lite"] = self.spec()
