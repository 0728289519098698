"""``%nuclio``: the older spelling, which says once what the newer form is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from IPython.core.error import UsageError

from mlrun_jupyter.errors import nearest
from mlrun_magics import commands, words

if TYPE_CHECKING:
    from mlrun_magics.session import NotebookSession

SETTINGS: Final = ("cmd", "env", "env_file", "config", "mount", "add")
OTHERS: Final = ("handler", "show", "build", "deploy", "verbose", "help")


def call(session: NotebookSession, line: str, cell: str | None) -> Any:
    """Do what a line or a cell of the older spelling says."""
    word, _, text = line.strip().partition(" ")
    word = word.lower()
    if word in SETTINGS:
        sign = "%%" if cell is not None else "%"
        session.note_once(f"%nuclio is the older spelling: {sign}mlrun {word} does the same")
        commands.setting(session, word, text.strip(), (cell or "").splitlines(), spelling="nuclio")
        return None
    if word == "handler":
        _handler(session, cell)
        return None
    if word in ("", "help"):
        print(f"%nuclio {' | '.join((*SETTINGS, *OTHERS))}\n\n%mlrun help tells the newer forms.")
        return None
    if word == "verbose":
        session.note_once("%nuclio verbose has no effect here")
        return None
    if word in ("show", "build", "deploy"):
        newer = {"show": "convert", "build": "build", "deploy": "deploy"}[word]
        session.note_once(f"%nuclio {word} is the older spelling of %mlrun {newer}")
        return commands.call(session, words.split(f"{newer} {text}"), f"{newer} {text}")
    raise UsageError(f"%nuclio has no command {word!r}: {nearest(word, [*SETTINGS, *OTHERS])}")


def _handler(session: NotebookSession, cell: str | None) -> None:
    """Run the body of a handler's cell, as it always was; conversion makes a function of it."""
    if cell is None:
        raise UsageError("%nuclio handler belongs on the first line of a cell: %%nuclio handler NAME")
    session.note_once("%%nuclio handler is the older spelling: define a function, and mark its cell by %%mlrun")
    session.run_cell(cell)
