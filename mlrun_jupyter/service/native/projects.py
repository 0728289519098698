"""Projects."""

from __future__ import annotations

from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply


def list_projects(call: Call) -> Reply:
    """The projects that the caller may see, by name."""
    return Reply(wire.encode_page(call.db.list_projects(), ""))


def read_project(call: Call) -> Reply:
    """The document of a project."""
    return Reply(wire.encode_record(call.db.read_project(call.project)))


def store_project(call: Call) -> Reply:
    """Write a project's document."""
    project: ProjectRecord = call.record(ProjectRecord)
    project.metadata.name = project.metadata.name or call.project
    if project.metadata.name != call.project:
        raise InvalidArgumentError("the document is of another project than the address")
    call.db.store_project(project)
    return reply.done()


def delete_project(call: Call) -> Reply:
    """Delete a project with everything in it."""
    call.db.delete_project(call.project)
    return reply.done()
