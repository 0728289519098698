"""scikit-learn: every estimator that predicts. Those of xgboost and lightgbm are estimators, too, and come this way."""

from __future__ import annotations

import contextlib
import inspect
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from mlrun_jupyter.artifacts import frameworks
from mlrun_jupyter.tracking.autolog import arrival, evaluation, recording
from mlrun_jupyter.tracking.autolog.patches import Patches
from mlrun_jupyter.tracking.autolog.recording import Recording, Settings, aside

_recorded: weakref.WeakKeyDictionary[Any, Recording] = weakref.WeakKeyDictionary()
"""Estimators whose training was recorded: what their ``score`` says belongs to it."""
_SERIES = {"loss_curve_": "loss", "validation_scores_": "validation_score", "train_score_": "train_loss"}
_PARAMETERS = 200
_VALIDATION = "sklearn.model_selection._validation"
_quiet = threading.local()
"""``_quiet.depth``: how deep this thread is in a search's or a cross-validation's own trainings."""


def install(patches: Patches, settings: Settings) -> None:
    """Wrap ``fit`` and ``score`` of all estimators, of those that are defined later as well."""
    base = import_module("sklearn.base")

    def cover(kind: type) -> None:
        patches.wrap(kind, "fit", lambda original, *args, **kwargs: _fit(settings, original, args, kwargs))
        patches.wrap(kind, "score", lambda original, *args, **kwargs: _score(original, args, kwargs))

    for kind in (base.ClassifierMixin, base.RegressorMixin, *_below(base.BaseEstimator)):
        cover(kind)

    def defined(cls: type, /, **kwargs: Any) -> None:
        super(base.BaseEstimator, cls).__init_subclass__(**kwargs)
        cover(cls)

    patches.replace(base.BaseEstimator, "__init_subclass__", classmethod(defined))
    _cover_validation(patches)


