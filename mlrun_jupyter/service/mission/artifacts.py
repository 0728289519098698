"""Artifacts and their tags."""

from __future__ import annotations

from typing import Any

from mlrun_jupyter.db.query import ArtifactQuery
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.safety.names import MAX_KEY, check_name
from mlrun_jupyter.service.mission.form import answer, conditions, document, moment, name, nothing, pages, record
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply


def store(call: Call) -> Reply:
    """Add a version under the path's key."""
    return answer(as_document(_stored(call, document(call), call.path["artifact"])))


def create(call: Call) -> Reply:
    """Add a version under the document's own key."""
    value = document(call)
    spec, metadata = value.get("spec"), value.get("metadata")
    key: Any = spec.get("db_key") if isinstance(spec, dict) else ""
    key = key or (metadata.get("key") if isinstance(metadata, dict) else "")
    return answer(as_document(_stored(call, value, check_name("artifact", key, max_length=MAX_KEY))), status=201)


def _stored(call: Call, value: dict[str, Any], db_key: str) -> ArtifactRecord:
    artifact = record(ArtifactRecord, value)
    metadata = artifact.metadata
    metadata.project = call.project
    metadata.key = metadata.key or db_key
    metadata.tree = call.text("tree") or metadata.tree
    metadata.iter = call.number("iter", metadata.iter)
    artifact.spec.db_key = db_key
    metadata.uid = ""  # the store's to give
    metadata.tag = call.text("tag") or metadata.tag
    if metadata.tag:
        check_name("tag", metadata.tag)
    return call.db.store_artifact(
        artifact, tags=tuple(dict.fromkeys(["latest", *([metadata.tag] if metadata.tag else [])]))
    )


def read(call: Call) -> Reply:
    """One version, by tag, tree, iteration or uid."""
    tree, uid, tag = call.text("tree"), call.text("object-uid"), call.text("tag")
    found = call.db.read_artifact(
        call.project,
        call.path["artifact"],
        tag="" if (tree or uid) and tag == "latest" else tag,
        tree=tree,
        iter=call.number("iter", 0) if call.text("iter") else None,
        uid=uid,
    )
    return answer(as_document(found, tag=tag))


def listing(call: Call) -> Reply:
    """Artifacts, newest first: every version where no tag is given."""
    query = _question(call)
    category = call.text("category")
    rows, pagination = pages(call, query, call.db.list_artifacts)
    found = [as_document(row, tag=call.text("tag")) for row in rows if not category or _category(row.kind) == category]
    return answer({"artifacts": found, "pagination": pagination})


def delete(call: Call) -> Reply:
    """Delete one version, or the one that a tag names."""
    tree, uid, tag = call.text("tree"), call.text("object-uid"), call.text("tag")
    query = ArtifactQuery(
        project=call.project,
        name=f"={call.path['artifact']}",
        tag="*" if tree or uid else tag or "latest",
        tree=tree,
        iter=call.number("iter", 0) if call.text("iter") else None,
    )
    if uid:
        version = call.db.read_artifact(call.project, call.path["artifact"], uid=uid)
        query.tree, query.iter, query.hash = version.metadata.tree, version.metadata.iter, version.metadata.hash
    if not call.db.delete_artifacts(query):
        raise NotFoundError("no such artifact", where=call.path["artifact"])
    return nothing()


def delete_many(call: Call) -> Reply:
    """Delete the artifacts that match."""
    call.db.delete_artifacts(_question(call))
    return nothing()


def tags(call: Call) -> Reply:
    """The tags in use."""
    return answer({"project": call.project, "tags": call.db.list_artifact_tags(call.project)})


def tag(call: Call) -> Reply:
    """Move a tag to the artifacts of the body."""
    value = document(call)
    if value.get("kind") != "artifact":
        raise InvalidArgumentError("only artifacts have tags", where="kind")
    identifiers = value.get("identifiers")
    if not isinstance(identifiers, list) or not all(isinstance(each, dict) for each in identifiers):
        raise InvalidArgumentError("the body names no artifacts", where="identifiers")
    moved = 0
    for identifier in identifiers:
        for found in _identified(call, identifier):
            call.db.tag_artifact(call.project, found.spec.db_key, found.metadata.uid, call.path["tag"])
            moved += 1
    return answer({"project": call.project, "name": call.path["tag"], "tagged": moved})


def _identified(call: Call, identifier: dict[str, Any]) -> list[ArtifactRecord]:
    key, uid, tree = (str(identifier.get(field) or "") for field in ("key", "uid", "producer_id"))
    if key and uid:
        return [call.db.read_artifact(call.project, key, uid=uid)]
    iteration = identifier.get("iter")
    query = ArtifactQuery(
        project=call.project,
        name=f"={key}" if key else "",
        tag="*" if tree else "",
        tree=tree,
        kind=str(identifier.get("kind") or ""),
        iter=iteration if type(iteration) is int else None,
        limit=1000,
    )
    rows = call.db.list_artifacts(query).rows
    if not rows:
        raise NotFoundError("no such artifact", where=key)
    return rows


def _question(call: Call) -> ArtifactQuery:
    return ArtifactQuery(
        project=call.project,
        name=name(call.text("name")),
        tag=call.text("tag") or "*",
        kind=call.text("kind"),
        tree=call.text("tree"),
        iter=call.number("iter", 0) if call.text("iter") else None,
        labels=conditions(call),
        update_from=moment(call, "since"),
        update_to=moment(call, "until"),
    )


def _category(kind: str) -> str:
    return kind if kind in ("model", "dataset", "document") else "other"


def as_document(artifact: ArtifactRecord, *, tag: str = "") -> dict[str, Any]:
    """An artifact as the client expects it."""
    value = artifact.to_dict()
    metadata = value.setdefault("metadata", {})
    metadata.setdefault("iter", 0)
    if tag and tag != "*":
        metadata["tag"] = tag
    value.setdefault("spec", {}).setdefault("db_key", metadata.get("key", ""))
    value.setdefault("status", {}).setdefault("state", "created")
    value["project"] = metadata.get("project", "")
    return value
