"""Plain text that lines up: widths of letters, columns, curves of block characters. No colours, no escape sequences."""

from __future__ import annotations

import math
import shutil
import unicodedata
from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
_NARROWEST, _WIDEST = 40, 160


def width() -> int:
    """Columns of the terminal, 40 to 160."""
    return min(_WIDEST, max(_NARROWEST, shutil.get_terminal_size((100, 24)).columns))


def length(text: str) -> int:
    """Columns that a text takes: wide letters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(letter) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(letter) in "WF"
        else 1
        for letter in text
    )


def clip(text: str, columns: int) -> str:
    """``text`` in at most so many columns, cut visibly."""
    if length(text) <= columns:
        return text
    kept, used = "", 0
    for letter in text:
        used += length(letter)
        if used > columns - 1:
            break
        kept += letter
    return kept + "…"


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """``text`` filled with spaces, at its left when ``right``."""
    space = " " * (columns - length(text))
    return space + text if right else text + space


def grid(rows: Sequence[Sequence[str]], right: Sequence[bool], columns: int, *, indent: str = "  ") -> list[str]:
    """Rows as lines with their columns aligned; columns that do not fit are left out and counted in the first line.

    Example
    -------
    >>> grid([["name", "loss"], ["a", "0.25"], ["long", "1.50"]], [False, True], 40)
    ['  name  loss', '  a     0.25', '  long  1.50']
    """
    if not rows:
        return []
    widths = [max(length(row[index]) for row in rows) for index in range(len(right))]
    fitting = _fitting(widths, columns - length(indent))
    left_out = len(widths) - fitting
    found = []
    for number, row in enumerate(rows):
        cells = [pad(row[index], widths[index], right=right[index]) for index in range(fitting)]
        tail = f"  … {left_out} more" if left_out and number == 0 else ""
        found.append((indent + "  ".join(cells) + tail).rstrip())
    return found


def _fitting(widths: Sequence[int], columns: int) -> int:
    """How many columns fit, with room to say that some do not."""
    if sum(widths) + 2 * (len(widths) - 1) <= columns:
        return len(widths)
    room, fitting = columns - len("  … 10 more"), 0
    for each in widths:
        room -= each + (2 if fitting else 0)
        if room < 0:
            break
        fitting += 1
    return max(1, fitting)


def spark(values: Sequence[float | None], columns: int = 24) -> str:
    """A curve of block characters.

    Example
    -------
    >>> spark([0.0, 1.0, 2.0, 3.0])
    '▁▃▆█'
    """
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if len(finite) < 2:
        return ""
    picked = values if len(values) <= columns else [values[index * len(values) // columns] for index in range(columns)]
    low, high = min(finite), max(finite)
    span = high - low
    if not span or not math.isfinite(span):
        return _BLOCKS[3] * len(picked)
    return "".join(
        " " if value is None or not math.isfinite(value) else _BLOCKS[round((value - low) / span * 7)]
        for value in picked
    )


def bar(share: float, columns: int = 24) -> str:
    """A progress bar: ``[#####-----]``."""
    full = round(max(0.0, min(1.0, share)) * columns)
    return f"[{'#' * full}{'-' * (columns - full)}]"
