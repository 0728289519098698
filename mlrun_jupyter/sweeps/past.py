"""What a sweep did before it was cut off, so that it can go on from there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, MlrunError
from mlrun_jupyter.model import states, values
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.model.task import TaskSpec
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome
from mlrun_jupyter.sweeps.loss import is_loss
from mlrun_jupyter.sweeps.split import is_split
from mlrun_jupyter.sweeps.strategy import GRID, written

PAGE = 1_000
"""Iterations that are read at once."""


class Past:
    """A sweep that was recorded: its own run, and which of its iterations came to an end of their own.

    Raises
    ------
    NotFoundError
        No such run.
    ConflictError
        It is under way, in a process that lives.
    InvalidArgumentError
        It is no sweep.
    """

    def __init__(self, db: RunDB, project: str, uid: str) -> None:
        self._db = db
        with contextlib.suppress(MlrunError):
            db.recover()  # what died is over
        self.parent = db.read_run(RunKey(project, uid))
        spec, state = self.parent.spec, self.parent.status.state
        if not spec.hyperparams and not is_split(spec.inputs):
            raise InvalidArgumentError(
                "only sweeps can be resumed", where=f"run {uid[:8]}", hint="run it again: run.rerun()"
            )
        if state not in states.TERMINAL:
            raise ConflictError(
                f"the sweep is {state}", where=f"run {uid[:8]}", hint="abort it first, or wait for its end"
            )
        self.kept: set[int] = set()
        """Iterations that came to an end of their own."""
        self._tried: dict[int, tuple[int, bool]] = {}
        for run in self._iterations():
            number, status = run.metadata.iteration, run.status
            if is_loss(run):
                self._tried[number] = status.attempt, status.state == states.ABORTED
            else:
                self.kept.add(number)

    @property
    def complete(self) -> bool:
        """Whether it ended well: there is nothing to go on with."""
        return self.parent.status.state == states.COMPLETED

    def continue_as(self, record: RunRecord) -> None:
        """Make ``record``, of the task that is given now, the next attempt at the sweep.

        What the task leaves out is taken from the sweep; workers, limits and the like may differ.

        Raises
        ------
        ConflictError
            Other parameters or combinations: the iterations would not belong together.
        """
        given, held = record.spec, self.parent.spec
        self._check(given)
        given.parameters = given.parameters or held.parameters
        given.hyperparams = given.hyperparams or held.hyperparams
        given.strategy = held.strategy
        given.hyper_param_options = {**held.hyper_param_options, **given.hyper_param_options}
        for what in ("handler", "selector", "inputs", "output_path", "input_path", "param_file", "returns"):
            setattr(given, what, getattr(given, what) or getattr(held, what))
        files = {name: each for name, each in held.inputs.items() if is_split({name: each})}
        given.inputs = {**given.inputs, **files}  # those that it had, though there be others by now
        metadata, status = record.metadata, record.status
        old_metadata = self.parent.metadata
        metadata.uid, metadata.name, metadata.project = old_metadata.uid, old_metadata.name, old_metadata.project
        metadata.labels = {**old_metadata.labels, **metadata.labels}
        status.attempt = self.parent.status.attempt + 1
        status.extra = {**status.extra, "resumed": True}

    def _check(self, given: TaskSpec) -> None:
        held = self.parent.spec
        seed, kept_seed = (each.hyper_param_options.get("seed") for each in (given, held))
        same = {
            "parameters": not given.parameters or values.plain(given.parameters) == held.parameters,
            "hyper-parameters": not given.hyperparams or written(given.hyperparams) == held.hyperparams,
            "strategy": (given.strategy or held.strategy or GRID) == (held.strategy or GRID),
            "seed": seed in (None, kept_seed),
        }
        for what, equal in same.items():
            if not equal:
                raise ConflictError(
                    f"the sweep had another {what}" if what in ("strategy", "seed") else f"the sweep had other {what}",
                    where=f"run {self.parent.metadata.uid[:8]}",
                    hint="leave it out, or start a new sweep",
                )

    def outcomes(self) -> Iterator[Outcome]:
        """Of the iterations that need not be executed again."""
        return (Outcome.of(run, earlier=True) for run in self._iterations() if run.metadata.iteration in self.kept)

    def again(self, assignments: Iterable[Assignment]) -> Iterator[Assignment]:
        """The assignments, which are none of those kept, as further attempts where they were begun before."""
        for assignment in assignments:
            attempt, aborted = self._tried.get(assignment.number, (0, False))
            yield assignment._replace(attempt=attempt + 1, resumed=aborted)

    def _iterations(self) -> Iterator[RunRecord]:
        key = self.parent.key
        query = RunQuery(project=key.project, uid=key.uid, iterations=True, limit=PAGE)
        while True:
            page = self._db.list_runs(query)
            yield from page.rows
            if not page.after:
                return
            query.after = page.after
