"""What is marked in this kernel, from which cells, and what would become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mlrun_magics.book import DEFINES

if TYPE_CHECKING:
    from mlrun_jupyter.notebook.cells import Notebook
    from mlrun_magics.book import Book, Ran
    from mlrun_magics.session import NotebookSession


class MarkedFunction(NamedTuple):
    """A function of this notebook."""

    name: str
    handler: str
    version: int
    hash: str
    cells: list[str]
    requirements: list[str]
    warnings: list[str]
    error: str = ""
    gone: tuple[str, ...] = ()
    """Cells that the notebook's file does not hold."""


class MarkedFunctions(list[MarkedFunction]):
    """The functions that are marked in this kernel; nothing is executed to find out."""

    @classmethod
    def of(cls, book: Book, session: NotebookSession) -> MarkedFunctions:
        """Look at the cells that ran so far."""
        marked = book.functions
        for name, cells in _sections(book).items():
            marked[name] = [*marked.get(name, []), *(cell for cell in cells if cell not in marked.get(name, []))]
        return cls(_function(name, cells, book, session) for name, cells in marked.items())

    def __repr__(self) -> str:
        if not self:
            return "nothing is marked yet: put %%mlrun on the first line of a cell with a function, and run it"
        lines = []
        for each in self:
            lines.append(
                f"{each.name or '(no name)'}  version {each.version} {each.hash[:8]}  handler {each.handler or '-'}"
            )
            lines.append(f"  from {', '.join(each.cells)}")
            if each.requirements:
                lines.append(f"  needs {', '.join(each.requirements)}")
            lines += [f"  warning: {text}" for text in each.warnings]
            if each.gone:
                lines.append(f"  not in the saved notebook: {', '.join(each.gone)}; deleted, or not saved yet")
            if each.error:
                lines.append(f"  cannot be converted: {each.error}")
        return "\n".join(lines)

    def show(self) -> None:
        """Print the list."""
        print(self)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))


def _sections(book: Book) -> dict[str, list[Ran]]:
    """Functions that comments mark: ``# mlrun: start-code NAME``; nameless sections belong to no function."""
    from mlrun_jupyter.notebook.cells import from_cells
    from mlrun_jupyter.notebook.transform import prepare

    found: dict[str, list[Ran]] = {}
    for cell in book.cells:
        if "start-code" in cell.source:
            (read,) = from_cells([cell.document()]).cells
            for marker in prepare(read).markers:
                if marker.word == "start-code" and marker.name:
                    found.setdefault(marker.name, []).append(cell)
    return found


def _function(name: str, marked: list[Ran], book: Book, session: NotebookSession) -> MarkedFunction:
    from mlrun_jupyter.errors import MlrunError
    from mlrun_jupyter.notebook.extract import extract

    saved = session.saved()
    gone = tuple(_place(cell) for cell in marked if _is_gone(cell, saved))
    cells = [_place(cell) for cell in marked]
    version = book.version(name, marked)
    called = name or next((each for cell in marked for each in DEFINES.findall(cell.source)), "")
    try:
        found = extract(session.notebook(), called)
    except MlrunError as error:
        return MarkedFunction(called, "", version.number, version.hash, cells, [], [], str(error), gone)
    warnings = [str(each) for each in found.warnings]
    if not found.handler:
        warnings.append("no function stands in it: there is nothing to run")
    return MarkedFunction(
        called or found.handler,
        found.handler,
        version.number,
        version.hash,
        cells,
        found.requirements,
        warnings,
        "",
        gone,
    )


def _is_gone(cell: Ran, saved: Notebook | None) -> bool:
    """Whether the notebook's file has no such cell; editors with names of their own for cells are known by the text."""
    if saved is None:
        return False
    return not any(each.id == cell.key or each.source.strip() == cell.source.strip() for each in saved.cells)


def _place(cell: Ran) -> str:
    return f"In [{cell.number}]" if cell.number else cell.key
