"""An iteration of a sweep: what is to be tried, and what came of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.tracking.children import child_record


class Assignment(NamedTuple):
    """A combination to try: the ``number`` of the iteration, counted from 1, and which attempt at it this is."""

    number: int
    parameters: dict[str, Any]
    attempt: int = 1
    inputs: dict[str, Any] = {}
    """Inputs that this iteration has for itself, over those of the sweep."""
    resumed: bool = False
    """Whether it takes up what was aborted, which the store allows only when it is told so."""


class Outcome(NamedTuple):
    """What is remembered of an iteration once it is over; small enough to be sent between processes."""

    number: int
    state: str
    parameters: dict[str, Any]
    results: dict[str, Any]
    artifacts: list[dict[str, Any]]
    error: str = ""
    pruned: bool = False
    """Whether it was ended early, as hopeless."""
    earlier: bool = False
    """Whether it was there before this sweep was resumed."""
    inputs: dict[str, Any] = {}

    @classmethod
    def of(cls, run: RunRecord, *, earlier: bool = False) -> Outcome:
        """The outcome that a run's record tells."""
        status = run.status
        return cls(
            run.metadata.iteration,
            status.state,
            run.spec.parameters,
            status.results,
            status.artifacts,
            status.error,
            bool(status.extra.get("pruned")),
            earlier,
            run.spec.inputs,
        )

    @property
    def completed(self) -> bool:
        return self.state == states.COMPLETED


def iteration_record(parent: RunRecord, assignment: Assignment) -> RunRecord:
    """The record of an iteration about to start."""
    record = child_record(parent, assignment.number, {**parent.spec.parameters, **assignment.parameters})
    if assignment.inputs:
        record.spec.inputs.update(assignment.inputs)
    if assignment.attempt != 1:
        record.status.attempt = assignment.attempt
    if assignment.resumed:
        record.status.extra = {"resumed": True}
    return record
