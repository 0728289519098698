"""What an artifact holds, in a form that a front end can show: a page of a table, text, an image, a listing.

Nothing here runs or trusts what it reads: HTML and drawings are handed over as text, and it is the front end's duty to
show them in a closed frame only.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final, NamedTuple

import msgspec

from mlrun_jupyter import datastore
from mlrun_jupyter.datastore import DataItem
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import DataError, InvalidArgumentError, MlrunError, NotFoundError, UnsafeError
from mlrun_jupyter.runs import rows
from mlrun_jupyter.safety.paths import components
from mlrun_jupyter.views.format import Cell
from mlrun_jupyter.views.table import column_cells

MAX_BYTES: Final = 4_000_000
"""Bytes of an image that are handed over."""
MAX_PAGE: Final = 16_000_000
"""Bytes of a page or a drawing: an interactive figure brings its library along."""
MAX_TEXT: Final = 500_000
"""Characters of a text."""
MAX_FILES: Final = 1_000
ENTRY_POINTS: Final = "mlrun_jupyter.viewers"
_TABLES: Final = {".csv", ".tsv", ".parquet", ".pq", ".feather", ".arrow", ".jsonl"}
_SPEC: Final = re.compile(r'<script type="application/vnd\.vegalite\.v\d\+json" id="spec">(\{[^<]*\})</script>')
_IMAGES: Final = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif", ".webp": "webp", ".bmp": "bmp"}
_LANGUAGES: Final = {
    ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".py": "python", ".md": "markdown", ".sql": "sql", ".toml": "toml",
    ".txt": "text", ".log": "log", ".xml": "xml", ".ini": "ini", ".cfg": "ini", ".sh": "shell", ".tex": "tex",
}  # fmt: skip


class Content(msgspec.Struct, omit_defaults=True):
    """``form`` is ``table``, ``text``, ``image``, ``html``, ``svg``, ``vega``, ``plotly``, ``folder``, ``binary`` or
    ``missing``. ``media`` is an image's type, ``data`` its bytes in base64, ``text`` a text, page, drawing or
    specification. Rows of a table begin at ``offset`` of ``total``; ``numbers`` are their places in the file where they were
    chosen or put in order; its columns begin at ``first`` of ``width``. ``cut``: there is more than is here. ``note`` says what
    the reader should know."""

    form: str
    media: str = ""
    language: str = ""
    text: str = ""
    data: str = ""
    header: list[str] = []
    rows: list[list[Cell]] = []
    offset: int = 0
    numbers: list[int] = []
    total: int | None = None
    first: int = 0
    width: int = 0
    more_columns: int = 0
    files: list[str] = []
    size: int | None = None
    cut: bool = False
    note: str = ""


class Shown(NamedTuple):
    """What a viewer is told beside the data: the artifact's kind and format, and which rows of a table are wanted."""

    kind: str = ""
    format: str = ""
    rows: rows.RowsAsked = rows.RowsAsked()


Viewer = Callable[[DataItem, Shown], Content]


def content(
    db: RunDB,
    project: str,
    db_key: str,
    given: Mapping[str, str] | None = None,
    *,
    tag: str = "",
    tree: str = "",
    uid: str = "",
) -> Content:
    """The content of one artifact.

    Parameters
    ----------
    given
        The arguments of a request: the part of a table (:func:`mlrun_jupyter.runs.rows.asked`), and ``file``, the path of
        a file in a folder.

    Raises
    ------
    NotFoundError
        No such artifact. Data that is gone is no error, but a content of the form ``missing``.
    InvalidArgumentError
        Arguments that cannot be read.
    """
    given = given or {}
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
    except MlrunError as error:  # what the record says of its place, not what is asked
        return Content("missing", note=str(error))
    try:
        return within(item, record.kind, record.spec.format, given)
    except (InvalidArgumentError, UnsafeError):
        raise
    except NotFoundError as error:
        return Content("missing", note=str(error) if given.get("file") else f"nothing is at {target}")
    except MlrunError as error:
        return Content("missing", note=str(error))


def within(item: DataItem, kind: str, format: str, given: Mapping[str, str]) -> Content:
    """The content of a piece of data, or of the ``file`` in it that is asked for."""
    shown = Shown(kind, format, rows.asked(given))
    if not (file := given.get("file", "")):
        return of(item, shown)
    below = "/".join(components(file))
    if below not in item.listdir():
        raise NotFoundError("no such file in this artifact", where=below[:200])
    return of(DataItem(item.store, f"{item.url.rstrip('/')}/{below}", key=below), shown._replace(kind="", format=""))


