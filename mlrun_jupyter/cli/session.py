"""Where a verb is called from: here a terminal; a notebook knows more, and says so by a class of its own."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from mlrun_jupyter.safety.terminal import clean

if TYPE_CHECKING:
    from click import Context

    from mlrun_jupyter.model.run import RunKey
    from mlrun_jupyter.runs.database import RunDatabase


class Place(NamedTuple):
    """A page of the dashboard: that of a run, or the first one.

    Parameters
    ----------
    service
        Gives the service's address; raises :class:`~mlrun_jupyter.errors.StoreUnavailableError` when there is none.
    """

    run: RunKey | None
    service: Callable[[], str]

    def address(self) -> str:
        """Where a browser finds it."""
        run = self.run
        return f"{self.service()}/" + (f"#/runs/{quote(run.project, safe='')}/{run.uid}/{run.iteration}" if run else "")


class Session:
    """What verbs and the types of their options ask of the place that they are called from."""

    place = "terminal"
    line: Sequence[str] = ()
    """The words before the cursor, while a line is completed."""

    def text(self, text: str) -> str:
        """What a word of the command line says."""
        return text

    def value(self, text: str) -> Any:
        """The value that a word stands for: a Python literal, else the text."""
        return literal(self.text(text))

    def db(self, url: str = "") -> RunDatabase:
        """The database at an address, the configured one by default."""
        from mlrun_jupyter.runs.database import get_run_db

        return get_run_db(url)

    def handlers(self) -> Mapping[str, Callable[..., Any]]:
        """Functions that can be run by their names, besides files."""
        return {}

    def marked(self) -> Collection[str]:
        """Names of functions that the open notebook marks."""
        return ()

    def notebook(self) -> Any:
        """The notebook that is open here, in a form that conversion takes; None: there is none."""
        return None

    def visit(self, place: Place) -> Any:
        """Open a page, and return its address."""
        import click

        address = place.address()
        click.launch(address)
        return address

    def note(self, text: str) -> None:
        """Tell something beside the result."""
        print(clean(text), file=sys.stderr)

    def show(self, value: Any) -> None:
        """Show what a verb returned."""
        if value is None:
            return
        show = getattr(value, "show", None)
        if callable(show):
            show()
        else:
            print(value)


def session_of(context: Context | None) -> Session:
    """The session that a command is called in."""
    found = context.find_object(Session) if context is not None else None
    return found or Session()


def literal(text: str) -> Any:
    """A Python literal, or the text itself.

    Example
    -------
    >>> literal("[3, 4]"), literal("0.5"), literal("0o17"), literal("gini"), literal("1_a")
    ([3, 4], 0.5, 15, 'gini', '1_a')
    """
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
