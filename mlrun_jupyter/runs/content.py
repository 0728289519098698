"""What an artifact holds, in a form that a front end can show: a page of a table, text, an image, a listing.

Nothing here runs or trusts what it reads: HTML and drawings are handed over as text, and it is the front end's duty to
show them in a closed frame only.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec

from mlrun_jupyter import datastore
from mlrun_jupyter.datastore import DataItem
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import DataError, MlrunError, NotFoundError
from mlrun_jupyter.views.format import Cell
from mlrun_jupyter.views.table import column_cells

MAX_BYTES: Final = 4_000_000
"""Bytes of an image, a page or a drawing that are handed over."""
MAX_TEXT: Final = 500_000
"""Characters of a text."""
MAX_ROWS: Final = 200
MAX_COLUMNS: Final = 100
MAX_FILES: Final = 1_000
_TABLES: Final = {".csv", ".tsv", ".parquet", ".pq", ".feather", ".arrow", ".jsonl"}
_IMAGES: Final = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif", ".webp": "webp", ".bmp": "bmp"}
_LANGUAGES: Final = {
    ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".py": "python", ".md": "markdown", ".sql": "sql", ".toml": "toml",
    ".txt": "text", ".log": "log", ".xml": "xml", ".ini": "ini", ".cfg": "ini", ".sh": "shell", ".tex": "tex",
}  # fmt: skip


class Content(msgspec.Struct, omit_defaults=True):
    """``form`` is ``table``, ``text``, ``image``, ``html``, ``svg``, ``vega``, ``plotly``, ``folder``, ``binary`` or
    ``missing``. ``media`` is an image's type, ``data`` its bytes in base64, ``text`` a text, page, drawing or
    specification. ``cut``: there is more than is here. ``note`` says what the reader should know."""

    form: str
    media: str = ""
    language: str = ""
    text: str = ""
    data: str = ""
    header: list[str] = []
    rows: list[list[Cell]] = []
    offset: int = 0
    total: int | None = None
    more_columns: int = 0
    files: list[str] = []
    size: int | None = None
    cut: bool = False
    note: str = ""


def content(
    db: RunDB,
    project: str,
    db_key: str,
    *,
    tag: str = "",
    tree: str = "",
    uid: str = "",
    offset: int = 0,
    rows: int = 50,
) -> Content:
    """The content of one artifact.

    Parameters
    ----------
    offset, rows
        Which rows of a table.

    Raises
    ------
    NotFoundError
        No such artifact. Data that is gone is no error, but a content of the form ``missing``.
    """
    record = db.read_artifact(project, db_key, tag=tag, tree=tree, uid=uid)
    target = record.spec.target_path or record.spec.src_path
    if not target and record.spec.inline is None:
        return Content("missing", note="the record names no data")
    try:
        item = datastore.resolve(
            datastore.store_uri(record) if record.spec.inline is not None and not target else target,
            key=record.metadata.key,
            db=db,
        )
        return of(item, kind=record.kind, format=record.spec.format, offset=offset, rows=rows)
    except NotFoundError:
        return Content("missing", note=f"nothing is at {target}")
    except MlrunError as error:
        return Content("missing", note=str(error))


def of(item: DataItem, *, kind: str = "", format: str = "", offset: int = 0, rows: int = 50) -> Content:
    """The content of a piece of data."""
    if kind == "dir" or item.url.endswith("/"):
        return _folder(item)
    suffix = item.suffix.lower() or (f".{format.lower()}" if format else "")
    size = item.stat().size
    if suffix in _TABLES or (kind in ("dataset", "table") and not suffix):
        return _table(item, size, format=format, offset=max(0, offset), rows=max(1, min(rows, MAX_ROWS)))
    if suffix in _IMAGES:
        return _image(item, size, _IMAGES[suffix])
    if suffix in (".html", ".htm", ".svg"):
        return _page(item, size, "svg" if suffix == ".svg" else "html")
    return _text(item, size, suffix)


def _folder(item: DataItem) -> Content:
    files = item.listdir()
    return Content(
        "folder", files=[str(each) for each in files[:MAX_FILES]], total=len(files), cut=len(files) > MAX_FILES
    )


def _image(item: DataItem, size: int | None, media: str) -> Content:
    if size is not None and size > MAX_BYTES:
        return Content("binary", size=size, note="the image is too large to be shown here")
    return Content("image", media=f"image/{media}", data=base64.b64encode(item.get(MAX_BYTES)).decode(), size=size)


def _page(item: DataItem, size: int | None, form: str) -> Content:
    body = item.get(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        return Content("binary", size=size, note="the page is too large to be shown here")
    return Content(form, text=body.decode("utf-8", "replace"), size=size)


def _text(item: DataItem, size: int | None, suffix: str) -> Content:
    body = item.get(MAX_TEXT * 4)
    if b"\0" in body[:8_000]:
        return Content("binary", size=size, note="these bytes are no text")
    text = body.decode("utf-8", "replace")
    cut = len(text) > MAX_TEXT or (size is not None and size > len(body))
    if suffix == ".json" and not cut and (form := _drawing(text)):
        return Content(form, language="json", text=text, size=size)
    return Content("text", language=_LANGUAGES.get(suffix, ""), text=text[:MAX_TEXT], size=size, cut=cut)


def _drawing(text: str) -> str:
    """``vega`` or ``plotly`` when the JSON is a chart's specification."""
    head = text[:4_000]
    if '"$schema"' in head and "vega" in head:
        return "vega"
    return "plotly" if '"data"' in head and '"layout"' in text else ""


