"""How values are written for people: numbers, durations, sizes, times and long texts.

Everything here returns one line of text that is safe to print in a terminal: control characters and marks that change
the direction of reading are made visible. It is not HTML yet.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import times, values

SHOWN: Final = 60
"""Characters of a value that are shown before it is cut."""
KEPT: Final = 12_000
"""Characters of a value that a view carries at all, so that no value can blow up a notebook."""
NAME: Final = 40
"""Characters of a name that are shown."""
TIMES: Final = "\N{MULTIPLICATION SIGN}"
MINUS: Final = "\N{MINUS SIGN}"
_SAFE_INTEGER: Final = 2**53 - 1

_SPECIAL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ANSI: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)


class Cell(msgspec.Struct, omit_defaults=True):
    """A value and how it is shown.

    ``text`` is the short form on one line. ``full`` is the whole text (up to 12,000 characters) where ``text`` is cut or
    rounded, else empty. ``value`` is the raw value for programs: NaN, infinities and integers beyond 2**53 are written
    ``{"$number": "nan"}`` as in :mod:`mlrun_jupyter.model.values`; a value that is too long is None, and ``cut`` is true.
    ``type`` is ``number``, ``bool``, ``text``, ``json`` or ``null``.
    """

    text: str
    value: Any = None
    type: str = "text"
    full: str = ""
    cut: bool = False


def cell(value: Any, *, limit: int = SHOWN) -> Cell:
    """The cell of any value; never raises.

    Example
    -------
    >>> cell(0.97333333).text, cell("a\\nb").text, cell([1, None]).text
    ('0.9733', 'a↵b', '[1,null]')
    """
    if value is None:
        return Cell("none", None, "null")
    if isinstance(value, bool):
        return Cell("true" if value else "false", value, "bool")
    if isinstance(value, str):
        return _text_cell(value, limit)
    if isinstance(value, (int, float)):
        return number_cell(value)
    try:
        value = values.plain(value)
    except Exception:  # nested too deep, or a user's own object, which may do anything
        return _text_cell(_described(value), limit)
    return _json_cell(value, limit) if isinstance(value, (dict, list)) else cell(value, limit=limit)


def number_cell(value: float, text: str = "") -> Cell:
    """The cell of a number; ``text`` when a column has decided how to write it."""
    shown = text or number(value)
    exact = _exact(value)
    return Cell(shown, raw(value), "number", exact if exact != shown.replace(",", "") else "")


def _text_cell(text: str, limit: int) -> Cell:
    shown = cut(text, limit)
    kept = _SURROGATE.sub("\ufffd", text[:KEPT])
    full = "" if shown == text else kept + (f"… ({len(text):,} characters)" if len(text) > KEPT else "")
    return Cell(shown, None if len(text) > KEPT else kept, "text", full, len(text) > KEPT)


def _json_cell(value: Any, limit: int) -> Cell:
    text = msgspec.json.encode(raw(value)).decode()
    shown = cut(text, limit)
    too_long = len(text) > KEPT
    full = "" if shown == text else text[:KEPT] + (f"… ({len(text):,} characters)" if too_long else "")
    return Cell(shown, None if too_long else raw(value), "json", full, too_long)


def _described(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # a user's own __str__ may do anything
        return f"<{type(value).__name__}>"


def raw(value: Any) -> Any:
    """A plain value as JSON can carry it into a browser without loss; see :class:`Cell`."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$number": repr(value)}
    if isinstance(value, int):
        return value if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else {"$number": _exact(value)}
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", str(key)): raw(item) for key, item in value.items()}
    if isinstance(value, list):
        return [raw(item) for item in value]
    return raw(values.plain(value))


def number(value: float) -> str:
    """Four significant digits of a float; an integer whole.

    Example
    -------
    >>> number(0.97333), number(10204113), number(1e-5), number(float("nan"))
    ('0.9733', '10,204,113', '1e-5', 'NaN')
    """
    if isinstance(value, int):
        return _exact(value) if -100_000 < value < 100_000 or abs(value) >= 10**18 else f"{value:,}"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e15 or size < 1e-4:
        mantissa, exponent = f"{value:.3e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if size >= 9999.5:
        return f"{value:,.0f}" if size >= 1e5 else f"{value:.0f}"
    return f"{value:.4g}"


def _exact(value: float) -> str:
    try:
        return repr(value)
    except ValueError:  # Python refuses to write integers of more than 4,300 digits
        return f"integer of {int(value).bit_length():,} bits"


