"""Sweeps on a real Dask cluster: the same results as here, whatever happens to its workers."""

from __future__ import annotations

import contextlib
import json
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

from mlrun_jupyter import new_function, new_task, run_local
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import InvalidArgumentError, RunError
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.sweeps import dask_cluster, parallel
from mlrun_jupyter.tracking import tracker

pytest.importorskip("distributed")

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
FACTOR = 10


@pytest.fixture
def db(tmp_path, monkeypatch):
    from mlrun_jupyter import config

    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    config.reset()
    yield open_db()
    tracker.close_all()


@pytest.fixture(scope="module", autouse=True)
def own_cluster():
    """The cluster that sweeps start is kept from one test to the next, and ends with the last."""
    yield
    dask_cluster.end()


@pytest.fixture
def cluster():
    """A cluster that is there already: one worker process of two threads, looked after by a nanny."""
    import dask
    import distributed

    with (
        dask.config.set({"distributed.worker.multiprocessing-method": "spawn"}),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
        ) as found,
    ):
        yield found


def scaled(context, x=1, offset=0):
    print(f"x is {x}")
    context.log_result("y", x * FACTOR + offset)
    if x == 2:
        context.log_artifact("note", body=f"x={x}")


def sweep(handler, values, *, uri="", **options):
    options = {"workers": 2, **options}
    if uri:
        options["dask_cluster_uri"] = uri
    task = new_task("sweep").with_hyper_params({"x": values}, "max.y", **options)
    return new_function(kind="" if uri else "dask").run(task, handler=handler)


def states(run):
    return {each.metadata.iteration: each.state() for each in run.iterations()}


def attempts(run):
    return {each.metadata.iteration: each.status.attempt for each in run.iterations()}


def runs(db):
    tracker.flush(db)
    return [Run(record, db) for record in db.list_runs(RunQuery(project="*")).rows]


def test_a_cluster_finds_what_one_process_finds(db, capsys):
    there = sweep(scaled, [3, 1, 2, 5])
    assert "[1] x is 3\n" in capsys.readouterr().out
    here = run_local(new_task("sweep").with_hyper_params({"x": [3, 1, 2, 5]}, "max.y"), handler=scaled)
    assert there.results == here.results == {"y": 50, "best_iteration": 4}
    assert there.status.iterations == here.status.iterations
    assert [each.log_text() for each in there.iterations()] == [each.log_text() for each in here.iterations()]
    assert there.iterations()[2].artifact("note").get() == b"x=2"


def test_a_task_that_is_no_sweep_runs_on_a_worker(db, capsys):
    def whole(context, x=1):
        print(f"x is {x}")
        context.log_result("pid", os.getpid())
        context.log_artifact("note", body=f"x={x}")
        if x > 5:
            raise ValueError("too much")

    function = new_function(name="trainer", kind="dask")
    run = function.run(handler=whole, params={"x": 4}, labels={"team": "a"})
    assert (run.state(), run.metadata.iteration, run.iterations()) == ("completed", 0, [])
    assert run.results["pid"] != os.getpid()
    assert run.artifact("note").get() == b"x=4"
    assert run.log_text() == capsys.readouterr().out == "x is 4\n"
    assert {"team": "a", "kind": "dask"}.items() <= run.metadata.labels.items()
    assert function.run(handler=whole, local=True).results["pid"] == os.getpid()
    with pytest.raises(RunError, match="too much") as caught:
        function.run(handler=whole, params={"x": 6})
    assert caught.value.run.state() == "error"
    assert "ValueError" in caught.value.run.record.status.traceback


