"""In what runs differ: parameters, results, labels, code and environment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs import display
from mlrun_jupyter.views import text
from mlrun_jupyter.views.compare import CompareView, Field, code_changes, compare_view

SECTIONS = ("parameters", "results", "labels", "code", "environment")
AUTOMATIC = frozenset({"host", "owner", "kind"})
"""Labels that say who ran it, not what."""

_Reader = Callable[[RunRecord], Mapping[str, Any]]


def fields(
    runs: Sequence[RunRecord],
    *,
    exclude: Collection[str] = (),
    environments: Sequence[Mapping[str, Any]] = (),
) -> list[Field]:
    """Every field that a run of ``runs`` has, with its value for each run, and whether the runs differ in it.

    Parameters
    ----------
    runs
        The records.
    exclude
        Names, ``section.name`` or patterns (``labels.*``) of fields to leave out.
    environments
        For each run what it ran in; packages are compared one by one.

    Example
    -------
    >>> runs = [RunRecord.from_dict({"spec": {"parameters": {"eta": eta, "depth": 4}}}) for eta in (0.1, 0.3)]
    >>> [(field.name, field.values) for field in fields(runs) if field.differs]
    [('eta', [0.1, 0.3])]
    """
    readers: dict[str, _Reader] = {
        "parameters": lambda run: run.spec.parameters,
        "results": lambda run: run.status.results,
        "labels": lambda run: run.metadata.labels,
        "code": _code,
    }
    found: list[Field] = []
    for section, reader in readers.items():
        found += _section(section, [reader(run) for run in runs], exclude)
    if environments:
        found += _section("environment", [_environment(each) for each in environments], exclude)
    return found


def _section(section: str, rows: Sequence[Mapping[str, Any]], exclude: Collection[str]) -> list[Field]:
    names = dict.fromkeys(name for row in rows for name in row)
    return [
        Field(section, name, values := [row.get(name) for row in rows], _differ(values, [name in row for row in rows]))
        for name in names
        if not _excluded(section, name, exclude)
    ]


def _excluded(section: str, name: str, exclude: Collection[str]) -> bool:
    if (section == "labels" and name in AUTOMATIC) or (section == "results" and name == "best_iteration"):
        return True
    return any(fnmatchcase(name, each) or fnmatchcase(f"{section}.{name}", each) for each in exclude)


def _differ(values: Sequence[Any], present: Sequence[bool]) -> bool:
    if not all(present):
        return any(present)
    first = values[0]
    return any(not _same(first, value) for value in values[1:])


def _same(one: Any, other: Any) -> bool:
    try:
        alike = one is other or bool(one == other) or bool(one != one and other != other)  # NaN is what NaN was
        return alike and isinstance(one, bool) == isinstance(other, bool)
    except (ValueError, TypeError):  # things that do not compare to a truth
        return repr(one) == repr(other)


def _code(run: RunRecord) -> dict[str, Any]:
    """Function, code and commit, as far as the record tells."""
    function, _, version = run.spec.function.partition("@")
    git = run.status.extra.get("git")
    commit = git.get("commit") if isinstance(git, dict) else run.status.extra.get("commit")
    found = {
        "function": function,
        "version": version[:8],
        "handler": run.spec.handler,
        "code": str(run.status.extra.get("code") or "")[:8],
        "commit": str(commit or "")[:8],
    }
    return {name: value for name, value in found.items() if value}


def _environment(environment: Mapping[str, Any]) -> dict[str, Any]:
    found = {str(name): value for name, value in environment.items() if name not in ("packages", "hash")}
    packages = environment.get("packages")
    if isinstance(packages, Mapping):
        found.update({str(name): version for name, version in packages.items()})
    elif isinstance(packages, (list, tuple)):
        found.update({name: version or "?" for name, _, version in (str(each).partition("==") for each in packages)})
    return found


class Comparison:
    """Runs beside one another; the last expression of a cell shows it.

    Example
    -------
    >>> runs = [RunRecord.from_dict({"status": {"results": {"loss": loss}}}) for loss in (0.2, 0.1)]
    >>> compare(runs).view.shown[0].best
    1
    """

    def __init__(self, view: CompareView) -> None:
        self.view = view

    def show(self) -> None:
        """Show it here."""
        display.show(self.view)

    def to_df(self) -> Any:
        """A frame with a row for each field shown and a column for each run (``name uid``), values as they are shown."""
        import pandas as pd

        names = [f"{run.name} {run.uid[:6]}" + (f"#{run.iteration}" if run.iteration else "") for run in self.view.runs]
        index = [f"{field.section}.{field.name}" for field in self.view.shown]
        rows = [[each.text if each.value is None else each.value for each in field.cells] for field in self.view.shown]
        return pd.DataFrame(rows, index=index, columns=names, dtype=object)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return self.view._repr_mimebundle_()

    def __repr__(self) -> str:
        return text.render(self.view)


def compare(
    runs: Iterable[RunRecord],
    *,
    hide_identical: bool = True,
    exclude: str | Collection[str] = (),
    environments: Sequence[Mapping[str, Any]] = (),
    codes: Sequence[str] = (),
) -> Comparison:
    """Put runs beside one another.

    Parameters
    ----------
    runs
        Records, two or more to learn something.
    hide_identical
        Leave out the fields in which all agree.
    exclude, environments
        As for :func:`fields`.
    codes
        For each run the code that ran.
    """
    records = list(runs)
    selector = next((run.spec.selector for run in records if run.spec.selector), "")
    left_out = (exclude,) if isinstance(exclude, str) else exclude
    found = fields(records, exclude=left_out, environments=environments)
    view = compare_view(records, found, hide_identical=hide_identical, selector=selector)
    view.changes = code_changes(codes)
    return Comparison(view)


def kept(stores: Sequence[RunDB | None], runs: Sequence[RunRecord]) -> tuple[list[Mapping[str, Any]], list[str]]:
    """For each run what it ran in, and its code; empty where its store does not have it. What several share is read once."""
    read: dict[tuple[int, str], Mapping[str, Any]] = {}

    def body(db: RunDB | None, run: RunRecord, kind: str) -> Mapping[str, Any]:
        hash = run.status.extra.get(kind)
        if db is None or not isinstance(hash, str) or not hash:
            return {}
        place = (id(db), hash)
        if place not in read:
            try:
                found = db.read_object(hash).get("body")
            except MlrunError:
                found = None
            read[place] = found if isinstance(found, dict) else {}
        return read[place]

    pairs = list(zip(stores, runs, strict=True))
    environments = [body(db, run, "environment") for db, run in pairs]
    return environments, [str(body(db, run, "code").get("source") or "") for db, run in pairs]
