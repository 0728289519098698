"""A list of functions."""

from __future__ import annotations

from collections.abc import Sequence

from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.artifacts import short
from mlrun_jupyter.views.table import ROWS, Column, Row, TableView, fill, text_cell


def functions_view(functions: Sequence[FunctionRecord], *, limit: int = ROWS) -> TableView:
    """The table of functions, in the order given; see :func:`mlrun_jupyter.views.runs.runs_view`."""
    shown = list(functions[: max(0, limit)])
    view = TableView(kind="functions", title=format.count(len(functions), "function"), total=len(functions))
    view.rows = [
        Row({name: getattr(each.metadata, name) for name in ("project", "name", "tag", "hash")}, [], each.status.state)
        for each in shown
    ]
    handlers = [each.spec.default_handler or ", ".join(each.spec.entry_points) for each in shown]
    images = [each.spec.image or each.spec.build.image or each.spec.build.base_image for each in shown]
    fill(
        view,
        [
            (Column("name", "name"), [text_cell(each.metadata.name) for each in shown]),
            (Column("kind", "kind"), [text_cell(each.kind or "local") for each in shown]),
            (Column("state", "state"), [text_cell(each.status.state) for each in shown]),
            (Column("tag", "tag"), [text_cell(each.metadata.tag) for each in shown]),
            (Column("hash", "hash"), [short(each.metadata.hash) for each in shown]),
            (Column("handler", "handler"), [text_cell(each) for each in handlers]),
            (Column("image", "image"), [text_cell(each) for each in images]),
            (Column("updated", "updated"), [text_cell(format.when(each.metadata.updated)) for each in shown]),
            (Column("description", "description"), [text_cell(each.spec.description) for each in shown]),
        ],
    )
    return view