def of(item: DataItem, shown: Shown) -> Content:
    """The content of a piece of data, by the viewer of its kind or of its file's ending.

    A package adds viewers through the entry points ``mlrun_jupyter.viewers``: named for a kind (``dataset``) or an ending
    (``.nii``), each a function that is given the data and what it is, and gives a :class:`Content`. One that fails is told
    about, and the built-in viewer is used.
    """
    suffix = item.suffix.lower()
    note = ""
    if added := _added(shown.kind, suffix):
        try:
            found = added.load()(item, shown)
            if not isinstance(found, Content):
                raise TypeError(f"it gave a {type(found).__name__}, no Content")
            return found
        except MlrunError:
            raise
        except Exception as error:  # code of somebody else's, which is told about and must not take the card with it
            note = f"the viewer of {shown.kind or suffix} failed: {type(error).__name__}: {error}"[:300]
    found = _viewer(item, shown)(item, shown)
    found.note = "; ".join(filter(None, (note, found.note)))
    return found


def _viewer(item: DataItem, shown: Shown) -> Viewer:
    if shown.kind in ("dir", "model") or item.url.endswith("/"):
        return _folder
    ending = item.suffix.lower() or (f".{shown.format.lower()}" if shown.format else "")
    table = ending in _TABLES or (shown.kind in ("dataset", "table") and not ending)
    return _table if table else VIEWERS.get(ending, _text)


@cache
def _entry_points() -> dict[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=ENTRY_POINTS)}


def _added(kind: str, suffix: str) -> EntryPoint | None:
    known = _entry_points()
    return known.get(kind) or known.get(suffix)


def _folder(item: DataItem, _shown: Shown) -> Content:
    files = item.listdir()
    return Content(
        "folder", files=[str(each) for each in files[:MAX_FILES]], total=len(files), cut=len(files) > MAX_FILES
    )


def _image(item: DataItem, _shown: Shown) -> Content:
    size, media = item.stat().size, _IMAGES[item.suffix.lower()]
    if size > MAX_BYTES:
        return Content("binary", size=size, note="the image is too large to be shown here")
    return Content("image", media=f"image/{media}", data=base64.b64encode(item.get(MAX_BYTES)).decode(), size=size)


def _page(item: DataItem, shown: Shown) -> Content:
    body = item.get(MAX_PAGE + 1)
    if len(body) > MAX_PAGE:
        return Content("binary", size=item.stat().size, note="the page is too large to be shown here")
    text = body.decode("utf-8", "replace")
    if item.suffix.lower() == ".svg":
        return Content("svg", text=text, size=len(body))
    if shown.kind == "plotly" and (document := _undrawn(text)):
        return Content("vega", language="json", text=document, size=len(body))
    return Content("html", text=text, size=len(body))


def _undrawn(page: str) -> str:
    """The Vega-Lite document of a page that was kept without the library to draw it."""
    found = _SPEC.search(page) if len(page) <= MAX_BYTES else None
    return found[1] if found and "<svg" not in page else ""


def _text(item: DataItem, _shown: Shown) -> Content:
    size, suffix = item.stat().size, item.suffix.lower()
    body = item.get(MAX_TEXT * 4)
    if b"\0" in body[:8_000]:
        return Content("binary", size=size, note="these bytes are no text")
    text = body.decode("utf-8", "replace")
    whole = size <= len(body)
    if suffix == ".json" and whole and (form := _drawing(text)):
        return Content(form, language="json", text=text, size=size)
    cut = len(text) > MAX_TEXT or not whole
    return Content("text", language=_LANGUAGES.get(suffix, ""), text=text[:MAX_TEXT], size=size, cut=cut)


VIEWERS: Final[dict[str, Viewer]] = {
    **dict.fromkeys(_IMAGES, _image), ".html": _page, ".htm": _page, ".svg": _page,
}  # fmt: skip
"""The built-in viewers by ending; tables and folders are told by more than that, and what nobody knows is text or bytes."""


def _drawing(text: str) -> str:
    """``vega`` or ``plotly`` when the JSON is a chart's specification."""
    head = text[:4_000]
    if '"$schema"' in head and "vega" in head:
        return "vega"
    return "plotly" if '"data"' in head and '"layout"' in text else ""


def _table(item: DataItem, shown: Shown) -> Content:
    try:
        read = rows.read(item, shown.rows, format=shown.format)
    except DataError as error:
        found = _text(item, shown)
        found.note = str(error)
        return found
    cells = [column_cells(values) for values in read.columns]
    amount = len(read.numbers)
    return Content(
        "table",
        header=[name[:200] for name in read.shown],
        rows=[[column[index] for column in cells] for index in range(amount)],
        offset=shown.rows.offset,
        numbers=read.numbers if shown.rows.sort or shown.rows.where else [],
        total=read.total,
        first=shown.rows.first,
        width=len(read.names),
        more_columns=max(0, len(read.names) - shown.rows.first - len(read.shown)),
        size=item.stat().size,
        cut=read.total is None or read.total > shown.rows.offset + amount,
    )
