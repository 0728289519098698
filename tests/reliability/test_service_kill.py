"""A service that is killed loses nothing that it acknowledged; many clients at once lose nothing either."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from postgres_server import BINARIES, PostgresServer

from mlrun_jupyter.db import opening
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.db.query import ArtifactQuery, RunQuery
from mlrun_jupyter.errors import NotFoundError, StoreUnavailableError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.service.background import serving

SERVE = """
import json, sys
from mlrun_jupyter.service.main import serve
serve(**json.loads(sys.argv[1]), ready=lambda url: print(url, flush=True))
"""
FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
KILLS = 100 if FULL else 12
pytestmark = pytest.mark.timeout(1500 if FULL else 300)


class Supervised:
    """A service that is started again whenever it is killed, on the same port."""

    def __init__(self, folder: Path) -> None:
        self._settings = {"port": 0, "dirpath": str(folder), "log_level": "WARNING"}
        self.waits: list[float] = []
        self.process = self._start()
        self.token = (folder / "service" / "token").read_text().strip()

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, json.dumps(self._settings)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        self.url = process.stdout.readline().strip()
        self._settings["port"] = int(self.url.rpartition(":")[2])
        httpx2.get(f"{self.url}/health", timeout=30)  # waits: the address is bound before there is an answer
        return process

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        start = time.monotonic()
        self.process = self._start()
        self.waits.append(time.monotonic() - start)

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


def send(db: HTTPRunDB, writer: str, records: list[JournalRecord]) -> None:
    """As a recorder does: what was not taken is sent again."""
    while True:
        try:
            db.apply(writer, records)
            return
        except StoreUnavailableError:
            time.sleep(0.02)


def test_nothing_that_was_acknowledged_is_lost_when_the_service_is_killed(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    supervised = Supervised(tmp_path / "store")
    address = supervised.url.replace("://", f"://:{supervised.token}@")
    acknowledged: dict[str, int] = {}
    trouble: list[BaseException] = []
    stop = threading.Event()

    def client(number: int) -> None:
        db = HTTPRunDB(address, spool=tmp_path / f"spool-{number}")
        key, writer, seq = RunKey("p", f"run{number}"), f"w{number}", 1
        try:
            send(db, writer, [JournalRecord(1, "open", key, 1, 0.0, {"run": {"status": {"state": "running"}}})])
            while not stop.is_set():
                seq += 1
                send(db, writer, [JournalRecord(seq, "metric", key, 1, 0.0, [None, {"m": float(seq)}])])
                acknowledged[key.uid] = seq - 1
        except BaseException as error:
            trouble.append(error)
        finally:
            db.close()

    threads = [threading.Thread(target=client, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.0, 0.4))
        supervised.kill()
    stop.set()
    for thread in threads:
        thread.join(60)
    supervised.stop()
    assert trouble == []
    print(f"{sum(acknowledged.values())} records, restart at most {max(supervised.waits):.2f} s")
    store = opening._embedded(tmp_path / "store")
    for uid, count in acknowledged.items():
        series = store.read_series(RunKey("p", uid), "m")
        assert list(series.values) == [float(seq) for seq in range(2, count + 2)]
    store.close()
    assert sum(acknowledged.values()) > KILLS


CLIENT = """
import sys, time
from pathlib import Path
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.errors import StoreUnavailableError
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey
address, number, runs, spool = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
db, seq, waits = HTTPRunDB(address, spool=Path(spool)), 0, []
for run in range(runs):
    key = RunKey("p", f"c{number}-{run}")
    start = time.perf_counter()
    for op, payload in (
        ("open", {"run": {"metadata": {"name": "many"}, "status": {"state": "running"}}}),
        ("result", {"a": run, "b": number}),
        ("label", {"client": str(number)}),
        ("close", {"state": "completed"}),
    ):
        seq += 1
        record = JournalRecord(seq, op, key, 1, time.time(), payload)
        while True:  # as a recorder does
            try:
                db.apply(f"w{number}", [record])
                break
            except StoreUnavailableError:
                time.sleep(0.05)
    waits.append(time.perf_counter() - start)
