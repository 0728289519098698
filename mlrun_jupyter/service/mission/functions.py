"""Functions."""

from __future__ import annotations

from typing import Any

from mlrun_jupyter.db.query import FunctionQuery
from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.service.mission.form import answer, conditions, document, name, nothing, pages, record
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply


def store(call: Call) -> Reply:
    """Keep a version and move the tag to it."""
    function = record(FunctionRecord, document(call))
    function.metadata.name = call.path["function"]
    function.metadata.project = call.project
    hash = call.db.store_function(function, tag=call.text("tag") or "latest")
    return answer({"hash_key": hash})


def read(call: Call) -> Reply:
    """One version; the hash wins over the tag."""
    found = call.db.read_function(call.project, call.path["function"], tag=call.text("tag"), hash=call.text("hash_key"))
    return answer({"func": as_document(found, tag=call.text("tag"))})


def listing(call: Call) -> Reply:
    """Functions, newest first: every version where no tag is given."""
    query = FunctionQuery(
        project=call.project,
        name=name(call.text("name")),
        tag=call.text("tag") or "*",
        kind=call.text("kind"),
        hash=call.text("hash_key"),
        labels=conditions(call),
    )
    rows, pagination = pages(call, query, call.db.list_functions)
    return answer({"funcs": [as_document(row) for row in rows], "pagination": pagination})


def delete(call: Call) -> Reply:
    """Delete every version."""
    query = FunctionQuery(project=call.project, name=f"={call.path['function']}", tag="*")
    if not call.db.delete_functions(query):
        raise NotFoundError("no such function", where=call.path["function"])
    return nothing()


def as_document(function: FunctionRecord, *, tag: str = "") -> dict[str, Any]:
    """A function as the client expects it."""
    value = function.to_dict()
    metadata = value.setdefault("metadata", {})
    metadata.setdefault("tag", tag or "latest")
    value.setdefault("spec", {})
    value.setdefault("status", {})
    return value
