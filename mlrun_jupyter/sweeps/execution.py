"""Who executes the iterations of a sweep; the plain way is one after the other, here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome, iteration_record
from mlrun_jupyter.tracking.judge import Judge, judged

Judges = Callable[[int], Judge]
"""Gives the judge of an iteration, by its number."""


class Execution(Protocol):
    """Takes assignments as it gets free, and yields outcomes as they are there: no more is under way than it can do."""

    def run(self, assignments: Iterator[Assignment]) -> Iterator[Outcome]: ...

    def stop(self, grace: float = ...) -> list[Outcome]:
        """End what is under way within about ``grace`` seconds, and return the outcomes that were not yielded."""

    def close(self) -> None:
        """Nothing follows; what the iterations recorded is in the store."""


class Sequential:
    """One after the other, in this process."""

    def __init__(
        self, parent: RunRecord, execute: Callable[[RunRecord], object], *, judges: Judges | None = None
    ) -> None:
        self._parent = parent
        self._execute = execute
        self._judges = judges
        self._current: RunRecord | None = None

    def run(self, assignments: Iterator[Assignment]) -> Iterator[Outcome]:
        for assignment in assignments:
            self._current = run = iteration_record(self._parent, assignment)
            if self._judges is None:
                self._execute(run)
            else:
                with judged(self._judges(assignment.number)):
                    self._execute(run)
            self._current = None
            yield Outcome.of(run)

    def stop(self, grace: float = 0.0) -> list[Outcome]:
        """The iteration that an interrupt has ended."""
        del grace
        run, self._current = self._current, None
        return [Outcome.of(run)] if run is not None and run.done else []

    def close(self) -> None:
        """Nothing was opened."""
