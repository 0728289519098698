"""The iterations that a run makes itself, and which of them is the best."""

from __future__ import annotations

from typing import Any, Final, Protocol

import msgspec

from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model import states, values
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


TABLE_LIMIT: Final = 100
"""Rows of the iterations table kept in the parent's record; longer ones are in the artifact and in the iterations."""


class Child(Protocol):
    """What is asked of the context of an iteration."""

    @property
    def iteration(self) -> int: ...
    @property
    def run(self) -> RunRecord: ...
    def finish(self, state: str = ...) -> None: ...


class Children:
    """The contexts that a context has handed out."""

    def __init__(self) -> None:
        self._contexts: list[Child] = []
        self._ended: list[RunRecord] = []
        self.count = 0
        """How many there ever were; an iteration's number is never given twice."""
        self._best: Child | None = None

    def add(self, child: Child) -> None:
        self._contexts.append(child)
        self.count += 1

    @property
    def open(self) -> bool:
        """Whether there are some that were not committed."""
        return bool(self._contexts)

    def mark(self, best: Child | int) -> None:
        """The best one, by itself or by its number from 1. Raises ``NotFoundError`` for a number that is not open."""
        if isinstance(best, int):
            numbered = {child.iteration: child for child in self._contexts}
            if best not in numbered:
                raise NotFoundError(f"there is no iteration {best} to be the best", hint=f"there are {list(numbered)}")
            best = numbered[best]
        self._best = best

    def finish(self, state: str = states.COMPLETED) -> RunRecord | None:
        """End those that are still open; return the best one, if there is one."""
        for child in self._contexts:
            child.finish(state)
        self._ended += [child.run for child in self._contexts]
        best, self._contexts, self._best = self._best, [], None
        return best.run if best is not None else None

    def table(self) -> list[list[Any]]:
        """A header and a line for each that has ended: ``state, iter, param.*, output.*``; None where it has no such value."""
        given = list(dict.fromkeys(name for run in self._ended for name in run.spec.parameters))
        found = list(dict.fromkeys(name for run in self._ended for name in run.status.results))
        header = ["state", "iter", *(f"param.{name}" for name in given), *(f"output.{name}" for name in found)]
        lines = [
            [
                run.status.state,
                run.metadata.iteration,
                *(values.plain(run.spec.parameters.get(name)) for name in given),
                *(run.status.results.get(name) for name in found),
            ]
            for run in self._ended
        ]
        return [header, *lines]