print(" ".join(f"{wait:.5f}" for wait in waits))
"""


def clients(address: str, folder: Path, count: int, runs: int) -> list[subprocess.Popen[str]]:
    """Processes that record runs one after another, each record a request of its own."""
    return [
        subprocess.Popen(
            [sys.executable, "-c", CLIENT, address, str(number), str(runs), str(folder / f"spool-{number}")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]


def waited(processes: list[subprocess.Popen[str]]) -> list[float]:
    """Seconds that each run took, sorted; none of the clients told of trouble."""
    outputs = [process.communicate(timeout=1200 if FULL else 240) for process in processes]
    assert [err for _out, err in outputs if err] == []
    return sorted(float(wait) for out, _err in outputs for wait in out.split())


def everything_is_there(store: Any, count: int, runs: int) -> None:
    """Each run of each client, whole, once."""
    rows = store.list_runs(RunQuery(project="p")).rows
    assert {run.metadata.uid for run in rows} == {f"c{n}-{r}" for n in range(count) for r in range(runs)}
    assert len(rows) == count * runs
    for run in rows:
        number, index = run.metadata.uid[1:].split("-")
        assert run.status.results == {"a": int(index), "b": int(number)}
        assert (run.metadata.labels, run.status.state) == ({"client": number}, "completed")


def told(id: str, waits: list[float], seconds: float, **more: Any) -> None:
    line = {"id": id, "n": len(waits), "runs_per_second": round(len(waits) / seconds, 1), **more}
    print(json.dumps({**line, "p50": waits[len(waits) // 2], "p99": waits[int(len(waits) * 0.99)], "max": waits[-1]}))


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """An empty store of either kind."""
    if request.param == "sqlite":
        store: Any = opening._embedded(tmp_path / "store")
    else:
        store = opening._postgres(request.getfixturevalue("postgres").database("many"))
    yield store
    store.close()


def test_many_clients_at_once_lose_nothing(served: Any, tmp_path: Path) -> None:
    count, runs = (16, 200) if FULL else (4, 25)
    with serving(served) as service:
        start = time.monotonic()
        waits = waited(clients(service.address, tmp_path, count, runs))
        told("R2", waits, time.monotonic() - start, kind=served.url.partition(":")[0][:10])
    everything_is_there(served, count, runs)


def test_a_database_that_is_killed_costs_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """The service goes on without being started again."""
    kills, count, runs = (30, 16, 200) if FULL else (2, 3, 40)
    chance = random.Random(5)
    with own_server() as server:
        store: Any = opening._postgres(server.database("killed"))
        with serving(store) as service:
            start, away = time.monotonic(), []
            processes = clients(service.address, tmp_path, count, runs)
            for _ in range(kills):
                time.sleep(chance.uniform(0.1, 0.6))
                server.kill()
                server.restart()
                began = time.monotonic()
                while not answers(service):
                    assert time.monotonic() - began < 60
                    time.sleep(0.02)
                away.append(time.monotonic() - began)
            waits = waited(processes)
            told("R5", waits, time.monotonic() - start, kills=kills, longest_recovery=round(max(away), 2))
        everything_is_there(store, count, runs)
        store.close()


def answers(service: Any) -> bool:
    """Whether a list that needs the database is answered."""
    address = f"{service.url}/api/native/v1/runs?project=p&limit=1"
    return httpx2.get(address, headers={"authorization": f"Bearer {service.token}"}, timeout=30).status_code == 200


@contextlib.contextmanager
def own_server() -> Iterator[PostgresServer]:
    if not (BINARIES / "initdb").exists():
        pytest.skip(f"no PostgreSQL in {BINARIES}")
    server = PostgresServer()
    try:
        yield server
    finally:
        server.stop()


def test_versions_of_one_artifact_by_many_clients(served: Any, tmp_path: Path) -> None:
    """Each is there, and whoever reads ``latest`` meanwhile reads one of them whole."""
    writers, versions = (16, 50) if FULL else (6, 8)
    seen: list[ArtifactRecord] = []
    done = threading.Event()

    def body(tree: str) -> str:
        return hashlib.sha256(tree.encode()).hexdigest() * 50

    def write(db: HTTPRunDB, writer: int) -> None:
        for number in range(versions):
            tree = f"{writer}-{number}"
            record = {"metadata": {"key": "model", "project": "p", "tree": tree}, "spec": {"inline": body(tree)}}
            db.store_artifact(ArtifactRecord.from_dict(record))

    def read(db: HTTPRunDB) -> None:
        while not done.is_set():
            with contextlib.suppress(NotFoundError):  # before the first
                seen.append(db.read_artifact("p", "model"))

    with serving(served) as service, ThreadPoolExecutor(writers + 4) as pool:
        dbs = [HTTPRunDB(service.address, spool=tmp_path / str(number)) for number in range(writers + 4)]
        readers = [pool.submit(read, db) for db in dbs[writers:]]
        try:
            list(pool.map(write, dbs[:writers], range(writers)))
        finally:
            done.set()
        for reader in readers:
            reader.result()
        rows = dbs[0].list_artifacts(ArtifactQuery(project="p", tag="*", limit=1000)).rows
        for db in dbs:
            db.close()
    assert len({row.metadata.uid for row in rows}) == len(rows) == writers * versions
    assert {row.metadata.tree for row in rows} == {f"{w}-{v}" for w in range(writers) for v in range(versions)}
    assert seen
    assert all(each.spec.inline == body(each.metadata.tree) for each in [*rows, *seen])