def test_what_was_started_listens_on_loopback_only(db):
    sweep(lambda context, x: {"y": x}, [1, 2])
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = [
        each.laddr.ip
        for process in processes
        for each in process.net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_surroundings_are_those_of_the_caller(db, tmp_path, monkeypatch):
    (tmp_path / "helper_of_mine.py").write_text("VALUE = 5\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("MY_SETTING", "on")

    def look(context, x):
        import helper_of_mine

        context.log_results({"y": helper_of_mine.VALUE, "env": os.environ["MY_SETTING"], "folder": str(Path.cwd())})

    found = {"env": "on", "folder": str(tmp_path), "best_iteration": 1}
    assert sweep(look, [1, 2]).results == {"y": 5, **found}
    (tmp_path / "helper_of_mine.py").write_text("VALUE = 66\n")
    assert sweep(look, [1, 2]).results == {"y": 66, **found}


def test_secrets_reach_the_workers_and_are_hidden_in_what_they_print(db):
    def secretive(context, x):
        print("the token is", context.get_secret("TOKEN"))
        context.log_result("y", len(context.get_secret("TOKEN")))

    task = new_task().with_hyper_params({"x": [1, 2]}, "max.y").with_secrets("inline", {"TOKEN": "t0ps3cret"})
    run = new_function(kind="dask").run(task, handler=secretive)
    assert run.results["y"] == 9
    assert "t0ps3cret" not in run.iterations()[0].log_text() + run.log_text()


def test_secrets_do_not_cross_a_network_in_the_clear(db):
    task = new_task().with_hyper_params({"x": [1, 2]}).with_secrets("inline", {"TOKEN": "t0ps3cret"})
    with pytest.raises(InvalidArgumentError, match="in the clear"):
        run_local(task, handler=scaled, hyper_param_options={"dask_cluster_uri": "tcp://192.0.2.1:8786"})


def test_a_scheduler_that_is_not_there_is_named(db, monkeypatch):
    monkeypatch.setattr(dask_cluster, "CONNECT", 1.0)
    with pytest.raises(RunError, match="no Dask scheduler at"):
        sweep(scaled, [1, 2], uri="tcp://127.0.0.1:9")
    assert not runs(db)


def test_a_handler_that_cannot_travel_is_told_before_anything_is_recorded(db):
    lock = threading.Lock()

    def locked(context, x):
        with lock:
            pass

    with pytest.raises(InvalidArgumentError, match="cannot be sent to a worker"):
        sweep(locked, [1, 2])
    assert not runs(db)


def test_errors_are_recorded_with_the_iteration_and_too_many_stop_the_sweep(db):
    def picky(context, x):
        if x > 2:
            raise ValueError(f"not {x}")
        context.log_result("y", x)

    run = sweep(picky, [1, 2, 3])
    assert states(run) == {1: "completed", 2: "completed", 3: "error"}
    assert run.iterations()[2].error == "ValueError: not 3"
    with pytest.raises(RunError, match="stopped after 2 errors"):
        sweep(picky, list(range(3, 60)), max_errors=1)


def test_an_iteration_that_kills_its_worker_is_charged_alone(db):
    def poisonous(context, x):
        if x == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        context.log_result("y", x)

    run = sweep(poisonous, list(range(1, 13)))
    assert {number for number, state in states(run).items() if state == "error"} == {3}
    assert attempts(run) == {**dict.fromkeys(range(1, 13), 1), 3: 3}
    assert "3 times" in run.iterations()[2].error
    assert run.results == {"y": 12, "best_iteration": 12}


@pytest.mark.slow
@pytest.mark.timeout(900)  # on a busy machine most of the time is spent in starting workers
@pytest.mark.parametrize("poison", [None, 17])
def test_workers_killed_again_and_again_cost_nobody_an_iteration(db, poison):
    """One is killed every three seconds in the full tier; at least two are in the quick one, the sooner."""
    pause, length = (3.0, 0.5) if FULL else (1.0, 0.1)
    over, killed = threading.Event(), []
    ids = str(Path(db.url.removeprefix("sqlite:///")).parent / "ids")
    os.makedirs(ids, exist_ok=True)

    def train(context, x, ids, poison, length):
        Path(ids, str(os.getpid())).touch()
        if x == poison:
            os.kill(os.getpid(), signal.SIGKILL)
        context.log_metric("loss", 1 / (x + 1))
        time.sleep(length)
        context.log_result("y", x)

    def kill():
        chance = random.Random(5)
        while not over.wait(pause):
            pids = [int(name) for name in os.listdir(ids) if psutil.pid_exists(int(name))]
            if pids:
                with contextlib.suppress(ProcessLookupError):
                    victim = chance.choice(pids)
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        task = new_task("sweep", params={"ids": ids, "poison": poison, "length": length})
        most = 3 if FULL else 10 if poison else 1000  # of so many kills in so short a time three may hit the same
        task.with_hyper_params({"x": list(range(60))}, "max.y", workers=2, max_attempts=most)
        run = new_function(kind="dask").run(task, handler=train)
    finally:
        over.set()
        killer.join()
    assert killed
    charged = sum(each - 1 for each in attempts(run).values())
    assert charged <= len(killed) + (most - 1 if poison else 0)  # each kill costs one iteration one attempt
    assert run.results == {"y": 59, "best_iteration": 60}
    iterations = run.iterations()
    assert [each.metadata.iteration for each in iterations] == list(range(1, 61))
    failed = {each.spec.parameters["x"] for each in iterations if each.state() != "completed"}
    assert failed == ({poison} if poison else set())
    assert not poison or attempts(run)[poison + 1] == most
    assert all(each.status.metrics["loss"]["count"] == 1 for each in iterations if each.state() == "completed")
    assert len(run.artifact("iteration_results").get().splitlines()) == 61


def test_a_cluster_that_is_there_is_used_and_left_as_it_was(db, cluster, tmp_path, monkeypatch):
    import distributed

    monkeypatch.chdir(tmp_path)
    with distributed.Client(cluster, set_as_default=False) as client:
        before = client.run(lambda: (os.getcwd(), sorted(os.environ), list(sys.path)))

        def look(context, x):
            context.log_results({"y": x, "folder": os.getcwd(), "pid": os.getpid()})

        run = sweep(look, list(range(8)), uri=cluster.scheduler_address)
        pids = client.run(os.getpid).values()
        assert {each.results["pid"] for each in run.iterations()} == set(pids)
        assert run.results["folder"] == str(tmp_path)
        assert client.run(lambda: (os.getcwd(), sorted(os.environ), list(sys.path))) == before


def test_the_current_client_is_used_where_none_is_named(db, cluster):
    import distributed

    with distributed.Client(cluster) as client:
        run = sweep(lambda context, x: context.log_result("y", os.getpid()), [1, 2])
        assert run.results["y"] in client.run(os.getpid).values()
        assert client.status == "running"


def test_a_cluster_is_torn_down_when_that_is_asked_for(db):
    def where(context, x):
        context.log_result("y", os.getpid())

    run = sweep(where, [1, 2, 3], teardown_dask=True)
    for pid in {each.results["y"] for each in run.iterations()}:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).wait(60)
    assert sweep(where, [1, 2]).state() == "completed"  # another one is started


def test_an_interrupt_keeps_what_is_done_and_aborts_the_rest(db, tmp_path):
    """Whether the code can be interrupted or, as in a long sleep on another thread, cannot: then its process ends."""

    def long(context, x, folder):
        context.log_result("y", x)
        if x > 2:
            Path(folder, f"at-{x}").write_text(str(os.getpid()))
            for _ in range(6000 if x == 3 else 1):
                time.sleep(0.01 if x == 3 else 60)

    def press():
        while len(list(tmp_path.glob("at-*"))) < 2:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    task = new_task("sweep", params={"folder": str(tmp_path)}).with_hyper_params(
        {"x": list(range(1, 9))}, "max.y", workers=2
    )
    with pytest.raises(KeyboardInterrupt):
        new_function(kind="dask").run(task, handler=long)
    thread.join()
    (parent,) = runs(db)
    assert parent.state() == "aborted"
    assert list(states(parent).values()) == ["completed", "completed", "aborted", "aborted"]
    assert parent.results == {"y": 2, "best_iteration": 2}
    (asleep,) = [each for each in tmp_path.glob("at-*") if each.name != "at-3"]
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(asleep.read_text())).wait(20)


