"""LightGBM: ``lightgbm.train``, which its estimators use as well."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from mlrun_jupyter.tracking.autolog import recording
from mlrun_jupyter.tracking.autolog.patches import Patches
from mlrun_jupyter.tracking.autolog.recording import Recording, Settings, aside

_BEFORE_EARLY_STOPPING: Final = 15
"""LightGBM calls its callbacks in this order; the one that stops the training has 30."""


def install(patches: Patches, settings: Settings) -> None:
    """Wrap ``train`` in every module that holds it."""
    for name in ("lightgbm", "lightgbm.engine", "lightgbm.sklearn"):
        if name in sys.modules:
            patches.wrap(
                sys.modules[name], "train", lambda original, *args, **kwargs: _train(settings, original, args, kwargs)
            )


def _train(settings: Settings, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    estimators = recording.under_way("lightgbm")
    if estimators is not None:  # it describes itself: only the steps are missing
        return _watched(estimators, original, args, kwargs)
    with recording.training(settings, "lightgbm") as found:
        if found is None:
            return original(*args, **kwargs)
        with aside("what the training was given"):
            given = args[0] if args else kwargs.get("params", {})
            rounds = kwargs.get("num_boost_round", args[2] if len(args) > 2 else 100)
            found.parameters({**dict(given), "num_boost_round": rounds})
        booster = _watched(found, original, args, kwargs)
        with aside("the importance of features"):
            found.importance(booster.feature_name(), booster.feature_importance("gain"))
        with aside("the model"):
            found.model(booster)
        return booster


def _watched(found: Recording, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The training with one more callback, and what its last round measured."""
    steps = Steps(found)
    trained = original(*args, **{**kwargs, "callbacks": [*(kwargs.get("callbacks") or ()), steps]})
    with aside("the last round"):
        found.results(steps.last)
    return trained


class Steps:
    """Records what each round measures, ``valid_0/binary_logloss`` ..."""

    order: Final = _BEFORE_EARLY_STOPPING
    before_iteration: Final = False

    def __init__(self, found: Recording) -> None:
        self._found = found
        self.last: dict[str, float] = {}

    def __call__(self, told: Any) -> None:
        with aside("a round"):
            self.last = {f"{each[0]}/{each[1]}": float(each[2]) for each in told.evaluation_result_list or ()}
            self._found.step(self.last, told.iteration)
