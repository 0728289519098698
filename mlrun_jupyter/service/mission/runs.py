"""Runs and their logs."""

from __future__ import annotations

import time
from typing import Any, Final

from mlrun_jupyter.db.document import lenient
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.safety.names import check_name
from mlrun_jupyter.service.mission.form import answer, conditions, document, every, moment, name, nothing, pages
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import BYTES, Reply

_DAY: Final = 86400.0
_LOG_PIECE: Final = 2**20
_MAX_PARTITIONED: Final = 100_000


def key_of(call: Call) -> RunKey:
    """The run that path and ``iter`` name."""
    iteration = call.number("iter", 0)
    if iteration < 0:
        raise InvalidArgumentError("an iteration is not negative", where="parameter iter")
    return RunKey(call.project, call.path["uid"], iteration)


def store(call: Call) -> Reply:
    """Write a run's document."""
    key, value = key_of(call), document(call)
    metadata = value.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise InvalidArgumentError("the document has no metadata")
    metadata.update(project=key.project, uid=key.uid, iteration=key.iteration)
    call.db.store_run(lenient(value))
    return answer({})


def update(call: Call) -> Reply:
    """Set fields by dotted path."""
    call.db.update_run(key_of(call), document(call))
    return answer({})


def read(call: Call) -> Reply:
    """A run's document."""
    return answer({"data": as_document(call.db.read_run(key_of(call)))})


def delete(call: Call) -> Reply:
    """Delete one run."""
    key = key_of(call)
    call.db.read_run(key)
    call.db.delete_runs(RunQuery(project=key.project, uid=key.uid))
    return nothing()


def abort(call: Call) -> Reply:
    """Ask for the end of a run."""
    key, updates = key_of(call), document(call)
    run = call.db.read_run(key)
    if run.done:
        raise ConflictError(f"the run has ended as {run.status.state}", where=str(key))
    call.db.update_run(key, {**updates, "status.state": states.ABORTED, "status.reason": "user"})
    return answer({})


def listing(call: Call) -> Reply:
    """Runs, newest first."""
    query = _question(call)
    uids = call.params.get("uid", [])
    by = call.text("partition-by")
    if by or len(uids) > 1:
        rows = list(every(query, call.db.list_runs))[:_MAX_PARTITIONED]
        rows = [run for run in rows if not uids or run.metadata.uid in uids]
        if by:
            rows = _partitioned(call, rows)
        pagination: dict[str, Any] = {"page": 1, "page-size": len(rows), "page-token": None}
    else:
        query.uid = uids[0] if uids else ""
        rows, pagination = pages(call, query, call.db.list_runs)
    return answer({"runs": [as_document(run) for run in rows], "pagination": pagination})


def delete_many(call: Call) -> Reply:
    """Delete the runs that match; with ``days_ago`` those that started since."""
    query = _question(call)
    days = call.number("days_ago", 0)
    if days:
        query.start_from = time.time() - days * _DAY
    call.db.delete_runs(query)
    return nothing()


def _question(call: Call) -> RunQuery:
    wanted = [each for field in ("states", "state") for each in call.params.get(field, ()) if each]
    return RunQuery(
        project=call.project,
        name=name(call.text("name")),
        labels=conditions(call),
        states=tuple(wanted),
        iterations=call.text("iter").lower() in ("true", "yes", "1"),
        start_from=moment(call, "start_time_from"),
        start_to=moment(call, "start_time_to"),
        update_from=moment(call, "last_update_time_from"),
        update_to=moment(call, "last_update_time_to"),
    )


def _partitioned(call: Call, rows: list[RunRecord]) -> list[RunRecord]:
    """The first rows of each name, by start or update."""
    if call.text("partition-by") != "project_and_name":
        raise InvalidArgumentError("runs are partitioned by project_and_name only", where="parameter partition-by")
    field = "last_update" if call.text("partition-sort-by") == "updated" else "start_time"
    rows = sorted(rows, key=lambda run: str(getattr(run.status, field)), reverse=call.text("partition-order") != "asc")
    most, partitions = max(call.number("rows-per-partition", 1), 1), call.number("max-partitions", 0)
    groups: dict[tuple[str, str], list[RunRecord]] = {}
    for run in rows:
        group = groups.setdefault((run.metadata.project, run.metadata.name), [])
        if len(group) < most:
            group.append(run)
    chosen = list(groups.values())[: partitions or None]
    return [run for group in chosen for run in group]


def as_document(run: RunRecord) -> dict[str, Any]:
    """A run as the client expects it: the sections and fields that it looks into are there, empty or not."""
    value = run.to_dict()
    metadata = value.setdefault("metadata", {})
    metadata.setdefault("iteration", 0)
    metadata.setdefault("labels", {})
    metadata.setdefault("annotations", {})
    spec = value.setdefault("spec", {})
    for field in ("parameters", "inputs"):
        spec.setdefault(field, {})
    status = value.setdefault("status", {})
    status.setdefault("state", states.CREATED)
    status.setdefault("results", {})
    return value


# logs


def store_log(call: Call) -> Reply:
    """Add to a run's log. The client stores whole logs, or adds to them; what is there already is not added again."""
    key = RunKey(call.project, call.path["uid"])
    text = call.body
    if call.text("append").lower() not in ("yes", "true", "1"):
        text = text.removeprefix(call.db.read_log(key))
    if text:
        call.db.append_log(key, text)
    return answer({})


def read_log(call: Call) -> Reply:
    """A piece of a run's log, its state in a header."""
    key = RunKey(call.project, call.path["uid"])
    offset, size = call.number("offset", 0), call.number("size", _LOG_PIECE)
    if offset < 0:
        raise InvalidArgumentError("an offset is not negative", where="parameter offset")
    run = call.db.read_run(key)
    state = check_name("state", run.status.state)
    body = call.db.read_log(key, offset, size)
    return Reply(body, media=BYTES, headers=((b"x-mlrun-run-state", state.encode()),))


def log_size(call: Call) -> Reply:
    """How long a run's log is."""
    return answer({"size": len(call.db.read_log(RunKey(call.project, call.path["uid"])))})
