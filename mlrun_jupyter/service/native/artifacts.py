"""Artifacts: their records. Their bytes are where the records say."""

from __future__ import annotations

from mlrun_jupyter.db.query import ArtifactQuery
from mlrun_jupyter.db.remote import questions, wire
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.native.runs import MAX_PAGE
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply


def list_artifacts(call: Call) -> Reply:
    """A page of artifacts."""
    query = questions.from_params(ArtifactQuery, call.params)
    query.limit = min(query.limit, MAX_PAGE)
    page = call.db.list_artifacts(query)
    return Reply(wire.encode_page(page.rows, page.after))


def delete_artifacts(call: Call) -> Reply:
    """Delete the records that match."""
    return reply.of({"deleted": call.db.delete_artifacts(questions.from_params(ArtifactQuery, call.params))})


def store_artifact(call: Call) -> Reply:
    """Add a version and move the tags of the parameters ``tag`` to it."""
    artifact: ArtifactRecord = call.record(ArtifactRecord)
    artifact.metadata.project = artifact.metadata.project or call.project
    if artifact.metadata.project != call.project:
        raise InvalidArgumentError("the document is of another project than the address")
    stored = call.db.store_artifact(artifact, tags=tuple(call.params.get("tag", ())))
    return Reply(wire.encode_record(stored))


def read_artifact(call: Call) -> Reply:
    """One version, by tag, tree, iteration or uid."""
    text = call.text("iter")
    found = call.db.read_artifact(
        call.project,
        call.path["artifact"],
        tag=call.text("tag"),
        tree=call.text("tree"),
        iter=call.number("iter", 0) if text else None,
        uid=call.text("uid"),
    )
    return Reply(wire.encode_record(found))


def tag_artifact(call: Call) -> Reply:
    """Move a tag to the version ``{"uid": ...}``."""
    uid = call.document().get("uid")
    if not isinstance(uid, str):
        raise InvalidArgumentError("the body names no version", hint='send {"uid": "..."}')
    call.db.tag_artifact(call.project, call.path["artifact"], uid, call.path["tag"])
    return reply.done()


def list_artifact_tags(call: Call) -> Reply:
    """The tags in use."""
    return reply.of(call.db.list_artifact_tags(call.text("project")))
