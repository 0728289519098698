"""Many processes that record in one store at once, beside plain sqlite3 with the same number of commits.

Arguments: processes and runs of each, ``16 500`` by default.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from measure import report, scratch

OURS = """
import json, sys, time
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.liveness import identity
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey, new_uid

db, writer, seq, spent = open_db("store"), identity().writer, 0, []
began = time.time()
for number in range(int(sys.argv[1])):
    key = RunKey("p", new_uid())
    run = {"metadata": {"name": "r"}, "status": {"state": "running"}}
    for op, payload in (("open", {"run": run}), ("result", {"a": number}), ("result", {"b": -number}),
                        ("label", {"writer": writer}), ("close", {"state": "completed"})):
        seq += 1
        started = time.perf_counter()
        db.apply(writer, [JournalRecord(seq, op, key, 1, time.time(), payload)])
        spent.append(time.perf_counter() - started)
print(json.dumps([began, time.time(), spent]))
"""
PLAIN = """
import json, sqlite3, sys, time, uuid
db, spent = sqlite3.connect("floor.db", timeout=600, isolation_level=None), []
began = time.time()
db.execute("pragma journal_mode = wal"), db.execute("pragma synchronous = normal")
for number in range(int(sys.argv[1])):
    uid = uuid.uuid4().hex
    for sql, values in (("insert into run values (?, 'running', null, null, null)", (uid,)),
                        ("update run set a = ? where uid = ?", (number, uid)),
                        ("update run set b = ? where uid = ?", (-number, uid)),
                        ("update run set label = 'w' where uid = ?", (uid,)),
                        ("update run set state = 'completed' where uid = ?", (uid,))):
        started = time.perf_counter()
        db.execute("begin immediate"), db.execute(sql, values), db.execute("commit")
        spent.append(time.perf_counter() - started)
print(json.dumps([began, time.time(), spent]))
"""


def written(code: str, processes: int, runs: int) -> tuple[float, list[float]]:
    """Runs a second of all together, their start as processes not counted, and how long each commit took, sorted."""
    many = [subprocess.Popen([sys.executable, "-c", code, str(runs)], stdout=subprocess.PIPE) for _ in range(processes)]
    told = [json.loads(each.communicate(timeout=3000)[0]) for each in many]
    spent = sorted(seconds for _began, _ended, commits in told for seconds in commits)
    return processes * runs / (max(each[1] for each in told) - min(each[0] for each in told)), spent


def main(processes: int = 16, runs: int = 500) -> None:
    with scratch():
        import sqlite3

        from mlrun_jupyter.db import close_all, open_db
        from mlrun_jupyter.db.query import RunQuery

        open_db("store")
        close_all()
        floor = sqlite3.connect("floor.db")
        floor.execute("create table run (uid text primary key, state text, a real, b real, label text)")
        floor.close()
        rate, spent = written(OURS, processes, runs)
        there = open_db("store").count_runs(RunQuery(project="p"))
        plain_rate, plain = written(PLAIN, processes, runs)
        title = f"{processes} processes x {runs} runs"
        print(title, "in the store:", there, "bytes:", Path("store/mlrun.db").stat().st_size)
        report(title, rate, plain_rate, "runs/s", floor_is="sqlite3", target="200 runs/s")
        for name, place in (("p99", int(len(spent) * 0.99)), ("slowest", -1)):
            report(f"{title}, commit {name}", spent[place], plain[place], "s", floor_is="sqlite3", target="p99 0.3 s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
