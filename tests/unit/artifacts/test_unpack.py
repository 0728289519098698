"""What was returned comes back as what the next handler asks for."""

import os
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlrun_jupyter import datastore
from mlrun_jupyter.artifacts import ModelArtifact, packagers
from mlrun_jupyter.artifacts.unpack import unpack
from mlrun_jupyter.errors import DataError, InvalidArgumentError


def _item(log, value, hint=""):
    return datastore.resolve(log(packagers.package("k", value, hint)).spec.target_path)


FRAME = pd.DataFrame({"a": [1, 2], "b": [1.5, 2.5]})


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (FRAME, pd.DataFrame), (pl.from_pandas(FRAME), pl.DataFrame), (FRAME["a"], pd.Series), (pl.Series("a", [1, 2]), pl.Series),
        (pa.Table.from_pandas(FRAME), pa.Table), (np.arange(1000.0), np.ndarray),
        (np.arange(3000).reshape(10, 10, 30), np.ndarray),
        (np.arange(1000.0).reshape(100, 10), np.ndarray), (b"bytes", bytes), ({"a": list(range(200))}, dict),
        (list(range(200)), list),
    ],
)  # fmt: skip
def test_there_and_back(log, value, hint):
    found = unpack(_item(log, value), hint)
    assert isinstance(found, hint)
    if hasattr(value, "equals"):
        assert found.equals(value)
    else:
        np.testing.assert_equal(found, value)


def test_paths_outlive_the_item(log):
    record = log(packagers.package("k", b"x"), out_path="memory://paths/out")
    path = unpack(datastore.resolve(record.spec.target_path), Path)
    assert path.read_bytes() == b"x"
    assert Path(unpack(datastore.resolve(record.spec.target_path), str)).read_bytes() == b"x"


def test_models_of_xgboost(log):
    import xgboost

    booster = xgboost.train({}, xgboost.DMatrix(FRAME, [0, 1]), 1)
    record = log(packagers.package("m", booster))
    assert unpack(datastore.resolve(record.spec.target_path), xgboost.Booster).num_boosted_rounds() == 1
    other = log(ModelArtifact("n", body=b"junk"))
    with pytest.raises(DataError, match="not a model of XGBoost"):
        unpack(datastore.resolve(other.spec.target_path), xgboost.Booster)


def test_unknown_hints_give_the_item(log):
    item = _item(log, b"x")
    assert unpack(item, object) is unpack(item, None) is unpack(item, int) is item


def test_data_of_another_kind_is_told(log):
    with pytest.raises(DataError, match="a list, not a dict"):
        unpack(_item(log, [1] * 200), dict)
    with pytest.raises(InvalidArgumentError):
        unpack(_item(log, b"{broken", ""), dict)


def test_nothing_is_unpickled(log, tmp_path):
    class Canary:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "canary"),))

    for name in ("a.npy", "b.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps(Canary()))
        item = datastore.resolve(str(tmp_path / name))
        for hint in (np.ndarray, pd.DataFrame, dict):
            with pytest.raises((DataError, InvalidArgumentError)):
                unpack(item, hint)
    import io

    buffer = io.BytesIO()
    np.save(buffer, np.array([Canary()], dtype=object), allow_pickle=True)
    (tmp_path / "c.npy").write_bytes(buffer.getvalue())
    with pytest.raises(DataError, match="not an array of numbers"):
        unpack(datastore.resolve(str(tmp_path / "c.npy")), np.ndarray)
    assert not (tmp_path / "canary").exists()
