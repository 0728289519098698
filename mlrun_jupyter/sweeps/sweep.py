"""A sweep: one run for each combination of parameters, and a parent that knows the best of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, NamedTuple

from mlrun_jupyter.artifacts import TableArtifact
from mlrun_jupyter.errors import RunError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.sweeps.condition import Condition
from mlrun_jupyter.sweeps.options import SweepOptions
from mlrun_jupyter.sweeps.selector import Selector
from mlrun_jupyter.sweeps.strategy import Plan
from mlrun_jupyter.tracking.children import child_record
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.output import Log, captured
from mlrun_jupyter.tracking.provenance import describe_code
from mlrun_jupyter.tracking.secrets import Secrets
from mlrun_jupyter.tracking.tracker import Tracker

TABLE_LIMIT = 100
"""Rows of the iterations table kept in the parent's record; longer ones are in the artifact and in the iterations."""

Execute = Callable[[RunRecord, Secrets], BaseException | None]
"""Runs one iteration to its end, brings its record up to date, and returns what made it fail."""


class Outcome(NamedTuple):
    """What is remembered of an iteration once it is over."""

    number: int
    state: str
    parameters: dict[str, Any]
    results: dict[str, Any]
    artifacts: list[dict[str, Any]]


def run_sweep(
    run: RunRecord,
    plan: Plan,
    options: SweepOptions,
    execute: Execute,
    tracker: Tracker,
    *,
    secrets: Secrets | None = None,
    code: Callable[..., Any] | None = None,
    watch: Callable[[RunContext], None] | None = None,
) -> BaseException | None:
    """Run every combination of ``plan``, one after the other, as iterations 1, 2, ... of ``run``.

    The parent's results are those of the best iteration, with ``best_iteration``; its artifacts are the best one's and
    the table ``iteration_results``. It fails when no iteration completed, or when more than ``max_errors`` failed.
    """
    context = RunContext(run, tracker, secrets=secrets)
    describe_code(context, code or run_sweep)
    context.start()
    if watch is not None:
        watch(context)
    sweep = _Sweep(context, plan.total, options)
    log = Log(context.write_log, context.secrets.masker)
    try:
        with captured(log):
            for number, parameters in enumerate(plan.combinations, 1):
                context.write_log(f"> iteration {number} of {plan.total}: {_told(parameters)}\n")
                child = child_record(run, number, {**run.spec.parameters, **parameters})
                execute(child, context.secrets)
                if sweep.add(child):
                    break
        return sweep.end()
    except KeyboardInterrupt as error:
        sweep.record()
        context.fail(error)
        raise
    except Exception as error:  # of the sweep itself, not of an iteration
        context.fail(error)
        return error


class _Sweep:
    """The parent's bookkeeping: a running best, the table, the errors."""

    def __init__(self, context: RunContext, total: int, options: SweepOptions) -> None:
        self._context = context
        self._total = total
        self._selector = Selector.parse(options.selector)
        self._condition = Condition.parse(options.stop_condition)
        self._max_errors = options.max_errors
        self._outcomes: list[Outcome] = []
        self._failed = 0
        self._best: tuple[float, Outcome] | None = None
        self._stopped = ""

    def add(self, child: RunRecord) -> bool:
        """Take an iteration in; True when the sweep is to stop."""
        status = child.status
        outcome = Outcome(
            child.metadata.iteration, status.state, child.spec.parameters, status.results, status.artifacts
        )
        self._outcomes.append(outcome)
        if status.state != states.COMPLETED:
            self._failed += 1
        else:
            self._compare(outcome)
        self._context.progress(len(self._outcomes), self._total)
        if self._failed > self._max_errors:
            self._stopped = f"stopped after {self._failed} errors"
        elif status.state == states.COMPLETED and self._condition.holds(status.results):
            self._stopped = "stopped: the stop condition holds"
        return bool(self._stopped)

    def _compare(self, outcome: Outcome) -> None:
        selector = self._selector
        value = selector.value(outcome.results) if selector is not None else None
        if selector is None or value is None:
            return
        if self._best is None or selector.better(value, self._best[0]):
            self._best = value, outcome

    def record(self) -> None:
        """The best iteration's results and artifacts, and the table of all."""
        if not self._outcomes:
            return
        context, status = self._context, self._context.run.status
        rows = self._table()
        if len(self._outcomes) <= TABLE_LIMIT:
            status.iterations = rows
            context.update_status({"iterations": rows})
        best = self._best[1] if self._best else None
        if best is not None:
            context.log_results({**best.results, "best_iteration": best.number})
            if best.artifacts:
                status.artifacts = list(best.artifacts)
                context.update_status({"artifacts": status.artifacts})
        context.log_artifact(TableArtifact("iteration_results", body=_csv(rows), header=rows[0]))

    def _table(self) -> list[list[Any]]:
        parameters = _names(outcome.parameters for outcome in self._outcomes)
        results = _names(outcome.results for outcome in self._outcomes)
        header = ["state", "iter", *(f"param.{name}" for name in parameters), *(f"output.{name}" for name in results)]
        rows: list[list[Any]] = [
            [
                outcome.state,
                outcome.number,
                *(outcome.parameters.get(name) for name in parameters),
                *(outcome.results.get(name) for name in results),
            ]
            for outcome in self._outcomes
        ]
        return [header, *rows]

    def end(self) -> BaseException | None:
        """Record the sweep's outcome and end the parent."""
        self.record()
        done, context = len(self._outcomes), self._context
        told = [self._stopped] if self._stopped else []
        if self._failed:
            told.append(f"{self._failed} of {done} iterations failed")
        if self._selector is not None and self._best is None and done > self._failed:
            told.append(f"no iteration has a number as result {self._selector.result!r}: no best one")
        text = "; ".join(told)
        if self._failed == done or self._failed > self._max_errors:
            context.finish(states.ERROR, error=text or "there was nothing to run", reason="exception")
            return RunError(text, run=context.run, hint="the iterations say why")
        if text:
            context.run.status.status_text = text
            context.update_status({"status_text": text})
        context.finish()
        return None


def _csv(rows: list[list[Any]]) -> bytes:
    """The table as a file; written without a data frame, since loading that library takes longer than a small sweep."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _names(mappings: Any) -> list[str]:
    """Every name, in the order of its first appearance."""
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))


def _told(parameters: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r:.60}" for name, value in parameters.items())
