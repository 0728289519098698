"""An artifact: bytes somewhere, and what is known about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from mlrun_jupyter.model.record import Record


class ArtifactMetadata(Record):
    key: str = ""
    project: str = ""
    iter: int = 0
    tree: str = ""
    """The producer: the uid of the run, or of the workflow, that made this version."""
    tag: str = ""
    uid: str = ""
    """The version: a hash over the content and the producer."""
    hash: str = ""
    """SHA-256 of the bytes, hexadecimal."""
    description: str = ""
    updated: str = ""
    labels: dict[str, str] = {}


class ArtifactSpec(Record):
    """Fields of one kind only (``schema``, ``header``, ``length``, ``model_file`` ...) are kept in ``extra``."""

    src_path: str = ""
    target_path: str = ""
    viewer: str = ""
    format: str = ""
    size: int | None = None
    db_key: str = ""
    """The name under which versions are kept: ``<run name>_<key>`` for artifacts of runs."""
    inline: Any = None
    extra_data: dict[str, Any] = {}
    producer: dict[str, Any] = {}
    sources: list[dict[str, Any]] = []


class ArtifactStatus(Record):
    state: str = ""
    preview: list[list[Any]] = []
    stats: dict[str, Any] = {}


UNLISTED: Final = "unlisted"
"""Of an artifact that its run names and no list has: nothing else says that its bytes are needed."""

_LINKED: Final = {
    "metadata": ("key", "project", "iter", "tree", "uid", "hash", "tag"),
    "spec": ("target_path", "db_key", "size", "format", "viewer", "length", "columns", "framework"),
}


def link(artifact: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's record keeps of an artifact that it logged: where it is, and a line's worth of what it is.

    Example
    -------
    >>> link({"kind": "model", "metadata": {"key": "m", "labels": {}}, "spec": {"size": 3, "inputs": []}})
    {'kind': 'model', 'metadata': {'key': 'm'}, 'spec': {'size': 3}}
    """
    entry: dict[str, Any] = {"kind": artifact.get("kind", "artifact")}
    for section, fields in _LINKED.items():
        held = artifact.get(section) or {}
        kept = {field: held[field] for field in fields if field in held}
        if section == "spec" and "columns" not in kept and isinstance(held.get("header"), list):
            kept["columns"] = len(held["header"])
        if kept:
            entry[section] = kept
    if artifact.get(UNLISTED):
        entry[UNLISTED] = True
    return entry


class ArtifactRecord(Record):
    """The document of one version of an artifact."""

    kind: str = "artifact"
    metadata: ArtifactMetadata = msgspec.field(default_factory=ArtifactMetadata)
    spec: ArtifactSpec = msgspec.field(default_factory=ArtifactSpec)
    status: ArtifactStatus = msgspec.field(default_factory=ArtifactStatus)
