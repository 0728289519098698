"""Functions, and the objects that runs share: code, environments."""

from __future__ import annotations

from mlrun_jupyter.db.query import FunctionQuery
from mlrun_jupyter.db.remote import questions, wire
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.native.runs import MAX_PAGE
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply


def list_functions(call: Call) -> Reply:
    """A page of functions."""
    query = questions.from_params(FunctionQuery, call.params)
    query.limit = min(query.limit, MAX_PAGE)
    page = call.db.list_functions(query)
    return Reply(wire.encode_page(page.rows, page.after))


def delete_functions(call: Call) -> Reply:
    """Delete the versions that match."""
    return reply.of({"deleted": call.db.delete_functions(questions.from_params(FunctionQuery, call.params))})


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
    """What runs share, by its hash."""
    return reply.of(call.db.read_object(call.path["hash"]))


def list_function_tags(call: Call) -> Reply:
    """The tags in use."""
    return reply.of(call.db.list_function_tags(call.text("project")))
