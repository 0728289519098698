"""Charts as Vega-Lite documents: what a notebook, the panel and other tools draw by themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"
"""The format's name; nothing is loaded from there."""
MIME: Final = "application/vnd.vegalite.v5+json"
_MARKS: Final = {
    "line": "line", "area": "area", "stepped": "area", "column": "bar", "bar": "bar", "scatter": "point",
    "heatmap": "rect",
}  # fmt: skip


def spec(
    kind: str, header: list[str], rows: list[list[Any]], *, title: str = "", options: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A document of one chart, data included; ``kind`` is one of ``chart.KINDS``.

    Example
    -------
    >>> spec("line", ["epoch", "loss"], [[1, 0.5]])["mark"]["type"]
    'line'
    """
    options = options or {}
    fields = [_field(index) for index in range(len(header))]
    document: dict[str, Any] = {
        "$schema": SCHEMA,
        "data": {"values": [dict(zip(fields, row, strict=True)) for row in rows]},
    }
    if title:
        document["title"] = title
    for side in ("width", "height"):
        if isinstance(options.get(side), (int, float)):
            document[side] = options[side]
    if not header:
        return {**document, "mark": "point"}
    document.update(_drawn(kind, header, fields, rows, options))
    return document


def _drawn(
    kind: str, header: list[str], fields: list[str], rows: list[list[Any]], options: Mapping[str, Any]
) -> dict[str, Any]:
    x = {"field": fields[0], "type": scale_of(rows, 0), "title": axis_title(options, "hAxis") or header[0]}
    if kind == "histogram":
        at = 1 if len(header) > 1 else 0
        binned = {"field": fields[at], "bin": {"maxbins": 20}, "type": "quantitative", "title": header[at]}
        return {
            "mark": {"type": "bar", "tooltip": True},
            "encoding": {"x": binned, "y": {"aggregate": "count", "type": "quantitative"}},
        }
    if kind == "pie":
        at = 1 if len(header) > 1 else 0
        return {
            "mark": {"type": "arc", "tooltip": True},
            "encoding": {
                "theta": {"field": fields[at], "type": "quantitative", "title": header[at]},
                "color": {"field": fields[0], "type": "nominal", "title": header[0]},
            },
        }
    mark: dict[str, Any] = {"type": _MARKS[kind], "tooltip": True}
    if kind == "stepped":
        mark["interpolate"] = "step"
    if kind == "line":
        mark["point"] = len(rows) <= 30
    names = dict(zip(fields[1:], header[1:], strict=True))
    folded = _folded(names)
    if kind == "heatmap":
        across = {
            "field": "name",
            "type": "nominal",
            "title": axis_title(options, "hAxis") or None,
            "sort": list(names.values()),
        }
        down = {**x, "type": "nominal", "sort": None, "title": axis_title(options, "vAxis") or header[0]}
        color = {"field": "value", "type": "quantitative", "title": None}
        return {"mark": mark, "transform": folded, "encoding": {"x": across, "y": down, "color": color}}
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "title": axis_title(options, "vAxis") or (header[1] if len(header) == 2 else ""),
    }
    if kind in ("line", "scatter"):
        y["scale"] = {"zero": False}
    if kind in ("column", "bar") and x["type"] == "quantitative":
        x = {**x, "type": "ordinal"}
    encoding = {"x": x, "y": y}
    if kind == "bar":
        encoding = {"x": y, "y": x}
    if len(names) > 1:
        encoding["color"] = {"field": "name", "type": "nominal", "title": None, "sort": list(names.values())}
        if isinstance(options.get("colors"), list):
            encoding["color"]["scale"] = {"range": [str(each) for each in options["colors"]]}
    return {"mark": mark, "transform": folded if len(names) > 1 else folded[:1], "encoding": encoding}


def _folded(names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The columns of the series under one another, each value with the name of its series."""
    if not names:
        return []
    label = "{" + ", ".join(f"{field}: {_quoted(name)}" for field, name in names.items()) + "}[datum.series]"
    return [{"fold": list(names), "as": ["series", "value"]}, {"calculate": label, "as": "name"}]


def scale_of(rows: list[list[Any]], index: int) -> str:
    """``quantitative`` for numbers, ``temporal`` for ISO dates, else ``nominal``."""
    found = [row[index] for row in rows if row[index] is not None]
    if found and all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in found):
        return "quantitative"
    if found and all(isinstance(each, str) and _is_date(each) for each in found):
        return "temporal"
    return "nominal"


def number(value: Any) -> float | None:
    """The value where it is a number that can be drawn: finite, and no truth value."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def axis_title(options: Mapping[str, Any], name: str) -> str:
    """The title that the options give an axis, or nothing."""
    axis = options.get(name)
    return str(axis.get("title") or "") if isinstance(axis, Mapping) else ""


def _field(index: int) -> str:
    """Columns are addressed by number: a name may hold dots and brackets, which Vega takes for paths."""
    return f"c{index}"


def _quoted(text: str) -> str:
    import json

    return json.dumps(text)


def _is_date(text: str) -> bool:
    from datetime import datetime

    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) >= 8 and not text.isdigit()