def _cover_validation(patches: Patches) -> None:
    """The folds of a cross-validation are trainings of nobody's model."""

    def silently(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with _quietly():
            return original(*args, **kwargs)

    def wrap() -> None:
        for name in ("_fit_and_score", "_fit_and_predict"):
            patches.wrap(sys.modules[_VALIDATION], name, silently)

    wrap() if _VALIDATION in sys.modules else arrival.expect(_VALIDATION, wrap)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Within the block this thread records no training and no score."""
    _quiet.depth = getattr(_quiet, "depth", 0) + 1
    try:
        yield
    finally:
        _quiet.depth -= 1


def _is_quiet() -> bool:
    return bool(getattr(_quiet, "depth", 0))


def _below(kind: type) -> Iterator[type]:
    below: list[type] = kind.__subclasses__()
    for each in below:
        yield each
        yield from _below(each)


def _framework(estimator: Any) -> str:
    """Whose estimator it is."""
    roots = {each.__module__.partition(".")[0] for each in type(estimator).__mro__}
    return next((name for name in ("xgboost", "lightgbm") if name in roots), "sklearn")


def _fit(settings: Settings, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    estimator = args[0]
    if _is_quiet() or not hasattr(type(estimator), "predict"):
        return original(*args, **kwargs)
    with recording.training(settings, _framework(estimator)) as found:
        if found is None:
            return original(*args, **kwargs)
        with aside("what the estimator was made with"):
            found.parameters({"estimator": type(estimator).__name__, **_made_with(estimator)})
        fitted = original(*args, **kwargs)
        with aside("what the training gave"):
            given = _arguments(original, args, kwargs)
            _describe(found, estimator, given.get("X"), given.get("y"))
            _recorded[estimator] = found
        return fitted


def _made_with(estimator: Any) -> dict[str, Any]:
    """Its parameters and those of what it holds, ``step__C`` ..., as far as they are plain."""
    own = frameworks.parameters(estimator)
    inner = {
        name: value for name, value in estimator.get_params().items() if isinstance(value, (str, int, float, bool))
    }
    found = {**inner, **own} if len(inner) <= _PARAMETERS else own
    return {name: value for name, value in found.items() if value != "deprecated"}


def _arguments(original: Callable[..., Any], args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments by name; the data are the first two after the estimator whatever they are called."""
    bound = inspect.signature(original).bind(*args, **kwargs).arguments
    names = list(bound)
    return {
        **bound,
        **{usual: bound[name] for usual, name in zip(("X", "y"), names[1:3], strict=False) if usual not in bound},
    }


def _describe(found: Recording, estimator: Any, x: Any, y: Any) -> None:
    with aside("the course of the training"):
        for attribute, name in _SERIES.items():
            for step, value in enumerate(_series(estimator, attribute)):
                found.step({name: float(value)}, step)
    with aside("the search"):
        _search(found, estimator)
    with aside("the evaluation"):
        if hasattr(estimator, "inertia_"):
            found.results({"inertia": float(estimator.inertia_)})
        if x is not None and y is not None:
            evaluation.evaluate(found, estimator, x, y, prefix="train_")
    with aside("the importance of features"):
        found.importance(*_importance(estimator))
    with aside("the model"):
        found.model(estimator, **_columns(x, y))


def _series(estimator: Any, attribute: str) -> Any:
    values = getattr(estimator, attribute, None)
    return values if values is not None and getattr(values, "ndim", 1) == 1 else ()


def _search(found: Recording, estimator: Any) -> None:
    """What a grid or random search chose."""
    if not hasattr(estimator, "cv_results_") or not hasattr(estimator, "best_params_"):
        return
    found.results({f"best_{name}": value for name, value in estimator.best_params_.items()})
    found.results({"best_cv_score": float(estimator.best_score_)})
    table = {
        name: [value if isinstance(value, (bool, int, float, str)) or value is None else str(value) for value in column]
        for name, column in ((name, list(map(_plain, column))) for name, column in estimator.cv_results_.items())
        if name != "params"
    }
    import pandas as pd

    found.context.log_dataset(found.name("cv_results"), df=pd.DataFrame(table))


def _plain(value: Any) -> Any:
    """A numpy number as Python's; what a search left out of a candidate as nothing."""
    if type(value).__name__ == "MaskedConstant":
        return None
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value


def _importance(estimator: Any) -> tuple[list[str], list[float]]:
    """Names and weights of the features; of a linear model the size of its coefficients, over all classes."""
    import numpy as np

    inner = getattr(estimator, "best_estimator_", estimator)
    names = [str(name) for name in getattr(inner, "feature_names_in_", ())]
    if hasattr(inner, "steps"):
        before = inner[:-1]
        names = [str(name) for name in before.get_feature_names_out()] if len(before) else names
        inner = inner.steps[-1][1]
    weights = getattr(inner, "feature_importances_", None)
    if weights is None and getattr(inner, "coef_", None) is not None:
        weights = np.abs(np.atleast_2d(np.asarray(inner.coef_))).mean(axis=0)
    if weights is None:
        return [], []
    return names if len(names) == len(weights) else [f"x{at}" for at in range(len(weights))], list(map(float, weights))


def _columns(x: Any, y: Any) -> dict[str, Any]:
    """Inputs and outputs as a model describes them, from the first rows of frames."""
    return {name: found for name, data in (("inputs", x), ("outputs", y)) if (found := _described(data))}


def _described(data: Any) -> list[dict[str, str]]:
    if not hasattr(data, "iloc"):
        return []
    from mlrun_jupyter.artifacts.tables import to_arrow

    table = to_arrow(data.iloc[:100], where="training set").table
    return [
        {"name": each.name, "value_type": str(each.type)}
        for each in table.schema
        if not each.name.startswith("__index")
    ]


def _score(original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Within a run, what a recorded estimator scores is one of its results; the charts are those of the last call."""
    with _quietly():
        value = original(*args, **kwargs)
    estimator = args[0]
    with aside("the score"):
        found = _recorded.get(estimator)
        if found is None or _is_quiet() or not recording.is_free(found.context):
            return value
        found.results({"test_score": float(value)})
        given = _arguments(original, args, kwargs)
        if given.get("X") is not None and given.get("y") is not None:
            evaluation.evaluate(found, estimator, given["X"], given["y"], prefix="test_", chart_prefix="test_")
    return value
