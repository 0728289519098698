"""What a sweep costs: a thousand iterations, workers here and Dask's, a hundred thousand; beside floors of the same run.

Every figure is taken in a fresh process, ours and the others in turn. ``PEERS_HOME`` names a folder with an environment for each of the
libraries that users have instead (``mlrun``, ``mlflow``, and ``aux`` for Optuna); those that are missing are left out.
``BENCH_ROUNDS`` and ``BENCH_LONG`` change how often, and how many iterations the long sweep has.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

from measure import report, scratch

SHORT = int(os.environ.get("BENCH_SHORT", "1000"))
PEERED = int(os.environ.get("BENCH_PEERED", "200"))
"""Iterations of the libraries beside which ours is put: a thousand take them minutes."""
LONG = int(os.environ.get("BENCH_LONG", "100000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
HERE = str(Path(__file__).parent)

HEAD = """
import json, os, resource, sys, time
sys.path.insert(0, sys.argv[1])
COUNT, WORKERS = int(sys.argv[2]), int(sys.argv[3])
tell = sys.stdout
sys.stdout = open(os.devnull, "w")
def measured(action, **more):
    cpu, start = time.process_time(), time.perf_counter()
    action()
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": took, "cpu": cpu, "mb": peak, **more}), file=tell, flush=True)
def trivial(x):
    return (x - 500) ** 2
def burning(x):  # 50 ms of a processor, however busy the machine is
    end = time.thread_time() + 0.05
    while time.thread_time() < end:
        pass
    return x
if __name__ == "__main__":  # and no worker process that imports the main script
"""
OURS = """
from peer_adapter import open_
peer = open_("sqlite", None)
peer.sweep(5)
measured(lambda: peer.sweep(COUNT))
peer.close()
"""
FLOOR = """
from floor import Floor
floor = Floor()
floor.run({"p1": 0}, {"loss": 1.0})
measured(lambda: [floor.run({"p1": x}, {"loss": float(trivial(x))}) for x in range(COUNT)])
"""
MLRUN = """
import mlrun
mlrun.mlconf.artifact_path = os.path.abspath("artifacts")
mlrun.new_project("bench", context="./", save=False)
function = mlrun.new_function("point", project="bench", kind="local")
def point(context, p1=1):
    context.log_result("loss", float(trivial(p1)))
def sweep(count):
    function.run(handler=point, hyperparams={"p1": list(range(count))}, selector="min.loss", local=True)
sweep(5)
measured(lambda: sweep(COUNT))
"""
MLFLOW = """
import mlflow
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("bench")
def sweep(count):
    with mlflow.start_run():
        for x in range(count):
            with mlflow.start_run(nested=True):
                mlflow.log_param("p1", x)
                mlflow.log_metric("loss", float(trivial(x)))
sweep(5)
measured(lambda: sweep(COUNT))
"""
OPTUNA = """
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
def sweep(count):
    sampler = optuna.samplers.GridSampler({"p1": list(range(count))}, seed=1)
    study = optuna.create_study(storage="sqlite:///optuna.db", sampler=sampler)
    study.optimize(lambda trial: float(trivial(trial.suggest_int("p1", 0, count - 1))), n_trials=count)
sweep(5)
measured(lambda: sweep(COUNT))
"""
CREW = """
import mlrun_jupyter as mlrun
work = burning if os.environ["BENCH_WORK"] == "burning" else trivial
def handler(context, x):
    context.log_result("y", work(x))
def sweep(count):
    task = mlrun.new_task("sweep").with_hyper_params({"x": list(range(count))}, "max.y", workers=WORKERS, max_iterations=count)
    run = mlrun.new_function(kind=os.environ["BENCH_KIND"]).run(task, handler=handler)
    assert run.results["y"] == max(map(trivial, range(count))) or work is burning
sweep(2 * WORKERS)
measured(lambda: sweep(COUNT))
"""
POOL = """
from loky import get_reusable_executor
import cloudpickle
work = burning if os.environ["BENCH_WORK"] == "burning" else trivial
with get_reusable_executor(max_workers=WORKERS) as pool:
    list(pool.map(work, range(2 * WORKERS)))
    measured(lambda: list(pool.map(work, range(COUNT))))
