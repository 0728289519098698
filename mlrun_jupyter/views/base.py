"""What every presentation model shares."""

from __future__ import annotations

from typing import Any

import msgspec

from mlrun_jupyter.views.format import Cell, cell

VERSION = 1
"""Raised when a front end of the version before could not show what is written now."""
MAX_ENTRIES = 200
"""Entries of one section that a view carries; the rest is counted."""


class View(msgspec.Struct, kw_only=True):
    """A presentation model: what is shown, decided once, and rendered as JSON, HTML and text.

    ``kind`` names the model and with it the type of its JSON.
    """

    kind: str = ""
    version: int = VERSION

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        """A view as the last expression of a cell shows itself."""
        from mlrun_jupyter.views import mime  # mime renders every model, this module is below the models

        return mime.bundle(self)

    def __str__(self) -> str:
        from mlrun_jupyter.views import text

        return text.render(self)


class Entry(msgspec.Struct, omit_defaults=True):
    """A name and its value; ``default``: nobody set it."""

    name: str
    cell: Cell
    default: bool = False


class Section(msgspec.Struct):
    """Entries in the order they were recorded; ``more`` were left out."""

    entries: list[Entry] = []
    more: int = 0


def section(values: dict[str, Any], *, defaults: frozenset[str] = frozenset()) -> Section:
    """The entries of a mapping of a document."""
    entries = [
        Entry(str(name)[:12_000], cell(value), name in defaults)
        for name, value in (list(values.items())[:MAX_ENTRIES] if len(values) > MAX_ENTRIES else values.items())
    ]
    return Section(entries, len(values) - len(entries))
