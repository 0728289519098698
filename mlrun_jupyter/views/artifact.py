"""Artifacts and inputs as items of a run's card."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.base import MAX_ENTRIES

_TABULAR = (".csv", ".parquet", ".pq", ".tsv", ".feather", ".arrow", ".jsonl")


class ArtifactItem(msgspec.Struct, omit_defaults=True):
    """An artifact or input in a list; ``about`` is what is worth knowing on one line (shape and size)."""

    key: str
    kind: str = ""
    about: str = ""
    path: str = ""
    size: int | None = None
    rows: int | None = None
    columns: int | None = None
    hash: str = ""
    tag: str = ""
    uid: str = ""
    project: str = ""
    db_key: str = ""
    iteration: int = 0


class Artifacts(msgspec.Struct):
    """Items in the order they were logged; ``more`` were left out."""

    items: list[ArtifactItem] = []
    more: int = 0


def artifacts(documents: list[dict[str, Any]]) -> Artifacts:
    """The items of ``status.artifacts``: full documents, or the flat ones of older records."""
    items = [artifact_item(document) for document in documents[:MAX_ENTRIES]]
    return Artifacts(items, len(documents) - len(items))


def artifact_item(document: dict[str, Any]) -> ArtifactItem:
    """The item of an artifact's document; fields that do not fit are left out, nothing is raised."""
    metadata, spec = _dict(document, "metadata"), _dict(document, "spec")
    either = {**document, **spec, **metadata} if metadata or spec else document
    shape = _shape(either)
    key = _text(either, "key") or _text(either, "db_key")
    amount = either.get("size")
    item = ArtifactItem(
        key=key,
        kind=_text(document, "kind"),
        path=_text(either, "target_path") or _text(either, "src_path"),
        size=amount if isinstance(amount, int) and not isinstance(amount, bool) else None,
        rows=shape[0],
        columns=shape[1],
        hash=_text(metadata or document, "hash"),
        tag=_text(either, "tag"),
        uid=_text(metadata, "uid"),
        project=_text(either, "project"),
        db_key=_text(either, "db_key"),
        iteration=either["iter"] if isinstance(either.get("iter"), int) else 0,
    )
    item.about = _about(item, either)
    return item


def record_item(record: ArtifactRecord) -> ArtifactItem:
    """The item of an artifact's record."""
    return artifact_item(record.to_dict())


def inputs(values: dict[str, Any]) -> Artifacts:
    """The items of ``spec.inputs``: name to a path, a list of them, or a document."""
    items = [_input(str(key), value) for key, value in list(values.items())[:MAX_ENTRIES]]
    return Artifacts(items, len(values) - len(items))


def _input(key: str, value: Any) -> ArtifactItem:
    if isinstance(value, dict):
        item = artifact_item({**value, "key": key})
        item.path = item.path or _text(value, "path") or _text(value, "url")
    else:
        item = ArtifactItem(key=key, path=_text({"path": value}, "path"))
    item.kind = item.kind or ("dataset" if item.path.lower().endswith(_TABULAR) else "")
    item.about = item.about or tail(item.path)
    return item


def tail(path: str, limit: int = 32) -> str:
    """The end of a path, which tells more than its start.

    Example
    -------
    >>> tail("/home/ann/projects/iris/data/raw/2026/iris.csv")
    '…/iris/data/raw/2026/iris.csv'
    """
    shown = format.cut(path, 400)
    if len(shown) <= limit:
        return shown
    parts = re.split(r"(?<=[/\\])", shown)
    kept = parts.pop()
    while parts and len(kept) + len(parts[-1]) < limit - 1:
        kept = parts.pop() + kept
    return "…/" + kept if len(kept) < limit - 1 else "…" + kept[-(limit - 1) :]


def _about(item: ArtifactItem, document: dict[str, Any]) -> str:
    shape = ""
    if item.rows is not None:
        shape = (
            f"{item.rows:,} {format.TIMES} {item.columns:,}"
            if item.columns is not None
            else format.count(item.rows, "row")
        )
    framework = format.cut(_text(document, "framework"), 20)
    kind = item.kind if item.kind in ("chart", "plot", "dir", "link", "plotly") else ""
    amount = format.size(item.size) if item.size is not None else ""
    return " · ".join(part for part in (shape, framework, amount or (kind if not shape else "")) if part)


def _shape(document: dict[str, Any]) -> tuple[int | None, int | None]:
    rows = document.get("length")
    header = document.get("header")
    told = document.get("columns")
    columns = len(header) if isinstance(header, list) else told if isinstance(told, int) else None
    if columns is None:
        fields = _dict(document, "schema").get("fields")
        columns = len(fields) if isinstance(fields, list) else None
    return (rows if isinstance(rows, int) and not isinstance(rows, bool) else None), columns


def _dict(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _text(document: dict[str, Any], name: str) -> str:
    found = document.get(name)
    return found[:12_000] if isinstance(found, str) else "" if found is None else str(found)[:12_000]
