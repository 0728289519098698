"""Charts drawn as SVG text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from mlrun_jupyter.artifacts import heatmap
from mlrun_jupyter.artifacts.vega import number, scale_of
from mlrun_jupyter.safety.html import escape

COLORS: Final = (
    "#4269d0",
    "#efb118",
    "#ff725c",
    "#6cc5b0",
    "#3ca951",
    "#ff8ab7",
    "#a463f2",
    "#97bbf5",
    "#9c6b4e",
    "#9498a0",
)
WIDTH, HEIGHT = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 14, 40
_MAX_POINTS: Final = 2000
_MAX_BARS: Final = 60


class Series(NamedTuple):
    """Points of one color; None is a gap."""

    name: str
    color: str
    values: list[float | None]


def draw(document: dict[str, Any], header: list[str], rows: list[list[Any]]) -> str:
    """The chart of a document that :func:`artifacts.vega.spec` made, for readers without Vega."""
    kind = _kind_of(document)
    if kind == "heatmap":
        return heatmap.draw(header, rows)
    wanted = document.get("encoding", {}).get("color", {}).get("scale", {}).get("range") or COLORS
    colors = [color if _is_color(color) else COLORS[0] for color in wanted]
    series = [
        Series(name, colors[index % len(colors)], [number(row[index + 1]) for row in rows])
        for index, name in enumerate(header[1:])
    ]
    if kind == "pie":
        return _frame(_pie(rows, colors), [])
    if kind == "histogram":
        at = 1 if len(header) > 1 else 0
        return _histogram(header[at] if header else "", [number(row[at]) for row in rows])
    if not rows or not series or not any(value is not None for each in series for value in each.values):
        return _frame('<text x="50%" y="50%" text-anchor="middle">nothing to draw</text>', [])
    if kind in ("column", "bar"):
        return _bars(kind, [str(row[0]) for row in rows], series)
    return _lines(kind, rows, series)


def _kind_of(document: dict[str, Any]) -> str:
    mark = document.get("mark")
    mark = mark if isinstance(mark, dict) else {"type": mark}
    encoding = document.get("encoding", {})
    if "bin" in encoding.get("x", {}):
        return "histogram"
    if mark.get("interpolate") == "step":
        return "stepped"
    if mark["type"] == "bar":
        return "bar" if encoding.get("x", {}).get("field") == "value" else "column"
    drawn = str(mark["type"])
    return {"arc": "pie", "point": "scatter", "rect": "heatmap"}.get(drawn, drawn)


def _lines(kind: str, rows: list[list[Any]], series: list[Series]) -> str:
    scale = scale_of(rows, 0)
    if scale == "quantitative":
        xs: list[float | None] = [number(row[0]) for row in rows]
    elif scale == "temporal":
        xs = [None if row[0] is None else _stamp(row[0]) for row in rows]
    else:
        xs = [float(index) for index in range(len(rows))]
    across = Axis([x for x in xs if x is not None], _LEFT, WIDTH - _RIGHT, padded=kind == "scatter")
    all_values = [value for each in series for value in each.values if value is not None]
    upwards = Axis(
        [*all_values, 0.0] if kind in ("area", "stepped") else all_values, HEIGHT - _BOTTOM, _TOP, padded=True
    )
    names = [str(row[0]) for row in rows] if scale == "nominal" else None
    parts = [_y_axis(upwards), _x_axis(across, scale, names)]
    for each in series:
        points = [
            (across.at(x), upwards.at(y)) if x is not None and y is not None else None
            for x, y in zip(xs, each.values, strict=True)
        ]
        parts.append(_one(kind, each, points, upwards.at(max(upwards.low, min(0.0, upwards.high)))))
    return _frame("".join(parts), series)


def _one(kind: str, series: Series, points: Sequence[tuple[float, float] | None], base: float) -> str:
    if len(points) > _MAX_POINTS:
        points = points[:: math.ceil(len(points) / _MAX_POINTS)]
    known = [point for point in points if point is not None]
    if kind == "scatter":
        return "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{series.color}" fill-opacity="0.7"/>' for x, y in known
        )
    pieces = []
    for stretch in _runs(points):
        run = stretch
        if kind == "stepped":
            run = [
                step
                for (x, y), (after, _) in zip(run, [*run[1:], run[-1]], strict=True)
                for step in ((x, y), (after, y))
            ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
        if kind in ("area", "stepped"):
            pieces.append(
                f'<polygon points="{run[0][0]:.1f},{base:.1f} {path} {run[-1][0]:.1f},{base:.1f}" '
                f'fill="{series.color}" fill-opacity="0.25"/>'
            )
        pieces.append(
            f'<polyline points="{path}" fill="none" stroke="{series.color}" stroke-width="2" stroke-linejoin="round"/>'
        )
    if kind == "line" and len(known) <= 60:
        pieces += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{series.color}"/>' for x, y in known]
    return "".join(pieces)


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """The stretches without gaps."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _bars(kind: str, names: list[str], series: list[Series]) -> str:
    shown = min(len(names), _MAX_BARS)
    values = [value for each in series for value in each.values[:shown] if value is not None]
    low, high = (_LEFT + 40, WIDTH - _RIGHT) if kind == "bar" else (HEIGHT - _BOTTOM, _TOP)
    axis = Axis([*values, 0.0], low, high, padded=False)
    start, end = (_TOP, HEIGHT - _BOTTOM) if kind == "bar" else (_LEFT, WIDTH - _RIGHT)
    room = (end - start) / max(1, shown)
    thick = room * 0.8 / len(series)
    parts = [_x_axis(axis, "quantitative", None) if kind == "bar" else _y_axis(axis)]
    every = max(1, math.ceil(shown / (16 if kind == "bar" else 12)))
    for index in range(shown):
        middle = start + room * (index + 0.5)
        for place, each in enumerate(series):
            value = each.values[index]
            if value is None:
                continue
            near, far = sorted((axis.at(0.0), axis.at(value)))
            side = start + room * (index + 0.1) + thick * place
            box = (near, side, far - near, thick) if kind == "bar" else (side, near, thick, far - near)
            parts.append(
                f'<rect x="{box[0]:.1f}" y="{box[1]:.1f}" width="{box[2]:.1f}" height="{box[3]:.1f}" fill="{each.color}">'
                f"<title>{escape(names[index])}: {value:.6g}</title></rect>"
            )
        if index % every == 0:
            label = escape(names[index] if len(names[index]) <= 14 else names[index][:13] + "…")
            parts.append(
                f'<text x="{_LEFT + 34}" y="{middle + 4:.1f}" text-anchor="end">{label}</text>'
                if kind == "bar"
                else f'<text x="{middle:.1f}" y="{HEIGHT - _BOTTOM + 16}" text-anchor="middle">{label}</text>'
            )
    return _frame("".join(parts), series)


