"""A run: one execution of a task, and what came of it."""

from __future__ import annotations

import uuid
from typing import Any, Final, NamedTuple

import msgspec

from mlrun_jupyter.model import states
from mlrun_jupyter.model.record import Record
from mlrun_jupyter.model.task import TaskMetadata, TaskSpec

MAX_NUMBER: Final = 2**62
"""Iterations, attempts and the numbers of records are smaller."""


class RunKey(NamedTuple):
    """What names a run everywhere: children of a sweep share the uid and differ in ``iteration`` (0 is the parent)."""

    project: str
    uid: str
    iteration: int = 0

    def __str__(self) -> str:
        """``project@uid#iteration``, as run URIs are written."""
        return f"{self.project}@{self.uid}" + (f"#{self.iteration}" if self.iteration else "")


class RunStatus(Record):
    """What came of a run so far. Times are ISO 8601 in UTC with offset."""

    state: str = states.CREATED
    status_text: str = ""
    reason: str = ""
    """Why a run ended as it did: ``exception``, ``lost``, ``killed``, ``signal 9``, ``oom``, ``exit 3``, ``timeout``, ``user``."""
    error: str = ""
    traceback: str = ""
    host: str = ""
    attempt: int = 1
    start_time: str = ""
    end_time: str = ""
    last_update: str = ""
    results: dict[str, Any] = {}
    artifacts: list[dict[str, Any]] = []
    metrics: dict[str, dict[str, Any]] = {}
    """Series name to ``{last, min, max, mean, count, step}``; the points themselves are read apart."""
    iterations: list[list[Any]] = []
    progress: list[float] = []
    """``[done, total]`` as last told by the handler; total 0 = unknown."""


class RunRecord(Record):
    """The document of a run.

    Example
    -------
    >>> run = RunRecord.from_dict({"metadata": {"uid": "a1", "project": "p"}, "status": {"state": "running"}})
    >>> run.key, run.done
    (RunKey(project='p', uid='a1', iteration=0), False)
    """

    kind: str = "run"
    metadata: TaskMetadata = msgspec.field(default_factory=TaskMetadata)
    spec: TaskSpec = msgspec.field(default_factory=TaskSpec)
    status: RunStatus = msgspec.field(default_factory=RunStatus)

    @property
    def key(self) -> RunKey:
        return RunKey(self.metadata.project, self.metadata.uid, self.metadata.iteration)

    @property
    def done(self) -> bool:
        """Whether the state is final."""
        return self.status.state in states.TERMINAL


def new_uid() -> str:
    """32 hexadecimal digits, unique everywhere."""
    return uuid.uuid4().hex
