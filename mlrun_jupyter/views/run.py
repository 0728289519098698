"""The card of one run."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from mlrun_jupyter.model import states
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.model.times import iso
from mlrun_jupyter.views import format
from mlrun_jupyter.views.artifact import Artifacts, artifacts, inputs
from mlrun_jupyter.views.base import Entry, Section, View, section
from mlrun_jupyter.views.direction import selected
from mlrun_jupyter.views.failure import ErrorView, error_view
from mlrun_jupyter.views.format import Cell, cell, is_number
from mlrun_jupyter.views.series import Points, SeriesView, charted, series_views
from mlrun_jupyter.views.sweep import SweepView, sweep_view

MAX_KPIS = 5
MAX_LOG_LINES = 200
MAX_CODE_LINES = 400
MAX_PACKAGES = 1_000


class Kpi(msgspec.Struct):
    """A result worth a large figure; ``series``: the metric whose curve goes with it, if any."""

    name: str
    cell: Cell
    series: str = ""


class Progress(msgspec.Struct):
    """``total`` 0: not known."""

    done: float
    total: float = 0


class LogView(msgspec.Struct):
    """The last lines of the log, at most 200, as a terminal would leave them; ``skipped`` lines came before."""

    lines: list[str] = []
    skipped: int = 0


class CodeView(msgspec.Struct):
    """The function's code as it ran, at most 400 lines; ``version`` is its hash."""

    name: str = ""
    version: str = ""
    text: str = ""
    lines: int = 0
    cut: bool = False


class EnvironmentView(msgspec.Struct):
    """What the run ran in: facts, and packages as ``name==version``."""

    facts: Section = msgspec.field(default_factory=Section)
    packages: list[str] = []
    more: int = 0


class RunView(View, kw_only=True):
    """A run as it is shown. Times are ISO 8601; ``duration`` is seconds, of a run that goes on until now.

    ``results`` holds every result, ``kpis`` those shown large (results, and last values of metrics without a result of
    their name), ``rest`` the names of results that are not among them. ``charted`` names the series of the chart.
    """

    kind: str = "run"
    project: str = ""
    uid: str = ""
    iteration: int = 0
    name: str = ""
    state: str = states.UNKNOWN
    live: bool = False
    message: str = ""
    start: str = ""
    end: str = ""
    duration: float | None = None
    where: list[str] = []
    progress: Progress | None = None
    kpis: list[Kpi] = []
    parameters: Section = msgspec.field(default_factory=Section)
    results: Section = msgspec.field(default_factory=Section)
    rest: list[str] = []
    labels: Section = msgspec.field(default_factory=Section)
    series: list[SeriesView] = []
    charted: list[str] = []
    artifacts: Artifacts = msgspec.field(default_factory=Artifacts)
    inputs: Artifacts = msgspec.field(default_factory=Artifacts)
    error: ErrorView | None = None
    log: LogView = msgspec.field(default_factory=LogView)
    code: CodeView | None = None
    environment: EnvironmentView | None = None
    sweep: SweepView | None = None


def run_view(
    run: RunRecord,
    *,
    log: str = "",
    series: Mapping[str, Points] | None = None,
    children: Sequence[RunRecord] = (),
    function: FunctionRecord | None = None,
    code: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | None = None,
    defaults: Collection[str] = (),
    now: float | None = None,
) -> RunView:
    """The card of a run.

    Parameters
    ----------
    run
        The record; nothing in it is trusted or changed.
    log
        The end of its log.
    series
        Metric name to its points (``steps`` and ``values``), as ``RunDB.read_series`` gives them.
    children
        The records of a sweep's iterations.
    function
        The function that it ran.
    code
        ``{source, file, hash}`` of the code that ran, where it is kept by itself.
    environment
        What it ran in: facts, and ``packages`` by name or as a list.
    defaults
        Names of parameters that nobody set.
    now
        Seconds since 1970, for the duration of a run that goes on.

    Example
    -------
    >>> run = RunRecord.from_dict({"metadata": {"name": "train"}, "status": {"results": {"loss": 0.25}}})
    >>> [(kpi.name, kpi.cell.text) for kpi in run_view(run).kpis]
    [('loss', '0.25')]
    """
    status, spec, metadata = run.status, run.spec, run.metadata
    view = RunView(
        project=metadata.project,
        uid=metadata.uid,
        iteration=metadata.iteration,
        name=metadata.name,
        state=status.state or states.UNKNOWN,
        live=not run.done,
        message=format.cut(status.status_text, 200),
        start=status.start_time,
        end=status.end_time,
        duration=_duration(run, now),
        where=_where(run),
        progress=_progress(run),
        parameters=section(spec.parameters, defaults=frozenset(defaults)),
        results=section(status.results),
        labels=section(dict(metadata.labels)),
        series=series_views(series or {}, status.metrics),
        artifacts=artifacts(status.artifacts),
        inputs=inputs(spec.inputs),
        error=error_view(status),
        log=_log(log),
        code=_code(function, code or {}),
        environment=_environment(environment) if environment else None,
        sweep=sweep_view(run, children),
    )
    metric = selected(spec.selector)[1]
    view.kpis = _kpis(view, metric)
    shown = {kpi.name for kpi in view.kpis}
    view.rest = [entry.name for entry in view.results.entries if entry.name not in shown]
    view.charted = [each.key for each in charted(view.series, metric or (view.kpis[0].series if view.kpis else ""))]
    return view