def _histogram(name: str, found: list[float | None]) -> str:
    values = [value for value in found if value is not None]
    if not values:
        return _frame('<text x="50%" y="50%" text-anchor="middle">nothing to draw</text>', [])
    low, high = min(values), max(values)
    bins = min(20, max(1, len(set(values))))
    step = high / bins - low / bins or 1.0
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int(value / step - low / step))] += 1
    names = [f"{low + step * index:.4g}" for index in range(bins)]
    return _bars("column", names, [Series(name, COLORS[0], [float(count) for count in counts])])


def _pie(rows: list[list[Any]], colors: Sequence[str]) -> str:
    slices = [(str(row[0]), number(row[1]) or 0.0) for row in rows[:_MAX_BARS] if len(row) > 1]
    total = sum(max(0.0, value) for _name, value in slices)
    if total <= 0:
        return '<text x="50%" y="50%" text-anchor="middle">nothing to draw</text>'
    parts, angle = [], -math.pi / 2
    cx, cy, radius = 170.0, HEIGHT / 2, HEIGHT / 2 - 24
    for index, (name, value) in enumerate(slices):
        color = colors[index % len(colors)]
        share = max(0.0, value) / total
        end = angle + min(share, 0.99999) * 2 * math.pi
        path = (
            f"M{cx},{cy} L{cx + radius * math.cos(angle):.2f},{cy + radius * math.sin(angle):.2f} "
            f"A{radius},{radius} 0 {int(share > 0.5)} 1 {cx + radius * math.cos(end):.2f},{cy + radius * math.sin(end):.2f} Z"
        )
        parts.append(f'<path d="{path}" fill="{color}"><title>{escape(name)}: {share:.1%}</title></path>')
        if index < 16:
            y = 28 + index * 17
            parts.append(
                f'<rect x="350" y="{y - 9}" width="10" height="10" fill="{color}"/>'
                f'<text x="366" y="{y}">{escape(name)} {share:.1%}</text>'
            )
        angle = end
    return "".join(parts)


