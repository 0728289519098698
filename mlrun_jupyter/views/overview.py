"""What a store holds at a glance: its projects, and runs put together by what they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from mlrun_jupyter.model import times
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.base import Entry
from mlrun_jupyter.views.direction import best, better
from mlrun_jupyter.views.format import cell, is_number

RECENT: Final = 30
"""Runs whose states are told one by one."""
NAME, SWEEP, LABEL = "name", "sweep", "label:"
MAX_GROUPS: Final = 200


class Recent(msgspec.Struct):
    """One of the newest runs; ``start`` is ISO 8601."""

    uid: str
    name: str
    state: str
    start: str
    duration: float | None = None


class ProjectBrief(msgspec.Struct):
    """A project: how many runs are in which state, and the newest runs, the newest first."""

    name: str
    description: str = ""
    created: str = ""
    states: dict[str, int] = {}
    recent: list[Recent] = []


class Overview(msgspec.Struct):
    """The projects, the one that was worked in last first."""

    projects: list[ProjectBrief] = []


class Counts(msgspec.Struct):
    """How many runs are in which state; ``known`` is false where counting would mean reading every run."""

    states: dict[str, int] = {}
    known: bool = True


class RunGroup(msgspec.Struct):
    """Runs that share something. ``within`` is the filter that finds them, empty where there is none; ``best`` the
    results that somebody would choose by, the best of the group; ``start`` of the newest, ISO 8601. A sweep's group is
    told by the run that it is: ``uid`` and ``project``."""

    title: str
    runs: int = 0
    states: dict[str, int] = {}
    start: str = ""
    best: list[Entry] = []
    within: str = ""
    uid: str = ""
    project: str = ""


class RunGroups(msgspec.Struct):
    """Groups, the one with the newest run first. ``runs`` were looked at; ``more``: there are others."""

    by: str
    groups: list[RunGroup] = []
    runs: int = 0
    more: bool = False
    labels: list[str] = []


def project_brief(project: ProjectRecord, *, states: dict[str, int], recent: Sequence[RunRecord]) -> ProjectBrief:
    """One project."""
    return ProjectBrief(
        name=project.metadata.name,
        description=format.cut(project.spec.description, 300),
        created=project.metadata.created,
        states=states,
        recent=[
            Recent(
                each.metadata.uid,
                format.cut(each.metadata.name, 80),
                each.status.state,
                each.status.start_time,
                format.elapsed(each.status.start_time, each.status.end_time) if each.done else None,
            )
            for each in recent
        ],
    )


def overview(projects: Sequence[ProjectBrief]) -> Overview:
    """The projects in the order of their newest runs."""

    def newest(brief: ProjectBrief) -> float:
        moment = brief.recent[0].start if brief.recent else brief.created
        return times.seconds(moment) if moment else 0.0

    return Overview(sorted(projects, key=newest, reverse=True))


def is_sweep(run: RunRecord) -> bool:
    """Whether a run has iterations of its own."""
    return bool(run.spec.hyperparams or run.spec.param_file) and not run.metadata.iteration


def groups(runs: Sequence[RunRecord], by: str, *, more: bool = False) -> RunGroups:
    """Runs put together by ``name``, ``sweep`` or ``label:<key>``, the newest first.

    Example
    -------
    >>> runs = [RunRecord.from_dict({"metadata": {"name": name}}) for name in ("train", "etl", "train")]
    >>> [(group.title, group.runs, group.within) for group in groups(runs, "name").groups]
    [('train', 2, 'name:"=train"'), ('etl', 1, 'name:"=etl"')]
    """
    found: dict[RunKey | str, list[RunRecord]] = {}
    for run in runs:
        found.setdefault(_key(run, by), []).append(run)
    told = RunGroups(by, runs=len(runs), more=more or len(found) > MAX_GROUPS)
    for key, members in list(found.items())[:MAX_GROUPS]:
        told.groups.append(_sweep(members[0]) if isinstance(key, RunKey) else _group(key, members, by))
    told.labels = sorted({label for run in runs for label in run.metadata.labels})[:100]
    return told


def _key(run: RunRecord, by: str) -> RunKey | str:
    if by == SWEEP:
        return run.key if is_sweep(run) else ""
    if by == NAME:
        return run.metadata.name
    return run.metadata.labels.get(by.removeprefix(LABEL), "")


def _group(key: str, members: Sequence[RunRecord], by: str) -> RunGroup:
    group = RunGroup(format.cut(key, 120), len(members), start=members[0].status.start_time)
    for run in members:
        state = run.status.state
        group.states[state] = group.states.get(state, 0) + 1
    if by == SWEEP:
        group.title, group.within = "single runs", "sweep:no"
    elif key and '"' not in key:
        group.within = f'name:"={key}"' if by == NAME else f'label:{by.removeprefix(LABEL)}="{key}"'
    group.best = _best(members)
    return group


def _sweep(run: RunRecord) -> RunGroup:
    """A sweep as the group of its iterations; what they came to stands in its table of iterations."""
    status = run.status
    rows = status.iterations[1:]
    try:
        at = [str(each) for each in status.iterations[0]].index("state") if rows else -1
    except ValueError:
        at = -1
    group = RunGroup(
        format.cut(run.metadata.name, 120),
        len(rows) or int(next((each for each in status.progress[1:2] if is_number(each)), 0)),
        start=status.start_time,
        uid=run.metadata.uid,
        project=run.metadata.project,
        within=f"uid:{run.metadata.uid}",
    )
    for row in rows:
        state = str(row[at]) if 0 <= at < len(row) else status.state
        group.states[state] = group.states.get(state, 0) + 1
    group.states = group.states or {status.state: 1}
    group.best = _best([run])
    return group


def _best(members: Sequence[RunRecord]) -> list[Entry]:
    names = dict.fromkeys(name for run in members[:50] for name in run.status.results if name != "best_iteration")
    found = []
    for name in names:
        values = [value if is_number(value := run.status.results.get(name)) else None for run in members]
        at = best([None if each is None else float(each) for each in values], better(name))
        if at is not None and better(name) and values[at] is not None:
            found.append(Entry(format.cut(name, 40), cell(values[at], limit=24)))
        if len(found) == 2:
            break
    return found
