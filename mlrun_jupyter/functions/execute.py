"""From a job and a task to a run: once, or as a sweep."""

from __future__ import annotations

from mlrun_jupyter import datastore
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import RunError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.runtimes.base import Job, Runtime
from mlrun_jupyter.runtimes.local import runtime_of
from mlrun_jupyter.sweeps import param_file
from mlrun_jupyter.sweeps.execution import Execution, Sequential
from mlrun_jupyter.sweeps.options import SweepOptions
from mlrun_jupyter.sweeps.session import Session
from mlrun_jupyter.sweeps.strategy import plan
from mlrun_jupyter.sweeps.sweep import run_sweep
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.secrets import Secrets


def execute(job: Job, record: RunRecord, db: RunDB) -> Run:
    """Execute a task to its end and return its run.

    Raises
    ------
    RunError
        It did not complete; chained to what the code raised.
    MlrunError
        The task does not fit the job, or the store cannot be written: nothing was run, nothing recorded.
    """
    secrets = Secrets.of(record.spec.secret_sources)
    sweep = _is_sweep(record)
    if sweep and (limit := SweepOptions.of(record.spec).timeout):
        job = job._replace(timeout=limit)
    runtime = runtime_of(job)
    try:
        error = _sweep(job, runtime, record, db, secrets) if sweep else _once(runtime, record, db, secrets)
    finally:
        runtime.close()
    run = Run(record, db)
    if error is not None:
        raise RunError(
            f"run {run.name!r} failed: {run.error or error}", run=run, where=f"run {run.uid()[:8]}"
        ) from error
    return run


def _is_sweep(record: RunRecord) -> bool:
    strategy = record.spec.strategy or record.spec.hyper_param_options.get("strategy")
    return bool(record.spec.hyperparams or record.spec.param_file) and strategy != "custom"


def _once(runtime: Runtime, record: RunRecord, db: RunDB, secrets: Secrets) -> BaseException | None:
    runtime.check(record)
    return runtime.execute(record, tracker.of(db), secrets)


def _sweep(job: Job, runtime: Runtime, record: RunRecord, db: RunDB, secrets: Secrets) -> BaseException | None:
    options = SweepOptions.of(record.spec)
    if record.spec.param_file:
        item = datastore.resolve(record.spec.param_file, secrets=secrets, db=db, base=record.spec.input_path)
        record.spec.hyperparams, kind = param_file.read(item)
        options.strategy = options.strategy or kind
    combinations = plan(record.spec.hyperparams, options)
    runtime.check(record)
    own = tracker.of(db)
    return run_sweep(
        record,
        combinations.assignments(),
        combinations.total,
        options,
        _execution(job, runtime, record, own, options, secrets, total=combinations.total),
        own,
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
