"""Artifacts of a team: stored through the service where it is on another machine, and read by everybody with a token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter import config, datastore
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.remote.address import Address
from mlrun_jupyter.errors import DataError
from mlrun_jupyter.functions.run_local import run_local
from mlrun_jupyter.safety import credentials
from mlrun_jupyter.service.background import Background


@pytest.fixture
def elsewhere(service: Background, monkeypatch: pytest.MonkeyPatch) -> Background:
    """The service, as if it were on another machine."""
    monkeypatch.setattr(Address, "loopback", property(lambda _address: False))
    monkeypatch.setenv("MLRUN_DBPATH", service.address)
    config.reset()
    return service


def handler(context: Any) -> None:
    context.log_artifact("notes", body=b"hello")
    context.log_artifact("big", body=b"x" * 3_000_000)


def test_bytes_go_to_the_service_and_come_back(elsewhere: Background, store: Any) -> None:
    run = run_local(handler=handler, name="x", project="iris")
    assert run.state() == "completed"
    address = run.outputs["notes"]
    assert address.startswith(f"{elsewhere.url}/api/native/v1/projects/iris/files/")
    assert datastore.resolve(address).get() == b"hello"
    assert len(datastore.resolve(run.outputs["big"]).get()) == 3_000_000
    files = [path for path in Path(store.artifact_path, "iris").rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["big", "notes"]


def test_the_token_goes_to_the_service_only(elsewhere: Background) -> None:
    db = open_db(elsewhere.address)
    assert db.artifact_path
    files = f"{elsewhere.url}/api/native/v1/projects"
    assert credentials.token_for(f"{files}/p/files/x") == elsewhere.token
    for other in (
        f"{elsewhere.url}.evil.example.org/api/native/v1/projects/x",
        f"{elsewhere.url}1/api/native/v1/projects/x",
        files.replace("http://", "https://") + "/x",
        files.replace("http://", "http://user@") + "/x",
        f"{files}-other/x",
        elsewhere.url,
    ):
        assert credentials.token_for(other) == ""


def test_without_a_token_nothing_is_read(elsewhere: Background, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_local(handler=handler, name="x", project="iris")
    monkeypatch.setattr(credentials, "_known", {})
    with pytest.raises(DataError):
        datastore.resolve(run.outputs["notes"]).get()
