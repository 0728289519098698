"""Several writers in one process, each with names of its own and some in common."""

from __future__ import annotations

import random
import threading
from typing import Any

from mlrun_jupyter.db.query import ArtifactQuery, RunQuery
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey

WRITERS, BATCHES = 6, 15


def batch(draw: random.Random, writer: str, seq: int) -> list[JournalRecord]:
    """Runs with new and common names, results and artifacts, in a random order."""
    records = []

    def add(key: RunKey | None, op: str, payload: Any) -> None:
        records.append(JournalRecord(seq + len(records) + 1, op, key, 1, 1.0, payload))

    for _ in range(3):
        key = RunKey(f"p{draw.randrange(3)}", f"{writer}-{seq}-{len(records)}")
        add(key, "open", {"run": {"metadata": {"name": f"n{draw.randrange(40)}"}}})
        add(key, "result", {f"r{draw.randrange(60)}": draw.random() for _ in range(5)})
        add(None, "object", {"kind": "code", "hash": f"h{draw.randrange(30)}", "body": "x"})
        add(key, "artifact", {"metadata": {"key": f"a{draw.randrange(4)}", "hash": key.uid}})
        add(RunKey("p0", "shared"), "result", {writer: seq})
        add(key, "close", {"state": "completed"})
    return records


def test_writers_do_not_stand_in_each_other_s_way(db: Any) -> None:
    db.apply("first", [JournalRecord(1, "open", RunKey("p0", "shared"), 1, 1.0, {"run": {}})])
    errors: list[BaseException] = []

    def write(number: int) -> None:
        draw, seq = random.Random(number), 0
        try:
            for _ in range(BATCHES):
                records = batch(draw, f"w{number}", seq)
                seq = db.apply(f"w{number}", records)
                db.list_runs(RunQuery(project="*", limit=5, sort=("-results.r1",)))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert db.count_runs(RunQuery(project="*")) == {"completed": WRITERS * BATCHES * 3, "created": 1}
    assert len(db.list_artifacts(ArtifactQuery(project="*", tag="*")).rows) == WRITERS * BATCHES * 3
    assert len(db.read_run(RunKey("p0", "shared")).status.results) == WRITERS
