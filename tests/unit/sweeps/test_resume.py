"""A sweep that was cut off goes on where it stopped."""

import pytest

from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, NotFoundError, RunError
from mlrun_jupyter.tracking import tracker

WORKERS = pytest.mark.parametrize("workers", [1, 2])


class Failing:
    """A handler that notes what it is called with, and fails where it is told to."""

    def __init__(self, error=KeyboardInterrupt, at=(3,)):
        self.called = []
        self.error = error
        self.at = at

    def __call__(self, context, x, offset=0):
        self.called.append(x)
        if x in self.at:
            raise self.error
        context.log_result("y", x + offset)


def task(values=(1, 2, 3, 4, 5), **options):
    return new_task("sweep").with_hyper_params({"x": list(values)}, "max.y", **options)


def cut_off(handler, given=None, error=KeyboardInterrupt, **arguments):
    with pytest.raises(error):
        run_local(given or task(), handler=handler, **arguments)


def uid_of(db):
    tracker.flush(db)
    return db.list_runs(RunQuery(project="*")).rows[0].metadata.uid


def told(run):
    return [(each.metadata.iteration, each.state(), each.status.attempt) for each in run.iterations()]


@WORKERS
def test_only_what_is_missing_is_executed(db, tmp_path, workers):
    def handler(context, x, offset=0):
        with (tmp_path / "calls").open("a") as file:
            file.write(f"{x} ")
        if x == 3 and not (tmp_path / "again").exists():
            raise KeyboardInterrupt
        context.log_result("y", x + offset)

    cut_off(handler)
    (tmp_path / "again").touch()
    (tmp_path / "calls").unlink()
    run = run_local(task(workers=workers), handler=handler, resume=uid_of(db))
    assert sorted((tmp_path / "calls").read_text().split()) == ["3", "4", "5"]
    assert told(run) == [(number, "completed", 2 if number == 3 else 1) for number in range(1, 6)]
    assert run.results == {"y": 5, "best_iteration": 5}
    assert len(run.status.iterations) == 6
    assert (run.refresh().state(), run.status.attempt) == ("completed", 2)


def test_what_the_task_leaves_out_is_as_it_was(db):
    handler = Failing()
    cut_off(handler, params={"offset": 10})
    handler.at = ()
    assert run_local(handler=handler, resume=uid_of(db)).results == {"y": 15, "best_iteration": 5}


def test_a_best_iteration_of_before_stays_the_best(db):
    handler = Failing(at=(2,))
    cut_off(handler, task([9, 2, 3]))
    handler.at = ()
    assert run_local(task([9, 2, 3]), handler=handler, resume=uid_of(db)).results == {"y": 9, "best_iteration": 1}


def test_a_sweep_that_failed_by_its_errors_goes_on_with_a_fresh_allowance(db):
    handler = Failing(ValueError("no"), at=(1, 2))
    cut_off(handler, task(max_errors=1), RunError)
    handler.at = ()
    run = run_local(task(max_errors=1), handler=handler, resume=uid_of(db))
    assert [state for _, state, _ in told(run)] == ["error", "error", "completed", "completed", "completed"]
    assert handler.called == [1, 2, 3, 4, 5]


def test_a_complete_sweep_is_returned_as_it_is(db):
    handler = Failing(at=())
    run = run_local(task(), handler=handler)
    handler.called.clear()
    assert run_local(task(), handler=handler, resume=run.uid()).results == run.results
    assert run_local(resume=run).results == run.results
    assert handler.called == []


@pytest.mark.parametrize(
    "change",
    [
        {"hyperparams": {"x": [1, 2]}},
        {"hyperparams": {"z": [1, 2, 3, 4, 5]}},
        {"params": {"offset": 2}},
        {"strategy": "list"},
        {"hyper_param_options": {"seed": 4}},
    ],
)
def test_a_sweep_of_other_things_is_another_sweep(db, change):
    handler = Failing()
    cut_off(handler, params={"offset": 1})
    with pytest.raises(ConflictError, match="the sweep had"):
        run_local(handler=handler, resume=uid_of(db), **change)


def test_random_draws_are_the_same_though_nobody_chose_the_seed(db):
    handler = Failing(at=range(0, 1000, 2))
    cut_off(handler, new_task().with_hyper_params({"x": range(1000)}, strategy="random", max_iterations=20))
    handler.at = ()
    run = run_local(handler=handler, resume=uid_of(db))
    tried = [each.spec.parameters["x"] for each in run.iterations()]
    assert len(set(tried)) == 20
    assert tried == list(dict.fromkeys(handler.called))


def test_values_of_a_file_are_those_that_it_had(db, tmp_path):
    file = tmp_path / "params.csv"
    file.write_text("x\n1\n3\n5\n")
    handler = Failing()
    cut_off(handler, new_task().with_param_file(str(file), "max.y"))
    file.write_text("x\n7\n")
    handler.at = ()
    assert run_local(handler=handler, resume=uid_of(db)).results == {"y": 5, "best_iteration": 3}


def test_what_is_no_sweep_or_not_there_is_refused(db):
    single = run_local(handler=Failing(at=()), params={"x": 1})
    with pytest.raises(InvalidArgumentError, match="only sweeps"):
        run_local(handler=Failing(), resume=single.uid())
    with pytest.raises(NotFoundError):
        run_local(handler=Failing(), resume="0" * 32)


def test_a_sweep_under_way_is_not_begun_a_second_time(db):
    seen = []

    def handler(context, x):
        with pytest.raises(ConflictError, match="running"):
            run_local(task(), handler=Failing(at=()), resume=context.run.metadata.uid)
        seen.append(x)

    run_local(task([1, 2]), handler=handler)
    assert seen == [1, 2]
