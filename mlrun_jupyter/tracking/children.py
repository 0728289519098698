"""The iterations that a run makes itself, and which of them is the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mlrun_jupyter.model.run import RunRecord, RunStatus
from mlrun_jupyter.model.task import TaskMetadata

if TYPE_CHECKING:
    from mlrun_jupyter.tracking.context import RunContext


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


class Children:
    """The contexts that a context has handed out."""

    def __init__(self) -> None:
        self._contexts: list[RunContext] = []
        self._best: RunContext | None = None

    def __bool__(self) -> bool:
        return bool(self._contexts)

    def __len__(self) -> int:
        return len(self._contexts)

    def add(self, child: RunContext) -> None:
        self._contexts.append(child)

    def mark(self, best: RunContext | int) -> None:
        """The best one, by itself or by its number from 1."""
        self._best = self._contexts[best - 1] if isinstance(best, int) else best

    def finish(self) -> dict[str, Any]:
        """End those that are still open; return the results of the best one and its number, or nothing."""
        for child in self._contexts:
            child.finish()
        best, self._contexts, self._best = self._best, [], None
        return {**best.results, "best_iteration": best.iteration} if best is not None else {}
