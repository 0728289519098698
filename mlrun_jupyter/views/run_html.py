"""The card of a run as HTML that stands by itself: no scripts, no addresses, readable without its styles."""

from __future__ import annotations

from mlrun_jupyter.views import format
from mlrun_jupyter.views.artifact import ArtifactItem, Artifacts, tail
from mlrun_jupyter.views.base import Entry, Section
from mlrun_jupyter.views.failure import ErrorView
from mlrun_jupyter.views.format import Cell
from mlrun_jupyter.views.html import (
    KINDS,
    Html,
    card,
    chip,
    details,
    element,
    heading,
    join,
    label,
    mark_text,
    more,
    number_class,
    table,
    text_of,
)
from mlrun_jupyter.views.run import EnvironmentView, Kpi, RunView, rest
from mlrun_jupyter.views.series import SeriesView
from mlrun_jupyter.views.svg import axis, bounds, chart, sparkline
from mlrun_jupyter.views.sweep_html import sweep

SPACE = Html(" ")


def run_card(view: RunView) -> Html:
    """The whole card."""
    return card(
        head(view),
        progress(view),
        error(view.error) if view.error else None,
        kpis(view),
        sweep(view.sweep) if view.sweep and view.sweep.rows else None,
        columns(view),
        foot(view),
        cls="mc-run",
    )


def head(view: RunView) -> Html:
    """State, name, duration, uid, and when and where it ran."""
    title = view.name or "run"
    parts: list[object] = [chip(view.state), element("strong", label(title), cls="mc-name")]
    if view.iteration:
        parts.append(element("span", f"iteration {view.iteration}", cls="mc-dim"))
    if view.sweep:
        planned = view.sweep.total or view.sweep.recorded
        parts.append(element("span", f"sweep of {planned:,}" if planned else "sweep", cls="mc-dim"))
    if view.duration is not None:
        parts.append(element("span", format.duration(view.duration), cls="mc-num mc-dim"))
    if view.uid:
        parts.append(element("code", format.cut(view.uid[:6]), cls="mc-uid", title=format.cut(view.uid, 64)))
    when = element("time", format.when(view.start), datetime=format.cut(view.start, 40)) if view.start else None
    where = join([when, view.message, *view.where], " · ")
    if where:
        parts.append(element("span", where, cls="mc-faint"))
    return element("div", join(parts, " "), cls="mc-head")


def progress(view: RunView) -> Html | None:
    """How far a run is that has not ended; a sweep shows it with its iterations."""
    if view.progress is None or not view.live or (view.sweep and view.sweep.rows):
        return None
    done, total = view.progress.done, view.progress.total
    share = min(1.0, done / total) if total else 0.0
    text = f"{format.number(done)} / {format.number(total)}" if total else f"{format.number(done)} done"
    bar = element("div", element("i", style=f"width:{share:.1%}"), cls="mc-bar-track") if total else None
    return element("div", bar, element("span", text, cls="mc-faint mc-num"), cls="mc-progress")


def error(view: ErrorView) -> Html:
    """What went wrong, where, and the traceback folded."""
    first = element("p", element("strong", view.type, SPACE) if view.type else None, view.message, cls="mc-message")
    place = text_of(view.where, view.reason)
    where = element("p", place, cls="mc-dim") if place else None
    source = element("pre", view.source, cls="mc-source") if view.source else None
    trace = (
        details("Traceback", format.count(view.traceback_lines, "line"), element("pre", "\n".join(view.traceback)))
        if view.traceback
        else None
    )
    return element("div", first, where, source, trace, cls="mc-error", role="alert")


def kpis(view: RunView) -> Html | None:
    """The results that count, large, with their curves."""
    if not view.kpis:
        return None
    series = {each.key: each for each in view.series}
    cells = [_kpi(kpi, series.get(kpi.series)) for kpi in view.kpis]
    return table([], [element("tr", *cells)], cls="mc-kpis")


def _kpi(kpi: Kpi, series: SeriesView | None) -> Html:
    curve = None
    if series is not None and len(series.values) > 1:
        curve = sparkline(series.steps, series.values, title=f"{format.name(kpi.name)} over {series.count:,} points")
    figure = element("b", kpi.cell.text, title=kpi.cell.full)
    return element("td", element("span", label(kpi.name), cls="mc-k"), Html("<br>"), figure, SPACE, curve)


def columns(view: RunView) -> Html | None:
    """Parameters, chart, artifacts side by side, as far as there are any."""
    others = rest(view)
    left = [entries("Parameters", view.parameters), tags(view.labels)]
    middle = entries("Results", Section(others, view.results.more)) if others else None
    right = [items("Artifacts", view.artifacts), items("Inputs", view.inputs)]
    parts = [
        element("div", *left, cls="mc-col") if any(left) else None,
        element("div", middle, cls="mc-col") if middle else None,
        curves(view),
        element("div", *right, cls="mc-col") if any(right) else None,
    ]
    return element("div", *parts, cls="mc-cols") if any(parts) else None


