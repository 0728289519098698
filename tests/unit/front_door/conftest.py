import pytest

from mlrun_jupyter import config
from mlrun_jupyter.tracking import tracker


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working folder with a store in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLRUN_DBPATH", "./")
    config.reset()
    yield tmp_path
    tracker.close_all()
