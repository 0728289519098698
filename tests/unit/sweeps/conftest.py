import pytest

from mlrun_jupyter.db import open_db
from mlrun_jupyter.tracking import tracker


@pytest.fixture
def db(tmp_path, monkeypatch):
    """The store that runs go to when nobody says where."""
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    from mlrun_jupyter import config

    config.reset()
    yield open_db()
    tracker.close_all()


@pytest.fixture
def own_workers():
    """Workers that nobody else has used; those of the test end with it."""
    from mlrun_jupyter.sweeps import workers

    workers.end_all()
    yield
    workers.end_all()
