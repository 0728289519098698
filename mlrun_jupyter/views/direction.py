"""Which way a result is better: what the selector says, else what its name says, else nobody knows."""

from __future__ import annotations

import re
from typing import Final

MAX: Final = "max"
MIN: Final = "min"
_LOWER = re.compile(
    r"(?:^|_)(?:loss|error|err|rmse|mse|mae|mape|smape|rmsle|logloss|brier|perplexity|ppl|wer|cer|fid|"
    r"deviance|regret|cost|latency|seconds|secs|duration|time|elapsed|misclassified|fpr|fnr)(?:_|$)"
)
_HIGHER = re.compile(
    r"(?:^|_)(?:accuracy|acc|auc|auroc|auprc|roc|f1|f\d+|fbeta|precision|recall|sensitivity|specificity|r2|score|"
    r"map|ndcg|mrr|iou|dice|bleu|rouge|meteor|psnr|ssim|reward|return|throughput|kappa|mcc|likelihood|tpr|tnr)(?:_|$)"
)


def selected(selector: str) -> tuple[str, str]:
    """``(direction, result)`` of a selector; both empty when there is none.

    Example
    -------
    >>> selected("min.loss"), selected("accuracy"), selected("")
    (('min', 'loss'), ('max', 'accuracy'), ('', ''))
    """
    direction, dot, result = selector.strip().partition(".")
    if dot and direction in (MIN, MAX):
        return direction, result
    return (MAX, selector.strip()) if selector.strip() else ("", "")


def better(name: str, selector: str = "") -> str:
    """``max``, ``min`` or nothing for the result ``name``.

    Example
    -------
    >>> better("f1_macro"), better("valLoss"), better("rows"), better("rows", "min.rows")
    ('max', 'min', '', 'min')
    """
    direction, result = selected(selector)
    if result == name and direction:
        return direction
    words = re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:200])).lower()
    if _LOWER.search(words):
        return MIN
    return MAX if _HIGHER.search(words) else ""


def best(values: list[float | None], direction: str) -> int | None:
    """The index of the best value, the first of equals; None when there is none or nobody knows the direction."""
    found: int | None = None
    for index, value in enumerate(values):
        if value is None or value != value:
            continue
        if found is None:
            found = index
            continue
        current = values[found]
        assert current is not None  # noqa: S101 - only indexes of values are kept
        if (value > current) if direction == MAX else (value < current):
            found = index
    return found if direction else None
