"""Statistics agree with pandas, numpy and scipy, and survive whatever a column may hold."""

import datetime
import decimal
import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlrun_jupyter.artifacts import stats
from mlrun_jupyter.artifacts.stats import numbers as module
from mlrun_jupyter.artifacts.stats.columns import describe_column
from mlrun_jupyter.artifacts.stats.distinct import Marks
from mlrun_jupyter.artifacts.stats.numbers import numbers
from mlrun_jupyter.artifacts.tables import to_arrow

QUANTILES = {"5%": 0.05, "25%": 0.25, "50%": 0.5, "75%": 0.75, "95%": 0.95}
moderate = st.floats(-1e9, 1e9, allow_subnormal=False)


def _check(found, values):
    """Against pandas for everything that it knows."""
    series = pd.Series(values)
    close = {"rel": 1e-9, "abs": 1e-9 * max(1.0, float(np.abs(values.astype(float)).max()))}
    assert found["min"] == series.min()
    assert found["max"] == series.max()
    assert found["mean"] == pytest.approx(series.mean(), **close)
    if len(series) > 1:
        assert found["std"] == pytest.approx(series.std(), rel=1e-6, abs=close["abs"])
    for name, share in QUANTILES.items():
        assert found[name] == pytest.approx(series.quantile(share), **close)
    counts, edges = found["hist"]
    assert sum(counts) == len(series)
    assert len(edges) == len(counts) + 1 == 21
    assert edges == sorted(edges)
    if not found.get("distinct_approximate"):
        assert found["distinct"] == series.nunique()
    for value, count in found.get("top", []):
        assert (series == value).sum() == count


@given(hnp.arrays(np.float64, st.integers(2, 200), elements=moderate))
def test_few_floats_agree_with_pandas_and_scipy(values):
    found = numbers(values)
    _check(found, values)
    assert found["mean"] == pytest.approx(scipy.stats.tmean(values), rel=1e-9, abs=1e-6)
    expected, edges = np.histogram(values, 20)
    assert found["hist"][1] == pytest.approx(edges.tolist())
    assert np.abs(np.cumsum(found["hist"][0]) - np.cumsum(expected)).max() <= _on_edges(values, edges)


def _on_edges(values, edges):
    """How many values lie so near to a bound that rounding decides on which side."""
    near = np.abs(values[:, None] - edges[None, :]) <= 1e-9 * max(1.0, float(np.abs(edges).max()))
    return int(near.any(axis=1).sum())


@given(hnp.arrays(np.int64, st.integers(1, 200), elements=st.integers(-(2**62), 2**62)))
def test_few_integers_agree_with_pandas(values):
    _check(numbers(values), values)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(["normal", "lognormal", "pareto", "few", "constant", "integers", "wide", "outlier", "steps"]),
)
def test_long_columns_agree_with_pandas(seed, shape):
    draw = np.random.default_rng(seed)
    size = 60_001
    values = {
        "normal": lambda: draw.normal(1e6, 1e-3, size),
        "lognormal": lambda: draw.lognormal(0, 3, size),
        "pareto": lambda: draw.pareto(1.1, size),
        "few": lambda: draw.choice([0.1, 0.2, -7.5], size),
        "constant": lambda: np.full(size, 4.25),
        "integers": lambda: draw.integers(-500, 500, size),
        "wide": lambda: draw.integers(-(2**63), 2**63 - 1, size),
        "outlier": lambda: np.concatenate([draw.normal(size=size - 1), [1e15]]),
        "steps": lambda: np.floor(draw.normal(0, 30, size)),
    }[shape]()
    found = numbers(values)
    _check(found, values)
    if found.get("distinct_approximate"):
        assert found["distinct"] == pytest.approx(pd.Series(values).nunique(), rel=0.01)
    expected, edges = np.histogram(values.astype(float), 20)
    assert np.abs(np.cumsum(found["hist"][0]) - np.cumsum(expected)).max() <= max(
        2, _on_edges(values.astype(float), edges)
    )


def test_every_way_of_counting_gives_the_same(monkeypatch):
    values = np.random.default_rng(1).integers(0, 50, 5000)
    sorted_ = numbers(values)
    monkeypatch.setattr(module, "SORTED", 10)
    counted = numbers(values)
    monkeypatch.setattr(module, "_DENSE", 1)
    in_blocks = numbers(values)
    for name in sorted_:
        if name == "hist":
            assert sorted_["hist"][0] == counted["hist"][0]
            assert (
                np.abs(np.cumsum(sorted_["hist"][0]) - np.cumsum(in_blocks["hist"][0])).max() <= 100
            )  # bounds are values here
        else:
            close = list if name == "top" else pytest.approx
            assert sorted_[name] == close(counted[name])
            assert sorted_[name] == close(in_blocks[name])


def test_infinite_and_missing_values():
    found = describe_column(pa.chunked_array([[1.0, math.nan, None, math.inf, -math.inf, 3.0]]))
    assert (found["count"], found["nulls"], found["infinite"]) == (4, 2, 2)
    assert (found["min"], found["max"], found["mean"]) == (1.0, 3.0, 2.0)


