"""A real kernel is killed (R6) and interrupted (R7) in the middle of runs."""

from __future__ import annotations

import os
import queue
import random
import time

import psutil
import pytest
from jupyter_client.manager import start_new_kernel

from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.model.states import TERMINAL

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"

SETUP = """
import time
from pathlib import Path
from mlrun_jupyter import run_local

def busy(context, seconds=60.0):
    Path("began").touch()
    end = time.monotonic() + seconds
    step = 0
    while time.monotonic() < end:
        context.log_metric("step", step, step)
        context.log_result("last", step)
        if step % 20 == 0:
            context.log_artifact("part", body=b"x" * 100_000)
        step += 1
        time.sleep(0.001)
"""


class Kernel:
    """A kernel and its client; ``run`` gives ``ok`` or the name of the error of a cell."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3")

    def send(self, code: str) -> str:
        return self.client.execute(code, store_history=False, stop_on_error=False)  # what comes next is not refused

    def reply(self, message: str, timeout: float = 30) -> str:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                found = self.client.get_shell_msg(timeout=1)
            except queue.Empty:
                continue
            if found["parent_header"].get("msg_id") == message:
                content = found["content"]
                return "ok" if content["status"] == "ok" else content.get("ename", content["status"])
        raise TimeoutError("the kernel does not answer")

    def run(self, code: str) -> str:
        return self.reply(self.send(code))

    @property
    def pid(self) -> int:
        return self.manager.provisioner.pid

    def kill(self) -> None:
        process = psutil.Process(self.pid)
        process.kill()
        wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    yield str(tmp_path / "store")
    close_all()


@pytest.fixture
def kernel(store, tmp_path):
    found = Kernel()
    assert found.run(f"%cd -q {tmp_path}\n{SETUP}") == "ok"
    yield found
    found.stop()


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def runs(store):
    db = open_db(store)
    db.recover()
    return db.list_runs(RunQuery(project="*")).rows


@pytest.mark.parametrize("point", range(20 if FULL else 3))
def test_a_killed_kernel_leaves_a_run_that_tells_it(store, kernel, point, tmp_path):
    kernel.send("run_local(handler=busy)")
    wait_for((tmp_path / "began").exists)
    time.sleep(random.Random(point).uniform(0.1, 1.0))
    kernel.kill()
    (run,) = runs(store)
    assert (run.status.state, run.status.reason) == ("error", "lost")
    last = run.status.results["last"]
    assert run.status.metrics["step"]["last"] >= last
    assert run.status.metrics["step"]["count"] == run.status.metrics["step"]["last"] + 1


SWEEP = """
%load_ext mlrun_jupyter
import time
from pathlib import Path

def step(context, x: int):
    with Path(f"tried-{x}").open("a") as file:
        file.write("x")
    time.sleep(0.05)
    context.log_result("y", x)
"""


def test_a_sweep_whose_kernel_was_killed_goes_on_in_another_where_it_stopped(store, kernel, tmp_path):
    kernel.run(SWEEP)
    kernel.send(f"%mlrun run step -x x={list(range(30))} --selector max.y")
    wait_for((tmp_path / "tried-10").exists)
    kernel.kill()
    (before,) = runs(store)
    assert before.status.state == "error"
    other = Kernel()
    try:
        assert other.run(f"%cd -q {tmp_path}\n{SWEEP}") == "ok"
        assert other.run(f"%mlrun run step --resume {before.metadata.uid}") == "ok"
    finally:
        other.stop()
    (after,) = runs(store)
    assert (after.status.state, after.status.results["best_iteration"]) == ("completed", 30)
    assert len(open_db(store).list_runs(RunQuery(project="*", uid=before.metadata.uid, iterations=True)).rows) == 30
    tried = [len((tmp_path / f"tried-{x}").read_text()) for x in range(30)]
    assert tried[:9] == [1] * 9  # those that had ended were not executed again
    assert sum(tried) <= 32


def test_an_interrupt_reaches_the_user_and_the_run_is_aborted(store, kernel):
    points = 30 if FULL else 6
    for point in range(points):
        message = kernel.send("run_local(handler=busy)")
        time.sleep(0.15 + random.Random(point).uniform(0.0, 0.4))
        kernel.manager.interrupt_kernel()
        assert kernel.reply(message) == "KeyboardInterrupt"
        assert kernel.run("1 + 1") == "ok"
    time.sleep(0.5)
    found = runs(store)
    assert 1 <= len(found) <= points
    assert {run.status.state for run in found} == {"aborted"}


ASYNC = """
import asyncio

async def sleeper(context):
    try:
        Path("sleeps").touch()
        await asyncio.sleep(60)
    finally:
        Path("cancelled").touch()
"""


def test_an_interrupt_cancels_a_coroutine(store, kernel, tmp_path):
    kernel.run(ASYNC)
    message = kernel.send("run_local(handler=sleeper)")
    wait_for((tmp_path / "sleeps").exists)
    kernel.manager.interrupt_kernel()
    assert kernel.reply(message) == "KeyboardInterrupt"
    assert (tmp_path / "cancelled").exists()
    (run,) = runs(store)
    assert run.status.state == "aborted"


def test_an_interrupt_ends_a_child_process_with_all_that_it_started(store, kernel, tmp_path):
    script = tmp_path / "job.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'pids')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    message = kernel.send(f"run_local(command={str(script)!r})")
    while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
        time.sleep(0.05)
    kernel.manager.interrupt_kernel()
    assert kernel.reply(message) == "KeyboardInterrupt"
    pid = int((tmp_path / "pids").read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    time.sleep(0.3)
    (run,) = runs(store)
    assert run.status.state == "aborted"


def test_a_run_is_aborted_from_another_process(store, kernel):
    message = kernel.send("run_local(handler=busy)")
    from mlrun_jupyter import get_run_db

    db = get_run_db(store)
    end = time.monotonic() + 10
    while not (found := db.list_runs(state="running")) and time.monotonic() < end:
        time.sleep(0.05)
    assert found[0].abort(timeout=5) == "aborted"
    assert kernel.reply(message) == "KeyboardInterrupt"


def test_five_hundred_runs_leave_no_descriptors_threads_or_children(store, kernel):
    code = """
import gc, os, psutil
def tiny(context, x=1):
    context.log_result("x", x)
for _ in range(20):
    run_local(handler=tiny)
me = psutil.Process()
gc.collect(); before = (me.num_fds(), me.num_threads(), me.memory_info().rss)
for _ in range({count}):
    run_local(handler=tiny)
time.sleep(0.5); gc.collect()
after = (me.num_fds(), me.num_threads(), me.memory_info().rss)
assert after[0] - before[0] <= 5, (before, after)
assert after[1] - before[1] <= 2, (before, after)
assert after[2] - before[2] <= 20 * 2**20, (before, after)
assert not [each for each in me.children() if each.status() == "zombie"]
"""
    assert kernel.run(code.replace("{count}", "500")) == "ok"
    assert kernel.run("from mlrun_jupyter import get_run_db; get_run_db().list_runs()") == "ok"  # all of it is stored
    assert len(runs(store)) == 520
    assert all(run.status.state in TERMINAL for run in runs(store))
