"""What every way of executing has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.secrets import Secrets
from mlrun_jupyter.tracking.tracker import Tracker


class Job(NamedTuple):
    """What is to be executed, whatever the task: the function, and how to go about it."""

    function: FunctionRecord
    handler: Callable[..., Any] | None = None
    """A callable of this process; None: the handler is named in the run and stands in the function's code."""
    module: str = ""
    """The text of a module in which the handler stands, where one could be made of a notebook's cells."""
    workdir: str = ""
    timeout: float | None = None
    local: bool = False


class Runtime(Protocol):
    """Executes runs of one job."""

    def check(self, run: RunRecord) -> None:
        """Raises when the task does not fit the job; nothing was recorded then."""

    def execute(self, run: RunRecord, tracker: Tracker, secrets: Secrets | None = None) -> BaseException | None:
        """Execute to the end, record it, bring ``run`` up to date, and return what made it fail."""

    def describe(self, context: RunContext) -> None:
        """Note on a run that is about to start where it runs, and which code."""

    def close(self) -> None:
        """Clean up: no further run of the job follows."""
