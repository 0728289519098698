"""Drift measures agree with their sources."""

import math

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlrun_jupyter.artifacts.stats.drift import drift, ks, ks_p_value, psi

samples = hnp.arrays(np.float64, st.integers(5, 100), elements=st.floats(-1e6, 1e6))


@given(samples, samples)
def test_ks_is_scipys(one, other):
    expected = scipy.stats.ks_2samp(one, other, method="asymp")
    assert ks(one, other) == pytest.approx(expected.statistic)


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.1, 0.5])
def test_its_p_value_is_scipys_for_large_samples(shift):
    draw = np.random.default_rng(0)
    one, other = draw.normal(size=5000), draw.normal(shift, size=4000)
    expected = scipy.stats.ks_2samp(one, other, method="asymp").pvalue
    assert ks_p_value(ks(one, other), 5000, 4000) == pytest.approx(expected, abs=0.02)


def test_psi_is_the_symmetrised_divergence():
    reference = np.repeat(np.arange(10.0), 100)
    current = np.repeat(np.arange(10.0), [10, 190, *[100] * 8])
    expected = (0.01 - 0.1) * math.log(0.1) + (0.19 - 0.1) * math.log(1.9)
    assert psi(reference, current) == pytest.approx(expected)
    assert psi(reference, reference) == 0


@given(samples)
def test_no_drift_from_itself(values):
    assert psi(values, values) == pytest.approx(0, abs=1e-12)
    assert ks(values, values) == 0


def test_tables():
    draw = np.random.default_rng(0)
    before = pa.table(
        {
            "same": draw.normal(size=2000),
            "moved": draw.normal(size=2000),
            "kind": ["a", "b"] * 1000,
            "gone": [1] * 2000,
            "type": [1] * 2000,
        }
    )
    after = pa.table(
        {
            "same": draw.normal(size=1500),
            "moved": draw.normal(2, 1, 1500),
            "kind": ["a", "c", "c"] * 500,
            "new": [1] * 1500,
            "type": ["x"] * 1500,
        }
    )
    found = drift(before, after)
    assert (found["same"]["verdict"], found["moved"]["verdict"], found["kind"]["verdict"]) == ("none", "large", "large")
    assert found["same"]["p_value"] > 0.01 > found["moved"]["p_value"]
    assert (found["gone"], found["new"]) == ({"missing": "current"}, {"missing": "reference"})
    assert found["type"] == {"changed": "integer to text"}


def test_odd_columns():
    table = pa.table(
        {
            "none": pa.array([None, None], pa.float64()),
            "list": [[1], [2]],
            "nan": [float("nan"), 1.0],
            "cat": pa.array(["x", None]).dictionary_encode(),
            "one": [5, 5],
        }
    )
    found = drift(table, table)
    assert found["none"] == {"empty": True}
    assert found["list"] == {"unsupported": "nested"}
    assert found["nan"]["psi"] == found["cat"]["psi"] == found["one"]["psi"] == 0
