"""Trainings that record themselves, when that was asked for.

``mlrun.autolog()`` wraps the places at which frameworks train. A training within a run then records what it was made with,
how it went, what came out, and charts of it; outside of a run, and inside of another training (the folds of a search, the
steps of a pipeline), it records nothing. What cannot be recorded is told in the log and never stops a training.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from mlrun_jupyter.errors import InvalidArgumentError, nearest
from mlrun_jupyter.tracking.autolog import arrival
from mlrun_jupyter.tracking.autolog.patches import Patches
from mlrun_jupyter.tracking.autolog.recording import Settings

Install = Callable[[Patches, Settings], None]

FRAMEWORKS: Final = ("sklearn", "xgboost", "lightgbm", "torch", "onnx")
_ALIASES: Final = {"scikit-learn": "sklearn", "scikit_learn": "sklearn", "pytorch": "torch"}
_patches = Patches()
__all__ = ["FRAMEWORKS", "autolog"]


def autolog(*frameworks: str, models: bool = True, charts: bool = True, every: int = 1, disable: bool = False) -> None:
    """Have trainings within runs of this process recorded from now on.

    Frameworks that are loaded later are included; none is loaded for this. Calling it again replaces what was asked for
    before.

    Parameters
    ----------
    frameworks
        Some of ``sklearn, xgboost, lightgbm, torch, onnx``; all by default.
    models
        Keep the trained model as the artifact ``model`` (``model_2`` ... for further trainings of a run).
    charts
        Keep ``feature_importance``, ``confusion_matrix`` and ``roc_curve``, of the training set and, each time ``score``
        is called on a recorded scikit-learn model, of what it is called with (``test_...``).
    every
        Record each so many-th step of the metrics; 10 records a tenth of them.
    disable
        Record no more, and put the frameworks back as they were.

    Raises
    ------
    InvalidArgumentError
        An unknown framework (the nearest is named), or steps that cannot be counted.

    Example
    -------
    ::

        mlrun.autolog()

        def train(context, depth: int = 4):
            xgboost.XGBClassifier(max_depth=depth).fit(x, y, eval_set=[(x_test, y_test)])

        run = mlrun.run_local(handler=train)
        run.results["train_accuracy"], run.artifact("model"), run.artifact("roc_curve")
    """
    chosen = _checked(frameworks)
    if every < 1:
        raise InvalidArgumentError("steps are counted from 1", where=f"every={every!r}")
    _patches.restore()
    arrival.forget()
    if disable:
        return
    settings = Settings(frozenset(chosen), models, charts, every)
    if settings.frameworks & {"sklearn", "xgboost", "lightgbm"}:  # whose estimators are scikit-learn's
        _when_loaded("sklearn.base", "sklearn", settings)
    for name in chosen:
        if name != "sklearn":
            _when_loaded(name, name, settings)


def _checked(frameworks: Sequence[str]) -> list[str]:
    names = [_ALIASES.get(name.lower(), name.lower()) for name in frameworks]
    for name in names:
        if name not in FRAMEWORKS:
            raise InvalidArgumentError(f"no such framework: {name!r}", where="autolog", hint=nearest(name, FRAMEWORKS))
    return names or list(FRAMEWORKS)


def _when_loaded(module: str, framework: str, settings: Settings) -> None:
    def install() -> None:
        part = import_module(f"{__name__}.{framework}")
        part.install(_patches, settings)

    if module in sys.modules:
        install()
    else:
        arrival.expect(module, install)
