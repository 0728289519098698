"""How good an estimator is on some data: the usual numbers, and the charts that tell more. Computed by scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from mlrun_jupyter.tracking.autolog.recording import Recording

ROWS: Final = 50_000
"""Rows that are looked at, spread evenly over longer data: predicting all would take as long as the training."""
_CLASSES: Final = 40
_CURVE: Final = 200
"""Points of a curve."""


def evaluate(recording: Recording, estimator: Any, x: Any, y: Any, *, prefix: str, chart_prefix: str = "") -> None:
    """Record how the estimator does on ``x``, whose truth is ``y``.

    For classifiers ``accuracy``, ``precision``, ``recall`` and ``f1`` (weighted by class), ``log_loss`` and, of two classes,
    ``roc_auc``, with the charts ``confusion_matrix`` and ``roc_curve``; for regressors ``r2``, ``mae`` and ``rmse``.
    """
    base = import_module("sklearn.base")

    x, y = _sample(x, y)
    if base.is_classifier(estimator):
        _classes(recording, estimator, x, y, prefix, chart_prefix)
    elif base.is_regressor(estimator):
        _numbers(recording, estimator, x, y, prefix)


def _numbers(recording: Recording, estimator: Any, x: Any, y: Any, prefix: str) -> None:
    metrics = import_module("sklearn.metrics")

    found = estimator.predict(x)
    recording.results(
        {
            f"{prefix}r2": float(metrics.r2_score(y, found)),
            f"{prefix}mae": float(metrics.mean_absolute_error(y, found)),
            f"{prefix}rmse": float(metrics.mean_squared_error(y, found) ** 0.5),
        }
    )


def _classes(recording: Recording, estimator: Any, x: Any, y: Any, prefix: str, chart_prefix: str) -> None:
    import numpy as np

    metrics = import_module("sklearn.metrics")

    truth, found = np.asarray(y), np.asarray(estimator.predict(x))
    if truth.ndim == 2 and truth.shape[1] == 1:
        truth = truth.ravel()
    precision, recall, f1, _support = metrics.precision_recall_fscore_support(
        truth, found, average="weighted", zero_division=0
    )
    results = {"accuracy": metrics.accuracy_score(truth, found), "precision": precision, "recall": recall, "f1": f1}
    labels = list(getattr(estimator, "classes_", ()))
    chances = estimator.predict_proba(x) if hasattr(estimator, "predict_proba") else None
    if chances is not None and truth.ndim == 1 and len(labels) == np.shape(chances)[1]:
        results["log_loss"] = metrics.log_loss(truth, chances, labels=labels)
    scores = chances[:, 1] if chances is not None and np.ndim(chances) == 2 and len(labels) == 2 else None
    if scores is None and len(labels) == 2 and hasattr(estimator, "decision_function"):
        scores = estimator.decision_function(x)
    both = truth.ndim == 1 and len(labels) == 2 and len(np.unique(truth)) == 2
    if scores is not None and both:
        results["roc_auc"] = metrics.roc_auc_score(truth == labels[1], scores)
    recording.results({prefix + name: float(value) for name, value in results.items()})
    if recording.settings.charts and truth.ndim == 1:
        _confusion(recording, truth, found, chart_prefix)
        if scores is not None and both:
            _roc(recording, truth == labels[1], scores, chart_prefix)


def _confusion(recording: Recording, truth: Any, found: Any, prefix: str) -> None:
    import numpy as np

    metrics = import_module("sklearn.metrics")

    labels = np.unique(np.concatenate([truth, found]))
    if len(labels) > _CLASSES:
        return
    counts = metrics.confusion_matrix(truth, found, labels=labels)
    names = [str(label) for label in labels]
    rows = [[name, *map(int, row)] for name, row in zip(names, counts, strict=True)]
    recording.chart(f"{prefix}confusion_matrix", ["actual", *names], rows, kind="heatmap", title="actual by predicted")


def _roc(recording: Recording, truth: Any, scores: Any, prefix: str) -> None:
    metrics = import_module("sklearn.metrics")

    wrong, right, _thresholds = metrics.roc_curve(truth, scores)
    points = _thinned(list(zip(wrong.tolist(), right.tolist(), strict=True)))
    rows = [[x, y, x] for x, y in points]
    recording.chart(f"{prefix}roc_curve", ["false positive rate", "true positive rate", "chance"], rows, kind="line")


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points, or about :data:`_CURVE` of them with both ends."""
    if len(points) <= _CURVE:
        return list(points)
    return [points[round(at * (len(points) - 1) / (_CURVE - 1))] for at in range(_CURVE)]


def _sample(x: Any, y: Any) -> tuple[Any, Any]:
    import numpy as np

    count = x.shape[0] if hasattr(x, "shape") else len(x)
    if count <= ROWS:
        return x, y
    rows = np.linspace(0, count - 1, ROWS).astype(int)
    return _taken(x, rows), _taken(y, rows)


def _taken(data: Any, rows: Any) -> Any:
    if hasattr(data, "iloc"):
        return data.iloc[rows]
    return data[rows] if hasattr(data, "shape") else [data[row] for row in rows]
