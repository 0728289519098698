"""The ``mlrun`` 1.12 package tracks at our service; its interpreter is named by ``MLRUN_TEST_CLIENT``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter.db import opening
from mlrun_jupyter.service.background import serving

CLIENT = os.environ.get("MLRUN_TEST_CLIENT", "")
pytestmark = pytest.mark.skipif(
    not CLIENT, reason="MLRUN_TEST_CLIENT names no interpreter that has mlrun 1.12: make an environment with it"
)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("client")
    store = opening._embedded(folder / "store")
    with serving(store) as service:
        environment = {
            "HOME": str(folder), "PATH": "/usr/bin:/bin", "MLRUN_DBPATH": service.url, "MLRUN_HTTPDB__TOKEN": service.token,
        }  # fmt: skip
        tour = Path(__file__).with_name("mlrun_client_tour.py")
        done = subprocess.run(
            [CLIENT, str(tour), str(folder)], env=environment, capture_output=True, text=True, timeout=300, cwd=folder
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        yield json.loads(done.stdout.splitlines()[-1])
    store.close()


def test_a_project_is_made(seen: dict[str, Any]) -> None:
    assert seen["project"] == ["iris", "online", ["iris"]]
    assert seen["gone"] == []


def test_a_run_is_tracked_and_read_back(seen: dict[str, Any]) -> None:
    state, accuracy, is_nan, outputs = seen["run"]
    assert (state, accuracy, is_nan) == ("completed", 0.4, True)
    assert outputs == ["accuracy", "bad", "frame", "model", "notes"]
    assert seen["read"] == ["completed", {"depth": 4}, "sk"]
    assert seen["listed"] == [1, 1, 0, 1]
    assert seen["updated"] == "yes"


def test_its_log(seen: dict[str, Any]) -> None:
    assert seen["log"] == ["completed", "printed by the handler\n"]
    assert seen["more log"] == ["printed by the handler\nmore\n", 28]


def test_its_artifacts(seen: dict[str, Any]) -> None:
    assert seen["artifacts"] == [["frame", "dataset"], ["model", "model"], ["notes", "artifact"]]
    assert seen["frame"] == {"a": [1, 2], "b": [0.5, 1.5]}
    assert seen["notes"] == "hello"
    assert seen["tags"] == [["latest", "prod"], ["model"]]


def test_functions(seen: dict[str, Any]) -> None:
    image, name, versions = seen["function"]
    assert (image, name) == ("mlrun/mlrun", "trainer")
    assert versions >= 1


def test_what_fails_and_what_sweeps(seen: dict[str, Any]) -> None:
    assert seen["failed"] == ["two", "boom"]
    assert seen["sweep"] == ["completed", 3, 4]


def test_what_is_not_there_is_told(seen: dict[str, Any]) -> None:
    assert seen["missing run"][0] == 404
    assert seen["pipelines"][0] == 501
    assert "GET projects/iris/pipelines is not supported" in seen["pipelines"][1]
    assert seen["not empty"][0] == 409


def test_what_is_deleted_is_gone(seen: dict[str, Any]) -> None:
    assert seen["deleted"] == [0, 0, []]
