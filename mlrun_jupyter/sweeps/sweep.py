"""A sweep: one run for each combination of parameters, and a parent that knows the best of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from mlrun_jupyter.errors import RunError, nearest
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.sweeps.best import Best
from mlrun_jupyter.sweeps.condition import Condition
from mlrun_jupyter.sweeps.coordinates import LINES, CoordinatesArtifact, Line
from mlrun_jupyter.sweeps.execution import Execution
from mlrun_jupyter.sweeps.importance import importances
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome
from mlrun_jupyter.sweeps.merge import Merge
from mlrun_jupyter.sweeps.options import SweepOptions
from mlrun_jupyter.sweeps.progress import Progress
from mlrun_jupyter.sweeps.strategy import Strategy
from mlrun_jupyter.sweeps.table import IterationsArtifact, IterationTable
from mlrun_jupyter.tracking import provenance
from mlrun_jupyter.tracking.children import TABLE_LIMIT
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.output import Log, captured
from mlrun_jupyter.tracking.secrets import Secrets
from mlrun_jupyter.tracking.tracker import Tracker
from mlrun_jupyter.views import format

CONSIDERED = 2_000
"""Iterations that the importance of parameters is estimated from."""


def run_sweep(
    run: RunRecord,
    assignments: Iterable[Assignment],
    strategy: Strategy,
    options: SweepOptions,
    execution: Execution,
    tracker: Tracker,
    *,
    earlier: Iterable[Outcome] = (),
    secrets: Secrets | None = None,
    describe: Callable[[RunContext], None] = provenance.describe,
    watch: Callable[[RunContext], None] | None = None,
) -> BaseException | None:
    """Execute the assignments as iterations of ``run``; ``earlier`` are the outcomes that are there already.

    The parent's results are those of the best iteration, with ``best_iteration``; its artifacts are the best one's and
    the table ``iteration_results``. It fails when no iteration completed, or when more than ``max_errors`` failed.
    """
    context = RunContext(run, tracker, secrets=secrets)
    describe(context)
    total = strategy.total
    sweep = Sweep(context, total, options)
    log = Log(context.write_log, context.secrets.masker)
    try:
        context.start()
        if watch is not None:
            watch(context)
        with sweep.progress.shown(), captured(log):
            for outcome in earlier:
                strategy.tell(outcome)
                sweep.add(outcome)
            for outcome in execution.run(_announced(assignments, context, total)):
                strategy.tell(outcome)
                if sweep.add(outcome):
                    break
            _stop(execution, sweep)
        return sweep.end()
    except KeyboardInterrupt as error:
        _stop(execution, sweep)
        sweep.record()
        context.fail(error)
        raise
    except Exception as error:  # of the sweep itself, not of an iteration
        _stop(execution, sweep)
        context.fail(error)
        return error
    finally:
        execution.close()
        sweep.close()


def _announced(assignments: Iterable[Assignment], context: RunContext, total: int) -> Iterator[Assignment]:
    for assignment in assignments:
        given = {**assignment.inputs, **assignment.parameters}
        told = ", ".join(f"{name}={value!r:.60}" for name, value in given.items())
        context.write_log(f"> iteration {assignment.number} of {total}: {told}\n")
        yield assignment


def _stop(execution: Execution, sweep: Sweep) -> None:
    """Take in what is still under way; a second interrupt cuts its time short."""
    try:
        found = execution.stop()
    except KeyboardInterrupt:
        found = execution.stop(grace=0.0)
    for outcome in found:
        sweep.add(outcome)


class Sweep:
    """The parent's bookkeeping: a running best, the table, the errors."""

    def __init__(self, context: RunContext, total: int, options: SweepOptions) -> None:
        self._context = context
        self._best = Best(options.selector)
        self.progress = Progress(context, total, self._best)
        self._condition = Condition.parse(options.stop_condition)
        self._max_errors = options.max_errors
        self._table = IterationTable()
        self._split = [name for name, given in context.run.spec.inputs.items() if isinstance(given, list)]
        self._merge = Merge(options.merge or ("list" if self._split and not options.selector else ""))
        self._failed = 0
        self._excused = 0
        self._error = ""
        self._stopped = ""

    def add(self, outcome: Outcome) -> bool:
        """Take an iteration in; True when the sweep is to stop."""
        if self._split:  # the table tells which file it had
            files = {name: str(outcome.inputs.get(name, "")) for name in self._split}
            outcome = outcome._replace(parameters={**files, **outcome.parameters})
        self._table.add(outcome)
        self._merge.add(outcome)
        if outcome.completed:
            self._best.compare(outcome)
        else:
            self._failed += 1
            self._error = outcome.error or self._error
            self._excused += outcome.earlier  # a sweep is resumed with a fresh allowance of errors
        self.progress.add(failed=not outcome.completed, earlier=outcome.earlier)
        if self._stopped:
            return True
        if self._too_many():
            self._stopped = f"stopped after {format.count(self._failed, 'error')}"
        elif outcome.completed and self._condition.holds(outcome.results):
            self._stopped = "stopped: the stop condition holds"
        return bool(self._stopped)

    def _too_many(self) -> bool:
        return self._failed - self._excused > self._max_errors

    def record(self) -> None:
        """The best iteration's results and artifacts, and the table of all."""
        if not len(self._table):
            return
        self.progress.tell(over=True)
        context, status = self._context, self._context.run.status
        if len(self._table) <= TABLE_LIMIT:
            status.iterations = list(self._table.lines())
            context.update_status({"iterations": status.iterations})
        best, merged = self._best.outcome, self._merge.results()
        found = {**best.results, "best_iteration": best.number} if best is not None else {}
        if found := {**found, **merged}:
            context.log_results(found)
        if best is not None and best.artifacts:
            status.artifacts = list(best.artifacts)
            context.update_status({"artifacts": list(status.artifacts)})
        context.log_artifact(IterationsArtifact(self._table))
        self._explain()

    def _explain(self) -> None:
        """What the parameters have to do with the result that decides."""
        if not self._best.wanted:
            return
        lines = self._lines()
        if len(lines) < 2:
            return
        shares = importances([(line.parameters, line.result) for line in lines])
        if not shares:
            return
        self._context.update_status({"importance": shares})
        best = self._best.outcome
        drawn = _spread(lines, LINES, best.number if best is not None else 0)
        self._context.log_artifact(
            CoordinatesArtifact(
                drawn,
                self._best.wanted,
                lower=self._best.lower,
                best=best.number if best is not None else None,
                shares=shares,
                total=len(self._table),
            )
        )

    def _lines(self) -> list[Line]:
        """Iterations that completed with a number, at most :data:`CONSIDERED`."""
        found = []
        for row in self._table.rows(at_most=CONSIDERED):
            value = self._best.value_of(row.results) if row.state == states.COMPLETED else None
            if value is not None and math.isfinite(value):
                found.append(Line(row.number, row.parameters, value))
        return found

    def end(self) -> BaseException | None:
        """Record the sweep's outcome and end the parent."""
        self.record()
        done, context = len(self._table), self._context
        told = [self._stopped] if self._stopped else []
        if self._failed:
            why = f", the last by {format.cut(self._error, 200)}" if self._error else ""
            told.append(f"{self._failed} of {done} iterations failed{why}")
        if done > self._failed:
            told += self._unmet()
        text = "; ".join(told)
        if self._failed == done or self._too_many():
            context.finish(states.ERROR, error=text or "there was nothing to run", reason="exception")
            return RunError(text, run=context.run, hint="the iterations say why")
        context.run.status.status_text = text
        context.update_status({"status_text": text})
        context.finish()
        return None

    def _unmet(self) -> list[str]:
        """What was asked for, and no iteration has."""
        told, wanted = [], self._best.wanted
        if wanted and self._best.outcome is None:
            told.append(f"no iteration has a number as result {wanted!r}: no best one{self._known(wanted)}")
        if not self._stopped:
            for name in self._condition.unknown(self._table.results):
                told.append(f"the stop condition asks for {name!r}, which no iteration has{self._known(name)}")
        return told

    def _known(self, name: str) -> str:
        names = self._table.results
        hint = "its values are no numbers" if name in names else nearest(name, names)
        return f" ({hint})" if hint else ""

    def close(self) -> None:
        self._table.close()


def _spread(lines: Sequence[Line], most: int, best: int) -> list[Line]:
    """An even choice of the iterations, the best among them."""
    if len(lines) <= most:
        return list(lines)
    chosen = {index * len(lines) // most for index in range(most)}
    return [line for index, line in enumerate(lines) if index in chosen or line.number == best]
