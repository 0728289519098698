"""A list of artifacts."""

from __future__ import annotations

from collections.abc import Sequence

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.artifact import record_item, tail
from mlrun_jupyter.views.format import Cell
from mlrun_jupyter.views.table import ROWS, Column, Row, TableView, fill, text_cell


def artifacts_view(artifacts: Sequence[ArtifactRecord], *, limit: int = ROWS) -> TableView:
    """The table of artifacts, in the order given; see :func:`mlrun_jupyter.views.runs.runs_view`."""
    shown = list(artifacts[: max(0, limit)])
    items = [record_item(record) for record in shown]
    view = TableView(kind="artifacts", title=format.count(len(artifacts), "artifact"), total=len(artifacts))
    view.rows = [
        Row(
            {"project": each.project, "key": each.key, "db_key": each.db_key, "uid": each.uid, "iter": each.iteration},
            [],
        )
        for each in items
    ]
    labels = [", ".join(f"{key}={value}" for key, value in each.metadata.labels.items()) for each in shown]
    fill(
        view,
        [
            (Column("key", "key"), [text_cell(each.key) for each in items]),
            (Column("kind", "kind"), [text_cell(each.kind or "artifact") for each in items]),
            (Column("iter", "iter", numeric=True), [text_cell(str(each.iteration or "")) for each in items]),
            (Column("about", "size", numeric=True), [text_cell(each.about) for each in items]),
            (Column("tag", "tag"), [text_cell(each.tag) for each in items]),
            (Column("hash", "hash"), [short(each.hash) for each in items]),
            (Column("updated", "updated"), [text_cell(format.when(each.metadata.updated)) for each in shown]),
            (Column("producer", "producer"), [text_cell(_producer(each)) for each in shown]),
            (Column("path", "path"), [_path(each.path) for each in items]),
            (Column("labels", "labels"), [text_cell(each) for each in labels]),
        ],
    )
    return view


def short(hash: str) -> Cell:
    return Cell(format.cut(hash[:8]), hash[:128], "text", format.cut(hash, 128)) if hash else Cell("", None, "null")


def _path(path: str) -> Cell:
    found = text_cell(path)
    shown = tail(path, 40)
    return Cell(shown, found.value, "text", path if shown != path else "", found.cut) if path else found


def _producer(record: ArtifactRecord) -> str:
    producer = record.spec.producer
    return str(producer.get("name") or producer.get("uri") or "")
