"""Tables of runs, artifacts and functions as HTML."""

from __future__ import annotations

from itertools import groupby

from mlrun_jupyter.views.format import Cell
from mlrun_jupyter.views.html import KINDS, Html, card, chip, element, label, more, number_class, table
from mlrun_jupyter.views.table import Column, Row, TableView

_NOUNS = {"runs": "runs", "artifacts": "artifacts", "functions": "functions"}
_CODE = {"uid", "hash"}
_QUIET = {"uid", "hash", "start", "updated", "duration", "path", "labels", "producer", "image", "description"}


def table_card(view: TableView) -> Html:
    """The whole table with its title."""
    noun = _NOUNS.get(view.kind, "rows")
    head = element("div", element("strong", view.title, cls="mc-name"), " ", _note(view), cls="mc-head")
    if not view.rows:
        empty = element("p", f"no {noun}" if not view.total else "", cls="mc-more")
        return card(head, empty if not view.total else more(view.total, noun), cls=f"mc-{view.kind}")
    shown = [column for column in view.columns if column.key != "error" or _has_error_column(view)]
    headings = [_groups(shown), element("tr", *(_heading(column) for column in shown))]
    body = table(
        [each for each in headings if each], [_row(view, row) for row in view.rows], cls="mc-tbl", caption=view.title
    )
    rest = more(view.total - len(view.rows), noun)
    return card(head, element("div", body, cls="mc-scroll"), rest, cls=f"mc-{view.kind}")


def _note(view: TableView) -> Html | None:
    parts = []
    if view.total > len(view.rows):
        parts.append(f"the first {len(view.rows):,} are shown")
    if view.hidden:
        parts.append(f"{len(view.hidden):,} more fields")
    title = ", ".join(view.hidden[:50])
    return element("span", " · ".join(parts), cls="mc-faint", title=title) if parts else None


def _groups(columns: list[Column]) -> Html:
    if not any(column.group for column in columns):
        return Html("")
    cells = []
    for group, members in groupby(columns, key=lambda column: column.group):
        members_ = list(members)
        align = "mc-num" if group and members_[-1].numeric and len(members_) == 1 else ""
        cells.append(
            element("th", group, colspan=str(len(members_)), scope="colgroup", cls=f"mc-group {align}".strip())
        )
    return element("tr", *cells)


def _heading(column: Column) -> Html:
    return element("th", label(column.label, 24), scope="col", cls="mc-num" if column.numeric else "")


def _row(view: TableView, row: Row) -> Html:
    cells = list(zip(view.columns, row.cells, strict=True))
    place = _room_for_error(cells)
    if place is None:
        wide = _has_error_column(view)
        return element("tr", *(_cell(view, row, *pair) for pair in cells if wide or pair[0].key != "error"))
    first, last, error = place
    told = element("td", error.text, colspan=str(last - first), cls="mc-told", title=error.full)
    before = [_cell(view, row, *pair) for pair in cells[:first]]
    after = [_cell(view, row, *pair) for pair in cells[last:] if pair[0].key != "error"]
    return element("tr", *before, told, *after, element("td", "") if _has_error_column(view) else None)


def _room_for_error(cells: list[tuple[Column, Cell]]) -> tuple[int, int, Cell] | None:
    """Where an error is told in place of the results that a run does not have: ``(first, last, the error)``."""
    error = next((cell for column, cell in cells if column.key == "error" and cell.text), None)
    places = [index for index, (column, _) in enumerate(cells) if column.group == "results"]
    if error is None or not places or any(cells[index][1].text for index in places):
        return None
    return places[0], places[-1] + 1, error


def _has_error_column(view: TableView) -> bool:
    """Whether some run has an error and results: only then errors need a column."""
    rows = [list(zip(view.columns, row.cells, strict=True)) for row in view.rows]
    return any(
        any(column.key == "error" and cell.text for column, cell in row) and _room_for_error(row) is None
        for row in rows
    )


def _cell(view: TableView, row: Row, column: Column, cell: Cell) -> Html:
    if column.key == "state" and cell.text:
        return element("td", chip(row.state))
    content: object = cell.text
    if column.key in _CODE and cell.text:
        content = element("code", cell.text)
    if column.key == "key" and view.kind == "artifacts":
        kind = next((each.text for other, each in zip(view.columns, row.cells, strict=True) if other.key == "kind"), "")
        content = Html(element("span", KINDS.get(kind, "▫"), cls="mc-icon") + " " + label(cell.text))
    classes = [number_class(cell) or ("mc-num" if column.numeric else "")]
    classes.append("mc-dim" if column.key in _QUIET else "")
    return element("td", content, cls=" ".join(each for each in classes if each), title=cell.full)
