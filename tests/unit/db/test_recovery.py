"""Journals of processes that are gone, and the runs that they left."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mlrun_jupyter.db import liveness, opening, recovery
from mlrun_jupyter.db.memory import MemoryStore
from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.journal import Header
from mlrun_jupyter.model.run import RunKey, new_uid

IDENTITY = (
    "import sys, msgspec; from mlrun_jupyter.db.liveness import identity;"
    "sys.stdout.buffer.write(msgspec.json.encode(identity()))"
)


@pytest.fixture(scope="module")
def gone() -> Header:
    """The header of a process that has ended."""
    done = subprocess.run([sys.executable, "-c", IDENTITY], check=True, capture_output=True)
    return msgspec.json.decode(done.stdout, type=Header)


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The stores that have journals."""
    if request.param == "sqlite":
        store = opening._embedded(tmp_path / "store")
    else:
        server = request.getfixturevalue("postgres")
        request.getfixturevalue("empty_postgres")
        store = opening._postgres(server.url)
    yield store
    store.close()


class Spool:
    """Writes a journal as another process would have."""

    def __init__(self, folder: Path, header: Header) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.header = header
        self.seq = 0
        self.time = 1_700_000_000.0
        self.segment(0)

    def segment(self, number: int) -> None:
        self.path = self.folder / f"{self.header.writer}.{number}.jnl"
        self.path.write_bytes(journal.encode_header(liveness.with_segment(self.header, number)))

    def add(self, op: str, ref: int, payload: Any = None) -> Spool:
        self.seq += 1
        self.time += 1
        with self.path.open("ab") as file:
            file.write(journal.encode(self.seq, op, ref, self.time, payload))
        return self

    def open(self, ref: int, key: RunKey | None = None, attempt: int = 1) -> RunKey:
        key = key or RunKey("p", new_uid())
        run = {"metadata": {"name": "lost"}, "status": {"state": "running"}}
        self.add(journal.OPEN, ref, {**key._asdict(), "attempt": attempt, "run": run})
        return key


def test_a_dead_process_s_journal_is_applied_and_its_runs_are_ended(db: Any, gone: Header) -> None:
    spool = Spool(db.spool, gone)
    done, left = spool.open(1), spool.open(2)
    spool.add("result", 1, {"a": 1}).add("close", 1, {"state": "completed"}).add("log", 2, "last words")
    assert db.recover() == 1
    assert (db.read_run(done).status.state, db.read_run(done).status.results) == ("completed", {"a": 1})
    status = db.read_run(left).status
    assert (status.state, status.reason, db.read_log(left)) == ("error", "lost", b"last words")
    assert status.end_time >= status.start_time
    assert not spool.path.exists()
    assert db.applied(gone.writer) == 0
    assert db.recover() == 0


def test_a_run_that_was_to_be_aborted_when_its_process_died_is_aborted(db: Any, gone: Header) -> None:
    spool = Spool(db.spool, gone)
    key = spool.open(1)
    spool.add("status", 1, {"state": "aborting"})
    db.recover()
    assert (db.read_run(key).status.state, db.read_run(key).status.reason) == ("aborted", "user")


def test_what_the_process_applied_itself_is_not_applied_again(db: Any, gone: Header) -> None:
    spool = Spool(db.spool, gone)
    key = spool.open(1)
    spool.add("log", 1, "once ").add("log", 1, "and the rest")
    records = list(journal.Reader().feed(spool.path.read_bytes().split(b"\n", 1)[1]))
    db.apply(gone.writer, records[:2])
    db.recover()
    assert db.read_log(key) == b"once and the rest"


def test_a_living_process_is_left_alone(db: Any) -> None:
    spool = Spool(db.spool, liveness.identity())
    key = spool.open(1)
    assert db.recover() == 0
    assert spool.path.exists()
    with pytest.raises(NotFoundError):
        db.read_run(key)


def test_segments_are_read_in_order_and_a_torn_one_does_not_hurt_the_next(db: Any, gone: Header) -> None:
    spool = Spool(db.spool, gone)
    key = spool.open(1)
    spool.add("log", 1, "a")
    with spool.path.open("ab") as file:
        file.write(b"0123abcd [4,")
    spool.segment(1)
    spool.add("refer", 1, {**key._asdict(), "attempt": 1}).add("log", 1, "b")
    for number in range(2, 12):
        spool.segment(number)
        spool.add("refer", 1, {**key._asdict(), "attempt": 1}).add("log", 1, str(number))
    spool.add("close", 1, {"state": "completed"})
    assert db.recover() == 0
    assert db.read_log(key) == b"ab234567891011"
    assert list(db.spool.glob("*.jnl")) == []


