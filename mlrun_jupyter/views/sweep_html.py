"""The iterations of a sweep as HTML: how far, parallel axes, the best rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from mlrun_jupyter.views import format
from mlrun_jupyter.views.format import Cell, is_number
from mlrun_jupyter.views.html import Html, chip, element, heading, join, label, mark_text, more, number_class, table
from mlrun_jupyter.views.influence import FEWEST
from mlrun_jupyter.views.svg import axis, bounds, chart, parallel, scale, share
from mlrun_jupyter.views.sweep import IterationRow, SweepView

LINES = 200
"""Lines between the axes; of more iterations an even choice is drawn."""
MAX_AXES = 7
SHOWN_INFLUENCES = 6
FIRST = 3
"""Where the parameters begin in a row of plain values."""


def sweep(view: SweepView) -> Html:
    """The part of the card that is about iterations."""
    told = element("p", summary(view), cls="mc-sweep-line mc-dim")
    body = element("div", _axes(view), _best_so_far(view), _influences(view), _table(view), cls="mc-cols mc-sweep")
    return join([told, _track(view), body])


def summary(view: SweepView) -> str:
    """``62 of 96 done · 1 failed · 2 running · best accuracy 0.973 (#17)``."""
    total = view.total or view.recorded
    parts = [f"{view.done:,} of {total:,} done" if total else f"{view.done:,} done"]
    parts += [f"{view.failed:,} failed"] if view.failed else []
    parts += [f"{view.running:,} running"] if view.running else []
    winner = next((row for row in view.rows if row.best), None)
    if winner is not None:
        shown = winner.results[view.results.index(view.metric)].text if view.metric in view.results else ""
        parts.append(
            " ".join(part for part in ("best", format.name(view.metric), shown, f"(#{winner.iteration})") if part)
        )
    return " · ".join(parts)


def influence_line(view: SweepView) -> str:
    """``accuracy goes with eta 62 %, depth 20 %``; empty where nothing is known."""
    told = ", ".join(f"{format.cut(each.name, 40)} {each.text}" for each in view.influences[:SHOWN_INFLUENCES])
    return f"{format.name(view.metric)} goes with {told}" if told else ""


def _best_so_far(view: SweepView) -> Html | None:
    steps = view.improvements
    if len(steps) < 2 or view.recorded < FEWEST:
        return None
    turns = [*(each.iteration for each in steps), max([row[0] for row in view.values] + [steps[-1].iteration])]
    xs = [float(x) for start, then in pairwise(turns) for x in (start, then)]
    ys = [each.value for each in steps for _ in range(2)]
    note = f"{format.number(steps[0].value)} → {format.number(steps[-1].value)} at #{steps[-1].iteration}"
    drawn = chart([(xs, ys)], axis(*bounds(ys)), title=f"best {view.metric} so far: {note}", height=150)
    return element("div", heading("Best so far", note), drawn, cls="mc-col")


def _influences(view: SweepView) -> Html | None:
    if not view.influences:
        return None
    rows = [
        element(
            "tr",
            element("th", label(each.name, 24), scope="row"),
            element("td", share(each.share)),
            element("td", each.text, cls="mc-num"),
        )
        for each in view.influences[:SHOWN_INFLUENCES]
    ]
    note = f"on {format.name(view.metric)}, each alone"
    body = table([], rows, cls="mc-kv", caption=note)
    return element("div", heading("Influence", note), body, cls="mc-col")


def _track(view: SweepView) -> Html | None:
    ended, total = view.done + view.failed, view.total
    if not total or ended >= total:
        return None
    return element("div", element("i", style=f"width:{ended / total:.1%}"), cls="mc-bar-track")


def _table(view: SweepView) -> Html:
    arrow = {"max": " ↓", "min": " ↑"}.get(view.direction, "")
    timed = any(row.duration is not None for row in view.rows)
    shown = view.rows
    stated = any(row.state != "completed" for row in shown)
    head = [
        element("th", "#", scope="col", cls="mc-num"),
        element("th", "state", scope="col") if stated else None,
        *(_heading(name, [row.params[index] for row in shown]) for index, name in enumerate(view.params)),
        *(
            _heading(name, [row.results[index] for row in shown], arrow if name == view.metric else "")
            for index, name in enumerate(view.results)
        ),
        element("th", "time", scope="col", cls="mc-num") if timed else None,
    ]
    rows = [_row(row, view, stated=stated, timed=timed) for row in shown]
    body = table(
        [element("tr", *head)],
        rows,
        cls="mc-tbl",
        caption="iterations, the best first" if view.metric else "iterations",
    )
    scroll = element("div", body, cls="mc-scroll")
    return element("div", scroll, more(view.recorded - len(shown), "iterations"), cls="mc-col mc-wide mc-flush")


def _heading(name: str, cells: Sequence[Cell], arrow: str = "") -> Html:
    aligned = "mc-num" if any(each.type == "number" for each in cells) else ""
    return element("th", label(name, 24), arrow, scope="col", cls=aligned)


def _row(row: IterationRow, view: SweepView, *, stated: bool, timed: bool) -> Html:
    cells = [element("td", str(row.iteration), cls="mc-num mc-dim")]
    if stated:
        cells.append(element("td", chip(row.state)))
    cells += [element("td", each.text, cls=number_class(each), title=each.full) for each in row.params]
    for name, each in zip(view.results, row.results, strict=True):
        best = row.best and name == view.metric
        star = element("span", "★ ", title="best") if best else None
        cells.append(
            element(
                "td", star, each.text, cls=f"{number_class(each)} {'mc-best' if best else ''}".strip(), title=each.full
            )
        )
    if timed:
        cells.append(element("td", format.duration(row.duration), cls="mc-num mc-dim"))
    return element("tr", *cells, cls="mc-row-best" if row.best else "")


def _axes(view: SweepView) -> Html | None:
    names = [*view.params, *view.results]
    chosen = [*range(min(len(view.params), MAX_AXES - 1)), *([len(view.params)] if view.results else [])]
    if len(chosen) < 2 or len(view.values) < 2:
        return None
    axes = [_positions([row[FIRST + index] for row in view.values]) for index in chosen]
    drawn = _spread(len(view.values))
    marked = next((place for place, index in enumerate(drawn) if view.values[index][0] == view.best), None)
    lines = [[positions[index] for positions, _, _ in axes] for index in drawn]
    drawing = parallel(lines, marked, len(axes), title=f"{len(drawn):,} iterations on {len(axes)} axes")
    titles = [mark_text(format.cut(names[index], 18)) for index in chosen]
    highs = [mark_text(high) for _, _, high in axes]
    lows = [mark_text(low) for _, low, _ in axes]
    note = f"{len(drawn):,} of {view.recorded:,} drawn" if len(drawn) < view.recorded else ""
    return element(
        "div",
        heading("Iterations", note),
        element("div", *titles, cls="mc-axes mc-axes-name"),
        element("div", *highs, cls="mc-axes"),
        drawing,
        element("div", *lows, cls="mc-axes"),
        cls="mc-col mc-wide",
    )


def _spread(amount: int) -> list[int]:
    """An even choice of the rows, the first (the best) among them."""
    if amount <= LINES:
        return list(range(amount))
    return [index * amount // LINES for index in range(LINES)]


def _positions(values: Sequence[Any]) -> tuple[list[float | None], str, str]:
    """Where each value stands on its axis, from 0 to 1, and what to write at the bottom and the top."""
    values = [None if isinstance(each, dict) else each for each in values]  # NaN and the like have no place
    present = [each for each in values if each is not None]
    if present and all(is_number(each) for each in present):
        numbers = [None if each is None else float(each) for each in values]
        low, high = bounds(numbers)
        return (
            [None if n is None else scale(n, low, high, 0, 1) for n in numbers],
            format.number(low),
            format.number(high),
        )
    kinds = {each: index for index, each in enumerate(dict.fromkeys(str(each) for each in present))}
    top = max(0, len(kinds) - 1)
    places = [None if each is None else scale(kinds[str(each)], 0, top, 0, 1) for each in values]
    ends = list(kinds) or [""]
    return places, format.cut(ends[0], 14), format.cut(ends[-1], 14)