"""
DASK = """
import distributed
with distributed.LocalCluster(n_workers=WORKERS, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
    with distributed.Client(cluster) as client:
        def each(count):
            running = distributed.as_completed(client.submit(trivial, x, pure=False) for x in range(2 * WORKERS))
            given = 2 * WORKERS
            for done in running:
                done.result()
                if given < count:
                    running.add(client.submit(trivial, given, pure=False))
                    given += 1
        each(2 * WORKERS)
        measured(lambda: each(COUNT))
"""
LATER = """
from peer_adapter import open_
peer = open_("sqlite", None)
measured(lambda: peer.sweep(COUNT))
(run,) = peer.db.list_runs(last=1)
def usual(action):
    times = []
    for _ in range(9):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return sorted(times)[4] * 1e3
print(json.dumps({
    "newest": usual(lambda: peer.db.list_runs(last=50)),
    "parent": usual(lambda: peer.db.read_run(run.uid())),
    "page": usual(lambda: peer.db.list_runs(uid=run.uid(), iter=True, last=50)),
    "bytes": len(json.dumps(peer.db.read_run(run.uid()).to_dict(), default=str)),
}), file=tell, flush=True)
peer.close()
"""


class Figure(NamedTuple):
    """Seconds, seconds of the processor in the process itself, and its highest memory in MB."""

    s: float
    cpu: float
    mb: float


def lines(
    code: str, count: int, workers: int = 1, *, python: str = sys.executable, **env: str
) -> list[dict[str, float]]:
    """What the code prints in a fresh process, in a folder of its own."""
    with scratch() as folder:
        script = folder / "measured.py"
        script.write_text(HEAD + textwrap.indent(code, "    "))
        done = subprocess.run(
            [python, str(script), HERE, str(count), str(workers)],
            capture_output=True,
            text=True,
            env={**os.environ, "HOME": str(folder), "MLFLOW_DISABLE_TELEMETRY": "true", **env},
            timeout=1800,
        )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not found:
        raise RuntimeError(done.stderr[-2000:])
    return found


def taken(code: str, count: int, workers: int = 1, *, python: str = sys.executable, **env: str) -> Figure:
    return Figure(**lines(code, count, workers, python=python, **env)[0])


def usual(figures: list[Figure]) -> Figure:
    return Figure(*(statistics.median(column) for column in zip(*figures, strict=True)))


def peers() -> dict[str, tuple[str, str]]:
    """Name to the code and the interpreter that it runs in, of those that are here."""
    home = os.environ.get("PEERS_HOME", "")
    named = {"mlrun 1.12": ("mlrun", MLRUN), "MLflow": ("mlflow", MLFLOW), "Optuna": ("aux", OPTUNA)}
    found = {name: (code, str(Path(home, folder, "bin", "python"))) for name, (folder, code) in named.items()}
    return {name: each for name, each in found.items() if home and Path(each[1]).exists()}


def one_after_the_other() -> None:
    rows: dict[str, list[Figure]] = {}
    others = peers()
    for number in range(ROUNDS):
        for name, code in (("ours", OURS), ("floor", FLOOR)):
            rows.setdefault(name, []).append(taken(code, SHORT))
        if not number:
            rows.update({name: [taken(code, PEERED, python=python)] for name, (code, python) in others.items()})
    found = {name: usual(figures) for name, figures in rows.items()}
    ours, floor = found["ours"], found["floor"]
    report(f"sweep of {SHORT}, stored", ours.s, floor.s, "s", floor_is="sqlite3", target="0.4 s")
    report("its processor time", ours.cpu, floor.cpu, "s", floor_is="sqlite3")
    report("its memory", ours.mb, floor.mb, "MB", floor_is="sqlite3", target="80 MB")
    for name in others:
        its = found[name]
        report("one of its iterations", ours.s / SHORT * 1e3, its.s / PEERED * 1e3, "ms", floor_is=name)
        report("the processor time of one", ours.cpu / SHORT * 1e3, its.cpu / PEERED * 1e3, "ms", floor_is=name)
        report("its memory", ours.mb, its.mb, "MB", floor_is=name)


def side_by_side() -> None:
    """How much faster two are than one, of ours and of plain loky: a busy machine slows both down."""
    work = {"BENCH_WORK": "burning", "BENCH_KIND": ""}
    ours, floor = [], []
    for _ in range(ROUNDS):
        ours.append(taken(CREW, 60, 1, **work).s / taken(CREW, 60, 2, **work).s)
        floor.append(taken(POOL, 60, 1, **work).s / taken(POOL, 60, 2, **work).s)
    report(
        "two workers beside one, 50 ms each",
        statistics.median(ours),
        statistics.median(floor),
        "times",
        floor_is="loky alone",
        target="1.85",
    )


def overhead() -> None:
    for name, kind, code, floor_is, target in (
        ("worker process", "", POOL, "loky alone", "3 ms"),
        ("Dask", "dask", DASK, "Dask alone", "8 ms"),
    ):
        work = {"BENCH_WORK": "trivial", "BENCH_KIND": kind}
        ours = usual([taken(CREW, SHORT, 2, **work) for _ in range(ROUNDS)])
        floor = usual([taken(code, SHORT, 2, **work) for _ in range(ROUNDS)])
        report(
            f"iteration, {name}", ours.s / SHORT * 1e3, floor.s / SHORT * 1e3, "ms", floor_is=floor_is, target=target
        )


def long() -> None:
    small, after_small = lines(LATER, SHORT)
    big, after_big = lines(LATER, LONG)
    per = big["s"] / LONG * 1e6, small["s"] / SHORT * 1e6
    of = f"{SHORT} iterations"
    report(f"sweep of {LONG}, each", *per, "us", floor_is=of)
    report("its memory", big["mb"], small["mb"], "MB", floor_is=of, target="500 MB")
    for what, name in (
        ("newest", "newest 50 runs"),
        ("parent", "the sweep's record"),
        ("page", "50 of its iterations"),
    ):
        report(f"then {name}", after_big[what], after_small[what], "ms", floor_is=of)
    report("bytes of the sweep's record", after_big["bytes"], after_small["bytes"], "B", floor_is=of)


def main(names: list[str]) -> None:
    parts = {each.__name__: each for each in (one_after_the_other, side_by_side, overhead, long)}
    for name in names or parts:
        parts[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
