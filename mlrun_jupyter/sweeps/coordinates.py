"""The chart ``parallel_coordinates``: an axis for each parameter that was varied, a line for each iteration.

A page of its own that needs nothing else, with the parameters' importance below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mlrun_jupyter.artifacts import HTMLArtifact
from mlrun_jupyter.safety.html import escape
from mlrun_jupyter.views import format
from mlrun_jupyter.views.svg import bounds, scale

LINES = 300
"""Iterations that are drawn."""
MAX_AXES = 9
WIDTH, HEIGHT = 900, 340
TOP, BOTTOM, LEFT, RIGHT = 34, 22, 70, 70
NAMED = 12
"""Values of an axis of words that are written beside it."""
_RAMP = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""Colours from the worst to the best, readable by the colour-blind."""


class Line(NamedTuple):
    """An iteration to draw: ``result`` decides its colour."""

    number: int
    parameters: Mapping[str, Any]
    result: float


class Axis:
    """Where values stand on an axis, from 0 (bottom) to 1, and what is written beside it."""

    def __init__(self, name: str, values: Sequence[Any]) -> None:
        self.name = name
        numbers = [each for each in values if _is_number(each)]
        self._logarithmic = False
        if numbers and len(numbers) == sum(each is not None for each in values):
            low, high = bounds(numbers)
            self._logarithmic = low > 0 and high / low >= 1000
            self._range = (math.log(low), math.log(high)) if self._logarithmic else (low, high)
            self._words: dict[str, int] = {}
            written = sorted(set(numbers))
            if len(written) > NAMED // 2:
                written = _marks(low, high, self._logarithmic)
            self.marks = [(self.place(each) or 0.0, format.number(each)) for each in written]
        else:
            words = sorted({str(each) for each in values if each is not None})
            self._words = {word: index for index, word in enumerate(words)}
            self._range = (0.0, float(max(len(words) - 1, 0)))
            shown = words if len(words) <= NAMED else [words[0], words[-1]]
            self.marks = [(self.place(word) or 0.0, format.cut(word, 12)) for word in shown]

    def place(self, value: Any) -> float | None:
        """None for a value that is missing."""
        if value is None:
            return None
        if self._words:
            return scale(self._words[str(value)], *self._range, 0, 1)
        return scale(math.log(value) if self._logarithmic else value, *self._range, 0, 1)


