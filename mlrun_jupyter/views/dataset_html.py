"""One artifact as HTML."""

from __future__ import annotations

from mlrun_jupyter.views import format
from mlrun_jupyter.views.dataset import SHOWN_COLUMNS, ColumnView, DatasetView
from mlrun_jupyter.views.format import Cell
from mlrun_jupyter.views.html import (
    KINDS,
    Html,
    card,
    details,
    element,
    heading,
    join,
    label,
    more,
    number_class,
    table,
    text_of,
)
from mlrun_jupyter.views.model import SHOWN_FEATURES, ModelView
from mlrun_jupyter.views.run_html import entries
from mlrun_jupyter.views.svg import histogram, share

_HEADINGS = (
    ("column", ""),
    ("distribution", ""),
    ("nulls", "mc-num"),
    ("distinct", "mc-num"),
    ("range", ""),
    ("mean ± std", "mc-num"),
)


def artifact_card(view: DatasetView) -> Html:
    """The whole card."""
    preview = details("Preview", format.count(len(view.preview), "row"), _preview(view)) if view.preview else None
    return card(
        _head(view),
        _columns(view) if view.columns else None,
        more(len(view.columns) - SHOWN_COLUMNS + view.more, "columns") if view.columns else None,
        element("div", *_facts(view), cls="mc-cols") if not view.columns and any(_facts(view)) else None,
        element("div", preview, _folded(view), cls="mc-foot") if view.columns or preview else None,
        cls="mc-artifact",
    )


def _head(view: DatasetView) -> Html:
    item = view.item
    about = text_of(
        format.cut(item.kind, 20) if not view.columns else "", _shape(view), format.size(item.size), item.tag
    )
    parts = [
        element("span", KINDS.get(item.kind, "▫"), cls="mc-dim"),
        element("strong", label(item.key or "artifact"), cls="mc-name"),
        element("span", about, cls="mc-dim"),
        element("code", f"sha256 {format.cut(item.hash[:8])}", cls="mc-uid", title=item.hash[:128])
        if item.hash
        else None,
    ]
    return element("div", Html(" ".join(each for each in parts if each)), cls="mc-head")


def _shape(view: DatasetView) -> str:
    item = view.item
    rows = format.count(item.rows, "row") if item.rows is not None else ""
    amount = item.columns if item.columns is not None else len(view.columns) + view.more
    columns = format.count(amount, "column") if amount else ""
    return f" {format.TIMES} ".join(part for part in (rows, columns) if part)


def _facts(view: DatasetView) -> list[Html]:
    model = _model(view.model) if view.model else []
    about = join([entries("About", view.facts), entries("Labels", view.labels)])
    return [element("div", each, cls="mc-col") for each in [*model, about] if each]


def _model(model: ModelView) -> list[Html]:
    features = [
        element(
            "tr",
            element("th", label(each.name), scope="row"),
            element("td", share(each.share), Html(" "), each.text, cls="mc-num"),
        )
        for each in model.importance[:SHOWN_FEATURES]
    ]
    importance: list[object] = []
    if features:
        left = more(len(model.importance) - SHOWN_FEATURES + model.more, "features")
        importance = [heading("Importance"), table([], features, cls="mc-kv", caption="importance"), left]
    columns: list[object] = [heading("Columns")] if model.inputs or model.outputs else []
    for title, found in (("Inputs", model.inputs), ("Outputs", model.outputs)):
        if found:
            names = ", ".join(f"{each.name} {each.type}".strip() for each in found)
            columns.append(details(title, format.count(len(found), "column"), element("p", label(names, 4_000))))
    told = join([entries("Metrics", model.metrics), entries("Parameters", model.parameters)])
    return [told, join(importance), join(columns)]


def _folded(view: DatasetView) -> Html | None:
    about = entries("", view.facts) if view.columns else None
    return details("About", "", *_facts(view)) if about else None


def _columns(view: DatasetView) -> Html:
    head = element("tr", *(element("th", name, scope="col", cls=cls) for name, cls in _HEADINGS))
    rows = [_column(column) for column in view.columns[:SHOWN_COLUMNS]]
    return element("div", table([head], rows, cls="mc-tbl", caption="columns"), cls="mc-scroll")


def _column(column: ColumnView) -> Html:
    bars = histogram(column.histogram, title=f"distribution of {format.name(column.name)}") if column.histogram else ""
    kind = element("span", column.type, cls="mc-faint mc-type") if column.type else None
    return element(
        "tr",
        element("th", label(column.name), Html(" "), kind, scope="row"),
        element("td", bars),
        element("td", column.nulls_text, cls="mc-num"),
        element("td", column.distinct_text, cls="mc-num"),
        element("td", column.range_text, cls="mc-mono mc-dim", title=", ".join(column.top)),
        element("td", column.spread_text, cls="mc-num"),
    )


def _preview(view: DatasetView) -> Html:
    numeric = [any(row[index].type == "number" for row in view.preview) for index in range(len(view.preview[0]))]
    names = [*view.header, *[""] * (len(numeric) - len(view.header))]
    head = element(
        "tr",
        *(
            element("th", name, scope="col", cls="mc-num" if right else "")
            for name, right in zip(names, numeric, strict=True)
        ),
    )
    rows = [element("tr", *(_cell(cell) for cell in row)) for row in view.preview]
    return element("div", table([head], rows, cls="mc-tbl", caption="preview"), cls="mc-scroll")


def _cell(cell: Cell) -> Html:
    return element("td", cell.text, cls=number_class(cell), title=cell.full)
