"""Frameworks that the tests do not install: where somebody has them, they are tried for real."""

import pytest

import mlrun_jupyter as mlrun


def keys(run):
    return {entry["metadata"]["key"] for entry in run.status.artifacts}


def test_lightgbm(autolog, track, data):
    lightgbm = pytest.importorskip("lightgbm")
    x, y = data
    autolog()

    def train(context):
        lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(x, y)
        held = lightgbm.Dataset(x, y)
        lightgbm.train({"objective": "binary", "verbose": -1}, held, 4, valid_sets=[held], valid_names=["own"])

    run = track(train)
    assert run.results["train_accuracy"] > 0.5
    assert run.metric("own/binary_logloss_2")[0].tolist() == [0, 1, 2, 3]
    assert {"model", "model_2", "feature_importance", "feature_importance_2", "roc_curve"} <= keys(run)
    path, _spec, _extra = mlrun.artifacts.get_model(run.artifact("model_2"))
    assert lightgbm.Booster(model_file=path).num_trees() == 4


def test_torch(autolog, track, data):
    torch = pytest.importorskip("torch")
    x, y = (torch.tensor(each.to_numpy(), dtype=torch.float32) for each in data)
    autolog()
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))

    def train(context):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(model(x)[:, 0], y).backward()
            optimizer.step()

    run = track(train)
    steps, values = run.metric("loss")
    assert steps.tolist() == [0, 1, 2, 3, 4]
    assert values[-1] < values[0]
    assert run.results["loss"] == values[-1]
    assert run.spec.parameters["optimizer"] == "SGD"
    assert run.spec.parameters["trainable_parameters"] == 21
    path, spec, extra = mlrun.artifacts.get_model(run.artifact("model"))
    assert (spec.framework, spec.algorithm) == ("torch", "Sequential")
    assert "ReLU" in extra["architecture.txt"].get(encoding="utf-8")
    kept = torch.load(path, weights_only=True)
    assert all(torch.equal(kept[name], value) for name, value in model.state_dict().items())


def test_onnx(autolog, track, tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    autolog()
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 4]) for name in "xy"]
    model = helper.make_model(helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", ends[:1], ends[1:]))

    def train(context):
        onnx.save(model, tmp_path / "own.onnx")

    run = track(train)
    kept = run.artifact("model")["spec"]
    assert kept["inputs"] == [{"name": "x", "value_type": "float", "dims": [-1, 4]}]
    path, _spec, _extra = mlrun.artifacts.get_model(run.artifact("model"))
    assert onnx.load(path) == onnx.load(tmp_path / "own.onnx") == model