def _table(item: DataItem, size: int | None, *, format: str, offset: int, rows: int) -> Content:
    try:
        header, columns, total = _read(item, format, offset, rows)
    except DataError as error:
        found = _text(item, size, PurePosixPath(item.url).suffix)
        found.note = str(error)
        return found
    shown = [column_cells(values) for values in columns[:MAX_COLUMNS]]
    amount = len(shown[0]) if shown else 0
    return Content(
        "table",
        header=[str(name)[:200] for name in header[:MAX_COLUMNS]],
        rows=[[column[index] for column in shown] for index in range(amount)],
        offset=offset,
        total=total,
        more_columns=max(0, len(header) - MAX_COLUMNS),
        size=size,
        cut=total is None or total > offset + amount,
    )


def _read(item: DataItem, format: str, offset: int, rows: int) -> tuple[list[str], Sequence[list[Any]], int | None]:
    """Names, columns of the rows asked for, and how many rows there are where that is known without reading all."""
    if item.suffix.lower() in (".parquet", ".pq") or format in ("parquet", "pq"):
        return _read_parquet(item, offset, rows)
    limit = offset + rows + 1
    options: dict[str, Any] = {"nrows": limit} if item.suffix.lower() in (".csv", ".tsv") else {}
    frame = item.as_df(format=format, **options)
    total = len(frame) if not options or len(frame) < limit else None
    page = frame.iloc[offset : offset + rows]
    return (
        [str(name) for name in frame.columns],
        [_plain(page.iloc[:, i].tolist()) for i in range(page.shape[1])],
        total,
    )


def _read_parquet(item: DataItem, offset: int, rows: int) -> tuple[list[str], Sequence[list[Any]], int | None]:
    import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
    import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

    try:
        with item.open("rb") as file:
            source = pq.ParquetFile(file)
            names = source.schema_arrow.names
            wanted, before, parts = names[:MAX_COLUMNS], 0, []
            for group in range(source.num_row_groups):
                length = source.metadata.row_group(group).num_rows
                if before + length > offset and before < offset + rows:
                    part = source.read_row_group(group, columns=wanted)
                    parts.append(part.slice(max(0, offset - before), offset + rows - max(before, offset)))
                before += length
            total = source.metadata.num_rows
            page = pa.concat_tables(parts) if parts else source.schema_arrow.empty_table().select(wanted)
    except pa.ArrowException as error:
        raise DataError("the file is no Parquet", where=item.url, hint=str(error)[:200]) from None
    return names, [_plain(column.to_pylist()) for column in page.columns], total


def _plain(values: list[Any]) -> list[Any]:
    """Numbers and texts as they are, everything else as its text."""
    return [each if each is None or isinstance(each, (bool, int, float, str)) else str(each) for each in values]