def rest(view: RunView) -> list[Entry]:
    """The results that are not shown large."""
    names = set(view.rest)
    return [entry for entry in view.results.entries if entry.name in names]


def _duration(run: RunRecord, now: float | None) -> float | None:
    if run.done:
        return format.elapsed(run.status.start_time, run.status.end_time or run.status.last_update)
    return format.elapsed(run.status.start_time, iso(time.time() if now is None else now))


def _where(run: RunRecord) -> list[str]:
    """Where it came from and what ran it: ``quickstart.ipynb, cell [4]`` and ``local``."""
    notes, labels, origin = run.metadata.annotations, run.metadata.labels, run.status.extra.get("origin")
    place = origin if isinstance(origin, dict) else {}
    notebook = str(notes.get("notebook") or place.get("notebook") or "")
    count = notes.get("cell") or (f"[{place['execution']}]" if "execution" in place else "")
    source = notebook.replace("\\", "/").rpartition("/")[2] or str(place.get("command") or "")
    if count:
        source = f"{source}, cell {count}" if source else f"cell {count}"
    kind = labels.get("kind", "")
    return [format.cut(str(part)) for part in (source, kind) if part]


def _progress(run: RunRecord) -> Progress | None:
    told = [float(each) for each in run.status.progress if is_number(each)]
    if not told or any(each != each or each < 0 or each == float("inf") for each in told):
        return None
    return Progress(told[0], told[1] if len(told) > 1 else 0)


def _kpis(view: RunView, metric: str) -> list[Kpi]:
    if view.sweep is not None and view.sweep.rows:
        return []  # the iterations say it better
    curves = {each.key for each in view.series}
    kpis = [
        Kpi(entry.name, entry.cell, entry.name if entry.name in curves else "")
        for entry in view.results.entries
        if entry.cell.type == "number"
    ]
    known = {kpi.name for kpi in kpis}
    kpis += [
        Kpi(each.key, _last(each), each.key) for each in view.series if each.key not in known and each.last is not None
    ]
    kpis.sort(key=lambda kpi: kpi.name != metric)  # the one that decides comes first, the others stay in order
    return kpis[:MAX_KPIS]


def _last(series: SeriesView) -> Cell:
    value = series.last["$number"] if isinstance(series.last, dict) else series.last
    try:
        return cell(float(value)) if isinstance(value, str) else cell(value)
    except ValueError:
        return cell(value)


def _log(text: str) -> LogView:
    tail = text[-200_000:]
    rows = format.lines(tail)
    skipped = text[: len(text) - len(tail)].count("\n") + max(0, len(rows) - MAX_LOG_LINES)
    return LogView([_clip(row) for row in rows[-MAX_LOG_LINES:]], skipped)


def _clip(row: str) -> str:
    return row if len(row) <= 500 else row[:499] + "…"


def _code(function: FunctionRecord | None, code: Mapping[str, Any]) -> CodeView | None:
    text, name, version = str(code.get("source") or ""), str(code.get("file") or ""), str(code.get("hash") or "")
    if function is not None:
        name, version = function.metadata.name or name, function.metadata.hash or version
        text = text or _decoded(function.spec.build.functionSourceCode)
    if not text:
        return None
    rows = text.splitlines()
    kept = [_clip(format.visible(row.expandtabs(4))) for row in rows[:MAX_CODE_LINES]]
    return CodeView(name, version, "\n".join(kept), len(rows), len(rows) > MAX_CODE_LINES)


def _decoded(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return encoded  # someone wrote it as it is


def _environment(environment: Mapping[str, Any]) -> EnvironmentView:
    facts = {
        str(key): value
        for key, value in environment.items()
        if key not in ("packages", "hash") and value not in (None, "", {})
    }
    found = environment.get("packages") or ()
    if isinstance(found, Mapping):
        packages = [f"{name}=={version}" for name, version in found.items()]
    else:
        packages = [str(each) for each in found] if isinstance(found, (list, tuple)) else []
    shown = [format.cut(each, 80) for each in sorted(packages, key=str.lower)[:MAX_PACKAGES]]
    return EnvironmentView(section(facts), shown, len(packages) - len(shown))
