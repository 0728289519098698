from __future__ import annotations

import math

import pytest

from mlrun_jupyter.views.direction import best, better, selected


@pytest.mark.parametrize("name", ["accuracy", "val_acc", "f1_macro", "roc-auc", "testScore", "R2", "precision"])
def test_higher_is_better(name: str) -> None:
    assert better(name) == "max"


@pytest.mark.parametrize(
    "name", ["loss", "valLoss", "rmse", "log_loss", "train_seconds", "mean absolute error", "test/mae"]
)
def test_lower_is_better(name: str) -> None:
    assert better(name) == "min"


@pytest.mark.parametrize("name", ["rows", "classes", "blossom", "terror", "maps"])
def test_nobody_knows(name: str) -> None:
    assert better(name) == ""


def test_the_selector_knows_better() -> None:
    assert better("accuracy", "min.accuracy") == "min" and selected("min.a.b") == ("min", "a.b")


def test_the_first_of_equals_is_best_and_nan_never() -> None:
    assert best([math.nan, 0.5, None, 0.9, 0.9], "max") == 3
    assert best([-0.5, -0.9], "max") == 0
    assert best([math.nan, None], "min") is None
    assert best([1.0], "") is None
