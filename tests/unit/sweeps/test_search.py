"""Samplers and pruners."""

import pytest

from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.errors import InvalidArgumentError, MissingDependencyError, RunError

pytest.importorskip("optuna")

SPACE = {"x": {"uniform": [0, 1]}, "k": [1, 2, 3]}


def valley(context, x, k):
    context.log_result("y", (x - 0.3) ** 2 + k)


def descent(context, x, k=1):
    for step in range(20):
        context.log_metric("y", x + 1 / (step + 1), step)
        if context.should_stop():
            break
    context.log_result("y", x)


def search(handler, space, **options):
    task = new_task("search").with_hyper_params(space, "min.y", **{"seed": 7, **options})
    return run_local(task, handler=handler)


@pytest.mark.parametrize("strategy", ["tpe", "cmaes"])
def test_a_sampler_comes_close_and_its_seed_decides(db, strategy):
    pytest.importorskip("cmaes")
    run = search(valley, SPACE, strategy=strategy, max_iterations=40)
    assert run.results["y"] < 1.05
    again = search(valley, SPACE, strategy=strategy, max_iterations=40)
    assert [each.spec.parameters for each in run.iterations()] == [each.spec.parameters for each in again.iterations()]


def test_a_sampler_beats_chance_in_workers_too(db):
    run = search(valley, SPACE, strategy="tpe", max_iterations=30, workers=2)
    assert run.results["y"] < 1.1
    assert len(run.iterations()) == 30


def test_every_kind_of_value_reaches_the_handler_as_it_was_given(db):
    shapes = [(1, 2), (3, 4)]

    def look(context, shape, n, rate, noise, step):
        assert shape in shapes
        assert isinstance(n, int)
        assert 1 <= n <= 100
        assert step in (0, 5)
        context.log_result("y", rate + abs(noise - 5))

    space = {
        "shape": shapes,
        "n": {"log_int": [1, 100]},
        "rate": {"log_uniform": [1e-4, 1]},
        "noise": {"normal": [5, 0.1]},
        "step": {"range": [0, 10, 5]},
    }
    assert search(look, space, strategy="tpe", max_iterations=15).state() == "completed"


@pytest.mark.parametrize("workers", [1, 2])
def test_hopeless_iterations_are_ended_early_and_are_never_the_best(db, workers):
    values = [0.1, 0.2, 0.3, 0.4, 0.5, 5.0, 6.0, 7.0]
    run = search(descent, {"x": values}, pruner="median", workers=workers)
    iterations = run.iterations()
    early = {each.metadata.iteration for each in iterations if each.status.extra.get("pruned")}
    assert {7, 8} <= early  # the sixth begins beside the fifth
    assert 1 not in early
    assert iterations[7].status.metrics["y"]["count"] < 20
    assert iterations[7].status.status_text == "stopped early"
    assert iterations[7].state() == "completed"
    assert run.results == {"y": 0.1, "best_iteration": 1}


def test_outside_of_a_pruned_sweep_nobody_says_stop(db):
    def ask(context):
        context.log_metric("y", 1.0)
        context.log_result("stop", context.should_stop())

    assert run_local(handler=ask).results == {"stop": False}


def test_a_search_needs_something_to_search_for(db):
    for options in ({"strategy": "tpe"}, {"pruner": "median"}):
        with pytest.raises(InvalidArgumentError, match="needs a selector"):
            run_local(handler=valley, hyperparams=SPACE, hyper_param_options=options)


def test_a_sampler_learns_from_before_when_the_sweep_is_resumed(db):
    calls = []

    def broken(context, x, k):
        calls.append(x)
        if len(calls) == 8:
            raise KeyboardInterrupt
        valley(context, x, k)

    with pytest.raises(KeyboardInterrupt):
        search(broken, SPACE, strategy="tpe", max_iterations=15)
    from mlrun_jupyter import get_run_db

    uid = get_run_db().list_runs()[0].uid()
    run = run_local(handler=broken, resume=uid)
    assert len(calls) == 16
    assert [each.metadata.iteration for each in run.iterations()] == list(range(1, 16))
    assert {each.state() for each in run.iterations()} == {"completed"}


def test_iterations_that_fail_do_not_end_the_search(db):
    def picky(context, x, k):
        if k == 2:
            raise ValueError("not two")
        valley(context, x, k)

    run = search(picky, SPACE, strategy="tpe", max_iterations=20, max_errors=20)
    assert run.results["y"] < 1.3


def test_a_sampler_that_is_not_installed_is_named(db, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cmaes", None)
    with pytest.raises(MissingDependencyError, match="pip install cmaes"):
        search(valley, SPACE, strategy="cmaes")


def test_errors_of_all_iterations_are_told(db):
    def broken(context, x, k):
        raise ValueError("no")

    with pytest.raises(RunError, match="stopped after"):
        search(broken, SPACE, strategy="tpe")
