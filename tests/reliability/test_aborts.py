"""A run is aborted at any moment, however it is executed: it ends, with every process that it started (R24)."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.run import Run

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"

STARTER = """
import time
from pathlib import Path
from mlrun_jupyter import new_function, new_task, run_local

def busy(context, x=1):
    Path(f"began{x}").touch()
    for step in range(100_000):
        context.log_metric("step", step)
        time.sleep(0.001)

if __name__ == "__main__":
    HOW
"""
FILE = """
import subprocess, sys, time
from pathlib import Path
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path("began1").touch()
time.sleep(600)
"""
SWEEP = "new_task().with_hyper_params({'x': [1, 2, 3]}, workers=2), handler=busy"
WAYS = {
    "handler": "run_local(handler=busy)",
    "file": "run_local(command='busy.py')",
    "notebook": "run_local(command='busy.ipynb')",
    "kernel": "run_local(command='busy.ipynb', mode='notebook')",
    "sweep": "run_local(new_task().with_hyper_params({'x': [1, 2, 3]}), handler=busy)",
    "workers": f"run_local({SWEEP})",
    "dask": f"new_function(kind='dask').run({SWEEP})",
}
SLOW = ("dask",)


LEAST = {"file": 2, "notebook": 2, "kernel": 2, "workers": 2, "dask": 2}
"""Processes that there are at the moment of the abort."""


def wait_for(condition, seconds=90.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    (tmp_path / "busy.py").write_text(FILE)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FILE)]), tmp_path / "busy.ipynb")
    yield tmp_path
    close_all()


@pytest.mark.parametrize("moment", range(10 if FULL else 1))
@pytest.mark.parametrize("way", [pytest.param(way, marks=pytest.mark.slow) if way in SLOW else way for way in WAYS])
def test_a_run_that_is_aborted_ends_with_all_that_it_started(folder: Path, way: str, moment: int) -> None:
    child = begun(folder, way)
    starter = psutil.Process(child.pid)
    time.sleep(random.Random(f"{way} {moment}").uniform(0.0, 0.5))
    db = open_db(str(folder / "store"))
    parent = wait_for(lambda: [each for each in started(db) if each.status.state == "running"])[0]
    tree = starter.children(recursive=True)
    assert len(tree) >= LEAST.get(way, 0)
    asked = time.monotonic()
    assert Run(parent, db).abort(timeout=60) == "aborted"
    print(json.dumps({"id": "R24", "way": way, "seconds": round(time.monotonic() - asked, 2), "tree": len(tree)}))
    child.wait(60)
    _gone, alive = psutil.wait_procs(tree, timeout=30)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
    assert {each.status.state for each in started(db, iterations=True)} <= {"aborted", "completed"}
    late(db, parent)
    assert [each.status.state for each in started(db)] == ["aborted"]


@pytest.mark.parametrize("way", ["workers", "dask"])
def test_ctrl_c_in_a_terminal_aborts_what_workers_execute(folder: Path, way: str) -> None:
    """A terminal sends it to every process of the group; workers that it ended would seem to be lost."""
    child = begun(folder, way, start_new_session=True)
    tree = psutil.Process(child.pid).children(recursive=True)
    wait_for(lambda: len(list(folder.glob("began*"))) == 2)
    time.sleep(0.3)
    os.killpg(child.pid, signal.SIGINT)
    child.wait(60)
    _gone, alive = psutil.wait_procs(tree, timeout=30)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
    db = open_db(str(folder / "store"))
    parent, *iterations = sorted(started(db, iterations=True), key=lambda run: run.metadata.iteration)
    assert (parent.status.state, [run.metadata.iteration for run in iterations]) == ("aborted", [1, 2])
    assert [(run.status.state, run.status.reason) for run in iterations] == [("aborted", "user")] * 2


def begun(folder: Path, way: str, **options) -> subprocess.Popen:
    """A process whose code has begun to run in this way."""
    if way == "dask":
        pytest.importorskip("distributed")
    script = folder / "starter.py"
    script.write_text(STARTER.replace("HOW", WAYS[way]))
    child = subprocess.Popen([sys.executable, script], cwd=folder, stderr=subprocess.DEVNULL, **options)
    wait_for(lambda: list(folder.glob("began*")))
    return child


def started(db, **query) -> list[RunRecord]:
    return db.list_runs(RunQuery(project="*", **query)).rows


def late(db, run: RunRecord) -> None:
    """What a process that does not know yet might still send."""
    records = [("result", {"late": 1}), ("close", {"state": "completed"})]
    db.apply("late", [JournalRecord(seq, op, run.key, 1, time.time(), it) for seq, (op, it) in enumerate(records, 1)])
