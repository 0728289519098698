"""Pieces of HTML that cannot hold anything unescaped.

:class:`Html` marks text that is markup. :func:`element` keeps children of that type and escapes every other one, so a
value of a user becomes markup only by way of :func:`mlrun_jupyter.safety.html.escape`. No element takes an address
(``href``, ``src``) or a script from content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from mlrun_jupyter.safety.html import escape
from mlrun_jupyter.views.format import KEPT, Cell, cut

CARD: Final = "mlrun-card"
STATES: Final = {
    "created": ("○", "wait"),
    "pending": ("○", "wait"),
    "running": ("●", "run"),
    "completed": ("✓", "ok"),
    "error": ("✕", "err"),
    "aborting": ("◌", "run"),
    "aborted": ("■", "stop"),
    "unknown": ("?", "wait"),
}
"""State to (symbol, class): a state is never told by colour alone."""
KINDS: Final = {
    "dataset": "▦",
    "table": "▤",
    "model": "◆",
    "chart": "◔",
    "plot": "◔",
    "plotly": "◔",
    "dir": "▸",
    "link": "↪",
    "html": "◨",
    "code": "λ",
}
"""Kind of an artifact to its symbol; ``▫`` for others."""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def element(tag: str, *children: object, cls: str = "", **attributes: object) -> Html:
    """An element. Children that are not :class:`Html` and all attributes are escaped; None and False are left out.

    Example
    -------
    >>> element("td", "<b>", cls="num", title='"')
    '<td class="num" title="&quot;">&lt;b&gt;</td>'
    """
    opening = f'<{tag} class="{cls}"' if cls else f"<{tag}"
    for name, value in attributes.items():
        if value is not None and value is not False and value != "":
            opening += f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
    return Html(f"{opening}>{''.join(_child(child) for child in children)}</{tag}>")


def _child(child: object) -> str:
    if isinstance(child, Html):
        return child
    return "" if child is None or child is False else escape(child)


def join(pieces: Iterable[object], separator: str = "") -> Html:
    """Pieces one after the other, those that are no markup escaped; empty ones are left out."""
    return Html(escape(separator).join(text for piece in pieces if (text := _child(piece))))


def label(text: str, limit: int = 40) -> Html:
    """A name, cut visibly, whole in the tooltip, and unable to turn the direction of its neighbours."""
    shown = cut(text, limit)
    return element("bdi", shown, title=text[:KEPT] if shown != text else None)


def chip(state: str) -> Html:
    """A state: symbol, word and colour."""
    symbol, kind = STATES.get(state, ("?", "wait"))
    return element("span", f"{symbol} {cut(state or 'unknown', 20)}", cls=f"mc-chip mc-{kind}")


def heading(text: str, extra: object = None) -> Html:
    """The small title of a section. No ``h4``: notebooks list those in their table of contents and hang links on them."""
    aside = element("span", extra, cls="mc-aside") if extra else None
    return element("p", element("b", text), Html(" "), aside, cls="mc-h", role="heading", aria_level="4")


def mark_text(text: str, *, style: str = "") -> Html:
    """Words that belong to a drawing: the style sheet writes them, so that they go where the drawing goes."""
    return element("span", data_t=text, style=style)


def details(title: str, extra: object, *content: object, open_: bool = False) -> Html:
    """A part that is folded until asked for."""
    summary = element("summary", title, Html(" "), element("span", extra, cls="mc-faint") if extra else None)
    return element("details", summary, *content, open=open_ and "open")


def table(head: Iterable[Html], rows: Iterable[Html], *, cls: str = "", caption: str = "") -> Html:
    """A table of ready rows; ``caption`` is for those who do not see the page."""
    headings = join(head)
    return element(
        "table",
        element("caption", caption) if caption else None,
        element("thead", headings) if headings else None,
        element("tbody", join(rows)),
        cls=cls,
    )


def more(amount: int, noun: str) -> Html | None:
    """What says that a list goes on."""
    return element("p", f"… and {amount:,} more {noun}", cls="mc-more") if amount > 0 else None


def card(*parts: object, cls: str = "") -> Html:
    """The whole: style and parts in one element."""
    return element("div", style(), *parts, cls=f"{CARD} {cls}".strip())


@lru_cache(maxsize=1)
def style() -> Html:
    """The style sheet, read once, without comments and indentation."""
    text = resources.files("mlrun_jupyter.views").joinpath("static/card.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,>]) ?", r"\1", text)
    return Html(f"<style>{text.strip()}</style>")


def number_class(cell: Cell) -> str:
    """``num`` for what stands aligned at the right."""
    return "mc-num" if cell.type in ("number", "bool", "null") else ""


def text_of(*parts: Any) -> str:
    """Non-empty parts joined by a middle dot."""
    return " · ".join(str(part) for part in parts if part)
