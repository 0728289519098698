"""A Jupyter server with our extension over a store of its own, and some runs in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403 - this is how its fixtures are taken in below the top folder
from tornado.httpclient import HTTPClientError
from traitlets.config import Config

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.run import RunKey, RunRecord

API = "mlrun-jupyter/api"


@pytest.fixture
def store(tmp_path: Path) -> RunDB:
    return open_db(str(tmp_path / "store"))


@pytest.fixture
def jp_server_config(store: RunDB) -> Config:
    return Config(
        {"ServerApp": {"jpserver_extensions": {"mlrun_jupyter": True}}, "MlrunExtension": {"dbpath": store.address}}
    )


def record(uid: str, name: str = "train", state: str = "completed", **results: Any) -> RunRecord:
    return RunRecord.from_dict(
        {
            "metadata": {"uid": uid, "name": name, "project": "p"},
            "spec": {"parameters": {"depth": 4}},
            "status": {"state": state, "results": results, "start_time": "2026-11-23T10:00:00+00:00"},
        }
    )


@pytest.fixture
def runs(store: RunDB, tmp_path: Path) -> list[RunKey]:
    """Three runs, oldest first; the last one goes on, and the first has an artifact and a log."""
    records = [
        record("a" * 32, accuracy=0.9),
        record("b" * 32, accuracy=0.97),
        record("c" * 32, name="etl", state="running"),
    ]
    for each in records:
        store.store_run(each)
    store.append_log(records[0].key, "grün\n".encode())
    data = tmp_path / "notes.html"
    data.write_text("<script>alert(1)</script>")
    store.store_artifact(
        ArtifactRecord.from_dict(
            {
                "kind": "artifact",
                "metadata": {"key": "notes", "project": "p", "tree": "a" * 32},
                "spec": {"target_path": str(data), "db_key": "train_notes"},
            }
        )
    )
    return [each.key for each in records]


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


@pytest.fixture
def ask(jp_fetch: Any, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Callable[..., Answer]]:
    """Ask the server with its token; an answer that is no success is an answer too."""

    def call(*parts: str, method: str = "GET", **options: Any) -> Answer:
        if method == "POST":
            options.setdefault("allow_nonstandard_methods", True)
        try:
            found = jp_asyncio_loop.run_until_complete(jp_fetch(API, *parts, method=method, **options))
        except HTTPClientError as error:
            assert error.response is not None
            found = error.response
        text = found.body.decode()
        kind = found.headers.get("Content-Type", "")
        return Answer(found.code, json.loads(text) if "json" in kind and text else text, dict(found.headers))

    return call
