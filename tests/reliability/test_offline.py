"""Runs go on while the service cannot be reached, and what they recorded arrives later, exactly once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter import config
from mlrun_jupyter.db import opening, recovery
from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.db.query import ALL_PROJECTS, RunQuery
from mlrun_jupyter.functions.run_local import run_local
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.service.background import Background, serving
from mlrun_jupyter.tracking import tracker

sys.path.insert(0, str(Path(__file__).parent))
from faulty_proxy import MODES, FaultyProxy

POINTS = 200


def train(context: Any, depth: int = 3) -> None:
    for step in range(POINTS):
        context.log_metric("loss", 1 / (step + 1), step)
    context.log_result("accuracy", depth / 10)
    context.log_artifact("notes", body=b"hello")


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
def proxy(service: Background) -> Iterator[FaultyProxy]:
    with FaultyProxy(int(service.url.rpartition(":")[2])) as proxy:
        yield proxy


def arrived(store: Any, count: int = 1, seconds: float = 40) -> list[Any]:
    """The runs, as soon as they are there and over."""
    end = time.monotonic() + seconds
    while True:
        rows = store.list_runs(RunQuery(project=ALL_PROJECTS)).rows
        if (len(rows) == count and all(run.done for run in rows)) or time.monotonic() > end:
            return list(rows)
        time.sleep(0.05)


def noticed(proxy: FaultyProxy) -> None:
    """Wait until somebody has run into the trouble."""
    end = time.monotonic() + 10
    while not proxy.broken and not any(each.trouble for each in tracker._trackers.values()):
        assert time.monotonic() < end
        time.sleep(0.02)


def whole(store: Any, run: Any) -> None:
    """The record is all there, and nothing twice."""
    assert (run.status.state, run.status.results) == ("completed", {"accuracy": 0.4})
    assert store.read_series(run.key, "loss").count == POINTS
    assert list(store.read_series(run.key, "loss").steps) == list(range(POINTS))
    assert [entry["metadata"]["key"] for entry in run.status.artifacts] == ["notes"]


@pytest.mark.parametrize("mode", MODES)
def test_a_run_does_not_care_what_happens_to_the_line(
    mode: str, store: Any, service: Background, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://:{service.token}@127.0.0.1:{proxy.port}"
    monkeypatch.setenv("MLRUN_DBPATH", address)
    config.reset()
    start = time.monotonic()
    run_local(handler=train, params={"depth": 4}, name="warm")
    usual = time.monotonic() - start
    proxy.mode = mode
    start = time.monotonic()
    run = run_local(handler=train, params={"depth": 4}, name="broken")
    print(f"{mode}: {time.monotonic() - start - usual:.2f} s longer than usual")
    assert (run.state(), run.results) == ("completed", {"accuracy": 0.4})
    noticed(proxy)
    proxy.mode = "pass"
    rows = arrived(store, 2)
    assert [row.metadata.name for row in rows] == ["broken", "warm"]
    for row in rows:
        whole(store, row)


OFFLINE = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from test_offline import train
from mlrun_jupyter.functions.run_local import run_local
run = run_local(handler=train, params={{"depth": 4}}, name="offline")
print(run.state(), run.uid())
"""


