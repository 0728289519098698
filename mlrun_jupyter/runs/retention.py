"""How long runs are kept: rules, and doing as they say.

A rule is words ``name=value``::

    project=scratch age=7d
    state=error,aborted age=30d keep=20
    age=365d

- ``project``: one of these; ``*``, every project, by default.
- ``name``, ``state``, ``label``: as lists filter (:mod:`mlrun_jupyter.db.query`); states are separated by commas.
- ``age``: runs that ended longer ago than this: a number with ``m``, ``h``, ``d`` or ``w``.
- ``keep``: the newest so many of each name stay in any case.
- ``artifacts``: ``keep`` leaves the artifacts of runs that go.

Runs that have not ended stay, and those with the label ``keep``. With a run go its iterations, metrics, log, and the
versions of artifacts that it made, unless one has a tag besides ``latest``.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from mlrun_jupyter.artifacts.removal import delete_data
from mlrun_jupyter.db import document as documents
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery, LabelCondition, RunQuery
from mlrun_jupyter.errors import DataError, InvalidArgumentError, StoreUnavailableError, nearest
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.safety.names import check_name

KEEP: Final = "keep"
"""The label of runs that stay."""
_UNITS: Final = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_WORDS: Final = ("project", "name", "state", "label", "age", "keep", "artifacts")
_ENDED: Final = tuple(sorted(states.TERMINAL))
_PAGE: Final = 500


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule; ``age`` in seconds.

    Example
    -------
    >>> Rule.parse("project=scratch state=error age=7d").age / 86400
    7.0
    """

    project: str = ALL_PROJECTS
    name: str = ""
    states: tuple[str, ...] = _ENDED
    labels: tuple[LabelCondition, ...] = ()
    age: float = 0.0
    keep: int = 0
    artifacts: bool = True

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read a rule. Raises ``InvalidArgumentError`` for a word that is none, and for a rule that would take all."""
        found: dict[str, object] = {}
        for word in text.split():
            name, equals, value = word.partition("=")
            if name not in _WORDS or not equals or not value:
                raise InvalidArgumentError(
                    f"not a part of a retention rule: {word!r}", hint=nearest(name, _WORDS) or "write name=value"
                )
            found |= _read(name, value)
        rule = cls(**found)  # type: ignore[arg-type]  # each name has its own type, see _read
        if not rule.age and not rule.keep:
            raise InvalidArgumentError(f"a retention rule needs an age or a number to keep: {text!r}", hint="age=90d")
        return rule


def rules(text: str) -> list[Rule]:
    """The rules of a setting, separated by ``;``."""
    return [Rule.parse(part) for part in text.split(";") if part.strip()]


class Pruned(msgspec.Struct):
    """What went, or would go."""

    runs: int = 0
    artifacts: int = 0


def prune(db: RunDB, rules: Iterable[Rule], *, dry: bool = False, now: float | None = None) -> Pruned:
    """Do as the rules say.

    Parameters
    ----------
    dry
        Only count.
    now
        Seconds since 1970; this moment by default.

    Raises ``StoreUnavailableError`` when the store cannot be written; what was deleted until then is gone.
    """
    done = Pruned()
    moment = time.time() if now is None else now
    for rule in rules:
        for run in list(_going(db, rule, moment)):
            done.runs += 1
            if rule.artifacts:
                done.artifacts += _delete_artifacts(db, run, dry=dry)
            if not dry:
                db.delete_runs(RunQuery(project=run.metadata.project, uid=run.metadata.uid))
    return done


def _going(db: RunDB, rule: Rule, now: float) -> Iterator[RunRecord]:
    kept: dict[tuple[str, str], set[str]] = {}
    query = RunQuery(
        project=rule.project,
        name=rule.name,
        states=rule.states,
        labels=rule.labels,
        start_to=now - rule.age,
        limit=_PAGE,
    )
    while True:
        page = db.list_runs(query)
        for run in page.rows:
            ended = documents.moment(run.status.end_time) or documents.moment(run.status.start_time) or now
            if ended > now - rule.age or KEEP in run.metadata.labels:
                continue
            if rule.keep:
                place = run.metadata.project, run.metadata.name
                if place not in kept:
                    newest = RunQuery(project=place[0], name=f"={place[1]}", limit=rule.keep)
                    kept[place] = {each.metadata.uid for each in db.list_runs(newest).rows}
                if run.metadata.uid in kept[place]:
                    continue
            yield run
        if not page.after:
            return
        query.after = page.after


def _delete_artifacts(db: RunDB, run: RunRecord, *, dry: bool) -> int:
    """Delete the versions that a run made, bytes first, but for those that somebody has tagged."""
    project, tree = run.metadata.project, run.metadata.uid
    made = db.list_artifacts(ArtifactQuery(project=project, tree=tree, tag="*")).rows
    if not made:
        return 0
    tagged = {
        (each.spec.db_key, each.metadata.uid)
        for tag in db.list_artifact_tags(project)
        if tag != "latest"
        for each in db.list_artifacts(ArtifactQuery(project=project, tree=tree, tag=tag)).rows
    }
    going = [each for each in made if (each.spec.db_key, each.metadata.uid) not in tagged]
    if dry or not going:
        return len(going)
    for each in going:
        with contextlib.suppress(DataError, StoreUnavailableError):  # what cannot be deleted now is garbage for later
            delete_data(each, db=db)
    if not tagged:
        return db.delete_artifacts(ArtifactQuery(project=project, tree=tree, tag="*"))
    return sum(
        db.delete_artifacts(
            ArtifactQuery(project=project, name=f"={each.spec.db_key}", tree=tree, hash=each.metadata.hash, tag="*")
        )
        for each in going
        if each.metadata.hash  # without one it cannot be told from a tagged one by a question
    )


def _read(name: str, value: str) -> dict[str, object]:
    if name == "project":
        return {name: value if value == ALL_PROJECTS else check_name("project", value)}
    if name == "state":
        return {"states": _states(value.split(","))}
    if name == "label":
        return {"labels": (LabelCondition.parse(value),)}
    if name == "age":
        return {name: _seconds(value)}
    if name == "keep":
        if not (value.isascii() and value.isdigit() and 0 < len(value) <= 9 and int(value)):
            raise InvalidArgumentError(f"not a number of runs to keep: {value!r}", hint="keep=20")
        return {name: int(value)}
    if name == "artifacts":
        if value not in ("keep", "delete"):
            raise InvalidArgumentError(f"artifacts are kept or deleted: {value!r}", hint="artifacts=keep")
        return {name: value == "delete"}
    return {name: value}


def _states(given: Sequence[str]) -> tuple[str, ...]:
    for state in given:
        if state not in states.TERMINAL:
            raise InvalidArgumentError(
                f"not a state that a run ends in: {state!r}", hint=nearest(state, sorted(states.TERMINAL))
            )
    return tuple(given)


def _seconds(text: str) -> float:
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit() and len(number) <= 6 and int(number)):
        raise InvalidArgumentError(f"not an age: {text!r}", hint="write 12h, 30d or 8w")
    return int(number) * _UNITS[unit]
