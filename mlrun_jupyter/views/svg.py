"""Small drawings without words: lines, bars, parallel axes.

Words stand beside them as HTML, so that they keep their size when a drawing is stretched, and remain when a reader's
page strips drawings. Coordinates are numbers of ours; no text of a user enters here except by way of ``element``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mlrun_jupyter.views.html import Html, element, join

_PAD = 2.0
_SPARK = 42
"""Points of a sparkline: one for every second pixel."""


def drawing(
    width: int, height: int, *shapes: Html, title: str, cls: str = "", stretch: bool = False, fixed: bool = False
) -> Html:
    """An image with a name. ``stretch``: as wide as its place; ``fixed``: ``width`` by ``height`` pixels."""
    return element(
        "svg",
        *shapes,
        cls=f"mc-svg {cls}".strip(),
        viewBox=f"0 0 {width} {height}",
        width=str(width) if fixed else "100%",
        height=str(height),
        preserveAspectRatio="none" if stretch else None,
        role="img",
        aria_label=title,
    )


def bounds(*columns: Sequence[float | None]) -> tuple[float, float]:
    """The lowest and highest of all finite values; ``(0, 1)`` when there is none."""
    finite = [value for column in columns for value in column if value is not None and math.isfinite(value)]
    return (min(finite), max(finite)) if finite else (0.0, 1.0)


def scale(value: float, low: float, high: float, start: float, end: float) -> float:
    """``value`` moved from ``low..high`` to ``start..end``; the middle when the range is empty."""
    span = high - low
    if not math.isfinite(span):  # the ends of the float range
        value, low, high = value / 4, low / 4, high / 4
        span = high - low
    return start + (end - start) * ((value - low) / span) if span else (start + end) / 2


def line_path(
    xs: Sequence[float],
    ys: Sequence[float | None],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    size: tuple[float, float],
) -> str:
    """The path of a curve, interrupted where values are missing; a lone point becomes a short stroke."""
    width, height = size
    path: list[str] = []
    pen = False
    for x, y in zip(xs, ys, strict=True):
        if y is None or not math.isfinite(y):
            pen = False
            continue
        left = scale(x, *x_range, _PAD, width - _PAD)
        top = scale(y, *y_range, height - _PAD, _PAD)
        path.append(f"{'L' if pen else 'M'}{left:.1f} {top:.1f}")
        if not pen:
            path.append("h.1")
        pen = True
    return "".join(path)


def curve(path: str, *, cls: str = "mc-line") -> Html:
    return element("path", d=path, cls=cls, vector_effect="non-scaling-stroke")


def sparkline(xs: Sequence[float], ys: Sequence[float | None], *, title: str) -> Html:
    """A curve the size of a word; of many points an even choice."""
    size = (84, 22)
    if len(xs) > 2 * _SPARK:
        chosen = [round(index * (len(xs) - 1) / (_SPARK - 1)) for index in range(_SPARK)]
        xs, ys = [xs[index] for index in chosen], [ys[index] for index in chosen]
    return drawing(
        *size, curve(line_path(xs, ys, bounds(xs), bounds(ys), size)), title=title, cls="mc-spark", fixed=True
    )


class Axis(NamedTuple):
    """A scale with round numbers: ``low`` to ``high``, and the marks on it."""

    low: float
    high: float
    marks: list[float]

    def share(self, value: float) -> float:
        """Where a value stands, from 0 (top) to 1 (bottom)."""
        return scale(value, self.low, self.high, 1, 0)


def axis(low: float, high: float, *, most: int = 4) -> Axis:
    """An axis over ``low`` to ``high`` with at most ``most`` round marks within.

    Example
    -------
    >>> axis(-0.014, 1.011).marks
    [0.0, 0.5, 1.0]
    """
    span = high - low
    if not math.isfinite(span) or span <= 0 or span < 1e-12 * max(abs(low), abs(high)):
        return Axis(low, high, [low])
    unit = 10.0 ** math.floor(math.log10(span / most))
    for step in (unit, 2 * unit, 2.5 * unit, 5 * unit, 10 * unit, 20 * unit):
        first, last = math.ceil(low / step), math.floor(high / step)
        if last - first < most:
            marks = [float(f"{index * step:.12g}") + 0.0 for index in range(first, last + 1)]
            return Axis(low, high, marks)
    return Axis(low, high, [low])


def chart(
    curves: Sequence[tuple[Sequence[float], Sequence[float | None]]], scale_of: Axis, *, title: str, height: int = 132
) -> Html:
    """Curves over one another on common axes, the first one drawn on top."""
    width = 430
    x_range = bounds(*(xs for xs, _ in curves))
    grid = [
        element(
            "path",
            d=f"M0 {_PAD + share * (height - 2 * _PAD):.1f}H{width}",
            cls="mc-grid",
            vector_effect="non-scaling-stroke",
        )
        for share in (scale_of.share(mark) for mark in scale_of.marks)
    ]
    drawn = [
        curve(line_path(xs, ys, x_range, (scale_of.low, scale_of.high), (width, height)), cls=f"mc-line mc-line{index}")
        for index, (xs, ys) in enumerate(curves)
    ]
    return drawing(width, height, *grid, *reversed(drawn), title=title, cls="mc-chart", stretch=True)


def histogram(counts: Sequence[float], *, title: str) -> Html:
    """Bars the size of a word."""
    width, height = 96, 22
    most = max((count for count in counts if math.isfinite(count)), default=0)
    step = min(16.0, width / max(1, len(counts)))
    bars = "".join(
        f"M{index * step:.1f} {height}v-{max(1.0, count / most * height):.1f}h{max(0.6, step - 1):.1f}V{height}z"
        for index, count in enumerate(counts)
        if most > 0 and math.isfinite(count) and count > 0
    )
    return drawing(width, height, element("path", d=bars, cls="mc-bar"), title=title, cls="mc-hist", fixed=True)


def share(part: float) -> Html:
    """A bar the size of a word, as long as the part of one."""
    bar = element("path", d=f"M0 4v8h{max(1.0, 64 * min(1.0, part)):.1f}v-8z", cls="mc-bar")
    return drawing(64, 14, bar, title=f"{part:.0%} of the largest", cls="mc-hist", fixed=True)


def parallel(rows: Sequence[Sequence[float | None]], marked: int | None, axes: int, *, title: str) -> Html:
    """One line through all axes for each row of positions from 0 (bottom) to 1 (top); the marked one on top."""
    width, height = 100 * axes, 170
    lefts = [50 + 100 * axis for axis in range(axes)]
    quiet = "".join(_through(row, lefts, height) for index, row in enumerate(rows) if index != marked)
    shapes = [element("path", d=quiet, cls="mc-many", vector_effect="non-scaling-stroke")]
    if marked is not None:
        best = _through(rows[marked], lefts, height)
        shapes.append(element("path", d=best, cls="mc-line mc-line0", vector_effect="non-scaling-stroke"))
    posts = "".join(f"M{left} 0V{height}" for left in lefts)
    shapes.append(element("path", d=posts, cls="mc-axis", vector_effect="non-scaling-stroke"))
    return drawing(width, height, join(shapes), title=title, cls="mc-parallel", stretch=True)


def _through(row: Sequence[float | None], lefts: Sequence[int], height: int) -> str:
    path, pen = "", False
    for left, position in zip(lefts, row, strict=True):
        if position is None:
            pen = False
            continue
        path += f"{'L' if pen else 'M'}{left} {height - 4 - position * (height - 8):.0f}"
        pen = True
    return path
