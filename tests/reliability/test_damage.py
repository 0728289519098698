"""Damaged journals, damaged files, places that cannot be written, clocks that jump (R10, R14, R16, R17, R26)."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from mlrun_jupyter.db import liveness, opening, recovery
from mlrun_jupyter.db.memory import MemoryStore
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import StoreDamagedError, StoreUnavailableError
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
CUTS, FLIPS = (4096, 500) if FULL else (150, 60)
PLACES = 100 if FULL else 24
JOURNALED = 20 if FULL else 12
"""Runs in a journal; all its records are five times as many."""


class Spooled(MemoryStore):
    """A store in memory with journals."""

    def __init__(self, spool: Path) -> None:
        super().__init__()
        self._folder_of_journals = spool

    @property
    def spool(self) -> Path | None:
        return self._folder_of_journals


def dead(name: str) -> journal.Header:
    """A process that cannot be: it began as soon as the machine did. Its writer's name tells as much as its header."""
    here = liveness.identity()
    writer = f"{here.host}-{here.boot[:8]}-{here.pid}-1-{name}"
    return msgspec.structs.replace(here, writer=writer, started=0.01)


def lines(name: str) -> list[bytes]:
    """The journal of a dead process that did short runs, line by line."""
    found, seq = [journal.encode_header(dead(name))], 0
    for number in range(1, JOURNALED + 1):
        key = RunKey("p", f"{name}{number}")
        for op, payload in (
            ("open", {**key._asdict(), "attempt": 1, "run": {"metadata": {"name": name}}}),
            ("result", {"a": number}),
            ("metric", [None, {"m": number}]),
            ("log", f"line {number}\n"),
            ("close", {"state": "completed"}),
        ):
            seq += 1
            found.append(journal.encode(seq, op, number, 1_700_000_000.0 + seq, payload))
    return found


def recovered(folder: Path, damaged: bytes, sound: bytes) -> tuple[MemoryStore, recovery.Outcome]:
    spool = folder / "journals"
    shutil.rmtree(spool, ignore_errors=True)
    spool.mkdir()
    for name, data in (("bad", damaged), ("good", sound)):
        (spool / f"{dead(name).writer}.0.jnl").write_bytes(data)
    db = Spooled(spool)
    return db, recovery.recover(db)


def test_a_journal_cut_off_anywhere(tmp_path: Path) -> None:
    whole = lines("bad")
    data, sound = b"".join(whole), b"".join(lines("good"))
    ends = [0]
    for line in whole:
        ends.append(ends[-1] + len(line))
    draw = random.Random(14)
    cuts = range(len(data) - CUTS, len(data)) if FULL else draw.sample(range(len(whole[0]), len(data)), CUTS)
    for cut in cuts:
        db, outcome = recovered(tmp_path, data[: max(cut, 0)], sound)
        complete = sum(end - 1 <= cut for end in ends) - 1  # lines, the header among them; a line's end may be missing
        assert outcome.records == max(complete - 1, 0) + 5 * JOURNALED
        assert outcome.damaged == int(cut not in ends and cut + 1 not in ends)
        states = db.count_runs(RunQuery(project="p", name="=bad"))
        assert states.get("completed", 0) == max(complete - 1, 0) // 5
        assert db.count_runs(RunQuery(project="p", name="=good")) == {"completed": JOURNALED}
    print(json.dumps({"id": "R14 cuts", "n": len(cuts), "lost": 0, "errors": 0, "seed": 14}))


def test_a_journal_with_a_flipped_bit(tmp_path: Path) -> None:
    data, sound = b"".join(lines("bad")), b"".join(lines("good"))
    draw = random.Random(41)
    for _ in range(FLIPS):
        place, bit = draw.randrange(len(data)), draw.randrange(8)
        flipped = bytearray(data)
        flipped[place] ^= 1 << bit
        db, outcome = recovered(tmp_path, bytes(flipped), sound)
        header = place < data.index(b"\n") + 1
        lost = 2 * 5 * JOURNALED - outcome.records
        assert lost <= 6, (place, bit)  # a run's first line takes the others along; a line's end, two lines
        assert header or outcome.damaged >= 1 or lost == 0, (place, bit)  # the case of a checksum's digit says nothing
        assert db.count_runs(RunQuery(project="p", name="=good")) == {"completed": JOURNALED}
        for run in db.list_runs(RunQuery(project="p", name="=bad")).rows:
            assert run.status.results in ({}, {"a": int(run.metadata.uid[3:])})
        assert list((tmp_path / "journals").glob("*-bad.0.damaged")) or header or lost == 0 or place >= len(data) - 70
    print(json.dumps({"id": "R14 flips", "n": FLIPS, "errors": 0, "seed": 41}))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A closed store with a few hundred runs."""
    db = opening._embedded(tmp_path / "store")
    records = []
    for number in range(400):
        key = RunKey("p", f"u{number}")
        for op, payload in (("open", {"run": {"spec": {"x": "y" * 200}}}), ("result", {"n": number}), ("close", {})):
            records.append(JournalRecord(len(records) + 1, op, key, 1, 1.0, payload))
    db.apply("w", records)
    db.close()
    return tmp_path / "store"


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "mlrun.db").read_bytes()).hexdigest()


def test_a_damaged_file_is_refused_or_read_right_and_never_changed(store: Path) -> None:
    data = (store / "mlrun.db").read_bytes()
    draw = random.Random(26)
    damages = [b"", b"\0" * 4096, draw.randbytes(20_000), data[:100], data[: len(data) // 2], data[:-1], data[4096:]]
    for _ in range(PLACES - len(damages)):
        changed = bytearray(data)
        size = draw.choice((1, 16, 4096))
        place = draw.choice((draw.randrange(100), draw.randrange(len(data) - size)))
        changed[place : place + size] = draw.randbytes(size)
        damages.append(bytes(changed))
    refused = 0
    for damage in damages:
        for name in ("mlrun.db-wal", "mlrun.db-shm"):
            (store / name).unlink(missing_ok=True)
        (store / "mlrun.db").write_bytes(damage)
        before = digest(store)
        try:
            db = opening._embedded(store)
        except (StoreDamagedError, StoreUnavailableError):
            refused += 1
        else:
            try:
                found = db.list_runs(RunQuery(project="p", sort=("results.n",))).rows
                results = [run.status.results.get("n") for run in found]
                assert results == sorted(results)
            except (StoreDamagedError, StoreUnavailableError):
                refused += 1
            db.close()
        assert digest(store) == before
    print(json.dumps({"id": "R26", "n": len(damages), "refused": refused, "changed": 0, "seed": 26}))
    assert refused >= 7


def test_a_log_that_is_damaged_is_read_up_to_there(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    db = opening._embedded(folder)
    for number in range(40):
        db.apply("w", [JournalRecord(number + 1, "open", RunKey("p", f"u{number}"), 1, 1.0, {"run": {}})])
    data = (folder / "mlrun.db-wal").read_bytes()
    main = (folder / "mlrun.db").read_bytes()
    draw = random.Random(62)
    for number in range(PLACES // 2):
        copy = tmp_path / f"copy{number}"
        copy.mkdir()
        changed = bytearray(data)
        place = draw.randrange(len(data))
        changed[place] ^= 0xFF
        (copy / "mlrun.db").write_bytes(main)
        (copy / "mlrun.db-wal").write_bytes(changed)
        other = opening._embedded(copy)
        uids = [run.metadata.uid for run in other.list_runs(RunQuery(project="p")).rows]
        assert uids == [f"u{number}" for number in reversed(range(len(uids)))]  # a beginning of what there was
        other.close()
    db.close()


READER = """
import sys
sys.path.insert(0, sys.argv[2])
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.model.run import RunKey
try:
    db = open_db(sys.argv[1])
    print(sum(db.count_runs(RunQuery(project="p")).values()))
    db.append_log(RunKey("p", "u1"), b"x")
