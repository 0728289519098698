"""A producer, and a short way to store something in it."""

import pytest

from mlrun_jupyter import artifacts, config
from mlrun_jupyter.artifacts import durable

UID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def log(tmp_path):
    """``log(artifact, ...)`` stores it below ``tmp_path / "out"`` as run ``train`` of project ``iris``."""

    def write(artifact, *, uid=UID, iteration=0, out_path=None, name="train", **options):
        producer = artifacts.Producer(name=name, uid=uid, project="iris", iteration=iteration)
        return artifacts.write(artifact, producer=producer, out_path=out_path or str(tmp_path / "out"), **options)

    yield write
    durable.sync_pending()


@pytest.fixture
def full(monkeypatch):
    """``durability=full``"""
    monkeypatch.setattr(config, "_current", config.Config(durability="full"))
