"""What the store costs: applying runs, finding them, their bytes and points; beside plain sqlite3 in the same process.

Sizes are given as arguments, ``10000 100000`` by default.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measure import in_turn, report, scratch, seconds

from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.db.query import Comparison, RunQuery, labels
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey

OWNERS = [f"user{number}" for number in range(20)]
TEAMS = ["red", "green", "blue"]
BATCH = 500
SCHEMA = """
create table run (id integer primary key, uid text unique, name text, state text, started real, ended real);
create table number (name text, value real, run integer, primary key (name, value, run)) without rowid;
create table label (name text, value text, run integer, primary key (name, value, run)) without rowid;
"""


class Maker:
    """Runs of 5 parameters, 5 results and 3 labels, the same ones for every store."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        self.made = 0
        self.seq = 0
        self.now = 1_760_000_000.0

    def run(self) -> tuple[str, dict[str, Any], dict[str, Any], dict[str, str]]:
        self.made += 1
        self.now += 1.5
        draw = self.random
        params = {
            "depth": draw.randrange(3, 12),
            "eta": draw.choice([0.01, 0.03, 0.1, 0.3]),
            "rounds": draw.randrange(50, 500, 50),
            "seed": draw.randrange(10**6),
            "subsample": round(draw.random(), 2),
        }
        results = {name: draw.random() for name in ("accuracy", "auc", "f1", "loss", "seconds")}
        tags = {"owner": draw.choice(OWNERS), "team": draw.choice(TEAMS), "kind": "local"}
        return f"{draw.getrandbits(128):032x}", params, results, tags

    def records(self) -> tuple[RunKey, list[JournalRecord]]:
        uid, params, results, tags = self.run()
        key = RunKey("bench", uid)
        document = {
            "metadata": {"name": f"train-{self.made % 50}", "labels": tags},
            "spec": {"handler": "train", "function": "bench/train@3f0c2d1e", "parameters": params},
            "status": {"state": "running", "host": "worker"},
        }
        found = [("open", {"run": document}), *(("result", {name: results[name]}) for name in results)]
        found.append(("close", {"state": "completed"}))
        records = []
        for op, payload in found:
            self.seq += 1
            records.append(JournalRecord(self.seq, op, key, 1, self.now, payload))
        return key, records


class Floor:
    """The same in three plain tables."""

    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = normal")
        self.db.executescript(SCHEMA)

    def add(self, runs: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, str]]]) -> None:
        self.db.execute("begin")
        for uid, params, results, tags in runs:
            (run,) = self.db.execute(
                "insert into run (uid, name, state, started, ended) values (?, 'train', 'completed', ?, ?) returning id",
                (uid, 1.0, 2.0),
            ).fetchone()
            self.db.executemany(
                "insert into number values (?, ?, ?)", [(n, v, run) for n, v in [*params.items(), *results.items()]]
            )
            self.db.executemany("insert into label values (?, ?, ?)", [(n, v, run) for n, v in tags.items()])
        self.db.execute("commit")

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> Callable[[], object]:
        return lambda: self.db.execute(sql, values).fetchall()


def batches(total: int, size: int) -> Iterator[int]:
    for start in range(0, total, size):
        yield min(size, total - start)


def fill(size: int) -> tuple[Any, Floor, Maker, RunKey]:
    db, maker = open_db(f"store{size}"), Maker()
    key = RunKey("bench", "")
    for count in batches(size, BATCH):
        many = []
        for _ in range(count):
            key, records = maker.records()
            many += records
        db.apply("bench", many)
    floor, same = Floor(f"floor{size}.db"), Maker()
    for count in batches(size, BATCH):
        floor.add([same.run() for _ in range(count)])
    return db, floor, maker, key


def one_by_one(db: Any, floor: Floor, maker: Maker, size: int) -> None:
    """A run a transaction, as a process that runs one after the other does."""
    ours, plain, other = [], [], Maker()
    other.random = random.Random(11)
    for _ in range(400):
        _key, records = maker.records()
        ours.append(seconds(lambda: db.apply("bench", records)))
        row = other.run()
        plain.append(seconds(lambda: floor.add([row])))
    title = f"apply one run, {size} stored"
    report(title, statistics.median(ours) * 1e3, statistics.median(plain) * 1e3, "ms", floor_is="sqlite3")
    report(f"{title}, p99", sorted(ours)[395] * 1e3, sorted(plain)[395] * 1e3, "ms", floor_is="sqlite3")


