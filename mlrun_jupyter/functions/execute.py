"""From a job and a task to a run: once, or as a sweep."""

from __future__ import annotations

import contextlib
import random
from contextlib import AbstractContextManager, nullcontext

from mlrun_jupyter import datastore
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, NotFoundError, RunError
from mlrun_jupyter.model.run import RunRecord, new_uid
from mlrun_jupyter.model.task import TaskSpec
from mlrun_jupyter.runs import display
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.runtimes.base import Job, Runtime
from mlrun_jupyter.runtimes.local import runtime_of
from mlrun_jupyter.sweeps import param_file
from mlrun_jupyter.sweeps.crew import Crew
from mlrun_jupyter.sweeps.execution import Execution, Sequential
from mlrun_jupyter.sweeps.options import SAMPLERS, STRATEGY_NAMES, SweepOptions
from mlrun_jupyter.sweeps.past import Past
from mlrun_jupyter.sweeps.search import Search
from mlrun_jupyter.sweeps.session import Session
from mlrun_jupyter.sweeps.split import Resolve, Split, files_of, is_split
from mlrun_jupyter.sweeps.strategy import Strategy, plan, written
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
    db.admit(record.metadata.project)
    if record.metadata.uid and not resume:
        _check_new(record, db)
    secrets = Secrets.of(record.spec.secret_sources)
    options = _options(record, db, secrets, past)
    if options is not None and options.timeout:
        job = job._replace(timeout=options.timeout)
    runtime = runtime_of(job)
    try:
        runtime.check(record)
        if options is not None:
            error = _sweep(job, runtime, record, db, secrets, options, past)
        elif job.function.kind == "dask" and not job.local:
            error = _single(job, record, db, secrets)
        else:
            error = runtime.execute(record, tracker.of(db), secrets)
    finally:
        runtime.close()
    run = Run(record, db)
    if error is not None:
        told = f"run {run.name!r} failed: {run.error or error}"
        raise RunError(told, run=run, where=f"run {run.uid()[:8]}", hint=_hint(record, run.error)) from error
    return run


def _hint(record: RunRecord, error: str) -> str:
    """What to do about a data set that was read as text: it is kept as parquet where no format is named."""
    if not any(name in error for name in ("UnicodeDecodeError", "ParserError")):
        return ""
    for name, given in record.spec.inputs.items():
        if str(given).startswith("store://datasets/") or str(given).endswith((".parquet", ".pq")):
            return f"input {name!r} is parquet: read it with pandas.read_parquet, or log it with format='csv'"
    return ""


def _check_new(record: RunRecord, db: RunDB) -> None:
    """Raises ``ConflictError`` when a run of the uid that the task gives exists."""
    with contextlib.suppress(NotFoundError):
        db.read_run(record.key)
        raise ConflictError(
            f"there is a run {record.metadata.uid!r} already", hint="leave the uid out, or give another"
        )


def _past(record: RunRecord, db: RunDB, uid: str) -> Past:
    tracker.flush(db)
    past = Past(db, record.metadata.project, uid)
    if not past.complete:
        past.continue_as(record)
    return past


def _options(record: RunRecord, db: RunDB, secrets: Secrets, past: Past | None) -> SweepOptions | None:
    """How the sweep is done, or None for a task that is none; what it needs to be resumed is put into the record."""
    spec = record.spec
    if past is None:
        spec.param_file = spec.param_file or str(spec.hyper_param_options.get("param_file") or "")
        if spec.param_file and spec.hyperparams:
            raise InvalidArgumentError("hyper-parameters and a param file exclude each other", hint="give one of them")
    swept = spec.hyperparams or spec.param_file or is_split(spec.inputs) or spec.hyper_param_options.get("split")
    if not swept or _strategy(spec) == "custom":
        return None
    if spec.param_file and past is None:  # the combinations of a resumed sweep are those that it had
        every = SweepOptions.of(spec) if _strategy(spec) not in ("random", *SAMPLERS) else None
        spec.hyperparams, kind = param_file.read(_resolver(spec, db, secrets)(spec.param_file), every)
        spec.strategy = _strategy(spec) or kind
    if "MAX_EVALS" in spec.hyperparams and _strategy(spec) == "random":  # where the number of draws once stood
        draws = spec.hyperparams["MAX_EVALS"]
        spec.hyperparams = {name: given for name, given in spec.hyperparams.items() if name != "MAX_EVALS"}
        spec.hyper_param_options = {"max_iterations": draws, **spec.hyper_param_options}
    options = SweepOptions.of(spec)
    if options.seed is None and options.strategy not in ("", "grid", "list"):
        options.seed = random.SystemRandom().randrange(2**31)
        spec.hyper_param_options = {**spec.hyper_param_options, "seed": options.seed}
    return options


