"""A training on a real data set over a grid of 96: the same table, whoever executes it."""

from __future__ import annotations

import pytest

from mlrun_jupyter import new_function, new_task, run_local
from mlrun_jupyter.db import close_all
from mlrun_jupyter.sweeps import dask_cluster
from mlrun_jupyter.tracking import tracker

pytest.importorskip("xgboost")
pytest.importorskip("sklearn")

GRID = {"eta": [0.05, 0.10, 0.20, 0.30], "max_depth": [3, 4, 5, 6, 8, 10], "gamma": [0.0, 0.1, 0.2, 0.3]}


def iris_generator(context):
    from sklearn.datasets import load_iris

    frame = load_iris(as_frame=True).frame.rename(columns={"target": "label"})
    context.log_dataset("iris_dataset", df=frame, format="csv")


def xgb_train(context, dataset, max_depth=6, eta=0.2, gamma=0.1, steps=5):
    import xgboost
    from sklearn.metrics import accuracy_score
    from sklearn.model_selection import train_test_split

    frame = dataset.as_df()
    parts = train_test_split(frame.drop(columns="label"), frame["label"], test_size=0.4, random_state=7)
    train, test = (xgboost.DMatrix(x, label=y) for x, y in zip(parts[:2], parts[2:], strict=True))
    options = {
        "max_depth": max_depth,
        "eta": eta,
        "gamma": gamma,
        "num_class": 3,
        "objective": "multi:softprob",
        "nthread": 1,
    }
    model = xgboost.train(options, train, steps)
    context.log_result("accuracy", float(accuracy_score(parts[3], model.predict(test).argmax(axis=1))))
    context.log_result("certainty", round(float(model.predict(test).max(axis=1).mean()), 6))
    context.log_artifact("model", body=bytes(model.save_raw()), local_path="model.bst", labels={"framework": "xgboost"})


@pytest.fixture
def dataset(tmp_path):
    run = run_local(handler=iris_generator, out_path=str(tmp_path), db=str(tmp_path / "store"))
    yield run.outputs["iris_dataset"]
    dask_cluster.end()
    tracker.close_all()
    close_all()


@pytest.mark.slow
@pytest.mark.timeout(1800)  # a busy machine is slow
def test_a_grid_of_trainings_has_one_outcome_here_on_workers_and_on_dask(dataset, tmp_path):
    pytest.importorskip("distributed")
    found = []
    for kind, workers in (("", 1), ("", 2), ("dask", 2)):
        task = new_task("grid", inputs={"dataset": dataset}).with_hyper_params(GRID, "max.certainty", workers=workers)
        found.append(new_function(kind=kind).run(task, handler=xgb_train, db=str(tmp_path / "store")))
    one, *others = found
    table = one.artifact("iteration_results").get()
    assert len(table.splitlines()) == 97
    assert one.results["accuracy"] > 0.85
    for other in others:
        assert other.results == one.results
        assert other.artifact("iteration_results").get() == table
        assert other.artifact("model").get() == one.artifact("model").get()
    assert {each.state() for run in found for each in run.iterations()} == {"completed"}
