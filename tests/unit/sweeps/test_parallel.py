"""Iterations in worker processes: the same results as one after the other, whatever happens to the workers."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.errors import HandlerError, InvalidArgumentError, RunError
from mlrun_jupyter.tracking import tracker

FACTOR = 10


def scaled(context, x=1, offset=0):
    print(f"x is {x}")
    context.log_result("y", x * FACTOR + offset)
    if x == 2:
        context.log_artifact("note", body=f"x={x}")


def sweep(handler, values, **options):
    task = new_task(params={"offset": 1}).with_hyper_params({"x": values}, "max.y", **{"workers": 2, **options})
    return run_local(task, handler=handler)


def states(run):
    return {each.metadata.iteration: each.state() for each in run.iterations()}


def attempts(run):
    return {each.metadata.iteration: each.status.attempt for each in run.iterations()}


def test_workers_find_what_one_process_finds(db):
    side_by_side = sweep(scaled, [3, 1, 2, 5])
    one_by_one = sweep(scaled, [3, 1, 2, 5], workers=1)
    assert side_by_side.results == one_by_one.results == {"y": 51, "best_iteration": 4}
    assert side_by_side.status.iterations == one_by_one.status.iterations
    assert [each.results for each in side_by_side.iterations()] == [each.results for each in one_by_one.iterations()]
    assert side_by_side.iterations()[2].artifact("note").get() == b"x=2"


def test_an_iteration_has_its_own_output_and_the_screen_shows_it_with_its_number(db, capsys):
    run = sweep(scaled, [3, 4])
    assert "[1] x is 3\n" in capsys.readouterr().out
    assert [each.log_text() for each in run.iterations()] == ["x is 3\n", "x is 4\n"]
    assert "[2] x is 4" in run.log_text()


def test_the_code_of_an_iteration_is_known(db):
    run = sweep(scaled, [3, 4])
    assert {each.status.extra["code"] for each in run.iterations()} == {run.status.extra["code"]}


def test_handlers_that_stand_in_no_module_travel(db):
    factor = 7

    def closure(context, x, offset=0):
        context.log_result("y", x * factor)

    assert sweep(closure, [1, 2, 3]).results["y"] == 21
    assert sweep(lambda context, x, offset=0: {"y": x}, [1, 2]).state() == "completed"


def test_surroundings_are_those_of_the_caller(db, tmp_path, monkeypatch):
    (tmp_path / "helper_of_mine.py").write_text("VALUE = 5\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("MY_SETTING", "on")

    def look(context, x, offset=0):
        import helper_of_mine

        context.log_results({"y": helper_of_mine.VALUE, "env": os.environ["MY_SETTING"], "folder": str(Path.cwd())})

    assert sweep(look, [1, 2]).results == {
        "y": 5, "env": "on", "folder": str(tmp_path), "best_iteration": 1
    }  # fmt: skip
    (tmp_path / "helper_of_mine.py").write_text("VALUE = 66\n")
    assert sweep(look, [1, 2]).results["y"] == 66


def test_a_handler_that_cannot_travel_is_told_before_anything_is_recorded(db):
    lock = threading.Lock()

    def locked(context, x, offset=0):
        with lock:
            pass

    with pytest.raises(InvalidArgumentError, match="cannot be sent to a worker"):
        sweep(locked, [1, 2])
    assert db.count_runs(_everything()) == {}


def test_a_store_in_memory_is_refused():
    with pytest.raises(InvalidArgumentError, match="in memory"):
        run_local(
            new_task(hyper_params={"x": [1, 2]}),
            handler=scaled,
            db="memory://sweeps",
            hyper_param_options={"workers": 2},
        )


def test_errors_are_recorded_with_the_iteration_and_the_others_go_on(db):
    def picky(context, x, offset=0):
        if x == 2:
            raise ValueError("not two")
        context.log_result("y", x)

    run = sweep(picky, [1, 2, 3, 4])
    assert states(run) == {1: "completed", 2: "error", 3: "completed", 4: "completed"}
    failed = run.iterations()[1]
    assert failed.error == "ValueError: not two"
    assert "raise ValueError" in failed.status.traceback
    assert run.results == {"y": 4, "best_iteration": 4}


def test_too_many_errors_stop_the_sweep(db):
    def broken(context, x, offset=0):
        raise ValueError("no")

    with pytest.raises(RunError, match="stopped after 3 errors"):
        sweep(broken, list(range(200)), max_errors=2)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(3)", "os.abort()"])
def test_an_iteration_that_kills_its_worker_is_charged_alone(db, end):
    def poisonous(context, x, offset=0):
        if x == 3:
            exec(end, {"os": os, "signal": signal})
        time.sleep(0.02)
        context.log_result("y", x)

    run = sweep(poisonous, list(range(1, 9)), max_errors=5)
    assert {number for number, state in states(run).items() if state == "error"} == {3}
    assert attempts(run) == {**dict.fromkeys(range(1, 9), 1), 3: 3}
    assert "3 times" in run.iterations()[2].error
    assert run.results == {"y": 8, "best_iteration": 8}
    assert len(run.status.iterations) == 9


def test_an_iteration_whose_worker_is_lost_once_succeeds_the_second_time(db, tmp_path):
    def unlucky(context, x, offset=0):
        mark = tmp_path / f"{x}"
        context.log_result("before", x)
        if x == 2 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        context.log_result("y", x)

    run = sweep(unlucky, [1, 2, 3, 4, 5])
    assert set(states(run).values()) == {"completed"}
    assert attempts(run)[2] == 2
    assert run.iterations()[1].results == {"before": 2, "y": 2}


def test_an_iteration_that_takes_too_long_is_ended(db):
    def slow(context, x, offset=0):
        if x == 1:
            time.sleep(60)
        context.log_result("y", x)

    run = sweep(slow, [1, 2, 3], timeout=0.3)
    assert states(run) == {1: "error", 2: "completed", 3: "completed"}
    assert run.iterations()[0].status.reason == "timeout"


def test_an_iteration_deaf_to_its_time_limit_loses_its_worker(db, monkeypatch):
    from mlrun_jupyter.sweeps import parallel

    monkeypatch.setattr(parallel, "GRACE", 0.2)

    def deaf(context, x, offset=0):
        if x == 1:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
            time.sleep(60)
        context.log_result("y", x)

    run = sweep(deaf, [1, 2, 3], timeout=0.3)
    assert states(run) == {1: "error", 2: "completed", 3: "completed"}
    assert (run.iterations()[0].status.reason, attempts(run)[1]) == ("timeout", 1)


def test_an_interrupt_keeps_what_is_done_and_aborts_the_rest(db, tmp_path):
    def long(context, x, offset=0):
        context.log_result("y", x)
        if x > 2:
            (tmp_path / f"at-{x}").touch()
            time.sleep(60)

    def press():
        while len(list(tmp_path.glob("at-*"))) < 2:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        sweep(long, [1, 2, 3, 4, 5, 6])
    (parent,) = _runs(db)
    assert parent.state() == "aborted"
    assert sorted(states(parent).values()) == ["aborted", "aborted", "completed", "completed"]
    assert parent.results == {"y": 2, "best_iteration": 2}
    assert len(parent.artifact("iteration_results").get().splitlines()) == 5


def test_workers_are_kept_for_the_next_sweep(db, own_workers, tmp_path):
    def meet(context, x, offset=0):
        folder = tmp_path / context.run.metadata.uid
        folder.mkdir(exist_ok=True)
        (folder / str(os.getpid())).touch()
        while len(list(folder.iterdir())) < 2:
            time.sleep(0.01)
        context.log_result("y", os.getpid())

    first, second = ({each.results["y"] for each in sweep(meet, [1, 2, 3, 4]).iterations()} for _ in range(2))
    assert first == second
    assert len(first) == 2
    assert os.getpid() not in first


def test_a_worker_still_starting_at_the_end_of_a_sweep_serves_the_next(db, own_workers):
    for _ in range(3):
        assert sweep(scaled, [1, 2]).results["y"] == 21


def test_a_stop_condition_ends_what_is_under_way(db):
    def growing(context, x, offset=0):
        if x > 4:
            time.sleep(60)
        context.log_result("y", x)

    run = sweep(growing, list(range(1, 50)), stop_condition="y >= 4")
    assert run.state() == "completed"
    assert "stop condition holds" in run.status.status_text
    assert set(states(run).values()) <= {"completed", "aborted"}


def test_a_file_is_run_in_workers_too(db, tmp_path):
    script = tmp_path / "training.py"
    script.write_text(
        "from mlrun_jupyter import get_or_create_ctx\n"
        "def train(context, x=0):\n    print('in', x)\n    context.log_result('y', x * 2)\n"
    )
    task = new_task(handler="train").with_hyper_params({"x": [1, 2, 3]}, "max.y", workers=2)
    run = run_local(task, command=str(script))
    assert run.results == {"y": 6, "best_iteration": 3}
    assert [each.log_text() for each in run.iterations()] == ["in 1\n", "in 2\n", "in 3\n"]


def test_secrets_reach_the_workers_and_are_hidden_in_what_they_print(db):
    def secretive(context, x, offset=0):
        print("the token is", context.get_secret("TOKEN"))
        context.log_result("y", len(context.get_secret("TOKEN")))

    task = (
        new_task().with_hyper_params({"x": [1, 2]}, "max.y", workers=2).with_secrets("inline", {"TOKEN": "t0ps3cret"})
    )
    run = run_local(task, handler=secretive)
    assert run.results["y"] == 9
    assert "t0ps3cret" not in run.iterations()[0].log_text() + run.log_text()


def test_a_typo_in_a_parameter_is_told_before_workers_start(db):
    with pytest.raises(HandlerError):
        run_local(handler=scaled, hyperparams={"offst": [1, 2]}, hyper_param_options={"workers": 2})


@pytest.mark.parametrize("options", [{"workers": -2}, {"timeout": -1}, {"max_attempts": 0}])
def test_odd_options_are_refused(db, options):
    with pytest.raises(InvalidArgumentError):
        run_local(handler=scaled, hyperparams={"x": [1, 2]}, hyper_param_options=options)


def _everything():
    from mlrun_jupyter.db.query import RunQuery

    return RunQuery(project="*", iterations=True)


def _runs(db):
    from mlrun_jupyter.db.query import RunQuery
    from mlrun_jupyter.runs.run import Run

    tracker.flush(db)
    return [Run(record, db) for record in db.list_runs(RunQuery(project="*")).rows]


SCRIPT = """
from mlrun_jupyter import new_task, run_local

def double(context, x):
    context.log_result("y", 2 * x)

print(run_local(new_task().with_hyper_params({"x": [1, 2]}, "max.y", workers=2), handler=double).results)
"""


def test_a_process_ends_with_its_workers_and_complains_of_nothing(db, tmp_path):
    (tmp_path / "swept.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "swept.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)  # idle workers would wait for longer
    assert done.returncode == 0, done.stderr
    assert "'y': 4" in done.stdout
    assert "tracking" not in done.stderr