@pytest.mark.parametrize(
    "values",
    [[1e308, -1e308, 1e308], [5e-324, 0.0], [1e308] * 3, [0.0, -0.0], [math.inf], [math.nan], [1.7e308, 1.7e308]],
)
def test_extreme_floats_are_told_without_nan(values):
    found = describe_column(pa.chunked_array([values]))
    json.dumps(found, allow_nan=False)
    assert found["count"] + found["nulls"] == len(values)


def test_the_estimate_of_distinct_values():
    for count in (1_000, 50_000, 400_000):
        marks = Marks(400_000)
        marks.add(np.arange(count, dtype=np.int64) * 8)
        marks.add(np.arange(count, dtype=np.int64) * 8)
        assert marks.estimate(10**9) == pytest.approx(count, rel=0.01)


@settings(max_examples=30)
@given(st.lists(st.none() | st.text(max_size=12), min_size=1, max_size=80))
def test_texts_agree_with_pandas(values):
    found = describe_column(pa.chunked_array([pa.array(values, pa.string())]))
    known = [value for value in values if value is not None]
    assert (found["count"], found["nulls"]) == (len(known), len(values) - len(known))
    if known:
        series = pd.Series(known)
        assert found["distinct"] == series.nunique()
        assert found["length"] == {
            "min": min(map(len, known)),
            "max": max(map(len, known)),
            "mean": pytest.approx(np.mean([len(each) for each in known])),
        }
        for value, count in found.get("top", []):
            assert known.count(value) == count
        if "top" in found:
            assert found["top"][0][1] == series.value_counts().iloc[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda i: f"user-{i}",
        lambda i: f"https://host/a/long/path/that/goes/on/{i}/and/on/and/on/to/the/very/end",
        lambda i: str(i % 40_000),
    ],
)
def test_many_different_texts_are_estimated(make):
    values = [make(i) for i in range(80_000)]
    found = describe_column(pa.chunked_array([values]))
    assert found["distinct_approximate"]
    assert found["distinct"] == pytest.approx(len(set(values)), rel=0.01)
    assert found["length"]["max"] == max(map(len, values))


def test_times_dates_and_durations():
    stamps = pd.to_datetime(["2026-01-01T00:00:00.5", "2026-01-03T00:00:00", None], format="ISO8601")
    found = stats.describe(
        pa.table(
            {
                "naive": pa.array(stamps.to_numpy()),
                "zoned": pa.array(stamps.tz_localize("UTC").tz_convert("Asia/Kathmandu")),
                "day": pa.array([datetime.date(1900, 1, 1), datetime.date(2100, 1, 1), None]),
                "took": pa.array([datetime.timedelta(seconds=1), datetime.timedelta(seconds=3), None]),
            }
        )
    )
    assert (found["naive"]["min"], found["naive"]["max"]) == ("2026-01-01T00:00:00.5", "2026-01-03T00:00:00")
    assert found["zoned"]["max"] == "2026-01-03T05:45:00+05:45"
    assert (found["day"]["min"], found["day"]["max"]) == ("1900-01-01T00:00:00", "2100-01-01T00:00:00")
    assert (found["took"]["mean"], found["took"]["unit"]) == (2.0, "s")


def test_other_types_are_told_as_far_as_they_go():
    table = pa.table(
        {
            "flag": [True, False, True],
            "money": [decimal.Decimal("1.50"), None, decimal.Decimal("2.50")],
            "blob": [b"x", b"", None],
            "list": [[1, 2], [], None],
            "struct": [{"a": 1}, {"a": 2}, None],
            "nothing": [None, None, None],
            "category": pa.array(["a", "b", "a"]).dictionary_encode(),
            "tiny": pa.array([1.5, 2.5, None], pa.float16()),
            "unsigned": pa.array([2**64 - 1, 1, None], pa.uint64()),
            "clock": [datetime.time(1, 2), None, None],
        }
    )
    found = stats.describe(table, label_column="category")
    assert found["flag"]["top"] == [[True, 2], [False, 1]]
    assert found["money"]["mean"] == 2.0
    assert found["blob"]["length"] == {"min": 0, "max": 1, "mean": 0.5}
    assert found["list"]["length"]["max"] == 2
    assert found["struct"]["fields"] == ["a"]
    assert found["nothing"] == {"type": "empty", "count": 0, "nulls": 3}
    assert found["category"]["balance"] == [["a", 2, pytest.approx(2 / 3)], ["b", 1, pytest.approx(1 / 3)]]
    assert found["tiny"]["mean"] == 2.0
    assert found["unsigned"]["max"] == 2**64 - 1
    assert found["clock"]["count"] == 1
    assert not any("incomplete" in each for each in found.values())


def test_correlations_agree_with_pandas():
    frame = pd.DataFrame({"a": [1.0, 2, 3, None], "b": [2.0, 4, 7, 1], "c": ["x"] * 4, "d": [1, 1, 1, 1]})
    found = stats.correlations(to_arrow(frame).table)
    assert found["columns"] == ["a", "b", "d"]
    assert found["values"][0][1] == pytest.approx(frame["a"].corr(frame["b"]))
    assert found["values"][0][2] is None


def test_no_rows_and_no_columns():
    assert stats.describe(to_arrow(pd.DataFrame()).table) == {}
    assert stats.describe(to_arrow(pd.DataFrame({"a": []})).table)["a"]["count"] == 0
