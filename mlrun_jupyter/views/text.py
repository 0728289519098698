"""Views as plain text, section by section what the HTML shows."""

from __future__ import annotations

from collections.abc import Sequence

from mlrun_jupyter.views import format, terminal
from mlrun_jupyter.views.artifact import Artifacts, tail
from mlrun_jupyter.views.base import Section, View
from mlrun_jupyter.views.compare import SIDE_BY_SIDE, ComparedField, CompareView
from mlrun_jupyter.views.dataset import SHOWN_COLUMNS, DatasetView
from mlrun_jupyter.views.failure import ErrorView
from mlrun_jupyter.views.format import Cell
from mlrun_jupyter.views.html import KINDS, STATES
from mlrun_jupyter.views.model import SHOWN_FEATURES
from mlrun_jupyter.views.run import RunView, rest
from mlrun_jupyter.views.sweep import IterationRow, SweepView
from mlrun_jupyter.views.sweep_html import influence_line, summary
from mlrun_jupyter.views.table import Row, TableView

LOG_LINES = 10
"""Lines of the log's end that the text of a card shows."""


def render(view: View, *, width: int | None = None) -> str:
    """The view as lines of at most ``width`` columns (the terminal's), without colours.

    Example
    -------
    >>> print(render(RunView(name="train", state="completed", uid="7f3a9c01"), width=60))
    ✓ completed  train  7f3a9c
    """
    columns = width or terminal.width()
    if isinstance(view, RunView):
        lines = run_lines(view, columns)
    elif isinstance(view, TableView):
        lines = table_lines(view, columns)
    elif isinstance(view, DatasetView):
        lines = dataset_lines(view, columns)
    elif isinstance(view, CompareView):
        lines = compare_lines(view, columns)
    else:
        lines = [view.kind]
    return "\n".join(terminal.clip(line, columns) for line in lines)


def state(name: str) -> str:
    """Symbol and word."""
    return f"{STATES.get(name, ('?', ''))[0]} {format.cut(name or 'unknown', 20)}"


def run_lines(view: RunView, columns: int) -> list[str]:
    title = format.name(view.name or "run") + (f" iteration {view.iteration}" if view.iteration else "")
    if view.sweep:
        planned = view.sweep.total or view.sweep.recorded
        title += f" · sweep of {planned:,}" if planned else " · sweep"
    uid = format.cut(view.uid[:6])
    spent = format.duration(view.duration) if view.duration is not None else ""
    lines = ["  ".join(part for part in (state(view.state), title, spent, uid) if part)]
    where = " · ".join(part for part in (format.when(view.start), view.message, *view.where) if part)
    lines += [where] if where else []
    lines += _progress(view) + (_error(view.error) if view.error else []) + _kpis(view)
    if view.sweep and view.sweep.rows:
        lines += _sweep(view.sweep, columns)
    lines += _section("Parameters", view.parameters)
    others = rest(view)
    lines += _section("Results", Section(others, view.results.more)) if others else []
    lines += _tags(view.labels)
    lines += _items("Artifacts", view.artifacts) + _items("Inputs", view.inputs)
    lines += _code(view) + _environment(view) + _log(view)
    return lines


def _progress(view: RunView) -> list[str]:
    if view.progress is None or not view.live or (view.sweep and view.sweep.rows):
        return []
    done, total = view.progress.done, view.progress.total
    if not total:
        return [f"{format.number(done)} done"]
    return [f"{terminal.bar(done / total)} {format.number(done)} / {format.number(total)}"]


def _error(view: ErrorView) -> list[str]:
    first = f"{view.type}: {view.message}" if view.type else view.message
    place = " · ".join(part for part in (view.where, view.reason) if part)
    lines = ["", *first.split("\n")]
    lines += [f"  at {place}"] if place else []
    lines += [f"     {view.source}"] if view.source else []
    return lines


def _kpis(view: RunView) -> list[str]:
    curves = {each.key: terminal.spark(each.values) for each in view.series}
    rows = [[format.name(kpi.name), kpi.cell.text, curves.get(kpi.series, "")] for kpi in view.kpis]
    return ["", *terminal.grid(rows, [False, True, False], 10_000, indent="")] if rows else []


