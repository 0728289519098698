"""What is marked in this kernel, from which cells, and what would become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mlrun_magics.book import Book
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


class MarkedFunctions(list[MarkedFunction]):
    """The functions that are marked in this kernel; nothing is executed to find out."""

    @classmethod
    def of(cls, book: Book, session: NotebookSession) -> MarkedFunctions:
        """Look at the cells that ran so far."""
        return cls(_function(name, book, session) for name in book.functions)

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
            if each.error:
                lines.append(f"  cannot be converted: {each.error}")
        return "\n".join(lines)

    def show(self) -> None:
        """Print the list."""
        print(self)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))


def _function(name: str, book: Book, session: NotebookSession) -> MarkedFunction:
    from mlrun_jupyter.errors import MlrunError
    from mlrun_jupyter.notebook.extract import extract

    cells = [f"In [{cell.number}]" if cell.number else cell.key for cell in book.functions[name]]
    version = book.version(name)
    try:
        found = extract(session.notebook(), name)
    except MlrunError as error:
        return MarkedFunction(name, "", version.number, version.hash, cells, [], [], str(error))
    warnings = [str(each) for each in found.warnings]
    return MarkedFunction(
        name or found.name, found.handler, version.number, version.hash, cells, found.requirements, warnings
    )
