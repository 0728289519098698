from __future__ import annotations

import math
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from mlrun_jupyter.views.series import POINTS, SeriesView, charted, series_views, thin


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=3000))
def test_thinning_keeps_ends_extremes_and_order(values: list[float]) -> None:
    pairs = list(enumerate(map(float, values)))
    kept = thin([(float(step), value) for step, value in pairs])
    assert len(kept) <= POINTS
    assert kept[0] == pairs[0] and kept[-1] == pairs[-1]
    assert [step for step, _ in kept] == sorted({step for step, _ in kept})
    assert min(value for _, value in kept) == min(values) and max(value for _, value in kept) == max(values)


def test_a_summary_stands_in_where_points_are_missing() -> None:
    (view,) = series_views({}, {"loss": {"last": 0.1, "min": 0.05, "max": 2.0, "mean": 0.4, "count": 10_000}})
    assert (view.count, view.last, view.min, view.max, view.values) == (10_000, 0.1, 0.05, 2.0, [])


def test_points_that_are_no_numbers_are_gaps() -> None:
    points = SimpleNamespace(steps=[1, 2, 3], values=[1.0, math.nan, 3.0], count=3)
    (view,) = series_views({"loss": points}, {})
    assert view.values == [1.0, None, 3.0] and (view.min, view.max, view.mean) == (1.0, 3.0, 2.0)


def test_curves_of_one_stem_share_the_chart() -> None:
    series = [SeriesView(key, steps=[0, 1], values=[0, 1]) for key in ("loss", "train/acc", "valid/acc", "val_loss")]
    assert [each.key for each in charted(series)] == ["loss", "val_loss"]
    assert [each.key for each in charted(series, "acc")] == ["train/acc", "valid/acc"]
    assert charted([SeriesView("single", steps=[0], values=[1.0])]) == []