class CoordinatesArtifact(HTMLArtifact):
    """The chart of a sweep.

    Parameters
    ----------
    lines
        The iterations to draw, at least two.
    result
        The result that decides, and whether ``lower`` is better.
    best
        The number of the best iteration.
    shares
        The importance of each parameter.
    total
        How many iterations there are.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        result: str,
        *,
        lower: bool,
        best: int | None,
        shares: Mapping[str, float],
        total: int,
    ) -> None:
        drawn = f"{len(lines):,} of {total:,} iterations" if len(lines) < total else f"{total:,} iterations"
        body = _drawing(lines, result, lower=lower, best=best) + f"<p>{drawn}</p>" + _shares(shares, result)
        super().__init__("parallel_coordinates", body=_page(f"Iterations by {result}", body))


def _drawing(lines: Sequence[Line], result: str, *, lower: bool, best: int | None) -> str:
    names = _varied(lines)[: MAX_AXES - 1]
    axes = [Axis(name, [line.parameters.get(name) for line in lines]) for name in names]
    last = Axis(result, [line.result for line in lines])
    step = (WIDTH - LEFT - RIGHT) / len(axes) if axes else 0.0
    columns = [LEFT + step * index for index in range(len(axes) + 1)]
    curves = []
    for line in sorted(lines, key=lambda each: (each.number == best, each.result if not lower else -each.result)):
        goodness = last.place(line.result) or 0.0
        places = [*(axis.place(line.parameters.get(axis.name)) for axis in axes), goodness]
        path = "".join(
            f"{'L' if index else 'M'}{left:.0f} {_height(place):.1f}"
            for index, (left, place) in enumerate(zip(columns, places, strict=True))
            if place is not None
        )
        if path.startswith("L"):
            path = "M" + path[1:]
        told = ", ".join(f"{name} {format.cut(str(line.parameters.get(name)), 40)}" for name in names)
        title = escape(f"#{line.number}: {told}; {result} {format.number(line.result)}")
        marked = ' class="best"' if line.number == best else ""
        colour = _colour(1 - goodness if lower else goodness)
        curves.append(f'<path{marked} d="{path}" stroke="{colour}"><title>{title}</title></path>')
    rulers = "".join(_ruler(axis, left) for axis, left in zip([*axes, last], columns, strict=True))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(f"{len(lines)} iterations on {len(columns)} axes")}">'
        f'<g fill="none" class="lines">{"".join(curves)}</g>{rulers}</svg>'
    )


def _ruler(axis: Axis, left: float) -> str:
    marks = "".join(
        f'<text x="{left + 6:.0f}" y="{_height(place) + 4:.1f}" class="mark">{escape(text)}</text>'
        for place, text in axis.marks
    )
    return (
        f'<line class="axis" x1="{left:.0f}" x2="{left:.0f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="name" x="{left:.0f}" y="18" text-anchor="middle">{escape(format.cut(axis.name, 18))}</text>{marks}'
    )


def _height(place: float) -> float:
    return HEIGHT - BOTTOM - place * (HEIGHT - BOTTOM - TOP)


def _colour(goodness: float) -> str:
    position = min(max(goodness, 0.0), 1.0) * (len(_RAMP) - 1)
    index = min(int(position), len(_RAMP) - 2)
    share = position - index
    mixed = (round(a + (b - a) * share) for a, b in zip(_RAMP[index], _RAMP[index + 1], strict=True))
    return "#" + "".join(f"{each:02x}" for each in mixed)


def _shares(shares: Mapping[str, float], result: str) -> str:
    if not shares:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><i style="width:{share * 220:.0f}px"></i></td><td>{share:.0%}</td></tr>'
        for name, share in shares.items()
    )
    told = f"Share of the variance of {escape(result)} that a parameter explains by itself (functional ANOVA)"
    return f"<h2>Importance</h2><p>{told}</p><table>{rows}</table>"


def _varied(lines: Sequence[Line]) -> list[str]:
    names = dict.fromkeys(name for line in lines for name in line.parameters)
    return [name for name in names if len({repr(line.parameters.get(name)) for line in lines}) > 1]


def _marks(low: float, high: float, logarithmic: bool) -> list[float]:
    if low == high:
        return [low]
    if logarithmic:
        return [low, math.sqrt(low * high), high]
    return [low, (low + high) / 2, high]


def _is_number(value: Any) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond the floats
        return False


def _page(title: str, body: str) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )


_STYLE = """
:root{color-scheme:light dark;--ink:#1f2328;--soft:#656d76;--line:#d0d7de;--back:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#8d96a0;--line:#3d444d;--back:#0d1117}}
body{margin:16px;font:13px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--back)}
h1{font-size:15px;margin:0 0 8px}p{color:var(--soft);margin:4px 0}svg{max-width:100%;height:auto}
svg text{fill:var(--soft);font:11px system-ui,sans-serif}svg .axis{stroke:var(--soft)}svg .name{fill:var(--ink)}
td,th{padding:2px 10px 2px 0;font-weight:400;font-variant-numeric:tabular-nums}
.lines path{stroke-width:1.4;stroke-opacity:.55}.lines path:hover{stroke-width:4;stroke-opacity:1}
.lines path.best{stroke:#d1242f;stroke-width:3;stroke-opacity:1}svg .mark{font-size:10px;paint-order:stroke;stroke:var(--back);
stroke-width:3px}h2{font-size:13px;margin:18px 0 2px}td i{display:block;height:9px;background:#3b528b;border-radius:2px}
th[scope=row]{text-align:left}
"""
