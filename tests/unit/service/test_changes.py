"""Waiting for changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2

from mlrun_jupyter.db.memory import MemoryStore
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.service.background import serving

Make = Callable[..., RunKey]


def test_a_question_waits_until_something_changes(native: httpx2.Client, run: Make) -> None:
    token = native.get("/changes", params={"project": "p"}).json()["token"]
    made: list[RunKey] = []
    threading.Timer(0.3, lambda: made.append(run())).start()
    start = time.monotonic()
    answer = native.get("/changes", params={"project": "p", "since": token, "timeout": 20}).json()
    assert [row["metadata"]["uid"] for row in answer["runs"]] == [made[0].uid]
    assert 0.2 < time.monotonic() - start < 15
    again = native.get("/changes", params={"project": "p", "since": answer["token"], "timeout": 0}).json()
    assert again["runs"] == []


def test_what_changed_while_nobody_waited_is_told_at_once(native: httpx2.Client, run: Make) -> None:
    token = native.get("/changes", params={"project": "p"}).json()["token"]
    keys = {run().uid, run().uid}
    answer = native.get("/changes", params={"project": "p", "since": token, "timeout": 20}).json()
    assert {row["metadata"]["uid"] for row in answer["runs"]} == keys


def test_a_run_of_another_project_is_no_news(native: httpx2.Client, run: Make) -> None:
    token = native.get("/changes", params={"project": "p"}).json()["token"]
    run("q")
    assert native.get("/changes", params={"project": "p", "since": token, "timeout": 1}).json()["runs"] == []


def test_a_token_that_is_none_is_refused(native: httpx2.Client) -> None:
    for token in ("x", "WzFd", "bnVsbA"):
        assert native.get("/changes", params={"since": token}).status_code == 400
    token = native.get("/changes").json()["token"]
    assert native.get("/changes", params={"since": token, "timeout": 3600}).status_code == 400


def test_the_same_for_a_store_whose_changes_are_asked_for() -> None:
    store: Any = MemoryStore()
    with serving(store) as service:
        headers = {"authorization": f"Bearer {service.token}"}
        with httpx2.Client(base_url=f"{service.url}/api/native/v1", headers=headers, timeout=30) as client:
            token = client.get("/changes", params={"project": "p"}).json()["token"]
            run = RunRecord.from_dict({"metadata": {"project": "p", "uid": "u"}})
            threading.Timer(0.2, lambda: store.store_run(run)).start()
            answer = client.get("/changes", params={"project": "p", "since": token, "timeout": 20}).json()
            assert [row["metadata"]["uid"] for row in answer["runs"]] == ["u"]


def test_the_front_end_hears_of_changes(client: httpx2.Client, run: Make) -> None:
    path = "/mlrun-jupyter/api/changes"
    token = client.get(path).json()["token"]
    assert client.get(path, params={"seen": token, "seconds": 0}).json() == {"token": token, "changed": False}
    run()
    assert client.get(path, params={"seen": token}).json()["changed"] is True
