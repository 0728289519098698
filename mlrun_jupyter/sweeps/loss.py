"""What is left of a worker that is gone: the store tells, since the worker wrote down what it did."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import ConflictError, MlrunError, NotFoundError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome, iteration_record

LOST = ("lost", "killed", "oom", "timeout")
"""Reasons, besides signals and exit codes, of an end that the iteration's code did not report itself."""


def is_loss(run: RunRecord) -> bool:
    """Whether an iteration has not come to an end of its own: its process was lost, or it was aborted, or it still
    seems to run."""
    status = run.status
    if status.state != states.ERROR:
        return status.state != states.COMPLETED
    return status.reason in LOST or status.reason.startswith(("signal ", "exit "))


class Losses:
    """Settles what lost workers leave; an iteration is charged for a worker that was lost while it was executed.

    Parameters
    ----------
    parent
        The sweep's own record.
    max_attempts
        How often an iteration may lose its worker before it counts as failed.
    """

    def __init__(self, db: RunDB, parent: RunRecord, max_attempts: int) -> None:
        self._db = db
        self._parent = parent
        self._max_attempts = max_attempts
        self._fruitless: Counter[int] = Counter()

    def recover(self) -> None:
        """Have the store apply what dead processes wrote down, and end what they left open."""
        with contextlib.suppress(MlrunError):
            self._db.recover()

    def settle(self, assigned: Sequence[Assignment], reason: str) -> tuple[list[Outcome], list[Assignment]]:
        """For the assignments of a lost worker, in their order: outcomes of those that are over, and those to give out again."""
        self.recover()
        outcomes: list[Outcome] = []
        again: list[Assignment] = []
        charged = False
        for assignment in assigned:
            run = self._read(assignment)
            if run is not None and not is_loss(run):
                outcomes.append(Outcome.of(run))  # over before the worker was
            elif charged:
                again.append(assignment)
            else:
                charged = True
                self._charge(assignment, run, reason, outcomes, again)
        return outcomes, again

    def _charge(
        self,
        assignment: Assignment,
        run: RunRecord | None,
        reason: str,
        outcomes: list[Outcome],
        again: list[Assignment],
    ) -> None:
        """The first that was not over is the one that was executed, or about to be, when the worker was lost."""
        if run is not None and run.status.state in (states.ABORTING, states.ABORTED):
            if not run.done:
                self._update(run, {"status.state": states.ABORTED})
            outcomes.append(Outcome.of(run)._replace(state=states.ABORTED))
        elif run is None and self._fruitless[assignment.number] < self._max_attempts - 1:
            self._fruitless[assignment.number] += 1  # not begun: the next one is still the first attempt
            again.append(assignment)
        elif run is not None and reason != "timeout" and assignment.attempt < self._max_attempts:
            self._end(run, reason, _told(reason, assignment.attempt))
            again.append(assignment._replace(attempt=assignment.attempt + 1, resumed=False))
        else:
            outcomes.append(self._failed(assignment, run, reason))

    def _failed(self, assignment: Assignment, run: RunRecord | None, reason: str) -> Outcome:
        """The outcome of an iteration that is not tried again; the store is told why."""
        text = _told(reason, assignment.attempt)
        if run is None:
            run = iteration_record(self._parent, assignment)
            run.status.state, run.status.reason, run.status.error = states.ERROR, reason, text
            with contextlib.suppress(MlrunError):
                self._db.store_run(run)
        else:
            self._end(run, reason, text)
        parameters = {**self._parent.spec.parameters, **assignment.parameters}
        return Outcome(assignment.number, states.ERROR, parameters, {}, [], text)

    def _end(self, run: RunRecord, reason: str, text: str) -> None:
        """Have the record tell why, and end it where it is open: a worker that cannot be killed goes on, and what it still
        records of this attempt changes nothing."""
        end = {} if run.done else {"status.state": states.ERROR}
        self._update(run, {"status.reason": reason, "status.error": text, **end})

    def _update(self, run: RunRecord, updates: dict[str, str]) -> None:
        with contextlib.suppress(MlrunError):
            self._db.update_run(run.key, updates)

    def give_up(self, assignment: Assignment) -> None:
        """Note that an iteration is to be aborted, before its worker is killed."""
        with contextlib.suppress(NotFoundError, ConflictError):
            self._db.update_run(self._key(assignment), {"status.state": states.ABORTING})

    def _read(self, assignment: Assignment) -> RunRecord | None:
        """The iteration's record, if this attempt at it was begun."""
        try:
            run = self._db.read_run(self._key(assignment))
        except NotFoundError:
            return None
        return run if run.status.attempt == assignment.attempt else None

    def _key(self, assignment: Assignment) -> RunKey:
        return self._parent.key._replace(iteration=assignment.number)


def _told(reason: str, attempts: int) -> str:
    if reason == "timeout":
        return "the iteration did not end in time, and its process was ended"
    often = f", {attempts} times" if attempts > 1 else ""
    return f"the iteration's process ended without a word{often}: {reason}"