def _sweep(view: SweepView, columns: int) -> list[str]:
    shown = view.rows
    stated = any(row.state != "completed" for row in shown)
    timed = any(row.duration is not None for row in view.rows)
    head = ["#", *(["state"] if stated else []), *(format.cut(name, 24) for name in [*view.params, *view.results])]
    rows = [[*head, *(["time"] if timed else [])]]
    for row in shown:
        cells = [str(row.iteration), *([state(row.state)] if stated else []), *(each.text for each in row.params)]
        cells += _results(row, view)
        rows.append([*cells, *([format.duration(row.duration)] if timed else [])])
    lines = [
        "",
        "Iterations",
        f"  {summary(view)}",
        *([f"  {told}"] if (told := influence_line(view)) else []),
        *terminal.grid(rows, [True, *[False] * stated, *_right(view), *[True] * timed], columns),
    ]
    return [*lines, *_more(view.recorded - len(shown), "iterations")]


def _right(view: SweepView) -> list[bool]:
    return [
        *(any(row.params[index].type == "number" for row in view.rows) for index in range(len(view.params))),
        *(any(row.results[index].type == "number" for row in view.rows) for index in range(len(view.results))),
    ]


def _results(row: IterationRow, view: SweepView) -> list[str]:
    return [
        ("★ " if row.best and name == view.metric else "") + each.text
        for name, each in zip(view.results, row.results, strict=True)
    ]


def _section(title: str, section: Section) -> list[str]:
    if not section.entries:
        return []
    rows = [
        [format.name(entry.name), entry.cell.text + (" · default" if entry.default else "")]
        for entry in section.entries
    ]
    head = ["", title] if title else [""]
    return [*head, *terminal.grid(rows, [False, False], 10_000), *_more(section.more, "")]


def _tags(labels: Section) -> list[str]:
    if not labels.entries:
        return []
    shown = "  ".join(f"{format.name(each.name)}={each.cell.text}" for each in labels.entries)
    return ["", "Labels", f"  {shown}", *_more(labels.more, "")]


def _items(title: str, artifacts: Artifacts) -> list[str]:
    if not artifacts.items:
        return []
    rows = [
        [f"{KINDS.get(item.kind, '▫')} {format.name(item.key)}", item.about or tail(item.path)]
        for item in artifacts.items
    ]
    return ["", title, *terminal.grid(rows, [False, False], 10_000), *_more(artifacts.more, "")]


def _log(view: RunView) -> list[str]:
    if not view.log.lines:
        return []
    shown = view.log.lines[-LOG_LINES:]
    total = len(view.log.lines) + view.log.skipped
    first = f"Log ({format.count(total, 'line')})" + (f", the last {len(shown)}" if total > len(shown) else "")
    return ["", first, *(f"  {line}" for line in shown)]


def _code(view: RunView) -> list[str]:
    if view.code is None or not view.code.text:
        return []
    about = format.name(view.code.name) + (f" @ {format.cut(view.code.version[:6])}" if view.code.version else "")
    return ["", f"Code  {about.strip()}  {format.count(view.code.lines, 'line')}"]


def _environment(view: RunView) -> list[str]:
    if view.environment is None:
        return []
    packages = len(view.environment.packages) + view.environment.more
    lines = _section("Environment", view.environment.facts) or ["", "Environment"]
    return lines + ([f"  {format.count(packages, 'package')}"] if packages else [])


def _more(amount: int, noun: str) -> list[str]:
    return [f"  … and {amount:,} more {noun}".rstrip()] if amount > 0 else []


def table_lines(view: TableView, columns: int) -> list[str]:
    noun = view.kind or "rows"
    if not view.total:
        return [f"no {noun}"]
    shown = [index for index, column in enumerate(view.columns) if column.key != "error"]
    head = [format.cut(view.columns[index].label, 24) for index in shown]
    rows = [[_in_table(view, row, index) for index in shown] for row in view.rows]
    found = terminal.grid([head, *rows], [view.columns[index].numeric for index in shown], columns) if rows else []
    lines = [view.title, *found[:1]]
    for row, line in zip(view.rows, found[1:], strict=True):
        lines.append(line)
        lines += [
            f"    {format.cut(each.full or each.text, 200)}" for each in _errors(view, row)
        ]  # below, where it is not cut off
    return [*lines, *_more(view.total - len(view.rows), noun)]


