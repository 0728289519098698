import logging
import subprocess
import sys
from importlib.util import find_spec

import pytest

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.tracking.autolog import arrival


def keys(run):
    return {entry["metadata"]["key"] for entry in run.status.artifacts}


def test_it_asks_for_frameworks_by_name(autolog):
    with pytest.raises(InvalidArgumentError, match="did you mean xgboost"):
        autolog("xgbost")
    with pytest.raises(InvalidArgumentError, match="counted from 1"):
        autolog(every=0)
    autolog("scikit-learn", "pytorch")


def test_nothing_is_recorded_before_it_is_asked_for_nor_after_it_is_taken_back(autolog, track, data):
    from sklearn.linear_model import LogisticRegression

    def train(context):
        LogisticRegression().fit(*data)

    fit = LogisticRegression.fit
    assert not track(train).status.artifacts
    autolog()
    assert LogisticRegression.fit is not fit
    assert track(train).status.artifacts
    autolog("torch")
    assert not track(train).status.artifacts
    autolog(disable=True)
    assert LogisticRegression.fit is fit
    assert not track(train).status.artifacts


def test_outside_of_a_run_a_training_is_left_alone(autolog, data):
    from sklearn.linear_model import LogisticRegression

    autolog()
    assert LogisticRegression().fit(*data).score(*data) > 0.8


def test_what_cannot_be_recorded_is_told_and_the_training_goes_on(autolog, track, data, caplog):
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Odd(ClassifierMixin, BaseEstimator):
        """Fits, but breaks when it is asked what it has learned; defined after it was asked for."""

        def fit(self, X, y):  # noqa: N803 - scikit-learn's name
            self.fitted_ = True
            return self

        def predict(self, X):  # noqa: N803
            raise RuntimeError("not today")

    autolog(models=False)

    class Odder(Odd):
        def fit(self, X, y):  # noqa: N803
            return super().fit(X, y)

    def train(context):
        context.log_result("fitted", Odder().fit(*data).fitted_)

    with caplog.at_level(logging.WARNING, "mlrun_jupyter"):
        run = track(train)
    assert run.results == {"fitted": True}
    assert run.spec.parameters["estimator"] == "Odder"
    assert "the evaluation was not recorded: RuntimeError: not today" in caplog.text


def test_a_failed_training_fails_as_it_would(autolog, track, data):
    from sklearn.linear_model import LogisticRegression

    autolog()

    def train(context):
        with pytest.raises(ValueError, match="solver"):
            LogisticRegression(solver="none").fit(*data)
        LogisticRegression().fit(*data)

    run = track(train)
    assert run.spec.parameters["solver"] == "none"
    assert "model_2" in keys(run)


def test_frameworks_are_not_loaded_and_found_when_they_come(tmp_path):
    code = """
import sys
import mlrun_jupyter as mlrun
mlrun.autolog()
assert not {"sklearn", "xgboost", "torch", "onnx", "lightgbm"} & set(sys.modules)
from sklearn.linear_model import LinearRegression
def train(context):
    LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
assert mlrun.run_local(handler=train).results["train_r2"] == 1.0
"""
    environment = {"MLRUN_DBPATH": str(tmp_path / "store"), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)


def test_a_module_that_is_only_looked_for_has_not_arrived(tmp_path, monkeypatch):
    (tmp_path / "awaited_module.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    arrival.expect("awaited_module", lambda: seen.append(1))
    try:
        assert find_spec("awaited_module").loader.get_source("awaited_module") == "value = 1\n"
        assert not seen
        import awaited_module

        assert seen == [1]
        assert type(awaited_module.__loader__).__name__ == "SourceFileLoader"
        assert awaited_module.__spec__.loader is awaited_module.__loader__
    finally:
        arrival.forget()
        sys.modules.pop("awaited_module", None)