def entries(title: str, section: Section) -> Html | None:
    """Names and values of one section."""
    if not section.entries:
        return None
    return join(
        [heading(title), table([], [_entry(each) for each in section.entries], cls="mc-kv"), more(section.more, "")]
    )


def _entry(entry: Entry) -> Html:
    aside = element("span", " · default", cls="mc-faint") if entry.default else None
    return element(
        "tr",
        element("th", label(entry.name), scope="row", title=entry.name if len(entry.name) > 16 else None),
        element("td", entry.cell.text, aside, cls=number_class(entry.cell), title=_whole(entry.cell)),
        cls="mc-default" if entry.default else "",
    )


def tags(labels: Section) -> Html | None:
    """Labels on one line."""
    if not labels.entries:
        return None
    shown = [
        element("span", label(each.name), "=", element("bdi", each.cell.text), title=each.cell.full, cls="mc-tag")
        for each in labels.entries
    ]
    return join([heading("Labels"), element("p", join(shown, " "), cls="mc-tags"), more(labels.more, "")])


def _whole(cell: Cell) -> str:
    """The tooltip: what is cut, or may be cut by a narrow page."""
    return cell.full or (cell.text if len(cell.text) > 16 else "")


def items(title: str, artifacts: Artifacts) -> Html | None:
    """Artifacts or inputs with their kinds."""
    if not artifacts.items:
        return None
    rows = [_item(item) for item in artifacts.items]
    return join([heading(title), table([], rows, cls="mc-kv"), more(artifacts.more, "")])


def _item(item: ArtifactItem) -> Html:
    symbol = element("span", KINDS.get(item.kind, "▫"), cls="mc-icon", title=format.cut(item.kind, 20) or None)
    about = item.about or tail(item.path)
    return element(
        "tr",
        element("th", symbol, SPACE, label(item.key), scope="row", title=item.key if len(item.key) > 16 else None),
        element("td", about, cls="mc-num mc-dim", title=item.path),
    )


def curves(view: RunView) -> Html | None:
    """The chart of the main metric and its kin."""
    known = {each.key: each for each in view.series}
    drawn = [known[key] for key in view.charted if key in known]
    if not drawn:
        return None
    first, last = bounds(*(each.steps for each in drawn))
    legend = join(
        [
            element("span", label(each.key, 24), SPACE, format.number(_last(each)), cls=f"mc-legend mc-legend{index}")
            for index, each in enumerate(drawn)
        ],
        " ",
    )
    names = ", ".join(format.name(each.key) for each in drawn)
    vertical = axis(*bounds(*(each.values for each in drawn)))
    marks = [
        mark_text(text, style=f"top:{vertical.share(mark):.1%}")
        for mark, text in reversed(list(zip(vertical.marks, format.numbers(vertical.marks), strict=True)))
    ]
    lines = chart([(each.steps, each.values) for each in drawn], vertical, title=f"{names} by step")
    ends = [mark_text(f"step {format.number(first)}"), mark_text(format.number(last))]
    return element(
        "div",
        heading("Metrics", legend),
        element("div", element("div", *marks, cls="mc-y"), lines, cls="mc-plot"),
        element("div", *ends, cls="mc-x"),
        cls="mc-col mc-wide",
    )


def _last(series: SeriesView) -> float:
    return next((each for each in reversed(series.values) if each is not None), float("nan"))


def foot(view: RunView) -> Html | None:
    """What is there on request: log, code, environment."""
    parts = [_log(view), _code(view), _environment(view.environment) if view.environment else None]
    return element("div", *parts, cls="mc-foot") if any(parts) else None


def _log(view: RunView) -> Html | None:
    if not view.log.lines:
        return None
    skipped = view.log.skipped
    before = element("p", f"… {format.count(skipped, 'line')} before", cls="mc-more") if skipped else None
    amount = format.count(len(view.log.lines) + skipped, "line")
    return details("Log", amount, before, element("pre", "\n".join(view.log.lines)))


def _code(view: RunView) -> Html | None:
    code = view.code
    if code is None or not code.text:
        return None
    about = format.name(code.name) + (f" @ {format.cut(code.version[:6])}" if code.version else "")
    rest_of_it = more(code.lines - len(code.text.splitlines()), "lines") if code.cut else None
    return details("Code", about.strip(), element("pre", code.text), rest_of_it)


def _environment(view: EnvironmentView) -> Html:
    python = next((each.cell.text for each in view.facts.entries if each.name in ("python", "python_version")), "")
    packages = len(view.packages) + view.more
    about = text_of(f"python {python}" if python else "", format.count(packages, "package") if packages else "")
    listed = element("p", " ".join(view.packages), cls="mc-packages") if view.packages else None
    facts = table([], [_entry(each) for each in view.facts.entries], cls="mc-kv")
    return details("Environment", about, facts, listed, more(view.more, "packages"))