except MlrunError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting, and dropping to an unprivileged user, need root")
def test_a_read_only_mount_is_read_and_a_closed_folder_is_told(store: Path) -> None:
    mount = store.with_name("mounted")
    mount.mkdir()
    subprocess.run(["mount", "--bind", str(store), str(mount)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(mount)], check=True)
        found = subprocess.run(
            [sys.executable, "-c", READER, str(mount), "."], check=True, capture_output=True, text=True
        ).stdout.splitlines()
        assert found[0] == "400"
        assert found[1].startswith("StoreUnavailableError the store is read-only")
        assert str(mount) in found[1]
    finally:
        subprocess.run(["umount", str(mount)], check=True)
    unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for folder in ("/root/nowhere", "/proc/nowhere"):
        done = subprocess.run(
            [*unprivileged, sys.executable, "-c", READER, folder, str(Path(__file__).parents[2])],
            capture_output=True,
            text=True,
        )
        assert done.stdout.startswith("StoreUnavailableError the store's folder cannot be made"), done.stderr
        assert len(done.stdout.splitlines()) == 1


def test_the_living_are_not_taken_for_the_dead(tmp_path: Path) -> None:
    count = 500 if FULL else 40
    db = opening._embedded(tmp_path)
    me = liveness.identity()
    for number in range(count):
        for name, header in (
            ("dead", dead(f"dead{number}")),
            ("live", msgspec.structs.replace(me, writer=f"live{number}")),
        ):
            spool = tmp_path / "mlrun.db-journals"
            spool.mkdir(exist_ok=True)
            key = RunKey("p", f"{name}{number}")
            payload = {
                **key._asdict(),
                "attempt": 1,
                "run": {"metadata": {"name": name}, "status": {"state": "running"}},
            }
            data = journal.encode_header(header) + journal.encode(1, "open", 1, 1.0, payload)
            (spool / f"{name}{number}.0.jnl").write_bytes(data)
            if name == "live":
                db.apply(header.writer, [JournalRecord(1, "open", key, 1, 1.0, payload)])
    started = time.monotonic()
    assert db.recover() == count
    took = time.monotonic() - started
    assert db.count_runs(RunQuery(project="p", name="=dead")) == {"error": count}
    assert db.count_runs(RunQuery(project="p", name="=live")) == {"running": count}
    assert db.recover() == 0
    db.close()
    print(json.dumps({"id": "R16", "n": 2 * count, "wrong": 0, "seconds": took}))


def test_clocks_that_are_wrong_change_no_order(tmp_path: Path) -> None:
    db = opening._embedded(tmp_path)
    now = [1_700_000_000.0]
    db._clock = lambda: now[0]  # type: ignore[attr-defined]  # the seam for time
    me = liveness.identity()
    for number, skew in enumerate((86400.0, -86400.0, 0.0)):
        key = RunKey("p", f"u{number}")
        writer = f"{me.writer}{number}"
        moment = now[0] + skew
        db.apply(writer, [JournalRecord(1, "open", key, 1, moment, {"run": {"status": {"state": "running"}}})])
        now[0] -= 3600.0  # the store's clock is put back in the middle of the run
        assert db.recover() == 0
        db.apply(writer, [JournalRecord(2, "close", key, 1, moment - 10.0, {"state": "completed"})])
        now[0] += 3601.0
    rows = db.list_runs(RunQuery(project="p")).rows
    assert [run.metadata.uid for run in rows] == ["u2", "u1", "u0"]
    for run in rows:
        assert run.status.start_time <= run.status.end_time
        assert run.status.state == "completed"
    db.close()
