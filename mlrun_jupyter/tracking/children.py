"""The iterations that a run makes itself, and which of them is the best."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord, RunStatus
from mlrun_jupyter.model.task import TaskMetadata


def child_record(parent: RunRecord, number: int, parameters: dict[str, Any]) -> RunRecord:
    """The record of iteration ``number`` with just these parameters.

    Built field by field: a deep copy of the parent costs more than a small iteration takes.
    """
    metadata = parent.metadata
    spec = msgspec.structs.replace(
        parent.spec,
        parameters=parameters,
        inputs=dict(parent.spec.inputs),
        hyperparams={},
        hyper_param_options={},
        param_file="",
        selector="",
        strategy="",
        secret_sources=[],
        extra={},
    )
    return RunRecord(
        metadata=TaskMetadata(
            name=metadata.name,
            uid=metadata.uid,
            project=metadata.project,
            iteration=number,
            labels=dict(metadata.labels),
        ),
        spec=spec,
        status=RunStatus(host=parent.status.host),
    )


class Child(Protocol):
    """What is asked of the context of an iteration."""

    @property
    def iteration(self) -> int: ...
    @property
    def results(self) -> dict[str, Any]: ...
    def finish(self, state: str = ...) -> None: ...


class Children:
    """The contexts that a context has handed out."""

    def __init__(self) -> None:
        self._contexts: list[Child] = []
        self.count = 0
        """How many there ever were; an iteration's number is never given twice."""
        self._best: Child | None = None

    def add(self, child: Child) -> None:
        self._contexts.append(child)
        self.count += 1

    def mark(self, best: Child | int) -> None:
        """The best one, by itself or by its number from 1. Raises ``NotFoundError`` for a number that is not open."""
        if isinstance(best, int):
            numbered = {child.iteration: child for child in self._contexts}
            if best not in numbered:
                raise NotFoundError(f"there is no iteration {best} to be the best", hint=f"there are {list(numbered)}")
            best = numbered[best]
        self._best = best

    def finish(self, state: str = states.COMPLETED) -> dict[str, Any]:
        """End those that are still open; return the results of the best one and its number, or nothing."""
        for child in self._contexts:
            child.finish(state)
        best, self._contexts, self._best = self._best, [], None
        return {**best.results, "best_iteration": best.iteration} if best is not None else {}
