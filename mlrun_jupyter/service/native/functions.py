"""Functions, and the objects that runs share: code, environments."""

from __future__ import annotations

from mlrun_jupyter.db.query import ALL_PROJECTS, FunctionQuery, RunQuery
from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.access import READ
from mlrun_jupyter.service.narrowed import listed
from mlrun_jupyter.service.native.runs import MAX_PAGE
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply


def list_functions(call: Call) -> Reply:
    """A page of functions."""
    query = wire.from_params(FunctionQuery, call.params)
    query.limit = min(query.limit, MAX_PAGE)
    page = listed(call, query, call.db.list_functions)
    return Reply(wire.encode_page(page.rows, page.after))


def delete_functions(call: Call) -> Reply:
    """Delete the versions that match."""
    return reply.of({"deleted": call.db.delete_functions(wire.from_params(FunctionQuery, call.params))})


def store_function(call: Call) -> Reply:
    """Keep a version, move the parameter's tag to it, and tell its hash."""
    function: FunctionRecord = call.record(FunctionRecord)
    function.metadata.project = function.metadata.project or call.project
    if function.metadata.project != call.project:
        raise InvalidArgumentError("the document is of another project than the address")
    return reply.of({"hash": call.db.store_function(function, tag=call.text("tag", "latest"))})


def read_function(call: Call) -> Reply:
    """One version, by tag or hash."""
    found = call.db.read_function(call.project, call.path["function"], tag=call.text("tag"), hash=call.text("hash"))
    return Reply(wire.encode_record(found))


def read_object(call: Call) -> Reply:
    """What runs share, by its hash; for whom not every project is open, only what a run that they can see refers to."""
    hash = call.path["hash"]
    if not call.principal.may(READ, ALL_PROJECTS) and not _referred(call, hash):
        raise NotFoundError("no such object", where=hash)
    return reply.of(call.db.read_object(hash))


def _referred(call: Call, hash: str) -> bool:
    mark = hash.encode()
    for project in call.service.visible(call.principal.projects):
        query = RunQuery(project=project, limit=MAX_PAGE)
        while True:
            page = call.db.list_runs(query)
            if any(mark in wire.encode_record(run) for run in page.rows):
                return True
            if not page.after:
                break
            query.after = page.after
    return False
