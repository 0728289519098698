"""Models of known frameworks in those frameworks' own, safe formats. None is imported to find out what a model is."""

from __future__ import annotations

import io
from typing import Any

import msgspec

from mlrun_jupyter.model import values


class Saved(msgspec.Struct):
    """A model as bytes."""

    framework: str
    file_name: str
    data: bytes
    parameters: dict[str, Any] = {}
    inputs: list[dict[str, Any]] = []
    outputs: list[dict[str, Any]] = []


def save(model: Any) -> Saved | None:
    """The model in its framework's format, or None when it is of no known framework.

    XGBoost is written as JSON, LightGBM as its text, ONNX as protobuf; scikit-learn has no format of its own but Python's
    pickle, so its models are kept that way and never loaded again unless somebody asks by name.
    """
    kinds = {each.__module__.partition(".")[0] for each in type(model).__mro__}
    if "xgboost" in kinds:
        return _xgboost(model)
    if "lightgbm" in kinds:
        return _lightgbm(model)
    if "onnx" in kinds and hasattr(model, "SerializeToString"):
        return _onnx(model)
    if "torch" in kinds and hasattr(model, "state_dict"):
        return _torch(model)
    if "sklearn" in kinds and hasattr(model, "get_params"):
        return _sklearn(model)
    return None


def _xgboost(model: Any) -> Saved:
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    names = booster.feature_names or []
    types = booster.feature_types or [""] * len(names)
    return Saved(
        "xgboost",
        "model.json",
        bytes(booster.save_raw("json")),
        parameters(model) if hasattr(model, "get_params") else {},
        [{"name": name, "value_type": kind} for name, kind in zip(names, types, strict=False)],
    )


def _lightgbm(model: Any) -> Saved:
    booster = getattr(model, "booster_", model)
    inputs = [{"name": name} for name in booster.feature_name()]
    given = parameters(model) if hasattr(model, "get_params") else values.plain(dict(booster.params))
    return Saved("lightgbm", "model.txt", booster.model_to_string().encode(), given, inputs)


def _onnx(model: Any) -> Saved:
    """Inputs and outputs are in the graph; the weights among the inputs of older files are none of them."""
    weights = {each.name for each in model.graph.initializer}
    return Saved(
        "onnx",
        "model.onnx",
        model.SerializeToString(),
        {"ir_version": model.ir_version, "opset": max((each.version for each in model.opset_import), default=0)},
        [_tensor(each) for each in model.graph.input if each.name not in weights],
        [_tensor(each) for each in model.graph.output],
    )


def _tensor(value: Any) -> dict[str, Any]:
    """Name, element type and shape, as the model's schema has them."""
    from importlib import import_module

    told = value.type.tensor_type
    kind = import_module("onnx").TensorProto.DataType.Name(told.elem_type).lower()
    return {"name": value.name, "value_type": kind, "dims": [each.dim_value or -1 for each in told.shape.dim]}


def _torch(model: Any) -> Saved:
    from importlib import import_module

    buffer = io.BytesIO()
    import_module("torch").save(model.state_dict(), buffer)
    return Saved("torch", "model.pt", buffer.getvalue())


def _sklearn(model: Any) -> Saved:
    import pickle

    inputs = [{"name": str(name)} for name in getattr(model, "feature_names_in_", [])]
    return Saved("sklearn", "model.pkl", pickle.dumps(model, protocol=5), parameters(model), inputs)


def parameters(model: Any) -> dict[str, Any]:
    """What an estimator was made with; what is unset is left out, nested estimators are named, not unfolded."""
    found = model.get_params(deep=False)
    return {
        name: values.plain(value) if isinstance(value, (str, int, float, bool, list, tuple, dict)) else str(value)[:200]
        for name, value in found.items()
        if value is not None
    }
