"""Sweeps whose processes are killed: nothing is lost, nothing is recorded twice, and nobody else pays."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.tracking import tracker

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"

SCRIPT = """
import sys, time
from pathlib import Path
from mlrun_jupyter import new_task, run_local

def train(context, x, folder):
    with open(f"{folder}/calls", "a") as file:
        file.write(f"{x}\\n")
    context.log_result("y", x)
    context.log_metric("loss", 1 / (x + 1))
    time.sleep(0.02)

if __name__ == "__main__":
    store, folder, workers = sys.argv[1:]
    task = new_task("sweep", params={"folder": folder}).with_hyper_params({"x": list(range(60))}, "max.y", workers=int(workers))
    run_local(task, handler=train, db=store)
"""


@pytest.fixture
def store(tmp_path):
    yield str(tmp_path / "store")
    tracker.close_all()
    close_all()


def calls(folder: Path) -> list[int]:
    file = folder / "calls"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def parent(store: str) -> Run:
    db = open_db(store)
    db.recover()
    (record,) = db.list_runs(RunQuery(project="*")).rows
    return Run(record, db)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_sweep_whose_process_is_killed_at_a_third_is_resumed(store, tmp_path, workers):
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen([sys.executable, str(script), store, str(tmp_path), workers])
    wait_for(lambda: len(calls(tmp_path)) >= 20)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    wait_for(lambda: not any(each.is_running() and each.status() != "zombie" for each in children), 10)
    before = calls(tmp_path)

    run = parent(store)
    assert (run.state(), run.status.reason) == ("error", "lost")
    done = {each.metadata.iteration for each in run.iterations() if each.state() == "completed"}
    assert len(done) >= len(before) - 2 * int(workers)

    resumed = run_local(handler=train_here, resume=run.uid(), db=store)
    assert (resumed.state(), resumed.results) == ("completed", {"y": 59, "best_iteration": 60})
    iterations = resumed.iterations()
    assert [each.metadata.iteration for each in iterations] == list(range(1, 61))
    assert {each.state() for each in iterations} == {"completed"}
    assert all(each.results == {"y": each.metadata.iteration - 1} for each in iterations)
    assert all(each.status.metrics["loss"]["count"] == 1 for each in iterations)
    assert len(calls(tmp_path)) - len(before) == 60 - len(done)


def train_here(context, x, folder):
    with Path(folder, "calls").open("a") as file:
        file.write(f"{x}\n")
    context.log_result("y", x)
    context.log_metric("loss", 1 / (x + 1))


@pytest.mark.timeout(1800 if FULL else 300)
def test_workers_killed_at_any_moment_cost_nobody_an_iteration(store, tmp_path):
    count = 2000 if FULL else 150
    pids = tmp_path / "pids"
    pids.mkdir()

    def train(context, x):
        (pids / str(os.getpid())).touch()
        context.log_result("y", x)
        context.log_metric("loss", 1 / (x + 1))
        if x % 10 == 0:
            context.log_artifact("note", body=f"{x}")
        time.sleep(0.005)

    over = threading.Event()
    killed = []

    def kill() -> None:
        chance = random.Random(7)
        while not over.wait(chance.uniform(0.2, 0.6)):
            with contextlib.suppress(psutil.Error, IndexError):
                victim = chance.choice(
                    [each for each in psutil.Process().children() if (pids / str(each.pid)).exists()]
                )
                victim.send_signal(signal.SIGKILL)
                killed.append(victim.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        task = new_task("sweep").with_hyper_params(
            {"x": list(range(count))}, "max.y", workers=2, max_iterations=count, max_attempts=20
        )
        run = run_local(task, handler=train, db=store)
    finally:
        over.set()
        killer.join()
    assert killed
    assert run.results == {"y": count - 1, "best_iteration": count}
    iterations = run.iterations()
    assert [each.metadata.iteration for each in iterations] == list(range(1, count + 1))
    assert {each.state() for each in iterations} == {"completed"}
    assert all(each.results == {"y": each.metadata.iteration - 1} for each in iterations)
    assert all(each.status.metrics["loss"]["count"] == 1 for each in iterations)
    assert sum(each.status.attempt - 1 for each in iterations) <= len(killed)
    assert len(run.artifact("iteration_results").get().splitlines()) == count + 1
