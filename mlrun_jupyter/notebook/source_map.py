"""From a line of the generated module to the cell and line it was written in."""

from __future__ import annotations

import bisect
import re
from typing import Any

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError

_PLACE = 'File "'


class Location(msgspec.Struct, frozen=True):
    """A line of a cell (``cell`` counts from 1; 0: a line of the file itself)."""

    cell: int
    cell_id: str
    line: int

    def __str__(self) -> str:
        return f"cell {self.cell} line {self.line}" if self.cell else f"line {self.line}"


class Segment(msgspec.Struct, frozen=True, array_like=True):
    """``count`` lines from ``start`` of the module are the lines from ``line`` of a cell."""

    start: int
    count: int
    cell: int
    cell_id: str
    line: int


class SourceMap(msgspec.Struct):
    """Where each line of the module comes from; lines that nobody wrote have no place.

    Example
    -------
    >>> source_map = SourceMap("train.ipynb", [Segment(3, 2, 5, "ab12", 1)])
    >>> str(source_map.locate(4)), source_map.describe(4), source_map.locate(1)
    ('cell 5 line 2', 'train.ipynb cell 5 line 2', None)
    """

    source: str = ""
    segments: list[Segment] = []

    def locate(self, line: int) -> Location | None:
        """The place of a line of the module, counted from 1."""
        number = bisect.bisect_right(self.segments, line, key=lambda segment: segment.start) - 1
        if number < 0:
            return None
        segment = self.segments[number]
        if line >= segment.start + segment.count:
            return None
        return Location(segment.cell, segment.cell_id, segment.line + line - segment.start)

    def retell(self, text: str, file: str) -> str:
        """``text`` (a traceback, say) with the places in the module ``file`` told as places in the notebook.

        Example
        -------
        >>> source_map = SourceMap("train.ipynb", [Segment(3, 2, 5, "ab12", 1)])
        >>> source_map.retell('File "/tmp/train.py", line 4, in fit', "/tmp/train.py")
        'File "<train.ipynb cell 5>", line 2, in fit'
        """

        def told(match: re.Match[str]) -> str:
            place = self.locate(int(match[1]))
            if place is None or not place.cell:
                return match[0]
            return f'File "<{self.source} cell {place.cell}>", line {place.line}'

        return re.sub(rf'File "{re.escape(file)}", line (\d+)', told, text)

    def last_place(self, text: str) -> str:
        """The last place in the notebook that a retold traceback names, in words; empty when it names none.

        Example
        -------
        >>> SourceMap("train.ipynb").last_place('File "<train.ipynb cell 5>", line 2, in fit')
        'train.ipynb cell 5 line 2'
        """
        found = re.findall(rf'File "<({re.escape(self.source)} cell \d+)>", line (\d+)', text)
        return f"{found[-1][0]} line {found[-1][1]}" if found else ""

    def describe(self, line: int) -> str:
        """The place in words, with the notebook's name; empty for a line that nobody wrote."""
        place = self.locate(line)
        return f"{self.source} {place}".strip() if place else ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, a short list for each segment."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> SourceMap:
        """What :meth:`to_dict` gave. Raises :class:`InvalidArgumentError` for anything else."""
        try:
            return msgspec.convert(document, cls)
        except msgspec.ValidationError as error:
            raise InvalidArgumentError(f"not a source map: {error}") from None


class Retelling:
    """Retells text that comes in pieces: a line that may name a place is held back until it is whole.

    Example
    -------
    >>> told = Retelling(SourceMap("train.ipynb", [Segment(3, 2, 5, "ab12", 1)]), "/tmp/train.py")
    >>> told.feed('Traceback:\\n  File "/tmp/tr'), told.feed('ain.py", line 4, in fit\\n'), told.end()
    ('Traceback:\\n', '  File "<train.ipynb cell 5>", line 2, in fit\\n', '')
    """

    def __init__(self, source_map: SourceMap, file: str) -> None:
        self._map = source_map
        self._file = file
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be told of the text so far."""
        text = self._held + text
        end = text.rfind("\n") + 1
        last = text[end:].lstrip(" \t")
        if not (last.startswith(_PLACE) or _PLACE.startswith(last)) or end == len(text):
            end = len(text)
        self._held = text[end:]
        return self._map.retell(text[:end], self._file)

    def end(self) -> str:
        """What was held back; nothing follows."""
        held, self._held = self._held, ""
        return self._map.retell(held, self._file)


class Draft:
    """A module being written: lines, and where each came from."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.segments: list[Segment] = []

    def add(self, lines: list[str], *, cell: int = 0, cell_id: str = "", line: int = 0) -> None:
        """Lines in a row of one cell, from ``line``; ``line`` 0: lines that nobody wrote."""
        if line and lines:
            last = self.segments[-1] if self.segments else None
            start = len(self.lines) + 1
            if (
                last
                and (last.cell, last.cell_id, last.start + last.count) == (cell, cell_id, start)
                and (last.line + last.count == line)
            ):
                self.segments[-1] = Segment(last.start, last.count + len(lines), cell, cell_id, last.line)
            else:
                self.segments.append(Segment(start, len(lines), cell, cell_id, line))
        self.lines.extend(lines)