def test_an_iteration_deaf_to_its_time_limit_loses_its_worker(db, monkeypatch):
    monkeypatch.setattr(parallel, "GRACE", 0.2)

    def deaf(context, x):
        if x == 1:
            time.sleep(60)
        context.log_result("y", x)

    run = sweep(deaf, [1, 2, 3], timeout=0.5)
    assert states(run) == {1: "error", 2: "completed", 3: "completed"}
    assert (run.iterations()[0].status.reason, attempts(run)[1]) == ("timeout", 1)


@pytest.fixture
def bare_cluster(tmp_path):
    """A scheduler and two workers that no nanny looks after: nobody can end them."""
    address = tmp_path / "scheduler.json"
    common = ["--scheduler-file", str(address), "--host", "127.0.0.1", "--no-dashboard"]
    commands = [["scheduler", "--port", "0"], *[["worker", "--no-nanny", "--nthreads", "1"]] * 2]
    with contextlib.ExitStack() as stack:
        for command in commands:
            process = subprocess.Popen([sys.executable, "-m", "dask", *command, *common], stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
        while not address.exists() or not address.read_text().endswith("}"):
            time.sleep(0.05)
        yield json.loads(address.read_text())["address"]


@pytest.mark.slow
def test_an_iteration_that_nobody_can_end_is_over_in_the_record_and_stays_so(db, bare_cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "GRACE", 0.2)

    def deaf(context, x, folder):
        if x == 1:
            try:
                time.sleep(20)
            except BaseException:
                time.sleep(20)
            context.log_result("late", 1)
            Path(folder, "over").touch()
        context.log_result("y", x)

    task = new_task("sweep", params={"folder": str(tmp_path)}).with_hyper_params({"x": [1, 2, 3]}, "max.y", timeout=5)
    task.spec.hyper_param_options["dask_cluster_uri"] = bare_cluster
    run = run_local(task, handler=deaf)
    for _ in range(2):
        first = Run(db.read_run(run.iterations()[0].record.key), db)
        assert (first.state(), first.status.reason, first.results) == ("error", "timeout", {})
        while not (tmp_path / "over").exists():
            time.sleep(0.1)
        time.sleep(1.5)  # what it recorded has arrived by then
    assert run.results == {"y": 3, "best_iteration": 3}


def test_hopeless_iterations_are_ended_early(db):
    def train(context, x):
        for step in range(20):
            context.log_metric("y", x, step)
            if context.should_stop():
                return
        context.log_result("y", x)

    run = sweep(train, [9, 8, 7, 6, 5, 1, 2], workers=1, pruner="median")
    assert run.results["y"] == 9
    assert any(each.status.extra.get("pruned") for each in run.iterations())


def test_a_sweep_is_resumed_on_a_cluster(db):
    def fragile(context, x):
        if x >= 3:
            raise ValueError("no")
        context.log_result("y", x)

    with pytest.raises(RunError) as caught:
        sweep(fragile, [1, 2, 3, 4], max_errors=0, workers=1)
    uid = caught.value.run.uid()
    resumed = new_function(kind="dask").run(handler=scaled, resume=uid, hyper_param_options={"max_errors": 5})
    assert states(resumed)[1] == "completed"
    assert resumed.state() == "completed"


def test_a_script_without_a_main_guard_runs_once(db, tmp_path):
    script = tmp_path / "job.py"
    script.write_text(
        "from mlrun_jupyter import new_function, new_task\n"
        "print('begins')\n"
        "def f(context, x):\n    context.log_result('y', x)\n"
        "task = new_task().with_hyper_params({'x': [1, 2]}, 'max.y', workers=1)\n"
        "print(new_function(name='s', kind='dask').run(task, handler=f).results)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=200)
    assert done.stdout.count("begins") == 1
    assert "{'y': 2, 'best_iteration': 2}" in done.stdout, done.stderr
