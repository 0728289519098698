"""What verbs find in a notebook: its variables, its functions, its cells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from mlrun_jupyter.cli.session import Place, Session, literal
from mlrun_jupyter.errors import MlrunError
from mlrun_magics.book import DEFINES
from mlrun_magics.words import Expander

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlrun_jupyter.notebook.cells import Notebook
    from mlrun_magics.book import Book, Ran


class NotebookSession(Session):
    """A session in a shell of IPython."""

    place = "notebook"

    def __init__(self, shell: InteractiveShell, book: Book) -> None:
        self.shell = shell
        self.book = book
        self._said: set[str] = set()
        self.expander = Expander(shell.user_ns, shell.ev)

    def text(self, text: str) -> str:
        return self.expander.text(text)

    def value(self, text: str) -> Any:
        is_object, found = self.expander.value(text)
        return found if is_object else literal(self.expander.text(text))

    def handlers(self) -> Mapping[str, Callable[..., Any]]:
        """What can be called in the user's namespace: what is defined here first, then what is imported."""
        hidden = self.shell.user_ns_hidden
        own: dict[str, Callable[..., Any]] = {}
        imported: dict[str, Callable[..., Any]] = {}
        for name, value in list(self.shell.user_ns.items()):
            if name.startswith("_") or not callable(value) or name in hidden:
                continue
            (own if getattr(value, "__module__", "") == "__main__" else imported)[name] = value
        for name, cells in self.book.functions.items():
            if name and name not in own and (handler := self._handler_of(cells, own)) is not None:
                own[name] = handler
        return {**own, **imported}

    def _handler_of(self, cells: list[Ran], own: Mapping[str, Callable[..., Any]]) -> Callable[..., Any] | None:
        """What a function of several cells is run by: its only function, or the last one that takes a context."""
        from mlrun_jupyter.runtimes import binding

        defined = [own[each] for each in self._defined(cells) if each in own]
        with_context = [each for each in defined if binding.signature(each).context]
        return next(reversed(with_context or defined), None)

    @staticmethod
    def _defined(cells: list[Ran]) -> list[str]:
        return [name for cell in cells for name in DEFINES.findall(cell.source)]

    def marked(self) -> Collection[str]:
        """Function names of marks, and of the functions that stand in marked cells."""
        found = self.book.functions
        return {*(name for name in found if name), *(each for cells in found.values() for each in self._defined(cells))}

    def notebook(self) -> Any:
        """The notebook of this kernel: its file with what was run since, else the cells that ran; None: none ran."""
        from mlrun_jupyter.functions.open_notebook import open_notebook
        from mlrun_jupyter.notebook.cells import from_cells

        self.tell_executed()
        try:
            found = open_notebook()
        except MlrunError:  # no file, and nothing ran
            return None
        if found.path or found.how == "live":
            return found.notebook
        cells = [cell.document() for cell in self.book.cells if cell.key != self.book.current]
        return from_cells(cells) if cells else None  # they know their tags, which the history does not

    def saved(self) -> Notebook | None:
        """The notebook as it is on the screen, where the front end tells, else as its file has it; None: neither is known."""
        from mlrun_jupyter.functions.open_notebook import open_notebook
        from mlrun_jupyter.notebook.reading import read_notebook

        try:
            found = open_notebook()
            if found.how == "live":
                return found.notebook
            return read_notebook(found.path) if found.path else None
        except MlrunError:
            return None

    def tell_executed(self) -> None:
        """Hand on what ran, for conversion from Python."""
        from mlrun_jupyter.functions.open_notebook import note_executed
        from mlrun_jupyter.notebook.unsaved import Ran

        book = self.book
        note_executed(
            [
                Ran(cell.source, cell.key, cell.at)
                for cell in book.cells
                if cell.key != book.current or "code_to_function" in cell.source  # one that runs may be no code yet
            ],
            since=book.since,
        )

    def run_cell(self, source: str) -> None:
        """Run a cell within a magic; its value is shown by it. Raises ``UsageError`` when it failed, which was shown."""
        shell: Any = self.shell  # IPython's method has no types
        result = shell.run_cell(source, store_history=False)
        if not result.success:
            raise UsageError("the cell failed, as shown above")

    def visit(self, place: Place) -> Any:
        """A link where a front end shows it; in a terminal's IPython the page is opened, as the command line does."""
        if not hasattr(self.shell, "kernel"):
            return super().visit(place)
        from mlrun_magics.link import Link

        return Link(place)

    def note(self, text: str) -> None:
        print(text)

    def confirm(self, text: str) -> None:
        """Tell that something was done as it was asked for; not where nothing is to be shown unasked."""
        from mlrun_jupyter import config

        if config.current().display.auto:
            self.note(text)

    def note_once(self, text: str) -> None:
        """Tell something the first time only."""
        if text not in self._said:
            self._said.add(text)
            self.note(text)

    def show(self, value: Any) -> None:
        """Nothing: a magic's value shows itself."""
