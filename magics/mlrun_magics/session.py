"""What verbs find in a notebook: its variables, its functions, its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mlrun_jupyter.cli.session import Session, literal
from mlrun_magics.words import Expander

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlrun_magics.book import Book


class NotebookSession(Session):
    """A session in a shell of IPython."""

    place = "notebook"

    def __init__(self, shell: InteractiveShell, book: Book) -> None:
        self._shell = shell
        self._book = book
        self._said: set[str] = set()
        self.expander = Expander(shell.user_ns, shell.ev)

    def text(self, text: str) -> str:
        return self.expander.text(text)

    def value(self, text: str) -> Any:
        is_object, found = self.expander.value(text)
        return found if is_object else literal(self.expander.text(text))

    def handlers(self) -> Mapping[str, Callable[..., Any]]:
        """What can be called in the user's namespace: what is defined here first, then what is imported."""
        hidden = self._shell.user_ns_hidden
        own: dict[str, Callable[..., Any]] = {}
        imported: dict[str, Callable[..., Any]] = {}
        for name, value in list(self._shell.user_ns.items()):
            if name.startswith("_") or not callable(value) or name in hidden:
                continue
            (own if getattr(value, "__module__", "") == "__main__" else imported)[name] = value
        for name, cells in self._book.functions.items():
            defined = next((own[each] for each in self._defined(cells) if each in own), None)
            if name and name not in own and defined is not None:
                own[name] = defined
        return {**own, **imported}

    @staticmethod
    def _defined(cells: list[Any]) -> list[str]:
        from mlrun_magics.book import DEFINES

        return [name for cell in cells for name in DEFINES.findall(cell.source)]

    def notebook(self) -> Any:
        """The cells of this kernel; None: none ran yet."""
        from mlrun_jupyter.notebook.cells import from_cells

        cells = self._book.cells
        return from_cells([cell.document() for cell in cells]) if cells else None

    def note(self, text: str) -> None:
        print(text)

    def note_once(self, text: str) -> None:
        """Tell something the first time only."""
        if text not in self._said:
            self._said.add(text)
            self.note(text)

    def show(self, value: Any) -> None:
        """Nothing: a magic's value shows itself."""
