"""Artifacts and functions as rows of a page, and a function in detail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.artifact import ArtifactItem, record_item
from mlrun_jupyter.views.base import Entry, Section, section
from mlrun_jupyter.views.format import Cell, cell

MAX_METRICS: Final = 4
MAX_LINES: Final = 4_000
"""Lines of code that a function's page carries."""


class ArtifactSummary(ArtifactItem, omit_defaults=True):
    """A version of an artifact in a list. ``updated`` is ISO 8601; ``run`` is the uid of the run that made it, with its
    name in ``producer``; ``metrics`` are a model's; ``tags`` all that point at it, where they were asked for."""

    updated: str = ""
    run: str = ""
    producer: str = ""
    format: str = ""
    framework: str = ""
    description: str = ""
    metrics: list[Entry] = []
    labels: list[str] = []
    tags: list[str] = []


class ArtifactPage(msgspec.Struct):
    """Rows, and the token that the next page starts ``after`` (empty at the end); ``more`` versions are older than those here."""

    rows: list[ArtifactSummary] = []
    after: str = ""
    more: int = 0


class FunctionSummary(msgspec.Struct, omit_defaults=True):
    """A version of a function in a list; ``updated`` is ISO 8601."""

    project: str
    name: str
    hash: str = ""
    tag: str = ""
    kind: str = ""
    state: str = ""
    image: str = ""
    handlers: list[str] = []
    updated: str = ""
    description: str = ""
    labels: list[str] = []


class FunctionPage(msgspec.Struct):
    """Rows, and the token that the next page starts ``after`` (empty at the end)."""

    rows: list[FunctionSummary] = []
    after: str = ""


class HandlerView(msgspec.Struct, omit_defaults=True):
    """A handler of a function: its name, what it says about itself, and its parameters as they are written."""

    name: str
    doc: str = ""
    parameters: list[str] = []
    line: int = 0


class FunctionView(msgspec.Struct):
    """A version of a function; ``versions`` are all that the store keeps, the newest first. ``code`` has at most 4,000
    of its ``lines``."""

    item: FunctionSummary
    versions: list[FunctionSummary] = []
    handlers: list[HandlerView] = []
    facts: Section = msgspec.field(default_factory=Section)
    requirements: list[str] = []
    code: str = ""
    lines: int = 0


class FieldChange(msgspec.Struct):
    """A field that differs between two versions; an empty cell where one has none."""

    name: str
    old: Cell
    new: Cell


class FunctionChange(msgspec.Struct):
    """What differs between two versions of a function: ``code`` is a unified diff, empty when the code is the same."""

    old: FunctionSummary
    new: FunctionSummary
    code: str = ""
    fields: list[FieldChange] = []


def artifact_summary(record: ArtifactRecord, *, tags: Sequence[str] = ()) -> ArtifactSummary:
    """One row.

    Example
    -------
    >>> record = ArtifactRecord.from_dict({"kind": "model", "metadata": {"key": "m"}, "spec": {"metrics": {"auc": 0.9}}})
    >>> [(each.name, each.cell.text) for each in artifact_summary(record).metrics]
    [('auc', '0.9')]
    """
    item = record_item(record)
    producer = record.spec.producer
    more = record.spec.extra
    metrics = more.get("metrics")
    known = {name: getattr(item, name) for name in ArtifactItem.__struct_fields__}
    return ArtifactSummary(
        **known,
        updated=record.metadata.updated,
        run=record.metadata.tree,
        producer=format.cut(str(producer.get("name") or ""), 80),
        format=format.cut(record.spec.format, 20),
        framework=format.cut(str(more.get("framework") or ""), 24),
        description=format.cut(record.metadata.description, 200),
        metrics=[
            Entry(format.cut(str(name), 40), cell(value, limit=24))
            for name, value in list(metrics.items())[:MAX_METRICS]
        ]
        if isinstance(metrics, dict)
        else [],
        labels=_labels(record.metadata.labels),
        tags=list(tags) or ([item.tag] if item.tag else []),
    )


def function_summary(record: FunctionRecord, *, tag: str = "") -> FunctionSummary:
    """One row."""
    metadata, spec = record.metadata, record.spec
    handlers = list(spec.entry_points) or ([spec.default_handler] if spec.default_handler else [])
    return FunctionSummary(
        project=metadata.project,
        name=metadata.name,
        hash=metadata.hash or record.content_hash(),
        tag=tag or metadata.tag,
        kind=format.cut(record.kind or "local", 24),
        state=record.status.state,
        image=format.cut(spec.image or spec.build.image or spec.build.base_image, 80),
        handlers=[format.cut(str(name), 60) for name in handlers[:20]],
        updated=metadata.updated,
        description=format.cut(spec.description, 200),
        labels=_labels(metadata.labels),
    )


def function_view(record: FunctionRecord, *, code: str, versions: Sequence[FunctionSummary]) -> FunctionView:
    """A version of a function with its code."""
    spec = record.spec
    lines = code.splitlines()
    facts = {
        "kind": record.kind or "local",
        "default handler": spec.default_handler,
        "image": spec.image or spec.build.image,
        "base image": spec.build.base_image,
        "command": spec.command,
        "from": spec.build.code_origin or spec.build.origin_filename,
        "build commands": spec.build.commands,
    }
    return FunctionView(
        item=function_summary(record),
        versions=list(versions),
        handlers=[_handler(name, told) for name, told in list(spec.entry_points.items())[:50]],
        facts=section({name: value for name, value in facts.items() if value}),
        requirements=[format.cut(str(each), 120) for each in spec.build.requirements[:200]],
        code="\n".join(lines[:MAX_LINES]),
        lines=len(lines),
    )


def function_change(
    old: FunctionSummary, new: FunctionSummary, *, code: str, fields: dict[str, tuple[Any, Any]]
) -> FunctionChange:
    """What differs, as it is shown."""
    changed = [FieldChange(name[:200], _cell(before), _cell(after)) for name, (before, after) in fields.items()]
    return FunctionChange(old, new, code, changed[:200])


def _cell(value: Any) -> Cell:
    return Cell("", None, "null") if value is None else cell(value, limit=80)


def _handler(name: str, told: dict[str, Any]) -> HandlerView:
    found = HandlerView(format.cut(str(name), 80), format.cut(str(told.get("doc") or ""), 400))
    line = told.get("lineno")
    found.line = line if isinstance(line, int) and not isinstance(line, bool) else 0
    parameters = told.get("parameters")
    for each in parameters[:50] if isinstance(parameters, list) else []:
        if isinstance(each, dict) and each.get("name"):
            kind = f": {each['type']}" if each.get("type") else ""
            default = f" = {cell(each['default'], limit=24).text}" if each.get("default") is not None else ""
            found.parameters.append(format.cut(f"{each['name']}{kind}{default}", 80))
    return found


def _labels(labels: dict[str, str]) -> list[str]:
    return [format.cut(f"{key}={value}", 60) for key, value in list(labels.items())[:8]]
