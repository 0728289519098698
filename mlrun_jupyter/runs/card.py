"""The card of a run, with what the store keeps apart from its document: log, curves, iterations, code, environment."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from mlrun_jupyter.db.base import RunDB, Series
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.views.run import RunView, run_view
from mlrun_jupyter.views.series import MAX_SERIES, POINTS

LOG_TAIL = 64_000
"""Bytes of a log's end that are read for a card."""
MAX_CHILDREN = 5_000
T = TypeVar("T")


class Recorded(Protocol):
    """What is asked of a run whose card is made."""

    @property
    def db(self) -> RunDB: ...
    @property
    def key(self) -> RunKey: ...
    @property
    def record(self) -> RunRecord: ...
    def refresh(self) -> object: ...


def of(run: Recorded) -> RunView:
    """The card of a run as it stands now.

    A part that the store cannot give (it is gone, or the run was deleted) is left out: what is known is shown.
    """
    db, key = run.db, run.key
    with contextlib.suppress(MlrunError):
        tracker.flush(db)
        run.refresh()
    record, defaults = _completed(run.record)
    return run_view(
        record,
        defaults=defaults,
        log=_or(lambda: _log(db, key), ""),
        series=_or(lambda: _series(db, record), None),
        children=_or(lambda: _children(db, record), []),
        function=_or(lambda: _function(db, record), None),
        code=_or(lambda: _object(db, record, "code"), None),
        environment=_or(lambda: _object(db, record, "environment"), None),
    )


def _completed(record: RunRecord) -> tuple[RunRecord, list[str]]:
    """The record with the defaults that the handler used among its parameters, and their names."""
    given, used = record.spec.parameters, record.spec.extra.get("defaults")
    left = [name for name in used if name not in given] if isinstance(used, dict) else []
    if not left or used is None:
        return record, []
    spec = msgspec.structs.replace(record.spec, parameters={**given, **{name: used[name] for name in left}})
    return msgspec.structs.replace(record, spec=spec), left


def _or(read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except MlrunError:
        return otherwise


def _log(db: RunDB, key: RunKey) -> str:
    return db.read_log(key)[-LOG_TAIL:].decode("utf-8", "replace")


def _series(db: RunDB, record: RunRecord) -> dict[str, Series] | None:
    names = list(record.status.metrics)[:MAX_SERIES]
    return {name: db.read_series(record.key, name, points=POINTS) for name in names}


def _children(db: RunDB, record: RunRecord) -> list[RunRecord]:
    """Iterations; a run that ended keeps their table in its own document."""
    planned = record.spec.hyperparams or record.spec.param_file
    if record.metadata.iteration or not planned or (record.done and record.status.iterations):
        return []
    query = RunQuery(project=record.key.project, uid=record.key.uid, iterations=True, limit=MAX_CHILDREN)
    found = [each for each in db.list_runs(query).rows if each.metadata.iteration]
    return sorted(found, key=lambda each: each.metadata.iteration)


def _function(db: RunDB, record: RunRecord) -> FunctionRecord | None:
    """The version that ran: ``project/name@hash`` or ``project/name:tag``."""
    address, _, version = record.spec.function.partition("@")
    project, slash, name = address.rpartition("/")
    name, _, tag = name.partition(":")
    if not name:
        return None
    return db.read_function(project if slash else record.key.project, name, tag=tag, hash=version)


def _object(db: RunDB, record: RunRecord, kind: str) -> Mapping[str, Any] | None:
    """What the record names by hash: ``code`` or ``environment``."""
    hash = record.status.extra.get(kind)
    body = db.read_object(hash).get("body") if isinstance(hash, str) and hash else None
    return {**body, "hash": hash} if isinstance(body, dict) else None