def test_damaged_lines_are_skipped_and_the_file_is_kept(
    db: Any, gone: Header, caplog: pytest.LogCaptureFixture
) -> None:
    spool = Spool(db.spool, gone)
    key = spool.open(1)
    for number in range(5):
        spool.add("log", 1, str(number))
    data = bytearray(spool.path.read_bytes())
    data[data.index(b'"2"') + 1] ^= 1
    spool.path.write_bytes(data)
    outcome = recovery.recover(db)
    assert (outcome.ended, outcome.damaged, outcome.records) == (1, 1, 5)
    assert db.read_log(key) == b"0134"
    assert [path.suffix for path in db.spool.iterdir() if path.name != ".lock"] == [".damaged"]
    assert "1 damaged line" in caplog.text


def test_a_run_that_was_taken_over_is_left_to_the_newer_attempt(db: Any, gone: Header) -> None:
    spool = Spool(db.spool, gone)
    key = spool.open(1)
    taken = journal.JournalRecord(1, "open", key, 2, 1_700_000_100.0, {"run": {"status": {"state": "running"}}})
    db.apply(gone.writer, list(journal.Reader().feed(spool.path.read_bytes().split(b"\n", 1)[1])))
    db.apply("another", [taken])
    spool.add("result", 1, {"late": 1})
    assert db.recover() == 0
    run = db.read_run(key)
    assert (run.status.state, run.status.attempt, run.status.results) == ("running", 2, {})


def test_processes_of_another_boot_are_gone_and_of_another_host_only_presumed(db: Any, gone: Header) -> None:
    me = liveness.identity()
    rebooted = Spool(db.spool, msgspec.structs.replace(me, writer="rebooted", boot="0" * 32))
    far = Spool(db.spool, msgspec.structs.replace(me, writer="far", host="elsewhere"))
    keys = rebooted.open(1), far.open(1)
    assert db.recover() == 1
    assert db.read_run(keys[0]).status.reason == "lost"
    long_ago = time.time() - liveness.LEASE - 1
    os.utime(far.path, (long_ago, long_ago))
    assert db.recover() == 1
    assert db.read_run(keys[1]).status.state == "error"
    far.add("result", 1, {"a": 1})  # it was alive: its own records take the presumption back
    records = list(journal.Reader().feed(far.path.read_bytes().split(b"\n", 1)[1]))
    db.apply("far", records)
    run = db.read_run(keys[1])
    assert (run.status.state, run.status.reason, run.status.end_time, run.status.results) == (
        "running",
        "",
        "",
        {"a": 1},
    )


def test_runs_without_any_journal_are_ended_too(db: Any, gone: Header) -> None:
    def opened(writer: str) -> RunKey:
        key = RunKey("p", new_uid())
        db.apply(writer, [journal.JournalRecord(1, "open", key, 1, 0.0, {"run": {"status": {"state": "running"}}})])
        return key

    lost, mine, unknown = opened(gone.writer), opened(liveness.identity().writer), opened("who knows")
    assert db.recover() == 1
    assert [db.read_run(key).status.state for key in (lost, mine, unknown)] == ["error", "running", "running"]
    later = time.time() + liveness.LEASE + 1
    db._clock = lambda: later
    assert db.recover() == 1
    assert [db.read_run(key).status.state for key in (lost, mine, unknown)] == ["error", "running", "error"]


def test_two_recoveries_at_once_apply_once(db: Any, gone: Header) -> None:
    spool = Spool(db.spool, gone)
    key = spool.open(1)
    for number in range(3000):
        spool.add("log", 1, f"{number} ")
    ended: list[int] = []
    threads = [threading.Thread(target=lambda: ended.append(db.recover())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(ended) == 1
    assert db.read_log(key) == "".join(f"{number} " for number in range(3000)).encode()


def test_opening_recovers(tmp_path: Path, gone: Header) -> None:
    spool = Spool(tmp_path / "mlrun.db-journals", gone)
    key = spool.open(1)
    assert opening.open_db(str(tmp_path)).read_run(key).status.reason == "lost"


def test_memory_ends_the_runs_of_dead_writers(gone: Header) -> None:
    db = MemoryStore()
    key = RunKey("p", "u")
    db.apply(gone.writer, [journal.JournalRecord(1, "open", key, 1, 0.0, {"run": {"status": {"state": "running"}}})])
    assert db.recover() == 1
    assert db.read_run(key).status.reason == "lost"


def test_identity_and_its_name_say_the_same() -> None:
    me = liveness.identity()
    parsed = liveness.parse(me.writer)
    assert parsed is not None
    assert (parsed.host, parsed.pid, parsed.boot) == (me.host, me.pid, me.boot[:8])
    assert liveness.alive(parsed)
    assert liveness.alive(me)
    assert not liveness.alive(msgspec.structs.replace(me, started=me.started + 5))
    assert liveness.parse("no writer") is None
    assert liveness.parse("a-b-c-d-e") is None
    assert liveness.identity().writer != me.writer


def test_a_zombie_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert liveness.start_time(child.pid) is None
    child.wait()
