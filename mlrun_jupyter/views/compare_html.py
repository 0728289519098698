"""A comparison as HTML: runs as columns, or as rows when they are many."""

from __future__ import annotations

from itertools import groupby

from mlrun_jupyter.views import format
from mlrun_jupyter.views.compare import SIDE_BY_SIDE, CodeChange, ComparedField, ComparedRun, CompareView
from mlrun_jupyter.views.html import Html, card, chip, details, element, join, label, more, table


def compare_card(view: CompareView) -> Html:
    """The whole comparison."""
    head = element(
        "div",
        element("strong", view.title, cls="mc-name"),
        " ",
        element("span", view.note, cls="mc-dim"),
        cls="mc-head",
    )
    body = None
    if view.shown and view.runs:
        body = _columns(view) if len(view.runs) <= SIDE_BY_SIDE else _rows(view)
    return card(
        head,
        element("div", body, cls="mc-scroll") if body else None,
        more(view.more_runs, "runs"),
        more(view.more_fields, "fields"),
        element("div", *(_change(view, change) for change in view.changes), cls="mc-foot") if view.changes else None,
        cls="mc-compare",
    )


def _change(view: CompareView, change: CodeChange) -> Html:
    names = [f"{view.runs[at].name or 'run'} {view.runs[at].uid[:6]}" for at in (change.run, change.against)]
    return details(
        "Code", f"{names[0]} against {names[1]}", element("pre", change.diff, cls="mc-pre"), more(change.more, "lines")
    )


def _columns(view: CompareView) -> Html:
    """A pair of columns for each run, the value and the difference, so that values stand under one another."""
    titles = [element("th", _title(run), scope="col", colspan="2", cls="mc-run-title") for run in view.runs]
    head = element("tr", element("th", ""), *titles)
    rows: list[Html] = []
    for section, fields in groupby(view.shown, key=lambda field: field.section):
        wide = str(2 * len(view.runs) + 1)
        rows.append(element("tr", element("th", section, cls="mc-group", colspan=wide, scope="colgroup")))
        rows += [_field(field, len(view.runs)) for field in fields]
    return table([head], rows, cls="mc-tbl mc-cmp", caption=view.title)


def _field(field: ComparedField, runs: int) -> Html:
    pairs = []
    for index in range(runs):
        difference = field.deltas[index] if field.deltas else ""
        pairs += [_cell(field, index), element("td", difference, cls="mc-delta")]
    return element("tr", element("th", label(field.name), scope="row"), *pairs)


def _rows(view: CompareView) -> Html:
    groups = [
        element("th", section, cls="mc-group", colspan=str(len(list(fields))), scope="colgroup")
        for section, fields in groupby(view.shown, key=lambda field: field.section)
    ]
    head = [
        element("tr", element("th", "", colspan="2", cls="mc-group"), *groups),
        element(
            "tr",
            element("th", "state", scope="col"),
            element("th", "run", scope="col"),
            *(element("th", label(field.name, 24), scope="col", cls="mc-num") for field in view.shown),
        ),
    ]
    rows = [
        element(
            "tr",
            element("td", chip(run.state)),
            element("th", _title(run), scope="row"),
            *(_cell(field, index) for field in view.shown),
        )
        for index, run in enumerate(view.runs)
    ]
    return table(head, rows, cls="mc-tbl mc-cmp", caption=view.title)


def _title(run: ComparedRun) -> Html:
    iteration = f"#{run.iteration}" if run.iteration else ""
    uid = element("code", format.cut(run.uid[:6]) + iteration, cls="mc-uid", title=format.cut(run.uid, 64))
    return join([label(run.name or "run", 24), uid], " ")


def _cell(field: ComparedField, index: int) -> Html:
    cell = field.cells[index]
    star = element("span", "★ ", title="best") if field.best == index else None
    classes = ["mc-num", "mc-best" if field.best == index else ""]
    if field.section in ("code", "environment") and cell.text != field.cells[0].text:
        classes.append("mc-changed")
    return element("td", star, cell.text or "-", cls=" ".join(each for each in classes if each), title=cell.full)
