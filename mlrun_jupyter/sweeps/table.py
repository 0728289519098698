"""The iterations of a sweep as a table, however many there are: a few in memory, the others in a file."""

from __future__ import annotations

import csv
import io
import itertools
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

from mlrun_jupyter.artifacts import TableArtifact
from mlrun_jupyter.artifacts.content import Content, Stream
from mlrun_jupyter.artifacts.preview import shown
from mlrun_jupyter.model import values
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.safety.files import HashingFile
from mlrun_jupyter.sweeps.iteration import Outcome

IN_MEMORY = 2_000
"""Rows that are kept in memory."""
PIECE = 256 * 1024
"""Characters that are written at once."""
PREVIEW = 20
"""Rows in the artifact's record."""


class Row(NamedTuple):
    """What the table tells of an iteration."""

    number: int
    state: str
    parameters: Mapping[str, Any]
    results: Mapping[str, Any]


class IterationTable:
    """Rows are added as iterations end and come out in the order of their numbers; a number added again replaces the row.

    Example
    -------
    >>> table = IterationTable()
    >>> table.add(Outcome(1, "completed", {"depth": 3}, {"loss": 0.5}, []))
    >>> list(table.lines())
    [['state', 'iter', 'param.depth', 'output.loss'], ['completed', 1, 3, 0.5]]
    """

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._places: dict[int, int] = {}
        self._file: IO[bytes] | None = None
        self._parameters: dict[str, tuple[int, int]] = {}
        self._results: dict[str, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._rows) + len(self._places)

    def add(self, outcome: Outcome) -> None:
        row = Row(outcome.number, outcome.state, outcome.parameters, outcome.results)
        _note(self._parameters, outcome.number, outcome.parameters)
        _note(self._results, outcome.number, outcome.results)
        self._rows[outcome.number] = row
        self._places.pop(outcome.number, None)
        if len(self._rows) > IN_MEMORY:
            self._put_away()

    def _put_away(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="mlrun-iterations-")  # noqa: SIM115 - for the sweep's life
        place = self._file.seek(0, 2)
        for row in self._rows.values():
            line = values.encode([row.number, row.state, values.plain(row.parameters), values.plain(row.results)])
            self._file.write(line + b"\n")
            self._places[row.number] = place
            place += len(line) + 1
        self._rows.clear()

    def rows(self, *, at_most: int = 0) -> Iterator[Row]:
        """In the order of their numbers; of more than ``at_most``, where it is given, an even choice."""
        numbers = sorted((*self._rows, *self._places))
        if at_most and len(numbers) > at_most:
            numbers = [numbers[index * len(numbers) // at_most] for index in range(at_most)]
        for number in numbers:
            row = self._rows.get(number)
            yield row if row is not None else self._read(self._places[number])

    def _read(self, place: int) -> Row:
        assert self._file is not None  # noqa: S101 - places are in it
        self._file.seek(place)
        return Row(*values.decode(self._file.readline()))

    @property
    def results(self) -> list[str]:
        """The names of results that iterations have."""
        return _ordered(self._results)

    @property
    def header(self) -> list[str]:
        """``state, iter, param.*, output.*``, names in the order in which iterations have them."""
        return [
            "state",
            "iter",
            *(f"param.{name}" for name in _ordered(self._parameters)),
            *(f"output.{name}" for name in _ordered(self._results)),
        ]

    def lines(self) -> Iterator[list[Any]]:
        """The header, then a line for each iteration; None where it has no such parameter or result."""
        parameters, results = _ordered(self._parameters), _ordered(self._results)
        yield self.header
        for row in self.rows():
            given, found = row.parameters, row.results
            yield [
                row.state,
                row.number,
                *(given.get(name) for name in parameters),
                *(found.get(name) for name in results),
            ]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class IterationsArtifact(TableArtifact):
    """The table ``iteration_results``, written line by line.

    No data frame: loading that library takes longer than a small sweep.
    """

    def __init__(self, table: IterationTable) -> None:
        super().__init__("iteration_results", header=table.header)
        self._iterations = table

    def content(self) -> Content:
        return Stream(self._write)

    def _write(self, file: HashingFile) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        for line in self._iterations.lines():
            writer.writerow(line)
            if text.tell() > PIECE:
                file.write(text.getvalue().encode("utf-8", "replace"))
                text.seek(text.truncate(0))
        file.write(text.getvalue().encode("utf-8", "replace"))

    def describe(self, record: ArtifactRecord) -> None:
        super().describe(record)
        record.spec.extra["length"] = len(self._iterations)
        lines = itertools.islice(self._iterations.lines(), 1, PREVIEW + 1)
        record.status.preview = [[shown(value) for value in line] for line in lines]


def _note(names: dict[str, tuple[int, int]], number: int, mapping: Mapping[str, Any]) -> None:
    """Remember where a name comes first: iterations may end in any order."""
    for position, name in enumerate(mapping):
        place = number, position
        if name not in names or place < names[name]:
            names[name] = place


def _ordered(names: Mapping[str, tuple[int, int]]) -> list[str]:
    return sorted(names, key=names.__getitem__)
