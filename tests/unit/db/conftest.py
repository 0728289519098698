"""The stores that the contract is held against, and a writer that makes records for them."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter.db import opening
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.db.memory import MemoryStore
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey, new_uid
from mlrun_jupyter.service.background import serving

BINARIES = Path(os.environ.get("MLRUN_TEST_POSTGRES", "/usr/lib/postgresql/15/bin"))
START = 1_700_000_000.0
TABLES = (
    "projects, names, fields, writers, runs, run_numbers, run_texts, points, point_bodies, logs, late, artifacts, artifact_tags, "
    "functions, function_tags, objects"
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


class PostgresServer:
    """A server of its own, on loopback, in a folder that is removed afterwards."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mlrun-pg-", dir="/tmp"))
        self.data = self.folder / "data"
        self._as: list[str] = []
        if os.geteuid() == 0:
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres", "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        password = self.folder / "password"
        password.write_text("s3cret")
        password.chmod(0o644)
        self._run("initdb", "-D", self.data, "-U", "mlrun", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8")
        self.process = self.start()
        self.url = f"postgresql://mlrun:s3cret@127.0.0.1:{self.port}/postgres"

    def _run(self, name: str, *arguments: Any) -> None:
        command = [*self._as, str(BINARIES / name), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)

    def start(self) -> subprocess.Popen[bytes]:
        options = ["-D", self.data, "-p", self.port, "-k", self.folder, "-c", "listen_addresses=127.0.0.1", "-F"]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*self._as, str(BINARIES / "postgres"), *map(str, options)], stdout=log, stderr=log, cwd=self.folder
            )
        for _ in range(300):
            with contextlib.suppress(subprocess.CalledProcessError):
                self._run("pg_isready", "-h", "127.0.0.1", "-p", self.port)
                return process
            time.sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if not (BINARIES / "initdb").exists():
        reason = f"no PostgreSQL in {BINARIES}: install it, or name its folder in MLRUN_TEST_POSTGRES"
        print(reason)
        pytest.skip(reason)
    server = PostgresServer()
    yield server
    server.stop()


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