def _resolver(spec: TaskSpec, db: RunDB, secrets: Secrets) -> Resolve:
    """From a path or address, as the task says it, to the data there."""
    return lambda url: datastore.resolve(url, secrets=secrets, db=db, base=spec.input_path)


def _strategy(spec: TaskSpec) -> str:
    options = spec.hyper_param_options
    return str(spec.strategy or next((options[name] for name in STRATEGY_NAMES if options.get(name)), ""))


def _sweep(
    job: Job,
    runtime: Runtime,
    record: RunRecord,
    db: RunDB,
    secrets: Secrets,
    options: SweepOptions,
    past: Past | None,
) -> BaseException | None:
    hyperparams = record.spec.hyperparams
    searched = Search(hyperparams, options) if options.strategy in SAMPLERS or options.pruner else None
    strategy: Strategy = searched or plan(hyperparams, options)
    record.spec.hyperparams = written(hyperparams)
    files = files_of(record.spec.inputs, options.split, _resolver(record.spec, db, secrets))
    if files:
        strategy = Split(strategy, files, options)
        record.spec.inputs = {**record.spec.inputs, **files}
    own = tracker.of(db)
    assignments = strategy.assignments() if past is None else past.again(strategy.assignments(past.kept))
    execution = _execution(job, runtime, record, own, options, secrets, total=strategy.total, search=searched)
    with _shown(record, db):
        return run_sweep(
            record,
            assignments,
            strategy,
            options,
            execution,
            own,
            earlier=past.outcomes() if past is not None else (),
            secrets=secrets,
            describe=runtime.describe,
        )


def _shown(record: RunRecord, db: RunDB) -> AbstractContextManager[None]:
    """In a notebook, its card shows how far a sweep is."""
    if not display.in_notebook():
        return nullcontext()
    from mlrun_jupyter.runs import live

    record.metadata.uid = record.metadata.uid or new_uid()  # by which the card finds it
    return live.showing(record, db)


def _execution(
    job: Job,
    runtime: Runtime,
    record: RunRecord,
    own: tracker.Tracker,
    options: SweepOptions,
    secrets: Secrets,
    *,
    total: int,
    search: Search | None,
) -> Execution:
    """Who executes the iterations: this process, or workers on this machine."""
    judges = search.judge if search is not None and search.watched else None
    dask = _is_dask(job, options)
    if options.workers <= 1 and not dask:
        return Sequential(record, lambda child: runtime.execute(child, own, secrets), judges=judges)
    from mlrun_jupyter.sweeps.parallel import Parallel

    watched = search.watched if search is not None else ""
    session = Session.of(job, own.db.address, secrets)
    hire = _dask_crew if dask else _local_crew
    return Parallel(
        hire(session, record, options, total, watched),
        record,
        own.db,
        timeout=job.timeout or 0.0,
        max_attempts=options.max_attempts,
        judges=judges,
        watched=watched,
        ahead=search is None,
    )


def _single(job: Job, record: RunRecord, db: RunDB, secrets: Secrets) -> BaseException | None:
    """A task that is no sweep, on one worker of the cluster."""
    from mlrun_jupyter.sweeps.parallel import Parallel
    from mlrun_jupyter.sweeps.single import run_single

    options = SweepOptions.of(record.spec)
    options.parallel_runs = 1
    record.metadata.uid = record.metadata.uid or new_uid()
    own = tracker.of(db).db
    crew = _dask_crew(Session.of(job, own.address, secrets), record, options, 1, "")
    execution = Parallel(crew, record, own, timeout=job.timeout or 0.0, max_attempts=options.max_attempts, named=False)
    return run_single(record, own, execution, secrets)


def _is_dask(job: Job, options: SweepOptions) -> bool:
    return bool(options.dask_cluster_uri) or (job.function.kind == "dask" and not job.local)


def _local_crew(session: Session, record: RunRecord, options: SweepOptions, total: int, watched: str) -> Crew:
    from mlrun_jupyter.sweeps.workers import LocalCrew

    return LocalCrew(session, record, min(options.workers, max(total, 1)), watched=watched)


def _dask_crew(session: Session, record: RunRecord, options: SweepOptions, total: int, watched: str) -> Crew:
    from mlrun_jupyter.sweeps import dask_cluster
    from mlrun_jupyter.sweeps.dask_crew import DaskCrew

    wanted = min(options.workers, max(total, 1)) if options.parallel_runs else 0
    cluster = dask_cluster.connect(options.dask_cluster_uri, wanted, confidential=bool(session.secrets))
    return DaskCrew(cluster, session, record, wanted, watched=watched, teardown=options.teardown_dask)