def questions(db: Any, floor: Floor, key: RunKey, size: int) -> None:
    def compare(name: str, ours: Callable[[], object], plain: Callable[[], object], target: str = "") -> None:
        mine, its = in_turn(ours, plain, repeat=31)
        report(f"{name}, {size} stored", mine * 1e3, its * 1e3, "ms", floor_is="sqlite3", target=target)

    def lists(**query: Any) -> Callable[[], object]:
        wanted = RunQuery(project="bench", limit=50, **query)
        return lambda: db.list_runs(wanted).rows

    newest = "select * from run order by id desc limit 50"
    compare("newest 50", lists(), floor.rows(newest), "1 ms")
    best = (
        "select r.* from number n cross join run r on r.id = n.run where n.name = 'accuracy' and n.value > ? and exists "
        "(select 1 from label l where l.name = 'owner' and l.value = 'user3' and l.run = r.id) "
        "order by n.value desc limit 50"
    )
    asked = {"labels": labels("owner=user3"), "sort": ("-results.accuracy",)}
    compare(
        "label and result, sorted",
        lists(where=(Comparison.parse("results.accuracy > 0.9"),), **asked),
        floor.rows(best, (0.9,)),
        "3 ms",
    )
    rare = (Comparison.parse("results.loss < 0.001"), Comparison.parse("results.accuracy > 0.5"))
    two = (
        "select r.* from number n cross join run r on r.id = n.run where n.name = 'loss' and n.value < 0.001 and exists "
        "(select 1 from number o where o.name = 'accuracy' and o.value > 0.5 and o.run = r.id) order by n.run desc limit 50"
    )
    compare("two results, newest", lists(where=rare), floor.rows(two), "3 ms")
    compare(
        "sorted by a parameter of few values, ascending",
        lists(sort=("params.depth",)),
        floor.rows(
            "select r.* from number n cross join run r on r.id = n.run where n.name = 'depth' order by n.value limit 50"
        ),
        "3 ms",
    )
    compare(
        "part of a name", lists(name="n-17"), floor.rows("select * from run where name like '%n-17%' limit 50"), "3 ms"
    )
    compare("one run", lambda: db.read_run(key), floor.rows("select * from run where uid = ?", (key.uid,)), "0.15 ms")
    compare(
        "count by state",
        lambda: db.count_runs(RunQuery(project="bench")),
        floor.rows("select state, count(*) from run group by state"),
    )


def bytes_per_run(db: Any, floor: Floor, size: int) -> None:
    db.close()
    floor.db.execute("pragma wal_checkpoint(truncate)")
    mine = Path(f"store{size}/mlrun.db").stat().st_size / (size + 400)
    its = Path(f"floor{size}.db").stat().st_size / (size + 400)
    report(f"bytes a run, {size} stored", mine, its, "B", floor_is="sqlite3", target="1500, towards 900")


def points(db: Any) -> None:
    """A long metric: in, and out for a chart."""
    key = RunKey("bench", "f" * 32)
    start = [JournalRecord(1, "open", key, 1, 0.0, {"run": {"status": {"state": "running"}}})]
    db.apply("points", start)
    made = [
        JournalRecord(2 + step, "metric", key, 1, float(step), [step, {"loss": 1 / (step + 1)}])
        for step in range(10_000)
    ]
    floor = sqlite3.connect(":memory:")
    floor.execute("create table point (run integer, name text, step integer, moment real, value real)")
    rows = [(1, "loss", step, float(step), 1 / (step + 1)) for step in range(10_000)]
    took = seconds(lambda: db.apply("points", made))
    plain = seconds(lambda: floor.executemany("insert into point values (?, ?, ?, ?, ?)", rows))
    report("apply 10,000 points", took * 1e3, plain * 1e3, "ms", floor_is="sqlite3, memory", target="50 ms")

    from mlrun_jupyter.db import series
    from mlrun_jupyter.db.sql import points as chunks

    total, step = 10_000_000, 1_000_000
    draw = random.Random(3)
    with db._engine.write() as session:
        run_id = session.one("SELECT max(id) FROM runs")[0]
        for first in range(10_000, total, step):
            many = range(first, min(first + step, total))
            values = [draw.random() for _ in many]
            chunks.append(session, run_id, "loss", series.Track.of(many, map(float, many), values))
    read = lambda: db.read_series(key, "loss", points=1000)  # noqa: E731
    read()
    started = time.perf_counter()
    found = read()
    report("1,000 points of 10 million", (time.perf_counter() - started) * 1e3, 0.0, "ms")
    print(len(found.values), "points")


def main(sizes: list[int]) -> None:
    with scratch():
        for size in sizes:
            db, floor, maker, key = fill(size)
            questions(db, floor, key, size)
            one_by_one(db, floor, maker, size)
            bytes_per_run(db, floor, size)
            close_all()
        points(open_db("points"))
        close_all()


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [10_000, 100_000])
