"""XGBoost: ``xgboost.train``, which its estimators use as well."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from mlrun_jupyter.tracking.autolog import recording
from mlrun_jupyter.tracking.autolog.patches import Patches
from mlrun_jupyter.tracking.autolog.recording import Recording, Settings, aside


def install(patches: Patches, settings: Settings) -> None:
    """Wrap ``train`` in every module that holds it."""
    for name in ("xgboost", "xgboost.training", "xgboost.sklearn"):
        if name in sys.modules:
            patches.wrap(
                sys.modules[name], "train", lambda original, *args, **kwargs: _train(settings, original, args, kwargs)
            )


def _train(settings: Settings, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    estimators = recording.under_way("xgboost")
    if estimators is not None:  # it describes itself: only the steps are missing
        return original(*args, **_watched(estimators, kwargs))
    with recording.training(settings, "xgboost") as found:
        if found is None:
            return original(*args, **kwargs)
        with aside("what the training was given"):
            given = args[0] if args else kwargs.get("params", {})
            rounds = kwargs.get("num_boost_round", args[2] if len(args) > 2 else 10)
            found.parameters({**dict(given), "num_boost_round": rounds})
        booster = original(*args, **_watched(found, kwargs))
        with aside("the importance of features"):
            weights = booster.get_score(importance_type="gain")
            found.importance(list(weights), list(weights.values()))
        with aside("the model"):
            found.model(booster)
        return booster


def _watched(found: Recording, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments with one more callback."""
    return {**kwargs, "callbacks": [*(kwargs.get("callbacks") or ()), _steps()(found)]}


@cache
def _steps() -> Callable[[Recording], Any]:
    callback: Any = import_module("xgboost.callback")

    class Steps(callback.TrainingCallback):  # type: ignore[misc] # loaded here, where it is there already
        """Records what each round measures, ``validation_0/logloss`` ..., and the last of it as results."""

        def __init__(self, found: Recording) -> None:
            self._found = found
            self._last: dict[str, float] = {}

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 - the framework's
            with aside("a round"):
                self._last = _last(evals_log)
                self._found.step(self._last, epoch)
            return False

        def after_training(self, model: Any) -> Any:
            with aside("the last round"):
                self._found.results(self._last)
            return model

    return Steps


def _last(told: Any) -> dict[str, float]:
    """The newest value of each metric; of a cross-validation, that is a mean and a deviation."""
    return {
        f"{data}/{metric}": float(values[-1][0] if isinstance(values[-1], tuple) else values[-1])
        for data, metrics in told.items()
        for metric, values in metrics.items()
        if len(values)
    }
