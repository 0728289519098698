"""Runs, with what is kept apart from their documents."""

from __future__ import annotations

from typing import Any, Final

from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.db.remote import questions, wire
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import BYTES, Reply

MAX_PAGE: Final = 1000
"""Rows of a page."""
_FEW: Final = 100


def asked(call: Call, *, also: tuple[str, ...] = ()) -> RunQuery:
    """The question of the parameters, with a limit that can be answered."""
    query = questions.from_params(RunQuery, call.params, also=also)
    query.limit = min(query.limit, MAX_PAGE)
    return query


def is_quick(call: Call) -> bool:
    """Whether the question is for the newest few of one project, which lie side by side."""
    return (
        call.params.keys() <= {"project", "limit", "after"}
        and call.text("project") != "*"
        and (0 <= call.number("limit", MAX_PAGE) <= _FEW)
    )


def list_runs(call: Call) -> Reply:
    """A page of runs; ``columns`` names the sections or fields wanted, as in ``metadata,status.results``."""
    page = call.db.list_runs(asked(call, also=("columns",)))
    columns = call.text("columns")
    if columns:
        rows = [_selected(run.to_dict(), columns.split(",")) for run in page.rows]
        return reply.of({"rows": rows, "after": page.after})
    return Reply(wire.encode_page(page.rows, page.after))


def _selected(document: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    """The parts of a document that are named by dotted path."""
    chosen: dict[str, Any] = {}
    for column in columns:
        section, _, rest = column.partition(".")
        held = document.get(section)
        if not rest:
            if held is not None:
                chosen[section] = held
            continue
        name, _, key = rest.partition(".")
        if not isinstance(held, dict) or name not in held:
            continue
        into = chosen.setdefault(section, {})
        if not key:
            into[name] = held[name]
        elif isinstance(held[name], dict) and key in held[name]:
            into.setdefault(name, {})[key] = held[name][key]
    return chosen


def count_runs(call: Call) -> Reply:
    """How many match, by state."""
    return reply.of(call.db.count_runs(asked(call)))


def delete_runs(call: Call) -> Reply:
    """Delete the runs that match."""
    return reply.of({"deleted": call.db.delete_runs(questions.from_params(RunQuery, call.params))})


def read_run(call: Call) -> Reply:
    """The document of a run."""
    return Reply(wire.encode_record(call.db.read_run(call.key)))


def store_run(call: Call) -> Reply:
    """Write a whole document; with ``create`` a run of that key with other content is a conflict."""
    run: RunRecord = call.record(RunRecord)
    if run.key != call.key:
        raise InvalidArgumentError("the document is of another run than the address", where=str(run.key))
    call.db.store_run(run, create=call.flag("create"))
    return reply.done()


def update_run(call: Call) -> Reply:
    """Set fields by dotted path."""
    updates = call.document()
    for path in updates:
        if path.partition(".")[0] == "metadata" and path.split(".")[1:] in (["project"], ["uid"], ["iteration"]):
            raise InvalidArgumentError(f"{path} names the run and cannot be changed")
    call.db.update_run(call.key, updates)
    return reply.done()


def read_log(call: Call) -> Reply:
    """The log's bytes from ``offset`` on, at most ``size``."""
    offset, size = call.number("offset", 0), call.number("size", -1)
    if offset < 0:
        raise InvalidArgumentError("an offset is not negative", where="parameter offset")
    return Reply(call.db.read_log(call.key, offset, size), media=BYTES)


def append_log(call: Call) -> Reply:
    """Add the body's bytes to the log."""
    call.db.append_log(call.key, call.body)
    return reply.done()


def list_series(call: Call) -> Reply:
    """The metrics of a run, summed up."""
    return reply.of(call.db.list_series(call.key))


def read_series(call: Call) -> Reply:
    """The points of the metric ``name``; with ``points`` about so many of them, extremes included."""
    points = call.number("points", 0)
    if points < 0:
        raise InvalidArgumentError("a number of points is not negative", where="parameter points")
    series = call.db.read_series(call.key, call.text("name"), points=points)
    return reply.of(
        {
            "key": series.key,
            "count": series.count,
            "steps": list(series.steps),
            "times": list(series.times),
            "values": list(series.values),
        }
    )
