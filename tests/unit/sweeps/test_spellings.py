"""The same sweep, in every way that users of either era write it."""

import csv
import json

import pytest

from mlrun_jupyter import HyperParamOptions, new_function, new_task, run_local
from mlrun_jupyter.errors import InvalidArgumentError

GRID = {"a": [3, 1], "b": [5, 2]}
COMBINATIONS = [(3, 5), (1, 5), (3, 2), (1, 2)]
STORE = "memory://spellings"


def train(context, a, b=0):
    context.log_result("loss", a * 10 + b)


def tried(run):
    return [(each.spec.parameters["a"], each.spec.parameters["b"]) for each in run.iterations()]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "grid.json").write_text(json.dumps(GRID))
    with (tmp_path / "rows.csv").open("w") as file:
        csv.writer(file).writerows([("a", "b"), *COMBINATIONS])
    return tmp_path


@pytest.mark.parametrize(
    ("task", "given"),
    [
        (lambda _: new_task().with_hyper_params(GRID, "min.loss"), {}),
        (lambda _: new_task().with_hyper_params(GRID, selector="min.loss", strategy="grid"), {}),
        (lambda _: new_task(hyper_params=GRID, selector="min.loss", tuning_strategy="grid"), {}),
        (lambda _: new_task(hyperparams=GRID, hyper_param_options=HyperParamOptions(selector="min.loss")), {}),
        (lambda _: None, {"hyperparams": GRID, "selector": "min.loss"}),
        (lambda _: None, {"hyperparams": GRID, "hyper_param_options": {"selector": "min.loss", "strategy": "grid"}}),
        (lambda _: None, {"hyperparams": GRID, "hyper_param_options": HyperParamOptions(selector="min.loss")}),
        (lambda at: new_task().with_param_file(f"{at}/grid.json", "min.loss"), {}),
        (lambda at: new_task().with_param_file(f"{at}/rows.csv", "min.loss"), {}),
        (lambda at: new_task(param_file=f"{at}/rows.csv", selector="min.loss"), {}),
        (lambda at: {"spec": {"param_file": f"{at}/rows.csv", "selector": "min.loss"}}, {}),
        (lambda at: new_task(hyper_param_options={"param_file": f"{at}/rows.csv", "selector": "min.loss"}), {}),
        (lambda _: {"spec": {"hyperparams": GRID, "selector": "min.loss", "tuning_strategy": "grid"}}, {}),
    ],
)
def test_one_sweep_in_many_words(files, task, given):
    run = new_function().run(task(files), handler=train, db=STORE, **given)
    assert tried(run) == COMBINATIONS
    assert run.results == {"loss": 12, "best_iteration": 4}


def test_a_sweep_over_a_file_runs_again_with_the_same_values(files):
    run = new_function().run(new_task().with_param_file(f"{files}/rows.csv", "min.loss"), handler=train, db=STORE)
    (files / "rows.csv").write_text("a,b\n7,7\n")
    assert tried(run.rerun()) == COMBINATIONS


@pytest.mark.parametrize("more", [{"hyperparams": {**GRID, "MAX_EVALS": 3}}, {"max_iterations": 3}, {"max_evals": 3}])
def test_the_number_of_draws_in_many_words(more):
    hyperparams = more.pop("hyperparams", GRID)
    task = new_task().with_hyper_params(hyperparams, "min.loss", strategy="random", seed=2, **more)
    run = run_local(task, handler=train, db=STORE)
    assert len(tried(run)) == 3


def test_values_and_a_file_of_values_exclude_each_other(files):
    options = {"param_file": str(files / "rows.csv")}
    with pytest.raises(InvalidArgumentError, match="exclude each other"):
        run_local(new_task(), handler=train, hyperparams=GRID, hyper_param_options=options, db=STORE)


def test_options_are_imported_from_where_others_have_them():
    import mlrun_jupyter.model

    assert mlrun_jupyter.model.HyperParamOptions is HyperParamOptions
    assert not hasattr(mlrun_jupyter.model, "HyperParamOption")
