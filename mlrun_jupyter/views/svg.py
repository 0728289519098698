"""Small drawings without words: lines, bars, parallel axes.

Words stand beside them as HTML, so that they keep their size when a drawing is stretched, and remain when a reader's
page strips drawings. Coordinates are numbers of ours; no text of a user enters here except by way of ``element``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlrun_jupyter.views.html import Html, element, join

_PAD = 2.0


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
    """A curve the size of a word."""
    size = (84, 22)
    return drawing(
        *size, curve(line_path(xs, ys, bounds(xs), bounds(ys), size)), title=title, cls="mc-spark", fixed=True
    )


def chart(curves: Sequence[tuple[Sequence[float], Sequence[float | None]]], *, title: str) -> Html:
    """Curves over one another on common axes, the first one drawn on top."""
    width, height = 430, 120
    x_range = bounds(*(xs for xs, _ in curves))
    y_range = bounds(*(ys for _, ys in curves))
    grid = [
        element("line", cls="mc-grid", x1="0", x2=str(width), y1=y, y2=y, vector_effect="non-scaling-stroke")
        for y in ("2", "41", "79", "118")
    ]
    drawn = [
        curve(line_path(xs, ys, x_range, y_range, (width, height)), cls=f"mc-line mc-line{index}")
        for index, (xs, ys) in enumerate(curves)
    ]
    return drawing(width, height, *grid, *reversed(drawn), title=title, cls="mc-chart", stretch=True)


def histogram(counts: Sequence[float], *, title: str) -> Html:
    """Bars the size of a word."""
    width, height = 96, 22
    most = max((count for count in counts if math.isfinite(count)), default=0)
    step = width / max(1, len(counts))
    bars = "".join(
        f"M{index * step:.1f} {height}v-{max(1.0, count / most * height):.1f}h{max(0.6, step - 1):.1f}V{height}z"
        for index, count in enumerate(counts)
        if most > 0 and math.isfinite(count) and count > 0
    )
    return drawing(width, height, element("path", d=bars, cls="mc-bar"), title=title, cls="mc-hist", fixed=True)


def parallel(rows: Sequence[Sequence[float | None]], marked: int | None, axes: int, *, title: str) -> Html:
    """One line through all axes for each row of positions from 0 (bottom) to 1 (top); the marked one on top."""
    width, height = 100 * axes, 110
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
