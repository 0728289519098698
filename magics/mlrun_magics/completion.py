"""Completion of ``%mlrun`` lines: the command line's own, asked from a notebook."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

if TYPE_CHECKING:
    from mlrun_magics.session import NotebookSession

_LINE: Final = re.compile(r"[ \t]*(?:[\w.,\[\]'\" ]+=[ \t]*)?(?P<sign>%%?)mlrun[ \t]+(?P<text>.*)", re.DOTALL)
_MARK_OPTIONS: Final = (
    ("--kind", "kind of the function: job, nuclio ..."),
    ("--handler", "function to call"),
    ("--image", "image to run in"),
    ("--base-image", "image to start from"),
    ("--requirements", "packages that it needs"),
    ("--env", "variable of the function: NAME=value"),
    ("--cmd", "command of the image's build"),
    ("--label", "label: name=value"),
    ("--description", "what it does"),
    ("--tag", "tag of the version"),
    ("--project", "project of the function"),
)


def matcher(session: NotebookSession) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """A matcher of IPython's second API for the lines of one session."""

    @context_matcher(identifier="mlrun")  # type: ignore[untyped-decorator]  # IPython's decorator has no types
    def mlrun_matcher(context: CompletionContext) -> SimpleMatcherResult:
        match = _LINE.fullmatch(context.text_until_cursor)
        if match is None:
            return {"completions": [], "suppress": False}
        word, found = suggest(session, match["text"], cell=match["sign"] == "%%")
        # nothing else can stand there: where there is no suggestion, the word itself keeps other matchers silent
        listed = found or [(word, "")]
        return {
            "completions": [SimpleCompletion(text, type=kind) for text, kind in listed],
            "matched_fragment": word,
            "suppress": True,
            "ordered": True,
        }

    return mlrun_matcher  # type: ignore[no-any-return]  # as above


def suggest(session: NotebookSession, text: str, *, cell: bool = False) -> tuple[str, list[tuple[str, str]]]:
    """The word under the cursor, and what it can become, each with what it is.

    Parameters
    ----------
    text
        The line behind ``%mlrun``, up to the cursor.
    cell
        It is the first line of a cell.
    """
    from mlrun_magics import words

    listed = words.split_open(text)
    first, *rest = listed.complete or [""]
    if cell and first != "run" and listed.last.startswith("-"):
        return listed.last, [(name, what) for name, what in _MARK_OPTIONS if name.startswith(listed.last)]
    if first in ("", "help"):
        return listed.last, _commands(listed.last, cell=cell and not first)
    if cell and first != "run":
        return listed.last, []
    return listed.last, _verb(session, first, rest, listed.last)


def _commands(start: str, *, cell: bool) -> list[tuple[str, str]]:
    from mlrun_magics import commands

    if cell:
        known = ["function", "run", *commands.SETTINGS, "config"]
        return [(name, "command") for name in known if name.startswith(start)]
    return [(name, "command") for name in commands.names() if name.startswith(start)]


def _verb(session: NotebookSession, name: str, arguments: list[str], start: str) -> list[tuple[str, str]]:
    """What the command line's completion says for a verb."""
    from click.shell_completion import ShellComplete

    from mlrun_jupyter.cli.program import verb

    command = verb(name)
    if command is None:
        return []
    session.line = arguments
    complete = ShellComplete(command, {"obj": session}, f"%mlrun {name}", "")
    found: list[Any] = complete.get_completions(arguments, start)
    return [(str(item.value), item.help or "") for item in found if item.type == "plain"]
