"""What makes a version of an artifact, and which tags it gets. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import values
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.run import MAX_NUMBER

LATEST: Final = "latest"
_PASSING: Final = ("updated", "tag", "uid")
_ANY_SLOT: Final = -1


def prepared(artifact: ArtifactRecord, *, project: str, updated: str) -> ArtifactRecord:
    """A copy with project, ``db_key``, version and time filled in.

    Raises ``InvalidArgumentError`` for an artifact without a key, or of an iteration that cannot be.
    """
    artifact = artifact.copy()
    metadata = artifact.metadata
    if not metadata.key:
        raise InvalidArgumentError("an artifact needs a key", where="metadata.key")
    if not 0 <= metadata.iter < MAX_NUMBER:
        raise InvalidArgumentError("not an iteration", where="metadata.iter")
    metadata.project = metadata.project or project
    artifact.spec.db_key = artifact.spec.db_key or metadata.key
    metadata.uid = metadata.uid or version(artifact)
    metadata.updated = updated
    return artifact


def version(artifact: ArtifactRecord) -> str:
    """A hash over producer, iteration and content; without a hash of the bytes, the document stands for the content."""
    metadata = artifact.metadata
    content: Any = metadata.hash
    if not content:
        content = artifact.to_dict()
        content["metadata"] = {key: value for key, value in content["metadata"].items() if key not in _PASSING}
    identity = [artifact.spec.db_key or metadata.key, metadata.tree, metadata.iter, content]
    text = msgspec.json.encode(msgspec.json.decode(values.encode(identity)), order="deterministic")
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()


def slot(tag: str, iteration: int) -> int:
    """``latest`` is kept for each iteration of a sweep, every other tag once for an artifact."""
    return iteration if tag == LATEST else _ANY_SLOT


def wanted_tags(artifact: ArtifactRecord, tags: Sequence[str]) -> tuple[str, ...]:
    """The tags to move: those asked for and the one that the document names."""
    named = artifact.metadata.tag
    return tuple(dict.fromkeys([*tags, *([named] if named else [])]))
