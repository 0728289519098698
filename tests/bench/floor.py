"""What the machine allows: the same records written with nothing but the standard library's sqlite3, in WAL mode."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid

SCHEMA = """
create table if not exists run (
    id integer primary key, uid text unique, name text, state text, started real, ended real, params text, results text);
create table if not exists result (run integer, name text, value real, primary key (name, value, run)) without rowid;
create table if not exists point (run integer, name text, step integer, moment real, value real);
"""


class Floor:
    """A store of runs in one file; a commit at each run's start and end."""

    def __init__(self, path: str = "floor.db") -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = normal")
        self.db.executescript(SCHEMA)

    def run(self, params: dict[str, object], results: dict[str, float]) -> None:
        """One tracked run from start to end."""
        uid = uuid.uuid4().hex
        self.db.execute(
            "insert into run (uid, name, state, started, params) values (?, ?, ?, ?, ?)",
            (uid, "bench", "running", time.time(), json.dumps(params)),
        )
        self.db.execute("begin")
        (run,) = self.db.execute(
            "update run set state = 'completed', ended = ?, results = ? where uid = ? returning id",
            (time.time(), json.dumps(results), uid),
        ).fetchone()
        self.db.executemany(
            "insert into result values (?, ?, ?)", [(run, name, value) for name, value in results.items()]
        )
        self.db.execute("commit")

    def points(self, count: int) -> None:
        """Points of one metric, each in a transaction of its own."""
        for step in range(count):
            self.db.execute("insert into point values (?, ?, ?, ?, ?)", (1, "loss", step, time.time(), 1 / (step + 1)))

    def points_at_once(self, count: int) -> None:
        rows = [(1, "loss", step, time.time(), 1 / (step + 1)) for step in range(count)]
        self.db.execute("begin")
        self.db.executemany("insert into point values (?, ?, ?, ?, ?)", rows)
        self.db.execute("commit")