def _in_table(view: TableView, row: Row, index: int) -> str:
    text = row.cells[index].text
    return state(row.state) if view.columns[index].key == "state" and text else text


def _errors(view: TableView, row: Row) -> list[Cell]:
    return [cell for column, cell in zip(view.columns, row.cells, strict=True) if column.key == "error" and cell.text]


def dataset_lines(view: DatasetView, columns: int) -> list[str]:
    item = view.item
    about = " · ".join(part for part in (item.kind, item.about, item.tag) if part)
    lines = [f"{KINDS.get(item.kind, '▫')} {format.name(item.key or 'artifact')}  {format.cut(about)}".rstrip()]
    if view.columns:
        rows = [["column", "type", "distribution", "nulls", "distinct", "range", "mean ± std"]]
        for column in view.columns[:SHOWN_COLUMNS]:
            drawn = terminal.spark(column.histogram, 20)
            texts = [column.nulls_text, column.distinct_text, column.range_text, column.spread_text]
            rows.append([format.name(column.name), column.type, drawn, *texts])
        lines += terminal.grid(rows, [False, False, False, True, True, False, True], columns)
        lines += _more(len(view.columns) - SHOWN_COLUMNS + view.more, "columns")
    if view.model:
        lines += _section("Metrics", view.model.metrics) + _section("Parameters", view.model.parameters)
        if features := view.model.importance[:SHOWN_FEATURES]:
            rows = [[format.name(each.name), "█" * max(1, round(20 * each.share)), each.text] for each in features]
            lines += ["", "Importance", *terminal.grid(rows, [False, False, True], columns)]
            lines += _more(len(view.model.importance) - SHOWN_FEATURES + view.model.more, "features")
        for title, found in (("Inputs", view.model.inputs), ("Outputs", view.model.outputs)):
            if found:
                told = ", ".join(f"{format.name(each.name)} {each.type}".strip() for each in found)
                lines += ["", title, f"  {told}"]
    lines += _section("About", view.facts) + _section("Labels", view.labels)
    if view.preview:
        lines += ["", f"Preview ({format.count(len(view.preview), 'row')})", *_preview(view, columns)]
    return lines


def _preview(view: DatasetView, columns: int) -> list[str]:
    amount = len(view.preview[0])
    head = [*view.header, *[""] * (amount - len(view.header))]
    right = [any(row[index].type == "number" for row in view.preview) for index in range(amount)]
    return terminal.grid([head, *([cell.text for cell in row] for row in view.preview)], right, columns)


def compare_lines(view: CompareView, columns: int) -> list[str]:
    lines = [f"{view.title}  {view.note}"]
    if not view.shown or not view.runs:
        return lines
    names = [
        format.cut(f"{run.name or 'run'} {run.uid[:6]}" + (f"#{run.iteration}" if run.iteration else ""), 30)
        for run in view.runs
    ]
    if len(view.runs) <= SIDE_BY_SIDE:
        lines += _beside(view, names, columns)
    else:
        head = ["state", "run", *(format.cut(field.name, 24) for field in view.shown)]
        rows = [
            [state(run.state), names[index], *(_compared(field, index) for field in view.shown)]
            for index, run in enumerate(view.runs)
        ]
        lines += terminal.grid([head, *rows], [False, False, *[True] * len(view.shown)], columns)
    lines += [*_more(view.more_runs, "runs"), *_more(view.more_fields, "fields")]
    for change in view.changes:
        lines += ["", f"Code: {names[change.run]} against {names[change.against]}", *change.diff.splitlines()]
        lines += _more(change.more, "lines")
    return lines


def _beside(view: CompareView, names: Sequence[str], columns: int) -> list[str]:
    rows = [["", *names]]
    last = ""
    for field in view.shown:
        if field.section != last:
            rows.append([field.section, *[""] * len(names)])
            last = field.section
        cells = [
            _compared(field, index) + (f" {field.deltas[index]}" if field.deltas and field.deltas[index] else "")
            for index in range(len(names))
        ]
        rows.append([f"  {format.name(field.name)}", *cells])
    return terminal.grid(rows, [False, *[True] * len(names)], columns, indent="")


def _compared(field: ComparedField, index: int) -> str:
    cell: Cell = field.cells[index]
    return ("★ " if field.best == index else "") + (cell.text or "-")
