"""A service that is killed loses nothing that it acknowledged; many clients at once lose nothing either."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mlrun_jupyter.db import opening
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import StoreUnavailableError
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.service.background import serving

SERVE = """
import json, sys
from mlrun_jupyter.service.main import serve
serve(**json.loads(sys.argv[1]), ready=lambda url: print(url, flush=True))
"""
FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
POSTGRES = os.environ.get("MLRUN_TEST_POSTGRES_DSN", "")
KILLS = 100 if FULL else 12


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


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_clients_at_once_lose_nothing(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    clients, runs = (16, 200) if FULL else (4, 25)
    store: Any
    if kind == "sqlite":
        store = opening._embedded(tmp_path / "store")
    else:
        if not POSTGRES:
            pytest.skip("MLRUN_TEST_POSTGRES_DSN names no database to write to")
        store = opening._postgres(POSTGRES)
        store.delete_runs(RunQuery(project="p"))
    with serving(store) as service:
        start = time.monotonic()
        processes = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    CLIENT,
                    service.address,
                    str(number),
                    str(runs),
                    str(tmp_path / f"spool-{number}"),
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(clients)
        ]
        outputs = [process.communicate(timeout=500) for process in processes]
        seconds = time.monotonic() - start
    assert [err for _out, err in outputs if err] == []
    waits = sorted(float(wait) for out, _err in outputs for wait in out.split())
    print(json.dumps({"id": "R2", "kind": kind, "n": len(waits), "runs_per_second": round(len(waits) / seconds, 1),
                      "p50": waits[len(waits) // 2], "p99": waits[int(len(waits) * 0.99)], "max": waits[-1]}))  # fmt: skip
    rows = store.list_runs(RunQuery(project="p")).rows
    assert {run.metadata.uid for run in rows} == {f"c{n}-{r}" for n in range(clients) for r in range(runs)}
    assert len(rows) == clients * runs
    for run in rows:
        number, index = run.metadata.uid[1:].split("-")
        assert run.status.results == {"a": int(index), "b": int(number)}
        assert (run.metadata.labels, run.status.state) == ({"client": number}, "completed")
    store.close()