class Axis:
    """Maps values to places, with round ticks."""

    def __init__(self, values: Sequence[float], start: float, end: float, *, padded: bool) -> None:
        self.low, self.high = (min(values), max(values)) if values else (0.0, 1.0)
        if self.low == self.high:
            self.low, self.high = self.low - (abs(self.low) * 0.1 or 0.5), self.high + (abs(self.high) * 0.1 or 0.5)
        if padded:
            pad = self.high * 0.05 - self.low * 0.05
            self.low, self.high = self.low - pad, self.high + pad
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        span = self.high / 2 - self.low / 2
        return self.start + (self.end - self.start) * ((value / 2 - self.low / 2) / span) if span else self.start

    def ticks(self, count: int = 6) -> list[float]:
        span = self.high - self.low
        if not math.isfinite(span) or span <= 0:
            return [self.low, self.high]
        rough = span / count
        power = 10.0 ** math.floor(math.log10(rough)) if rough > 1e-300 else rough
        step = next((power * factor for factor in (1, 2, 5, 10) if power * factor >= rough), 0.0)
        if not step:  # smaller than what a float can divide
            return [self.low, self.high]
        first = math.ceil(self.low / step)
        return [(first + index) * step for index in range(count * 2 + 2) if (first + index) * step <= self.high]


def _y_axis(axis: Axis) -> str:
    parts = []
    for tick in axis.ticks(5):
        y = axis.at(tick)
        parts.append(f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.6g}</text>')
    return "".join(parts)


def _x_axis(axis: Axis, scale: str, names: list[str] | None) -> str:
    bottom = HEIGHT - _BOTTOM
    parts = [f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{bottom}" y2="{bottom}"/>']
    if names is not None:
        every = max(1, math.ceil(len(names) / 12))
        marks = [(float(index), name[:14]) for index, name in enumerate(names) if index % every == 0]
    elif scale == "temporal":
        marks = [
            (
                tick,
                datetime.fromtimestamp(tick, UTC).strftime(
                    "%Y-%m-%d" if axis.high - axis.low > 172_800 else "%m-%d %H:%M"
                ),
            )
            for tick in axis.ticks(5)
        ]
    else:
        marks = [(tick, f"{tick:.6g}") for tick in axis.ticks(8)]
    parts += [
        f'<text x="{axis.at(value):.1f}" y="{bottom + 16}" text-anchor="middle">{escape(text)}</text>'
        for value, text in marks
    ]
    return "".join(parts)


def _frame(inner: str, series: list[Series]) -> str:
    legend = []
    x = float(_LEFT)
    for each in series[:10]:
        legend.append(
            f'<rect x="{x:.0f}" y="{HEIGHT - 12}" width="10" height="10" fill="{each.color}"/>'
            f'<text class="name" x="{x + 14:.0f}" y="{HEIGHT - 3}">{escape(each.name[:24])}</text>'
        )
        x += 30 + 6.5 * min(24, len(each.name))
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg {size} role="img" xmlns="http://www.w3.org/2000/svg">{inner}{"".join(legend)}</svg>'


def _stamp(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _is_color(text: Any) -> bool:
    return isinstance(text, str) and text.lstrip("#").isalnum() and len(text) <= 32
