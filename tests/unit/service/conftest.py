"""A service on loopback over a store in a folder, and clients of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mlrun_jupyter.db import opening
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey, new_uid
from mlrun_jupyter.service.background import Background, serving

NATIVE = "/api/native/v1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    store = opening._embedded(tmp_path / "store")
    yield store
    store.close()


@pytest.fixture
def service(store: Any) -> Iterator[Background]:
    with serving(store) as running:
        yield running


@pytest.fixture
def client(service: Background) -> Iterator[httpx2.Client]:
    """With the owner's token."""
    headers = {"authorization": f"Bearer {service.token}"}
    with httpx2.Client(base_url=service.url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def native(service: Background) -> Iterator[httpx2.Client]:
    """With the owner's token, below the native API."""
    headers = {"authorization": f"Bearer {service.token}"}
    with httpx2.Client(base_url=service.url + NATIVE, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def remote(service: Background) -> Iterator[HTTPRunDB]:
    db = HTTPRunDB(service.address)
    yield db
    db.close()


@pytest.fixture
def run(store: Any) -> Callable[..., RunKey]:
    """Puts a whole run into the store."""
    seq = [0]

    def make(project: str = "p", *, name: str = "train", state: str = "completed", **results: Any) -> RunKey:
        key = RunKey(project, new_uid())
        document = {"metadata": {"name": name}, "status": {"state": "running"}}
        ops: list[tuple[str, Any]] = [(journal.OPEN, {**key._asdict(), "attempt": 1, "run": document})]
        ops += [(journal.RESULT, results), (journal.LOG, "one\ntwo\n")]
        ops += [(journal.METRIC, [step, {"loss": 1 / (step + 1)}]) for step in range(10)]
        if state != "running":
            ops.append((journal.CLOSE, {"state": state}))
        records = []
        for op, payload in ops:
            seq[0] += 1
            records.append(JournalRecord(seq[0], op, key, 1, time.time(), payload))
        store.apply("maker", records)
        return key

    return make
