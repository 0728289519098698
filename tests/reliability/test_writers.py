"""Many processes at one embedded store: none waits for ever, nothing is lost (R1, R19, R20, R23)."""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.db.query import ArtifactQuery, RunQuery
from mlrun_jupyter.errors import ConflictError
from mlrun_jupyter.model.run import RunKey, RunRecord

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
PROCESSES, RUNS = (16, 500) if FULL else (4, 50)

WRITER = """
import json, sys, time
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.liveness import identity
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey, new_uid

db, writer, seq, spent = open_db(sys.argv[1]), identity().writer, 0, []
losing = "--lose-every-tenth" in sys.argv

def apply(key, op, payload):
    global seq
    seq += 1
    started = time.perf_counter()
    if not (losing and seq % 10 == 0):
        db.apply(writer, [JournalRecord(seq, op, key, 1, time.time(), payload)])
    spent.append(time.perf_counter() - started)

for number in range(int(sys.argv[2])):
    key = RunKey("p", new_uid())
    apply(key, "open", {"run": {"metadata": {"name": "r"}, "status": {"state": "running"}}})
    apply(key, "result", {"a": number})
    apply(key, "result", {"b": -number})
    apply(key, "label", {"writer": writer})
    apply(key, "close", {"state": "completed"})
    print(key.uid, number, flush=True)
print(json.dumps(spent))
"""

ARTIFACTS = """
import sys
from mlrun_jupyter.db import open_db
from mlrun_jupyter.model.artifact import ArtifactRecord

db = open_db(sys.argv[1])
for number in range(int(sys.argv[2])):
    hash = f"{sys.argv[3]}-{number}"
    db.store_artifact(ArtifactRecord.from_dict({"metadata": {"key": "k", "project": "p", "hash": hash}, "spec": {"inline": hash}}))
    found = db.read_artifact("p", "k")
    assert found.metadata.hash == found.spec.inline
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def outputs(processes: list[subprocess.Popen[str]]) -> tuple[list[list[str]], list[str]]:
    """The lines that each wrote, and what went wrong."""
    lines, errors = [], []
    for process in processes:
        out, error = process.communicate(timeout=600)
        lines.append(out.splitlines())
        if process.returncode or error:
            errors.append(error)
    return lines, errors


def losses(folder: Path, written: list[list[str]]) -> Counter[str]:
    """What was acknowledged and is not there, or is there twice."""
    db = open_db(str(folder))
    found = Counter[str]()
    stored = {run.metadata.uid: run for run in db.list_runs(RunQuery(project="p")).rows}
    acknowledged = [line.split() for lines in written for line in lines[:-1]]
    for uid, number in acknowledged:
        run = stored.pop(uid, None)
        expected = {"a": int(number), "b": -int(number)}
        if run is None or run.status.results != expected or run.status.state != "completed" or not run.metadata.labels:
            found["lost"] += 1
    found["invented"] += len(stored)
    return found


def write_all(folder: Path, *more: str) -> tuple[list[list[str]], list[str], float]:
    started = time.perf_counter()
    written, errors = outputs([start(WRITER, folder, RUNS, *more) for _ in range(PROCESSES)])
    return written, errors, time.perf_counter() - started


def test_processes_write_at_once(tmp_path: Path) -> None:
    written, errors, took = write_all(tmp_path)
    assert errors == []
    found = losses(tmp_path, written)
    close_all()
    spent = sorted(seconds for lines in written for seconds in json.loads(lines[-1]))
    line = {
        "id": "R1",
        "n": PROCESSES * RUNS,
        "lost": found["lost"],
        "invented": found["invented"],
        "errors": len(errors),
        "runs_per_second": round(PROCESSES * RUNS / took, 1),
        "p50": statistics.median(spent),
        "p99": spent[int(len(spent) * 0.99)],
        "max": spent[-1],
        "sqlite": sqlite3.sqlite_version,
    }
    print(json.dumps(line))
    assert (found["lost"], found["invented"]) == (0, 0)
    with sqlite3.connect(tmp_path / "mlrun.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_the_ledger_notices_a_store_that_loses(tmp_path: Path) -> None:
    written, errors = outputs([start(WRITER, tmp_path, 20, "--lose-every-tenth")])
    assert errors == []
    assert losses(tmp_path, written)["lost"] > 0


def test_processes_begin_an_empty_folder_at_once(tmp_path: Path) -> None:
    count = 32 if FULL else 8
    folder = tmp_path / "new" / "store"
    written, errors = outputs([start(WRITER, folder, 1) for _ in range(count)])
    assert errors == []
    assert losses(folder, written) == Counter(lost=0, invented=0)
    assert sorted(path.name for path in folder.iterdir() if "-" not in path.name) == ["mlrun.db"]
    print(json.dumps({"id": "R23", "n": count, "errors": len(errors)}))


def test_one_run_is_created_once(tmp_path: Path) -> None:
    db = open_db(str(tmp_path))
    conflicts: list[str] = []
    barrier = threading.Barrier(20)

    def create(content: int) -> None:
        run = RunRecord.from_dict({"metadata": {"uid": "u", "project": "p"}, "status": {"results": {"x": content}}})
        barrier.wait()
        for _ in range(5):
            try:
                db.store_run(run, create=True)
            except ConflictError:
                conflicts.append("conflict")

    for expected, contents in ((0, [1] * 20), (100, range(2, 22))):
        threads = [threading.Thread(target=create, args=(content,)) for content in contents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(conflicts) == expected
    assert db.read_run(RunKey("p", "u")).status.results == {"x": 1}
    assert db.count_runs(RunQuery(project="p")) == {"created": 1}


def test_processes_add_versions_of_one_artifact(tmp_path: Path) -> None:
    processes, versions = (16, 50) if FULL else (4, 20)
    _written, errors = outputs([start(ARTIFACTS, tmp_path, versions, number) for number in range(processes)])
    assert errors == []
    db = open_db(str(tmp_path))
    found = {each.metadata.hash for each in db.list_artifacts(ArtifactQuery(project="p", tag="*")).rows}
    assert len(found) == processes * versions
    assert db.read_artifact("p", "k").metadata.hash in found


def test_a_writer_that_was_stopped_is_named_not_waited_for_for_ever(tmp_path: Path) -> None:
    from mlrun_jupyter.db.lock import WriterLock
    from mlrun_jupyter.errors import StoreUnavailableError

    code = "import sys, time; from pathlib import Path; from mlrun_jupyter.db.lock import WriterLock;"
    code += "lock = WriterLock(Path(sys.argv[1])); lock.acquire(); print('held', flush=True); time.sleep(60)"
    holder = start(code, tmp_path / "lock")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreUnavailableError, match="locked by another process"):
        WriterLock(tmp_path / "lock").acquire(timeout=0.2)
    holder.kill()
    holder.communicate()
    lock = WriterLock(tmp_path / "lock")
    lock.acquire(timeout=5)
    lock.release()
