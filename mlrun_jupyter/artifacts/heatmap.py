"""A table as a grid of colored fields: a name for each row and column, a number in each field."""

from __future__ import annotations

from typing import Any, Final

from mlrun_jupyter.artifacts.vega import number
from mlrun_jupyter.safety.html import escape

MOST: Final = 40
"""Rows and columns that are drawn; the page's table has them all."""
_COLOR: Final = "#4269d0"
_LEFT, _TOP, _SIDE = 120, 44, 44


def draw(header: list[str], rows: list[list[Any]]) -> str:
    """The grid as SVG text; the first column names the rows.

    Example
    -------
    >>> draw(["is", "cat", "dog"], [["cat", 5, 1], ["dog", 0, 7]]).count("<rect")
    4
    """
    names, rows = header[1 : MOST + 1], rows[:MOST]
    numbers = [[number(value) for value in row[1 : MOST + 1]] for row in rows]
    known = [value for row in numbers for value in row if value is not None]
    low = min(known, default=0.0)
    span = max(known, default=0.0) / 2 - low / 2  # halves: the whole may be beyond what a float holds
    parts = [
        f'<text x="{_LEFT + _SIDE * (at + 0.5):.0f}" y="{_TOP - 8}" text-anchor="middle">{_short(name, 7)}</text>'
        for at, name in enumerate(names)
    ]
    for down, (row, values) in enumerate(zip(rows, numbers, strict=True)):
        y = _TOP + _SIDE * down
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 27}" text-anchor="end">{_short(row[0], 16)}</text>')
        for across, value in enumerate(values):
            if value is not None:
                share = (value / 2 - low / 2) / span if span else 0.0
                parts.append(_field(_LEFT + _SIDE * across, y, value, share, f"{row[0]}, {names[across]}"))
    width, height = _LEFT + _SIDE * max(4, len(names)) + 16, _TOP + _SIDE * len(rows) + 16
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg {size} role="img" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'


def _field(x: int, y: int, value: float, share: float, name: str) -> str:
    ink = "#fff" if share > 0.55 else "currentColor"
    return (
        f'<rect x="{x}" y="{y}" width="{_SIDE - 2}" height="{_SIDE - 2}" rx="3" fill="{_COLOR}" '
        f'fill-opacity="{0.06 + 0.94 * share:.3f}"><title>{escape(name)}: {value:.6g}</title></rect>'
        f'<text x="{x + _SIDE // 2 - 1}" y="{y + 26}" text-anchor="middle" style="fill:{ink}">{value:.4g}</text>'
    )


def _short(value: Any, most: int) -> str:
    text = str(value)
    return escape(text if len(text) <= most else text[: most - 1] + "…")
