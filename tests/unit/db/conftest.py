"""The stores that the contract is held against, and a writer that makes records for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres_server import PostgresServer

from mlrun_jupyter.db import opening
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.db.memory import MemoryStore
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey, new_uid
from mlrun_jupyter.service.background import serving

START = 1_700_000_000.0
TABLES = (
    "projects, names, fields, writers, runs, run_numbers, run_texts, points, point_bodies, run_artifacts, logs, late, artifacts, "
    "artifact_tags, functions, function_tags, objects"
)


class Clock:
    """The store's time, moved by the test."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


class Writer:
    """Makes the records of one process: numbered without gaps, a tick of the clock apart."""

    def __init__(self, db: RunDB, name: str = "w") -> None:
        self.db = db
        self.name = name
        self.seq = 0
        self.time = START
        self.batch: list[JournalRecord] = []

    def add(self, key: RunKey | None, op: str, payload: Any = None, *, attempt: int = 1) -> Writer:
        self.seq += 1
        self.time += 0.5
        self.batch.append(JournalRecord(self.seq, op, key, attempt, self.time, payload))
        return self

    def open(self, key: RunKey | None = None, *, attempt: int = 1, **sections: Any) -> RunKey:
        key = key or RunKey("p", new_uid())
        document = {"metadata": {"name": "train"}, "status": {"state": "running"}}
        for name, section in sections.items():
            document[name] = {**document.get(name, {}), **section}
        self.add(key, journal.OPEN, {**key._asdict(), "attempt": attempt, "run": document}, attempt=attempt)
        return key

    def close(self, key: RunKey, state: str = "completed", *, attempt: int = 1) -> Writer:
        return self.add(key, journal.CLOSE, {"state": state}, attempt=attempt)

    def send(self, **options: Any) -> int:
        batch, self.batch = self.batch, []
        return self.db.apply(self.name, batch, **options)

    def run(
        self, key: RunKey | None = None, *, state: str = "completed", results: Any = None, **sections: Any
    ) -> RunKey:
        """A whole run, applied."""
        key = self.open(key, **sections)
        if results:
            self.add(key, journal.RESULT, results)
        if state != "running":
            self.close(key, state)
        self.send()
        return key


@pytest.fixture
def clock() -> Clock:
    return Clock()


def empty(server: PostgresServer) -> None:
    """Forget everything that other tests stored."""
    import psycopg

    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT to_regclass('runs')").fetchone()
        if row and row[0]:
            connection.execute(f"TRUNCATE {TABLES} RESTART IDENTITY")


@pytest.fixture(params=["memory", "sqlite", "postgresql", "service"])
def db(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Any]:
    """Each of the stores, empty."""
    if request.param == "memory":
        yield MemoryStore(clock=clock)
        return
    if request.param in ("sqlite", "service"):
        store = opening._embedded(tmp_path / "store")
    else:
        server = request.getfixturevalue("postgres")
        empty(server)
        store = opening._postgres(server.url)
    store._clock = clock  # type: ignore[attr-defined]  # the seam for time
    if request.param == "service":
        with serving(store) as service:
            remote = HTTPRunDB(service.address, spool=tmp_path / "spool")
            yield remote
            remote.close()
    else:
        yield store
    store.close()


@pytest.fixture
def writer(db: Any) -> Writer:
    return Writer(db)


@pytest.fixture
def empty_postgres(postgres: PostgresServer) -> PostgresServer:
    empty(postgres)
    return postgres