def numbers(column: Sequence[Any]) -> list[str]:
    """The numbers of one column, written with the same number of decimals where their sizes allow; others empty.

    Example
    -------
    >>> numbers([0.973, 0.96, None, 1])
    ['0.973', '0.960', '', '1.000']
    """
    shown = [number(value) if is_number(value) else "" for value in column]
    floats = [abs(v) for v in column if is_number(v) and isinstance(v, float) and math.isfinite(v) and v]
    plain = not any("e" in text or "bits" in text for text in shown)
    if not floats or not plain or max(floats) / min(floats) > 1e4:
        return shown
    places = max((len(text.partition(".")[2]) for text in shown), default=0)
    return [
        f"{value:,.{places}f}" if text and math.isfinite(value) and abs(value) < 1e15 else text
        for value, text in zip(column, shown, strict=True)
    ]


def is_number(value: Any) -> bool:
    """Whether ``value`` is an int or float; a bool is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def delta(value: float, reference: float) -> str:
    """The difference to ``reference`` with its sign, empty when there is none.

    Example
    -------
    >>> delta(0.979, 0.973)
    '+0.006'
    """
    try:
        difference = float(value) - float(reference)
    except OverflowError:
        return ""
    if not math.isfinite(difference) or difference == 0:
        return ""
    return ("+" if difference > 0 else MINUS) + number(float(f"{abs(difference):.2g}"))


def count(amount: int, noun: str, plural: str = "") -> str:
    """``1 row``, ``2 rows``, ``10,000 rows``."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def duration(seconds: float | None) -> str:
    """``340 ms``, ``2.41 s``, ``4 min 05 s``, ``2 h 05 min``, ``3 d 4 h``."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return ""
    if seconds < 0.9995:
        return f"{seconds * 1000:.3g} ms" if seconds >= 1e-4 else "0.1 ms" if seconds else "0 ms"
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400:,} d {whole % 86400 // 3600} h"


def size(amount: Any) -> str:
    """``512 B``, ``4.5 kB``, ``84 kB``, ``1.2 GB``; empty when it is no number."""
    if not is_number(amount) or not math.isfinite(amount) or amount < 0:
        return ""
    if amount < 999.5:
        return f"{amount:.0f} B"
    value = float(amount)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{value / 1000:,.1f} PB"


def when(moment: str) -> str:
    """``2026-11-23 14:02`` in the time zone of this machine; a text that is no time is shown as it is.

    Views are saved in notebooks, so a time is written out and never as ``today``.
    """
    if not moment:
        return ""
    try:
        return datetime.fromtimestamp(times.seconds(moment)).strftime("%Y-%m-%d %H:%M")
    except (InvalidArgumentError, ValueError, OverflowError, OSError):
        return cut(moment, 24)


def elapsed(start: str, end: str) -> float | None:
    """Seconds between two times of a document, None when one is missing or no time."""
    try:
        return max(0.0, times.seconds(end) - times.seconds(start)) if start and end else None
    except InvalidArgumentError:
        return None


def cut(text: str, limit: int = SHOWN) -> str:
    """One visible line of at most ``limit`` characters; what is cut off is marked by ``…``.

    Example
    -------
    >>> cut("abcdef", 4), cut("tab\\there")
    ('abc…', 'tab⇥here')
    """
    head = visible(text[: limit + 1])
    return head if len(head) <= limit else head[: limit - 1] + "…"


def name(text: Any) -> str:
    """A name, cut where it is longer than 40 characters."""
    return cut(text if isinstance(text, str) else _described(text), NAME)


def visible(text: str) -> str:
    """``text`` with control characters, line ends and directional overrides as symbols that have no effect."""
    return text if _SPECIAL.search(text) is None else _SPECIAL.sub(_symbol, text)


def _symbol(match: re.Match[str]) -> str:
    letter = match[0]
    code = ord(letter)
    if letter == "\n":
        return "↵"
    if letter == "\t":
        return "⇥"
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"⟨U+{code:04X}⟩" if 0x2000 <= code < 0x2100 else "\ufffd"


def lines(text: str) -> list[str]:
    """The lines of a log as a terminal would leave them: escape sequences gone, ``\\r`` overwrites, the rest visible.

    Example
    -------
    >>> lines("10%\\r100%\\n\\x1b[31mred\\x1b[0m\\n")
    ['100%', 'red']
    """
    plain = _ANSI.sub("", text).replace("\r\n", "\n")
    rows = plain.split("\n")
    if rows and not rows[-1]:
        rows.pop()
    return [visible(row.rstrip("\r").rpartition("\r")[2].expandtabs(4)) for row in rows]
