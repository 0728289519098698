"""Pages, code, documents and tables for reading."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mlrun_jupyter.artifacts.base import Artifact
from mlrun_jupyter.artifacts.content import Content, Data, Stream
from mlrun_jupyter.artifacts.preview import rows_of
from mlrun_jupyter.model.artifact import ArtifactRecord


class HTMLArtifact(Artifact):
    """A page; it is shown in a closed frame."""

    kind = "artifact"
    default_suffix = ".html"
    default_viewer = "web-app"

    def content(self) -> Content:
        render = getattr(self.body, "_repr_html_", None)
        return Data(str(render()).encode()) if callable(render) else super().content()

    def describe(self, record: ArtifactRecord) -> None:
        record.spec.format = "html"


class CodeArtifact(Artifact):
    """Source code."""

    kind = "code"
    default_suffix = ".py"
    default_viewer = "text"


class DocumentArtifact(Artifact):
    """A text for readers: Markdown, PDF, plain text."""

    kind = "document"
    default_suffix = ".md"
    default_viewer = "text"


class TableArtifact(Artifact):
    """A small table for reading, kept as CSV.

    Parameters
    ----------
    key
        Its name.
    body
        CSV text, where no ``df`` is given.
    df
        A frame, list of rows or mappings.
    header
        Names of the columns, for a list of rows.
    """

    kind = "table"
    default_suffix = ".csv"
    default_viewer = "table"

    def __init__(
        self,
        key: str = "",
        body: Any = None,
        df: Any = None,
        viewer: str = "",
        visible: bool = True,
        inline: bool = False,
        format: str = "",
        header: Sequence[str] | None = None,
        schema: Any = None,
        *,
        labels: Mapping[str, Any] | None = None,
        local_path: str | os.PathLike[str] = "",
        target_path: str = "",
        **more: Any,
    ) -> None:
        super().__init__(
            key, body, viewer=viewer, format=format, labels=labels, local_path=local_path, target_path=target_path
        )
        self.df = df
        self.visible = visible
        self.inline = inline
        self.header = list(header or [])
        self.schema = schema
        self._table: Any = None
        self.set(**more)

    def content(self) -> Content:
        if self.df is None:
            return super().content()
        from mlrun_jupyter.artifacts.table_files import write_table
        from mlrun_jupyter.artifacts.tables import to_arrow

        table = to_arrow(self.df, where=f"table {self.key!r}").table
        if self.header and len(self.header) == table.num_columns:
            table = table.rename_columns(self.header)
        if hasattr(self.df, "reset_index") and any(name.startswith("__index") for name in table.column_names):
            table = table.select([name for name in table.column_names if not name.startswith("__index")])
        self._table = table
        return Stream(lambda file: write_table(table, file, "csv", {}))

    def describe(self, record: ArtifactRecord) -> None:
        record.spec.format = "csv"
        if self._table is not None:
            record.status.preview = rows_of(self._table, 20)
            record.spec.extra.update({"header": list(self._table.column_names), "length": self._table.num_rows})
        elif self.header:
            record.spec.extra["header"] = [str(each) for each in self.header]
