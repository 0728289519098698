"""A project: the drawer in which runs, artifacts and functions are kept."""

from __future__ import annotations

from typing import Any

import msgspec

from mlrun_jupyter.model.record import Record


class ProjectMetadata(Record):
    name: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    created: str = ""


class ProjectSpec(Record):
    description: str = ""
    params: dict[str, Any] = {}
    artifact_path: str = ""


class ProjectRecord(Record):
    kind: str = "project"
    metadata: ProjectMetadata = msgspec.field(default_factory=ProjectMetadata)
    spec: ProjectSpec = msgspec.field(default_factory=ProjectSpec)
