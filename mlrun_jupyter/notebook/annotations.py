"""Markers: ``# mlrun: start-code [name]``, ``end-code``, ``ignore``, ``return``, ``handler``, and ``# nuclio:`` for each.

A marker is a comment on a line of its own. The same words in a string, or behind code, mark nothing; words that are
nearly a marker are told with the right spelling.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from mlrun_jupyter.notebook.cells import Cell
from mlrun_jupyter.notebook.diagnostics import Diagnostic
from mlrun_jupyter.notebook.scan import Comment

WORDS: Final = ("start-code", "end-code", "ignore", "return", "handler")
IGNORE_TAGS: Final = frozenset({"mlrun-ignore", "nuclio-ignore"})

_MARKER: Final = re.compile(
    r"\#[ \t]*(?P<prefix>mlrun|nuclio):[ \t]*(?P<word>start-code|end-code|ignore|return|handler)"
    r"(?:[ \t]+(?P<name>\S+)(?:[ \t].*)?)?[ \t]*"
)
_NEAR: Final = re.compile(
    r"\#+[ \t]*(?P<prefix>ml[-_ ]?run|nuclio)[ \t]*(?P<colon>[:;=-]?)[ \t]*(?P<word>[a-z][a-z_-]*(?:[ _](?:code|cell)\b)?)"
    r"(?P<rest>[^\n]*)",
    re.IGNORECASE,
)
_COMMENTED_MAGIC: Final = re.compile(r"\#[ \t#]*%%?nuclio\b")


class Marker(msgspec.Struct, frozen=True):
    """A marker on a ``line`` of its cell; ``name`` is the section's, empty when it has none."""

    word: str
    name: str
    line: int
    column: int


def find_markers(comments: Iterable[Comment]) -> list[Marker]:
    """The markers among a cell's comments.

    Example
    -------
    >>> from mlrun_jupyter.notebook.scan import scan
    >>> [(marker.word, marker.name) for marker in find_markers(scan("# nuclio:start-code train").comments)]
    [('start-code', 'train')]
    """
    found = []
    for comment in comments:
        match = _MARKER.fullmatch(comment.text) if comment.alone else None
        if match:
            found.append(Marker(match["word"], match["name"] or "", comment.line, comment.column))
    return found


def near_markers(comments: Iterable[Comment], cell: Cell) -> list[Diagnostic]:
    """What was meant as a marker and is none, each with the spelling that works."""
    found = []
    for comment in comments:
        meant = _meant(comment)
        if meant:
            problem, hint = meant
            number, line = cell.place(comment.line)
            found.append(
                Diagnostic(
                    code="marker-not-recognised",
                    message=f"{comment.text.strip()!r} marks nothing: {problem}",
                    cell=number,
                    cell_id=cell.id,
                    line=line,
                    hint=hint,
                )
            )
    return found


def is_commented_magic(text: str) -> bool:
    """``# %nuclio ...``: a setting switched off, which nobody wants in the job's code."""
    return _COMMENTED_MAGIC.match(text.lstrip(" \t")) is not None


def _meant(comment: Comment) -> tuple[str, str] | None:
    text = comment.text.strip()
    if _MARKER.fullmatch(text):
        return None if comment.alone else ("it stands behind code", f"put {text!r} on a line of its own")
    match = _NEAR.match(text)
    if not match or not comment.alone:
        return None
    rest = match["rest"].strip()
    word = _word(match["word"])
    if not word or len(rest.split()) > 1:
        # with the exact prefix, an unknown word is no prose
        if match["prefix"] in {"mlrun", "nuclio"} and match["colon"] == ":" and not rest:
            return "there is no such marker", f"markers are {', '.join(WORDS)}"
        return None
    prefix = "nuclio" if match["prefix"].lower() == "nuclio" else "mlrun"
    name = f" {rest}" if rest and word.endswith("code") else ""
    right = f"# {prefix}: {word}{name}"
    if rest and not name:
        return f"{word!r} takes no name", f"write {right!r}"
    return "it is misspelt", f"write {right!r}"


def _word(text: str) -> str:
    """The marker that a word stands for, or nothing."""
    word = re.sub(r"[ _]", "-", text.lower())
    if word in WORDS:
        return word
    if word in {"start", "begin", "begin-code", "startcode"}:
        return "start-code"
    if word in {"end", "stop", "stop-code", "endcode"}:
        return "end-code"
    close = difflib.get_close_matches(word, WORDS, n=1, cutoff=0.75)
    return close[0] if close else ""
