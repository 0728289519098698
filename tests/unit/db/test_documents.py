"""Whole documents: stored, changed by path, deleted; logs and points of runs."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.run import RunKey, RunRecord, new_uid

KEY = RunKey("p", "u1")


def document(**status: Any) -> RunRecord:
    return RunRecord.from_dict(
        {"metadata": {"name": "n", "uid": "u1", "project": "p", "labels": {"a.b/c": "1"}}, "status": status}
    )


def test_a_document_is_stored_and_read(db: Any) -> None:
    db.store_run(document(state="pending", results={"x": 1}))
    run = db.read_run(KEY)
    assert (run.metadata.labels, run.status.results, run.status.state) == ({"a.b/c": "1"}, {"x": 1}, "pending")
    db.store_run(document(state="running"))
    assert (db.read_run(KEY).status.results, db.read_run(KEY).status.state) == ({}, "running")
    assert len(db.list_runs(RunQuery(project="p")).rows) == 1


def test_what_was_stored_does_not_change_with_the_object(db: Any) -> None:
    run = document(state="running", results={"x": [1]})
    db.store_run(run)
    run.status.results["x"].append(2)
    db.read_run(KEY).status.results["x"].append(3)
    assert db.read_run(KEY).status.results == {"x": [1]}


def test_an_unfinished_document_does_not_replace_a_finished_one(db: Any) -> None:
    db.store_run(document(state="completed", results={"x": 1}))
    db.store_run(document(state="running"))
    assert db.read_run(KEY).status.results == {"x": 1}
    db.store_run(document(state="completed", results={"x": 2}))
    assert db.read_run(KEY).status.results == {"x": 2}


def test_create_takes_the_same_content_and_refuses_other(db: Any) -> None:
    for _ in range(2):
        db.store_run(document(state="pending", results={"x": 1}), create=True)
    with pytest.raises(ConflictError):
        db.store_run(document(state="pending", results={"x": 2}), create=True)
    assert db.read_run(KEY).status.results == {"x": 1}


def test_fields_are_set_by_path(db: Any) -> None:
    db.store_run(document(state="running"))
    db.update_run(
        KEY,
        {
            "metadata.labels.a.b/c": "2",
            "metadata.labels.new": "x",
            "status.results.acc": 0.5,
            "spec.handler": "h",
            "status.ui.colour": "red",
        },
    )
    run = db.read_run(KEY)
    assert run.metadata.labels == {"a.b/c": "2", "new": "x"}
    assert (run.status.results, run.spec.handler, run.status.extra["ui"]) == ({"acc": 0.5}, "h", {"colour": "red"})
    db.update_run(KEY, {"metadata.labels.new": None})
    assert db.read_run(KEY).metadata.labels == {"a.b/c": "2"}
    with pytest.raises(InvalidArgumentError):
        db.update_run(KEY, {"spec.handler.x": 1})
    with pytest.raises(NotFoundError):
        db.update_run(RunKey("p", "nobody"), {"spec.handler": "x"})


def test_a_final_state_cannot_be_changed(db: Any) -> None:
    db.store_run(document(state="running"))
    db.update_run(KEY, {"status.state": "aborted"})
    assert db.read_run(KEY).status.end_time
    with pytest.raises(ConflictError):
        db.update_run(KEY, {"status.state": "running", "spec.handler": "x"})
    db.update_run(KEY, {"status.state": "aborted", "metadata.labels.seen": "yes"})
    run = db.read_run(KEY)
    assert (run.status.state, run.spec.handler, run.metadata.labels["seen"]) == ("aborted", "", "yes")


def test_deleting_takes_iterations_points_and_logs_along(db: Any, writer: Any) -> None:
    uid = new_uid()
    for iteration in (0, 1, 2):
        key = writer.open(RunKey("p", uid, iteration))
        writer.add(key, "metric", [0, {"m": 1.0}]).add(key, "log", "text").add(key, "result", {"x": 1}).close(key)
    other = writer.run(RunKey("p", new_uid()), metadata={"name": "other"})
    writer.send()
    assert db.delete_runs(RunQuery(project="p", name="=train")) == 1
    assert [run.key for run in db.list_runs(RunQuery(project="p", iterations=True)).rows] == [other]
    again = writer.run(RunKey("p", uid))
    assert db.read_log(again) == b""
    assert db.list_series(again) == {}
    assert db.list_runs(RunQuery(project="p", sort=("results.x",))).rows[-1].status.results == {}
    assert db.delete_runs(RunQuery(project="none")) == 0


def test_records_of_a_deleted_run_do_not_bring_it_back(db: Any, writer: Any) -> None:
    key = writer.run(state="running")
    db.delete_runs(RunQuery(project="p"))
    writer.add(key, "result", {"x": 1}).close(key).send()
    with pytest.raises(NotFoundError):
        db.read_run(key)


def test_a_log_is_read_by_offset(db: Any, writer: Any) -> None:
    key = writer.run(state="running")
    assert db.read_log(key) == b""
    whole = b""
    draw = random.Random(5)
    for size in (1, 10, 4000, 5000, 3, 300_000, 1, 700_000, 90):
        piece = draw.randbytes(size)
        db.append_log(key, piece)
        whole += piece
    writer.add(key, "log", "é\0\r\n").send()
    whole += "é\0\r\n".encode()
    assert db.read_log(key) == whole
    for offset in (0, 1, 11, 4011, 9014, 262_144, 309_014, len(whole) - 1, len(whole), len(whole) + 9):
        assert db.read_log(key, offset) == whole[offset:]
        assert db.read_log(key, offset, 5000) == whole[offset : offset + 5000]
    assert db.read_log(key, 5, 0) == b""
    with pytest.raises(NotFoundError):
        db.append_log(RunKey("p", "nobody"), b"x")


@pytest.mark.parametrize("batch", [1, 7, 5000])
def test_points_come_back_in_the_order_of_steps(db: Any, writer: Any, batch: int) -> None:
    key = writer.open()
    draw = random.Random(3)
    count = 300 if batch == 1 else 9000
    steps = [draw.randrange(count * 2) for _ in range(count)]
    values = [draw.random() for _ in steps]
    for number, (step, value) in enumerate(zip(steps, values, strict=True)):
        writer.add(key, "metric", [step, {"m": value}])
        if number % batch == batch - 1:
            writer.send()
    writer.send()
    expected = sorted(zip(steps, range(count), values, strict=True))
    for _ in range(2):
        found = db.read_series(key, "m")
        assert (found.count, list(found.steps)) == (count, [step for step, _, _ in expected])
        assert list(found.values) == [value for _, _, value in expected]
        writer.close(key).send()  # joined chunks are the same points
    summary = db.list_series(key)["m"]
    assert summary == db.read_run(key).status.metrics["m"]
    assert (summary["count"], summary["step"], summary["last"]) == (count, expected[-1][0], expected[-1][2])
    assert (summary["min"], summary["max"]) == (min(values), max(values))
    assert summary["mean"] == pytest.approx(sum(values) / count)


def test_steps_go_on_by_themselves(db: Any, writer: Any) -> None:
    key = writer.open()
    for step in (None, None, 10, None, 3, None):
        writer.add(key, "metric", [step, {"m": 1.0}])
    writer.send()
    writer.add(key, "metric", [None, {"m": 2.0, "other": 5}]).send()
    found = db.read_series(key, "m")
    assert list(found.steps) == [0, 1, 3, 10, 11, 12, 13]
    assert list(db.read_series(key, "other").steps) == [0]
    assert found.times[0] < found.times[-1]


def test_points_that_are_no_numbers_leave_the_summary_alone(db: Any, writer: Any) -> None:
    key = writer.open()
    for value in (math.nan, 2.0, math.nan, 4.0):
        writer.add(key, "metric", [None, {"m": value, "all": math.nan, "i": math.inf}]).send()
    metrics = db.list_series(key)
    assert {name: metrics["m"][name] for name in ("min", "max", "mean", "last", "count")} == {
        "min": 2.0,
        "max": 4.0,
        "mean": 3.0,
        "last": 4.0,
        "count": 4,
    }
    assert math.isnan(metrics["all"]["last"])
    assert metrics["i"]["max"] == math.inf
    assert [math.isnan(value) for value in db.read_series(key, "m").values] == [True, False, True, False]


@pytest.mark.parametrize("count", [4, 100, 50_000])
def test_a_downsampled_series_keeps_its_extremes(db: Any, writer: Any, count: int) -> None:
    key = writer.open()
    draw = random.Random(9)
    values = [draw.random() for _ in range(count)]
    values[count // 3], values[count // 2] = 50.0, -50.0
    for step, value in enumerate(values):
        writer.add(key, "metric", [step, {"m": value}])
    writer.send()
    found = db.read_series(key, "m", points=20)
    assert found.count == count
    assert len(found.values) <= max(20, 4)
    assert (found.steps[0], found.steps[-1]) == (0, count - 1)
    assert {-50.0, 50.0} <= set(found.values)
    assert list(found.steps) == sorted(found.steps)
    assert [values[step] for step in found.steps] == list(found.values)
    with pytest.raises(NotFoundError):
        db.read_series(key, "none")
