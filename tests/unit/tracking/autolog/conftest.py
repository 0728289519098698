import numpy as np
import pandas as pd
import pytest

import mlrun_jupyter as mlrun


@pytest.fixture
def autolog():
    """``mlrun.autolog``, undone after the test."""
    yield mlrun.autolog
    mlrun.autolog(disable=True)


@pytest.fixture(scope="session")
def data():
    """A frame of 200 rows, and two classes that its columns a and b tell apart."""
    draw = np.random.default_rng(0)
    x = pd.DataFrame(draw.normal(size=(200, 3)), columns=["a", "b", "c"])
    return x, pd.Series((x.a + x.b + draw.normal(size=200) * 0.3 > 0).astype(int), name="y")


@pytest.fixture
def track(tmp_path, monkeypatch):
    """Runs a handler and gives the run as it is stored."""
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    return lambda handler, **params: mlrun.run_local(handler=handler, params=params).refresh()
