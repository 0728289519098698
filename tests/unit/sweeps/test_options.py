import pytest

from mlrun_jupyter.errors import InvalidArgumentError, UnknownArgumentError
from mlrun_jupyter.model.task import Task
from mlrun_jupyter.sweeps.options import SweepOptions


def options(selector="", strategy="", **given):
    return SweepOptions.of(Task().with_hyper_params({"a": [1]}, selector, strategy, **given).spec)


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"workers": 3}, "parallel_runs", 3),
        ({"n_jobs": 3}, "parallel_runs", 3),
        ({"parallel_runs": 3}, "workers", 3),
        ({"parallel_runs": 0}, "workers", 1),
        ({"tuning_strategy": "random"}, "strategy", "random"),
        ({"sampler": "tpe"}, "strategy", "tpe"),
        ({"max_evals": 4}, "max_iterations", 4),
        ({"n_trials": 4}, "max_iterations", 4),
        ({"random_state": 4}, "seed", 4),
        ({"max_errors": 0}, "max_errors", 0),
        ({}, "max_errors", 3),
        ({"stop_condition": "loss < 1"}, "stop_condition", "loss < 1"),
        ({"dask_cluster_uri": "tcp://x:1", "teardown_dask": True}, "teardown_dask", True),
    ],
)
def test_names_of_both_eras_are_understood(given, field, value):
    assert getattr(options(**given), field) == value


def test_every_processor_is_asked_for_by_minus_one():
    assert options(workers=-1).workers >= 1


def test_the_task_s_own_fields_win():
    assert options("min.loss", "random", sampler="list").strategy == "random"


def test_an_unknown_option_is_named_with_the_nearest():
    with pytest.raises(UnknownArgumentError, match="did you mean max_errors"):
        options(max_error=3)


@pytest.mark.parametrize(
    "given",
    [
        {"strategy": "gird"},
        {"pruner": "medain"},
        {"max_errors": "many"},
        {"stop_condition": "__import__('os')"},
        {"selector": "mean.loss"},
        {"seed": 1.5},
    ],
)
def test_what_does_not_fit_is_refused(given):
    with pytest.raises(InvalidArgumentError):
        options(**given)
