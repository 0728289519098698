"""A task that is no sweep, executed by one worker of a crew."""

from __future__ import annotations

import contextlib

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import NotFoundError, RunError, StoreUnavailableError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.sweeps.execution import Execution
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome
from mlrun_jupyter.tracking.provenance import mark
from mlrun_jupyter.tracking.secrets import Secrets

NUMBER = 0
"""What the run itself has where iterations have theirs."""


def run_single(run: RunRecord, db: RunDB, execution: Execution, secrets: Secrets) -> BaseException | None:
    """Have a worker execute ``run``, bring the record up to date, and return what made it fail.

    The worker records it; an interrupt here aborts it there, and is raised again.
    """
    mark(run, secrets)
    origin = run.status.extra.get("origin")
    found: list[Outcome] = []
    try:
        found.extend(execution.run(iter([Assignment(NUMBER, {})])))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            execution.stop()
        run.status.state = states.ABORTED if isinstance(error, KeyboardInterrupt) else states.ERROR
        execution.close()
        with contextlib.suppress(StoreUnavailableError):  # what went wrong first is told
            _read(run, db, origin)
        raise
    execution.close()
    _read(run, db, origin)
    (outcome,) = found
    return None if outcome.completed else RunError(outcome.error or f"it was {outcome.state}")


def _read(run: RunRecord, db: RunDB, origin: object) -> None:
    """What the worker has recorded, if it has begun."""
    try:
        if origin is not None:
            db.update_run(run.key, {"status.origin": origin})
        kept = db.read_run(run.key)
    except NotFoundError:
        return
    run.metadata, run.spec, run.status = kept.metadata, kept.spec, kept.status
