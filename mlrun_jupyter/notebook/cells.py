"""Notebooks as they come: documents of nbformat 2 to 4, or a live list of cells. One plain form out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from mlrun_jupyter.errors import ConversionError
from mlrun_jupyter.notebook.diagnostics import Diagnostic

PYTHON: Final = frozenset({"", "python", "python2", "python3", "ipython", "ipython3"})


class Cell(msgspec.Struct, kw_only=True):
    """A cell: ``index`` counts all cells from 1; ``line`` is where its source starts in a ``.py`` file, else 0."""

    index: int
    id: str
    kind: str
    source: str
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = {}
    language: str = ""
    line: int = 0

    def place(self, line: int) -> tuple[int, int]:
        """(cell, line) of a line of the source, for people: a ``.py`` file is told by its own lines, without a cell."""
        return (0, self.line - 1 + line) if self.line else (self.index, line)


class Notebook(msgspec.Struct, kw_only=True):
    """Cells and where they came from.

    Parameters
    ----------
    name
        The file's name without its folder; empty for cells that were never saved.
    path
        The file as it was given.
    language
        What the kernel speaks, in lower case; empty when the notebook does not say.
    plain
        A ``.py`` file without cells: one cell that is the whole file.
    """

    cells: list[Cell]
    name: str = ""
    path: str = ""
    language: str = ""
    plain: bool = False

    @property
    def code_cells(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]


class _CellJSON(msgspec.Struct):
    cell_type: str = "code"
    id: Any = ""
    source: list[str] | str | None = None
    input: list[str] | str | None = None  # code of nbformat 2 and 3
    language: Any = ""
    metadata: dict[str, Any] | None = None


class _WorksheetJSON(msgspec.Struct):
    cells: list[_CellJSON] = []


class _NotebookJSON(msgspec.Struct):
    cells: list[_CellJSON] | None = None
    worksheets: list[_WorksheetJSON] | None = None
    metadata: dict[str, Any] | None = None
    nbformat: Any = None


_decoder = msgspec.json.Decoder(_NotebookJSON)


def parse_ipynb(data: bytes | str, *, name: str = "", path: str = "") -> Notebook:
    """The notebook in the bytes of an ``.ipynb`` file. Outputs are skipped, not read.

    Raises :class:`ConversionError` for bytes that are no notebook, with the place in the file where there is one.
    """
    return _checked(_document(data, name), name=name, path=path)


def _checked(document: _NotebookJSON, *, name: str, path: str) -> Notebook:
    if document.cells is None and document.worksheets is None:
        raise broken("no notebook: it has no cells", name, hint="nbformat 2 to 4 keep them in 'cells' or 'worksheets'")
    version = document.nbformat
    known = 4 if document.cells is not None else 3
    if version is not None and (not isinstance(version, int) or isinstance(version, bool) or not 2 <= version <= 4):
        raise broken(
            f"nbformat {version!r} cannot be read", name, hint="2, 3 and 4 can; open it in Jupyter and save it"
        )
    if version is not None and (version == 4) != (known == 4):
        raise broken(f"the cells are not where nbformat {version} keeps them", name, hint="save it again in Jupyter")
    cells = document.cells if document.cells is not None else [c for w in document.worksheets or [] for c in w.cells]
    return _build(cells, document.metadata or {}, name=name, path=path)


def from_cells(cells: Iterable[str | Mapping[str, Any]], *, name: str = "", path: str = "") -> Notebook:
    """A notebook from a live list: sources of code cells, or cells as nbformat 4 has them.

    Example
    -------
    >>> from_cells(["x = 1", {"cell_type": "markdown", "source": "text"}]).code_cells[0].source
    'x = 1'
    """
    plain = [{"cell_type": "code", "source": cell} if isinstance(cell, str) else dict(cell) for cell in cells]
    try:
        return _build(msgspec.convert(plain, list[_CellJSON]), {}, name=name, path=path)
    except msgspec.ValidationError as error:
        raise broken(f"not a list of cells: {error}", name) from None


def from_mapping(document: Mapping[str, Any], *, name: str = "", path: str = "") -> Notebook:
    """A notebook from its document in memory (an ``nbformat`` node is one), any version.

    Raises :class:`ConversionError` as :func:`parse_ipynb` does.
    """
    try:
        return _checked(msgspec.convert(document, _NotebookJSON), name=name, path=path)
    except msgspec.ValidationError as error:
        raise broken(f"not a notebook: {error}", name) from None


def _build(cells: list[_CellJSON], metadata: dict[str, Any], *, name: str, path: str) -> Notebook:
    found: list[Cell] = []
    ids: set[str] = set()
    for index, cell in enumerate(cells, 1):
        source = cell.input if cell.source is None else cell.source
        text = source if isinstance(source, str) else "".join(source or ())
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        meta = cell.metadata or {}
        tags = meta.get("tags") if meta else None
        identity = cell.id if cell.id and isinstance(cell.id, str) and cell.id not in ids else _identity(text, ids)
        ids.add(identity)
        found.append(
            Cell(
                index=index,
                id=identity,
                kind=cell.cell_type,
                source=text,
                tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
                metadata=meta,
                language=_cell_language(cell, meta),
            )
        )
    return Notebook(cells=found, name=name, path=path, language=_language(metadata))


def _identity(text: str, taken: set[str]) -> str:
    """An id for a cell that has none: of its text, so it is the same after another cell is put before it."""
    digest = hashlib.sha1(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()[:8]
    number = 1
    identity = digest
    while identity in taken:
        number += 1
        identity = f"{digest}-{number}"
    return identity


def _language(metadata: dict[str, Any]) -> str:
    """The kernel's language: what it says itself before what its kernelspec says."""
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        value = metadata.get(section)
        language = value.get(key) if isinstance(value, dict) else None
        if language and isinstance(language, str):
            return language.lower()
    return ""


