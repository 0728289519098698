"""Runs of more artifacts than their documents hold: the same in every store, whatever happens to them."""

from __future__ import annotations

import random
from itertools import islice
from typing import Any

import pytest

from mlrun_jupyter.db.query import ArtifactQuery, RunQuery
from mlrun_jupyter.db.sql import links
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.run import RunKey, RunRecord

MANY = links.KEPT * 3


def document(key: str, size: int = 1) -> dict[str, Any]:
    return {"kind": "artifact", "metadata": {"key": key, "uid": f"{key}-{size}"}, "spec": {"db_key": key, "size": size}}


def named(run: RunRecord) -> list[tuple[str, int]]:
    return [(each["metadata"]["key"], each["spec"]["size"]) for each in run.status.artifacts]


@pytest.fixture
def key(writer: Any) -> RunKey:
    """A run that goes on, its artifacts logged in batches of all sizes."""
    key: RunKey = writer.open()
    writer.send()
    numbers = iter(range(MANY))
    for size in (1, 40, 58, 2, 30, 69, 100):
        for number in islice(numbers, size):
            writer.add(key, journal.ARTIFACT, document(f"a{number}"))
            writer.add(key, journal.RESULT, {"last": number})
        writer.send()
    return key


ALL = [(f"a{number}", 1) for number in range(MANY)]


def test_they_are_read_whole_alone_and_in_lists(db: Any, key: RunKey) -> None:
    assert named(db.read_run(key)) == ALL
    assert db.read_run(key).status.results["last"] == MANY - 1
    assert [named(run) for run in db.list_runs(RunQuery(project="p")).rows] == [ALL]
    assert len(db.list_artifacts(ArtifactQuery(project="p", limit=1000)).rows) == MANY


def test_a_newer_one_of_a_key_takes_its_place(db: Any, writer: Any, key: RunKey) -> None:
    for name in ("a3", f"a{MANY - 3}", "a3"):
        writer.add(key, journal.ARTIFACT, document(name, 2))
    writer.close(key).send()
    rest = [each for each in ALL if each[0] not in ("a3", f"a{MANY - 3}")]
    assert named(db.read_run(key)) == [*rest, (f"a{MANY - 3}", 2), ("a3", 2)]


def test_they_are_set_and_kept_by_other_changes(db: Any, writer: Any, key: RunKey) -> None:
    db.update_run(key, {"metadata.labels.by": "ann"})
    assert named(db.read_run(key)) == ALL
    db.store_run(db.read_run(key))
    assert named(db.read_run(key)) == ALL
    writer.add(key, journal.STATUS, {"artifacts": [document("only", 3)]}).add(key, journal.ARTIFACT, document("b"))
    writer.send()
    assert named(db.read_run(key)) == [("only", 3), ("b", 1)]
    assert db.read_run(key).metadata.labels == {"by": "ann"}


def test_a_newer_attempt_begins_without_them(db: Any, writer: Any, key: RunKey) -> None:
    writer.close(key, "error").send()
    writer.open(key, attempt=2)
    writer.add(key, journal.ARTIFACT, document("b"), attempt=2)
    writer.send()
    assert named(db.read_run(key)) == [("b", 1)]


def test_they_go_with_the_run(db: Any, writer: Any, key: RunKey) -> None:
    writer.close(key).send()
    assert db.delete_runs(RunQuery(project="p")) == 1
    again = writer.run(RunKey("p", key.uid))
    assert named(db.read_run(again)) == []
    db.delete_project("p")


def test_a_lost_run_keeps_them(db: Any, key: RunKey) -> None:
    if not hasattr(db, "end_lost"):
        pytest.skip("the service's own store ends them")
    assert db.end_lost("w", presumed=False) == 1
    run = db.read_run(key)
    assert (run.status.state, named(run)) == ("error", ALL)


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_batches_gives_what_one_batch_gives(db: Any, writer: Any, seed: int) -> None:
    draw = random.Random(seed)
    logged = [(f"a{draw.randrange(200)}", step) for step in range(400)]
    key = writer.open()
    writer.send()
    for name, step in logged:
        writer.add(key, journal.ARTIFACT, document(name, step))
        if draw.random() < 0.1:
            writer.send()
    writer.close(key).send()
    last = dict(logged)
    assert named(db.read_run(key)) == [each for each in logged if each[1] == last[each[0]]]
