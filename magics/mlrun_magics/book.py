"""The cells that ran in this kernel, and which of them are marked: enough to convert a notebook that was never saved."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

DEFINES: Final = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)


class Ran(NamedTuple):
    """A cell as it ran last."""

    key: str
    source: str
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = {}
    number: int = 0
    """Its execution count; 0: it is not known."""
    at: float = 0.0
    """When it began, in seconds since 1970."""

    def document(self) -> dict[str, Any]:
        """The cell as nbformat has it."""
        metadata = {**self.metadata, "tags": list(self.tags)} if self.tags else dict(self.metadata)
        return {"cell_type": "code", "id": self.key, "source": self.source, "metadata": metadata}


class Version(NamedTuple):
    """A state of the cells that are marked for one function."""

    number: int
    hash: str


class Book:
    """Cells in the order in which they first ran; one that runs again takes its own place."""

    def __init__(self) -> None:
        self._cells: dict[str, Ran] = {}
        self._marks: dict[str, set[str]] = {}
        self._versions: dict[str, list[str]] = {}
        self._replaced: tuple[Ran | None, list[str]] = (None, [])
        self.current = ""
        """The key of the cell that is running."""
        self.since = 0
        """The execution count of the first cell that this knows of."""

    @property
    def cells(self) -> list[Ran]:
        return list(self._cells.values())

    @property
    def here(self) -> Ran | None:
        """The cell that is running, or ran last."""
        return self._cells.get(self.current)

    def add(
        self, source: str, cell_id: str | None = None, metadata: Mapping[str, Any] | None = None, number: int = 0
    ) -> Ran:
        """Take in a cell that begins to run."""
        key = cell_id or f"cell-{number or len(self._cells) + 1}"
        found = metadata or {}
        tags = found.get("tags")
        listed = tuple(each for each in tags if isinstance(each, str)) if isinstance(tags, list) else ()
        cell = Ran(key, source, listed, {"mlrun": found["mlrun"]} if "mlrun" in found else {}, number, time.time())
        self.since = self.since or number
        marks = [name for name, keys in self._marks.items() if key in keys]
        self._replaced = self._cells.get(key), marks
        self._cells[key] = cell
        self.current = key
        for name in marks:  # they are read anew
            self._marks[name].discard(key)
        return cell

    def discard(self) -> None:
        """The running cell could not run: what it was before counts."""
        (before, marks), key = self._replaced, self.current
        for keys in self._marks.values():
            keys.discard(key)
        self._cells.pop(key, None)
        if before is not None:
            self._cells[key] = before
            for name in marks:
                self._marks[name].add(key)

    def mark(self, function: str) -> Version:
        """Note that the running cell belongs to ``function``, and return the function's version."""
        cell = self._cells[self.current]
        keys = self._marks.setdefault(function, set())
        for other in [key for key in keys if key != cell.key and self._replaces(cell, self._cells[key])]:
            keys.discard(other)  # typed anew where cells have no identity, as in a console
            del self._cells[other]
        keys.add(cell.key)
        return self.version(function)

    @staticmethod
    def _replaces(cell: Ran, other: Ran) -> bool:
        names = set(DEFINES.findall(other.source))
        return other.key.startswith("cell-") and bool(names) and names <= set(DEFINES.findall(cell.source))

    @property
    def functions(self) -> dict[str, list[Ran]]:
        """Function name to the cells that are marked for it; empty names are of marks without one."""
        order = list(self._cells)
        return {
            name: [self._cells[key] for key in sorted(keys, key=order.index)]
            for name, keys in self._marks.items()
            if keys
        }

    def version(self, function: str, cells: Iterable[Ran] | None = None) -> Version:
        """The function's version as it stands; text that was there before has its old number.

        ``cells``: those that belong to it, where marks alone do not tell.
        """
        import hashlib  # loads OpenSSL: not before there is a mark

        found = [self._cells[key] for key in self._marks.get(function, ())] if cells is None else cells
        text = "\0".join(cell.source for cell in sorted(found, key=lambda cell: cell.key))
        hash = hashlib.sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
        versions = self._versions.setdefault(function, [])
        if hash not in versions:
            versions.append(hash)
        return Version(versions.index(hash) + 1, hash)