def _cell_language(cell: _CellJSON, metadata: dict[str, Any]) -> str:
    """The language of one cell where an editor lets cells differ (VS Code), or nbformat 3 says so."""
    editor = metadata.get("vscode") if metadata else None
    language = editor.get("languageId") if isinstance(editor, dict) else cell.language
    return language.lower() if isinstance(language, str) else ""


def _document(data: bytes | str, name: str) -> _NotebookJSON:
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise broken(f"not a notebook: {error}", name) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _lenient(data, name)


def _lenient(data: bytes | str, name: str) -> _NotebookJSON:
    """Python's own reader takes what it writes itself (NaN in outputs, a byte order mark), and says where JSON breaks."""
    text = utf8(data, name) if isinstance(data, bytes) else data.removeprefix("\ufeff")
    if not text.strip():
        raise broken("the file is empty", name)
    try:
        return msgspec.convert(json.loads(text), _NotebookJSON)
    except json.JSONDecodeError as error:
        raise broken(
            f"not valid JSON: {error.msg} in column {error.colno}",
            name,
            line=error.lineno,
            hint=_why(text),
        ) from None
    except msgspec.ValidationError as error:
        raise broken(f"not a notebook: {error}", name) from None
    except (RecursionError, ValueError) as error:
        raise broken(f"not valid JSON: {type(error).__name__}", name) from None


def _why(text: str) -> str:
    if "<<<<<<<" in text and ">>>>>>>" in text:
        return "it holds the marks of a merge conflict: resolve it first"
    if text.lstrip().startswith(("#", "import", "def ", "from ")):
        return "it looks like Python: name it .py"
    return "open it in Jupyter, or restore it from a checkpoint"


def utf8(data: bytes, name: str) -> str:
    """UTF-8 text, without a byte order mark. Raises :class:`ConversionError` with the line that is none."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise broken("not UTF-8 text", name, line=line, hint="save the file as UTF-8") from None


def broken(message: str, name: str, *, line: int = 0, hint: str = "") -> ConversionError:
    """The error for a file that is no notebook; the caller raises it."""
    found = Diagnostic(code="broken-notebook", message=message, severity="error", line=line, hint=hint)
    where = " ".join(part for part in (name or "notebook", f"line {line}" if line else "") if part)
    return ConversionError(message, diagnostics=[found], where=where, hint=hint)
