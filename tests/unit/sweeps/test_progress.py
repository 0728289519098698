import io
import re
import sys

import pytest

from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.sweeps.best import Best
from mlrun_jupyter.sweeps.iteration import Outcome
from mlrun_jupyter.sweeps.progress import Progress
from mlrun_jupyter.tracking.context import RunContext


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Told(RunContext):
    """Keeps what it is told."""

    def __init__(self):
        super().__init__(RunRecord())
        self.told = []

    def progress(self, done, total=0, text=""):
        self.told.append((done, total, text))


def test_how_far_how_fast_how_good():
    clock, best, context = Clock(), Best("max.acc"), Told()
    progress = Progress(context, 96, best, clock=clock)
    for number in range(1, 33):
        clock.now += 0.5
        best.compare(Outcome(number, "completed", {}, {"acc": number / 100}, []))
        progress.add(failed=number == 7, earlier=False)
    assert context.told[-1] == (32, 96, "32 of 96, 1 failed, best acc 0.32 (#32), 2/s, 32.0 s left")


def test_slow_iterations_are_told_by_their_length_and_earlier_ones_are_not_counted_as_speed():
    clock = Clock()
    progress = Progress(Told(), 10, Best(""), clock=clock)
    for _ in range(3):
        progress.add(failed=False, earlier=True)
    assert progress.text() == "3 of 10"
    for _ in range(4):
        clock.now += 60
        progress.add(failed=False, earlier=False)
    assert progress.text() == "7 of 10, 1 min 00 s each, 3 min 00 s left"


def test_a_sweep_that_is_over_has_no_time_left():
    clock, context = Clock(), Told()
    progress = Progress(context, 10, Best(""), clock=clock)
    for _ in range(4):
        clock.now += 1
        progress.add(failed=False, earlier=False)
    assert context.told[-1][2] == "4 of 10, 1/s, 6.00 s left"
    progress.tell(over=True)
    assert context.told[-1][2] == "4 of 10, 1/s"


def test_many_quick_iterations_are_told_four_times_a_second():
    clock, context = Clock(), Told()
    progress = Progress(context, 10_000, Best(""), clock=clock)
    for _ in range(10_000):
        clock.now += 0.001
        progress.add(failed=False, earlier=False)
    assert len(context.told) <= 41


def test_the_record_of_a_sweep_that_is_over_says_all_of_all(db):
    run = run_local(new_task(hyper_params={"x": list(range(30))}), handler=lambda context, x: None).refresh()
    assert run.status.progress == [30, 30]
    assert run.status.status_text == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_and_the_output_stays_in_the_log(db, monkeypatch):
    out, err = Terminal(), Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "150")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)

    def handler(context, x):
        print("seen", x)
        context.log_result("y", x)

    run = run_local(new_task("train").with_hyper_params({"x": [1, 2, 3]}, "max.y"), handler=handler)
    assert "of 3" in err.getvalue()
    assert "train" in err.getvalue()
    assert "seen 2" in out.getvalue() + err.getvalue()
    assert run.iterations()[1].log_text() == "seen 2\n"
    assert sys.stdout is out


@pytest.mark.parametrize(("columns", "told"), [("120", "best accuracy_of_validation 3 (#3)"), ("60", "best 3")])
def test_the_bar_that_stays_fits_the_terminal(db, monkeypatch, columns, told):
    err = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stderr", err)
    task = new_task("a-long-name-for-a-sweep").with_hyper_params({"x": [1, 2, 3, 0]}, "max.accuracy_of_validation")
    run_local(task, handler=lambda context, x: context.log_result("accuracy_of_validation", x * x // x))
    *_, last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", err.getvalue()).replace("\r", "\n").strip().splitlines()
    assert last.startswith("a-long-name-for-a-s… ━━")
    assert f"4 of 4, 1 failed, {told}" in last
    assert len(last) <= int(columns)


def test_a_file_gets_no_bar(db, capsys):
    run_local(new_task(hyper_params={"x": [1, 2, 3]}), handler=lambda context, x: None)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
