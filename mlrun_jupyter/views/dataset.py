"""One artifact in detail: facts, and for tables the columns with their statistics and a preview."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.artifact import ArtifactItem, record_item
from mlrun_jupyter.views.base import Section, View, section
from mlrun_jupyter.views.format import Cell, cell, is_number, raw
from mlrun_jupyter.views.model import ModelView, model_view
from mlrun_jupyter.views.table import column_cells

MAX_COLUMNS = 200
SHOWN_COLUMNS = 40
"""Columns that the HTML and the text show; the JSON carries 200."""
PREVIEW_ROWS = 20
PREVIEW_COLUMNS = 30
_STATED = {"min", "max", "mean", "std"}


class ColumnView(msgspec.Struct):
    """A column of a table and what is known of its values; ``histogram`` is counts, ``edges`` the bounds of its bars;
    ``top`` are the most frequent values with their ``top_counts``."""

    name: str
    type: str = ""
    nulls: Any = None
    null_share: float | None = None
    distinct: Any = None
    min: Any = None
    max: Any = None
    mean: Any = None
    std: Any = None
    histogram: list[float] = []
    edges: list[float] = []
    top: list[str] = []
    top_counts: list[float] = []
    range_text: str = ""
    spread_text: str = ""
    nulls_text: str = ""
    distinct_text: str = ""


class DatasetView(View, kw_only=True):
    """An artifact; ``columns`` and ``preview`` are empty where it is no table, ``model`` is there for a model.

    ``kind`` is ``dataset`` for a table with columns, else ``artifact``. ``more`` columns were left out.
    """

    kind: str = "dataset"
    item: ArtifactItem
    facts: Section = msgspec.field(default_factory=Section)
    labels: Section = msgspec.field(default_factory=Section)
    columns: list[ColumnView] = []
    more: int = 0
    header: list[str] = []
    preview: list[list[Cell]] = []
    model: ModelView | None = None


def artifact_view(record: ArtifactRecord) -> DatasetView:
    """The card of one artifact.

    Example
    -------
    >>> record = ArtifactRecord.from_dict({"kind": "dataset", "metadata": {"key": "iris"}, "spec": {"length": 150}})
    >>> artifact_view(record).item.about
    '150 rows'
    """
    item = record_item(record)
    model = model_view(record)
    shown, more = columns(record) if model is None else ([], 0)
    header, preview = _preview(record)
    return DatasetView(
        kind="dataset" if shown else "artifact",
        item=item,
        facts=section({name: value for name, value in _facts(record, item).items() if value not in (None, "", {}, [])}),
        labels=section(dict(record.metadata.labels)),
        columns=shown,
        more=more,
        header=header,
        preview=preview,
        model=model,
    )


def _facts(record: ArtifactRecord, item: ArtifactItem) -> dict[str, Any]:
    producer = record.spec.producer
    more = record.spec.extra
    return {
        "format": record.spec.format,
        "size": format.size(item.size) if item.size is not None else "",
        "path": item.path,
        "hash": record.metadata.hash,
        "tag": record.metadata.tag,
        "updated": format.when(record.metadata.updated),
        "producer": producer.get("name") or producer.get("uri") or "",
        "description": record.metadata.description,
        "framework": more.get("framework", ""),
        "algorithm": more.get("algorithm", "") if record.kind == "model" else "",
        "model file": more.get("model_file", ""),
    }


class ColumnPage(msgspec.Struct):
    """Columns from ``offset`` of the ``matching`` ones; a table has ``total``."""

    columns: list[ColumnView] = []
    offset: int = 0
    matching: int = 0
    total: int = 0


def column_page(record: ArtifactRecord, *, offset: int = 0, limit: int = 100, find: str = "") -> ColumnPage:
    """Some columns of a wide table: those with ``find`` in their names, from ``offset``, at most 200.

    Example
    -------
    >>> record = ArtifactRecord.from_dict({"spec": {"header": ["age", "page", "name"]}})
    >>> [each.name for each in column_page(record, find="AGE").columns]
    ['age', 'page']
    """
    names, types = _names(record)
    found = [name for name in names if find.lower() in name.lower()] if find else names
    offset = max(0, offset)
    here = found[offset : offset + max(1, min(limit, MAX_COLUMNS))]
    return ColumnPage(_described(record, here, types), offset, len(found), len(names))


def columns(record: ArtifactRecord) -> tuple[list[ColumnView], int]:
    """The columns of a table with what is known of their values, and how many were left out."""
    names, types = _names(record)
    return _described(record, names[:MAX_COLUMNS], types), max(0, len(names) - MAX_COLUMNS)


def _described(record: ArtifactRecord, names: list[str], types: dict[str, str]) -> list[ColumnView]:
    stats, rows = record.status.stats, record_item(record).rows
    return [_column(name, types.get(name, ""), stats.get(name), rows) for name in names]


def _names(record: ArtifactRecord) -> tuple[list[str], dict[str, str]]:
    """The columns in their order, and the types of those whose type is known."""
    schema = record.spec.extra.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    header = record.spec.extra.get("header")
    types: dict[str, str] = {}
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, dict) and "name" in field:
            types[str(field["name"])] = str(field.get("type") or "")
    names = [str(each) for each in header] if isinstance(header, list) else list(types) or list(record.status.stats)
    return names, types


def _column(name: str, kind: str, stats: Any, rows: int | None) -> ColumnView:
    view = ColumnView(name[:2_000], format.cut(kind, 24))
    if not isinstance(stats, dict):
        return view
    view.type = view.type or format.cut(str(_first(stats, "type", "dtype") or ""), 24)
    view.nulls = raw(_first(stats, "nulls", "missing", "null_count"))
    counted: Any = stats.get("count")
    if view.nulls is None and is_number(counted) and rows is not None and 0 <= counted <= rows:
        view.nulls = rows - int(counted)
    view.distinct = raw(_first(stats, "distinct", "unique", "nunique"))
    for field in _STATED:
        setattr(view, field, raw(stats.get(field)))
    view.histogram, view.edges = _histogram(_first(stats, "hist", "histogram"))
    view.top, view.top_counts = _top(_first(stats, "top", "values"))
    _texts(view, stats, rows)
    return view


def _texts(view: ColumnView, stats: dict[str, Any], rows: int | None) -> None:
    if is_number(view.nulls):
        share = view.nulls / rows if rows else 0.0
        view.null_share = share if rows else None
        view.nulls_text = "0" if not view.nulls else f"{share:.1%}".replace("%", " %") if rows else f"{view.nulls:,}"
    view.distinct_text = format.number(view.distinct) if is_number(view.distinct) else ""
    low, high = stats.get("min"), stats.get("max")
    if low is not None and high is not None:
        shown = (
            format.numbers([low, high])
            if is_number(low) and is_number(high)
            else [cell(each, limit=24).text.removesuffix("T00:00:00") for each in (low, high)]
        )
        view.range_text = f"{shown[0]} … {shown[1]}"
    elif view.top:
        view.range_text = format.cut(", ".join(view.top), 48)
    view.spread_text = _spread(stats.get("mean"), stats.get("std"))


def _spread(mean: Any, std: Any) -> str:
    """``5.84 ± 0.83``: as many decimals as three digits of the larger of the two need."""
    if not is_number(mean):
        return ""
    known = [each for each in (mean, std) if is_number(each) and math.isfinite(each)]
    if len(known) < 2 or not all(1e-4 <= abs(each) < 1e6 for each in known if each):
        return " ± ".join(format.number(float(f"{each:.3g}")) for each in (mean, std) if is_number(each))
    largest = max(abs(each) for each in known)
    places = max(0, 2 - math.floor(math.log10(largest))) if largest else 0
    return " ± ".join(f"{each:,.{places}f}" for each in known)


def _histogram(found: Any) -> tuple[list[float], list[float]]:
    """From ``[counts, edges]`` or ``{"counts": ..., "edges": ...}``."""
    if isinstance(found, dict):
        found = [found.get("counts"), found.get("edges")]
    if not isinstance(found, (list, tuple)) or len(found) != 2:
        return [], []
    counts, edges = (
        [float(each) for each in part if _finite(each)] if isinstance(part, list) else [] for part in found
    )
    return counts[:100], edges[:101]


def _top(found: Any) -> tuple[list[str], list[float]]:
    if isinstance(found, dict):
        found = [[value, count] for value, count in found.items()]
    if isinstance(found, list):
        pairs = [each if isinstance(each, (list, tuple)) and each else [each] for each in found[:10]]
        counts = [float(pair[1]) for pair in pairs if len(pair) > 1 and _finite(pair[1])]
        return [cell(pair[0], limit=24).text for pair in pairs], counts if len(counts) == len(pairs) else []
    return ([], []) if found is None else ([cell(found, limit=24).text], [])


def _preview(record: ArtifactRecord) -> tuple[list[str], list[list[Cell]]]:
    rows = [row[:PREVIEW_COLUMNS] for row in record.status.preview[:PREVIEW_ROWS] if isinstance(row, list)]
    if not rows:
        return [], []
    width = max(len(row) for row in rows)
    columns = [column_cells([row[index] if index < len(row) else None for row in rows]) for index in range(width)]
    header = record.spec.extra.get("header")
    names = [format.cut(str(each), 24) for each in header][:width] if isinstance(header, list) else []
    return names, [[column[index] for column in columns] for index in range(len(rows))]


def _first(stats: dict[str, Any], *names: str) -> Any:
    return next((stats[name] for name in names if stats.get(name) is not None), None)


def _finite(value: Any) -> bool:
    return is_number(value) and math.isfinite(value)
