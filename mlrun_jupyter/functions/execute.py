"""From a job and a task to a run: once, or as a sweep."""

from __future__ import annotations

import random
from collections.abc import Iterable

from mlrun_jupyter import datastore
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import RunError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.model.task import TaskSpec
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.runtimes.base import Job, Runtime
from mlrun_jupyter.runtimes.local import runtime_of
from mlrun_jupyter.sweeps import param_file
from mlrun_jupyter.sweeps.execution import Execution, Sequential
from mlrun_jupyter.sweeps.iteration import Assignment
from mlrun_jupyter.sweeps.options import SweepOptions
from mlrun_jupyter.sweeps.past import Past
from mlrun_jupyter.sweeps.session import Session
from mlrun_jupyter.sweeps.strategy import plan, written
from mlrun_jupyter.sweeps.sweep import run_sweep
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.secrets import Secrets


def execute(job: Job, record: RunRecord, db: RunDB, *, resume: str = "") -> Run:
    """Execute a task to its end and return its run; ``resume`` is the uid of a sweep to go on with.

    Raises
    ------
    RunError
        It did not complete; chained to what the code raised.
    MlrunError
        The task does not fit the job or the sweep, or the store cannot be written: nothing was run, nothing recorded.
    """
    past = _past(record, db, resume) if resume else None
    if past is not None and past.complete:
        return Run(past.parent, db)
    secrets = Secrets.of(record.spec.secret_sources)
    options = _options(record, db, secrets, past)
    if options is not None and options.timeout:
        job = job._replace(timeout=options.timeout)
    runtime = runtime_of(job)
    try:
        runtime.check(record)
        if options is None:
            error = runtime.execute(record, tracker.of(db), secrets)
        else:
            error = _sweep(job, runtime, record, db, secrets, options, past)
    finally:
        runtime.close()
    run = Run(record, db)
    if error is not None:
        raise RunError(
            f"run {run.name!r} failed: {run.error or error}", run=run, where=f"run {run.uid()[:8]}"
        ) from error
    return run


def _past(record: RunRecord, db: RunDB, uid: str) -> Past:
    tracker.flush(db)
    past = Past(db, record.metadata.project, uid)
    if not past.complete:
        past.continue_as(record)
    return past


def _options(record: RunRecord, db: RunDB, secrets: Secrets, past: Past | None) -> SweepOptions | None:
    """How the sweep is done, or None for a task that is none; what it needs to be resumed is put into the record."""
    spec = record.spec
    if not (spec.hyperparams or spec.param_file) or _strategy(spec) == "custom":
        return None
    if spec.param_file and past is None:  # the combinations of a resumed sweep are those that it had
        item = datastore.resolve(spec.param_file, secrets=secrets, db=db, base=spec.input_path)
        spec.hyperparams, kind = param_file.read(item)
        spec.strategy = _strategy(spec) or kind
    options = SweepOptions.of(spec)
    if options.seed is None and options.strategy not in ("", "grid", "list"):
        options.seed = random.SystemRandom().randrange(2**31)
        spec.hyper_param_options = {**spec.hyper_param_options, "seed": options.seed}
    return options


def _strategy(spec: TaskSpec) -> str:
    return str(spec.strategy or spec.hyper_param_options.get("strategy") or "")


def _sweep(
    job: Job,
    runtime: Runtime,
    record: RunRecord,
    db: RunDB,
    secrets: Secrets,
    options: SweepOptions,
    past: Past | None,
) -> BaseException | None:
    combinations = plan(record.spec.hyperparams, options)
    record.spec.hyperparams = written(record.spec.hyperparams)
    assignments: Iterable[Assignment] = combinations.assignments()
    own = tracker.of(db)
    return run_sweep(
        record,
        past.missing(assignments) if past is not None else assignments,
        combinations.total,
        options,
        _execution(job, runtime, record, own, options, secrets, total=combinations.total),
        own,
        earlier=past.outcomes() if past is not None else (),
        secrets=secrets,
        code=runtime.code,
    )


def _execution(
    job: Job,
    runtime: Runtime,
    record: RunRecord,
    own: tracker.Tracker,
    options: SweepOptions,
    secrets: Secrets,
    *,
    total: int,
) -> Execution:
    """Who executes the iterations: this process, or workers on this machine."""
    if options.workers <= 1:
        return Sequential(record, lambda child: runtime.execute(child, own, secrets))
    from mlrun_jupyter.sweeps.parallel import Parallel

    return Parallel(
        Session.of(job, own.db.address, secrets),
        record,
        own.db,
        min(options.workers, max(total, 1)),
        timeout=job.timeout or 0.0,
        max_attempts=options.max_attempts,
    )