def offline(address: str, home: Path) -> str:
    """A whole run of a process that never reaches the service; its uid."""
    code = OFFLINE.format(folder=str(Path(__file__).parent))
    environment = {"HOME": str(home), "MLRUN_DBPATH": address, "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    state, uid = done.stdout.split()
    assert state == "completed"
    return uid


def test_whole_runs_without_a_service_arrive_when_it_is_there(_own_home: Path, store: Any, service: Background) -> None:
    port = int(service.url.rpartition(":")[2])
    address = f"http://:{service.token}@127.0.0.1"
    with FaultyProxy(port) as proxy:
        proxy.mode = "refuse"
        uids = {offline(f"{address}:{proxy.port}", _own_home) for _ in range(3)}
        proxy.mode = "pass"
        db = HTTPRunDB(f"{address}:{proxy.port}")
        assert db.recover() == 0  # they ended by themselves
        assert db.recover() == 0
        assert db.spool is not None
        assert not list(db.spool.glob("*.jnl"))
        db.close()
    rows = store.list_runs(RunQuery(project=ALL_PROJECTS)).rows
    assert {run.metadata.uid for run in rows} == uids
    for run in rows:
        whole(store, run)


SCRIPT = f"""
import mlrun
context = mlrun.get_or_create_ctx("x")
for step in range({POINTS}):
    context.log_metric("loss", 1 / (step + 1), step)
context.log_result("accuracy", 0.4)
context.log_artifact("notes", body=b"hello")
"""


@pytest.mark.parametrize("alive", [True, False])
def test_a_file_runs_without_a_service_and_all_of_it_arrives(
    alive: bool, store: Any, service: Background, tmp_path: Path, _own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the process that started it goes on until the service is there, or is gone by then."""
    (tmp_path / "job.py").write_text(SCRIPT)
    with FaultyProxy(int(service.url.rpartition(":")[2])) as proxy:
        proxy.mode = "refuse"
        address = f"http://:{service.token}@127.0.0.1:{proxy.port}"
        if alive:
            monkeypatch.setenv("MLRUN_DBPATH", address)
            config.reset()
            assert run_local(command=str(tmp_path / "job.py")).state() == "completed"
        else:
            done = mlrun(_own_home, address, "run", str(tmp_path / "job.py"))
            assert done.returncode == 0, done.stderr
        proxy.mode = "pass"
        if not alive:
            assert mlrun(_own_home, address, "sync").returncode == 0
        whole(store, arrived(store)[0])


def mlrun(home: Path, address: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, as another process that knows the address only."""
    environment = {"HOME": str(home), "MLRUN_DBPATH": address, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "mlrun_jupyter", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_what_waits_can_be_sent_by_hand_and_only_once(_own_home: Path, store: Any, service: Background) -> None:
    with FaultyProxy(int(service.url.rpartition(":")[2])) as proxy:
        address = f"http://:{service.token}@127.0.0.1:{proxy.port}"
        proxy.mode = "refuse"
        uids = {offline(address, _own_home) for _ in range(2)}
        away = mlrun(_own_home, address, "sync")
        assert (away.returncode, away.stdout) == (1, "")
        assert "cannot be reached" in away.stderr
        assert service.token not in away.stderr
        proxy.mode = "pass"
        assert (
            "not allow" in mlrun(_own_home, _with_token(address, service.book.add("ann", {"p": "read"})), "sync").stderr
        )
        first, second = (mlrun(_own_home, address, "sync") for _ in range(2))
    assert "of 2 journals sent" in first.stdout
    assert "0 records of 0 journals sent" in second.stdout
    rows = store.list_runs(RunQuery(project=ALL_PROJECTS)).rows
    assert {run.metadata.uid for run in rows} == uids
    for run in rows:
        whole(store, run)


def _with_token(address: str, token: str) -> str:
    return f"http://:{token}@{address.rpartition('@')[2]}"


def test_a_run_that_died_without_a_service_is_told_as_lost(_own_home: Path, store: Any, service: Background) -> None:
    code = OFFLINE.format(folder=str(Path(__file__).parent)).replace(
        "run = run_local", "import test_offline, os\ntest_offline.POINTS = 5\nrun = run_local"
    )
    code = code.replace(
        "from test_offline import train",
        "import os\ndef train(context):\n    context.log_result('x', 1)\n    os._exit(3)",
    )
    code = code.replace('params={{"depth": 4}}, ', "").replace('params={"depth": 4}, ', "")
    with FaultyProxy(int(service.url.rpartition(":")[2])) as proxy:
        proxy.mode = "refuse"
        address = f"http://:{service.token}@127.0.0.1:{proxy.port}"
        environment = {"HOME": str(_own_home), "MLRUN_DBPATH": address, "PATH": "/usr/bin:/bin"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert done.returncode == 3, done.stderr
        proxy.mode = "pass"
        db = HTTPRunDB(address)
        assert db.recover() == 1
        db.close()
    (run,) = store.list_runs(RunQuery(project=ALL_PROJECTS)).rows
    assert (run.status.state, run.status.reason, run.status.results) == ("error", "lost", {"x": 1})


def test_sending_may_be_killed_anywhere_and_begun_again(_own_home: Path, store: Any, service: Background) -> None:
    """Each time a little more gets through before the line breaks."""
    with FaultyProxy(int(service.url.rpartition(":")[2])) as proxy:
        address = f"http://:{service.token}@127.0.0.1:{proxy.port}"
        proxy.mode = "refuse"
        uids = {offline(address, _own_home) for _ in range(2)}
        proxy.mode = "pass"
        points = 0
        for allowed in range(50):
            db = HTTPRunDB(address)
            calls = [0]
            call = db._transport._once

            def limited(
                *arguments: Any, call: Any = call, calls: Any = calls, allowed: int = allowed, **options: Any
            ) -> bytes:
                calls[0] += 1
                answer = call(*arguments, **options)
                if calls[0] > allowed:
                    raise KeyboardInterrupt  # after it arrived: the worst moment
                return bytes(answer)

            db._transport._once = limited  # type: ignore[method-assign]
            try:
                recovery.recover(_pushing(db))
                break
            except KeyboardInterrupt:
                points += 1
            finally:
                db.close()
        assert points >= 5
    rows = store.list_runs(RunQuery(project=ALL_PROJECTS)).rows
    assert {run.metadata.uid for run in rows} == uids
    for run in rows:
        whole(store, run)


def _pushing(db: HTTPRunDB) -> Any:
    from mlrun_jupyter.db.http import _Pushing

    return _Pushing(db)


def test_an_answer_that_was_lost_is_no_second_record(store: Any, service: Background, proxy: FaultyProxy) -> None:
    from mlrun_jupyter.errors import StoreUnavailableError
    from mlrun_jupyter.model.journal import JournalRecord

    db = HTTPRunDB(f"http://:{service.token}@127.0.0.1:{proxy.port}")
    key = RunKey("p", "u")
    db.apply("w", [JournalRecord(1, "open", key, 1, 0.0, {"run": {}})])
    records = [JournalRecord(seq, "metric", key, 1, 0.0, [None, {"loss": seq}]) for seq in range(2, 10)]
    proxy.mode = "answer lost"
    with pytest.raises(StoreUnavailableError):
        db.apply("w", records)
    proxy.mode = "pass"
    assert db.apply("w", records) == 9
    assert store.read_series(key, "loss").count == 8
    db.close()


def test_trouble_is_told_once_and_ends_by_itself(
    store: Any,
    service: Background,
    proxy: FaultyProxy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("MLRUN_DBPATH", f"http://:{service.token}@127.0.0.1:{proxy.port}")
    config.reset()
    proxy.mode = "refuse"
    run_local(handler=train, params={"depth": 4}, name="t")
    noticed(proxy)
    (mine,) = [each for each in tracker._trackers.values() if "127.0.0.1" in each.db.url]
    assert "cannot be reached" in mine.trouble
    proxy.mode = "drop"
    time.sleep(1.0)  # in other words
    proxy.mode = "pass"
    whole(store, arrived(store)[0])
    end = time.monotonic() + 10
    while mine.trouble and time.monotonic() < end:
        time.sleep(0.05)
    assert mine.trouble == ""
    assert caplog.text.count("tracking waits for the store") == 1
