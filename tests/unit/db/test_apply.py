"""What records do to runs: the same in every store."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mlrun_jupyter.db.query import ArtifactQuery, RunQuery
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import times
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey, new_uid

LABELS = {"owner": "ann", "kind": "local"}


def test_a_run_in_one_batch_is_read_back_whole(db: Any, writer: Any) -> None:
    key = writer.open(metadata={"labels": LABELS}, spec={"handler": "train"})
    writer.add(key, "param", {"depth": 3}).add(key, "result", {"accuracy": 0.5}).add(key, "label", {"n": 7})
    writer.add(key, "annotation", {"note": "x"}).add(key, "spec", {"function": "p/f"})
    writer.add(key, "status", {"progress": [1, 2], "host": "h"}).add(key, "log", "a\n").add(key, "beat")
    writer.add(key, "log", "b\n").close(key)
    assert writer.send() == 11
    run = db.read_run(key)
    assert (run.key, run.status.state, run.metadata.name) == (key, "completed", "train")
    assert run.metadata.labels == {**LABELS, "n": "7"}
    assert run.metadata.annotations == {"note": "x"}
    assert (run.spec.parameters, run.spec.handler, run.spec.function) == ({"depth": 3}, "train", "p/f")
    assert (run.status.results, run.status.progress, run.status.host) == ({"accuracy": 0.5}, [1, 2], "h")
    assert run.status.start_time < run.status.end_time
    assert db.read_log(key) == b"a\nb\n"


def test_batches_one_record_each_come_to_the_same(db: Any, writer: Any) -> None:
    key = writer.open(metadata={"labels": LABELS})
    for op, payload in (
        ("param", {"depth": 3}),
        ("result", {"a": 1}),
        ("result", {"a": 2, "b": "x"}),
        ("metric", [None, {"loss": 0.5}]),
        ("metric", [None, {"loss": 0.25}]),
        ("log", "one"),
        ("log", "two"),
        ("close", {"state": "completed"}),
    ):
        writer.send()
        writer.add(key, op, payload)
    writer.send()
    run = db.read_run(key)
    assert run.status.results == {"a": 2, "b": "x"}
    assert run.status.metrics["loss"] == {"last": 0.25, "min": 0.25, "max": 0.5, "mean": 0.375, "count": 2, "step": 1}
    assert db.read_log(key) == b"onetwo"
    assert [run.key for run in db.list_runs(RunQuery(project="p")).rows] == [key]


def test_applying_twice_is_applying_once(db: Any, writer: Any) -> None:
    key = writer.open()
    writer.add(key, "metric", [0, {"m": 1.0}]).add(key, "log", "once")
    batch = list(writer.batch)
    assert db.apply("w", batch[:2]) == 2
    assert db.apply("w", batch) == 3
    assert db.apply("w", batch) == db.applied("w") == 3
    assert db.read_log(key) == b"once"
    assert db.read_run(key).status.metrics["m"]["count"] == 1


def test_writers_count_for_themselves(db: Any, writer: Any) -> None:
    key = writer.run(state="running")
    db.apply("other", [JournalRecord(1, "result", key, 1, 0.0, {"a": 1})])
    assert (db.applied("w"), db.applied("other"), db.applied("nobody")) == (1, 1, 0)
    assert db.read_run(key).status.results == {"a": 1}
    db.forget_writer("other")
    assert db.applied("other") == 0


def test_a_final_state_stays_and_what_follows_is_kept_aside(db: Any, writer: Any) -> None:
    key = writer.run(results={"a": 1})
    writer.add(key, "result", {"a": 2}).add(key, "status", {"state": "running"}).add(key, "log", "late").close(
        key, "error"
    )
    writer.send()
    run = db.read_run(key)
    assert (run.status.state, run.status.results, db.read_log(key)) == ("completed", {"a": 1}, b"")


def test_records_behind_the_end_in_one_batch_change_nothing(db: Any, writer: Any) -> None:
    key = writer.open()
    writer.close(key, "aborted").add(key, "result", {"a": 2}).close(key, "completed")
    writer.send()
    assert (db.read_run(key).status.state, db.read_run(key).status.results) == ("aborted", {})


def test_an_older_attempt_is_fenced_off(db: Any, writer: Any) -> None:
    key = writer.open()
    writer.add(key, "result", {"a": 1}).add(key, "metric", [0, {"m": 1.0}]).close(key, "error")
    writer.open(key, attempt=2)
    writer.add(key, "result", {"old": 1}, attempt=1).add(key, "result", {"new": 1}, attempt=2)
    writer.send()
    run = db.read_run(key)
    assert (run.status.attempt, run.status.state, run.status.results) == (2, "running", {"new": 1})
    assert run.status.metrics == {}
    with pytest.raises(NotFoundError):
        db.read_series(key, "m")


def test_what_ended_well_or_was_aborted_is_not_opened_again(db: Any, writer: Any) -> None:
    for state in ("completed", "aborted"):
        key = writer.run(state=state)
        writer.open(key, attempt=2)
        writer.send()
        assert (db.read_run(key).status.state, db.read_run(key).status.attempt) == (state, 1)


def test_what_was_aborted_is_opened_again_by_whoever_resumes_it(db: Any, writer: Any) -> None:
    aborted, completed = writer.run(state="aborted"), writer.run(state="completed")
    for key in (aborted, completed):
        writer.open(key, attempt=2, status={"resumed": True})
    writer.send()
    assert (db.read_run(aborted).status.state, db.read_run(aborted).status.attempt) == ("running", 2)
    assert (db.read_run(completed).status.state, db.read_run(completed).status.attempt) == ("completed", 1)


def test_a_second_open_of_an_attempt_adds_to_the_document(db: Any, writer: Any) -> None:
    key = RunKey("p", new_uid())
    writer.open(key, spec={"parameters": {"a": 1}}, status={"state": "pending"})
    writer.send()
    writer.open(key, spec={"parameters": {"b": 2}}, metadata={"labels": {"x": "y"}})
    writer.send()
    run = db.read_run(key)
    assert (run.spec.parameters, run.metadata.labels, run.status.state) == ({"a": 1, "b": 2}, {"x": "y"}, "running")


def test_records_of_an_unknown_run_are_kept_aside(db: Any, writer: Any) -> None:
    key = RunKey("p", new_uid())
    writer.add(key, "result", {"a": 1}).add(None, "log", "whose?")
    assert writer.send() == 2
    with pytest.raises(NotFoundError):
        db.read_run(key)


def test_aborting_holds_until_the_end(db: Any, writer: Any) -> None:
    key = writer.run(state="running")
    db.update_run(key, {"status.state": "aborting"})
    writer.add(key, "status", {"state": "running", "host": "h"}).send()
    assert (db.read_run(key).status.state, db.read_run(key).status.host) == ("aborting", "h")
    writer.close(key, "aborted").send()
    assert db.read_run(key).status.state == "aborted"


def test_an_end_is_never_before_the_start(db: Any, writer: Any) -> None:
    key = writer.open(status={"start_time": "2030-01-01T00:00:00+00:00"})
    writer.add(key, "close", {"state": "completed", "end_time": "2029-01-01T00:00:00+00:00"}).send()
    status = db.read_run(key).status
    assert times.seconds(status.end_time) == times.seconds(status.start_time) == 1893456000


def test_artifacts_are_versions_and_links(db: Any, writer: Any) -> None:
    key = writer.open()
    for size in (1, 2):
        document = {
            "kind": "model",
            "metadata": {"key": "m", "tree": key.uid, "hash": f"{size}"},
            "spec": {"target_path": "/m", "db_key": "train_m", "size": size},
            "status": {"preview": [[1]]},
        }
        writer.add(key, "artifact", document)
    writer.close(key).send()
    links = db.read_run(key).status.artifacts
    assert [(link["kind"], link["metadata"]["key"], link["spec"]["size"]) for link in links] == [("model", "m", 2)]
    assert "status" not in links[0]
    assert db.read_artifact("p", "train_m").metadata.hash == "2"
    assert len(db.list_artifacts(ArtifactQuery(project="p", tag="*", tree=key.uid)).rows) == 2


def test_many_artifacts_are_named_in_order_each_once(db: Any, writer: Any) -> None:
    key = writer.open()
    for batch in range(4):
        for number in [*range(batch * 50, batch * 50 + 50), 3]:  # one of them again and again
            spec = {"db_key": f"train_a{number}", "size": batch}
            writer.add(key, "artifact", {"metadata": {"key": f"a{number}", "tree": key.uid}, "spec": spec})
            if number == 60:
                writer.add(key, "label", {"seen": "60"})
        writer.send()
    writer.close(key).send()
    links = db.read_run(key).status.artifacts
    assert [link["metadata"]["key"] for link in links] == [*(f"a{n}" for n in range(200) if n != 3), "a3"]
    assert [link["spec"]["size"] for link in links][-2:] == [3, 3]


def test_an_artifact_of_the_run_only_is_in_no_list(db: Any, writer: Any) -> None:
    key = writer.open()
    document = {"metadata": {"key": "own", "tree": key.uid}, "spec": {"db_key": "train_own"}, "unlisted": True}
    writer.add(key, "artifact", document).close(key).send()
    assert db.read_run(key).status.artifacts == [{"kind": "artifact", **document}]
    assert not db.list_artifacts(ArtifactQuery(project="p", tag="*")).rows


def test_a_document_that_is_no_artifact_stops_nothing(db: Any, writer: Any) -> None:
    key = writer.open()
    writer.add(key, "artifact", {"metadata": {"key": 3}}).add(key, "result", {"a": 1}).close(key).send()
    assert db.read_run(key).status.results == {"a": 1}


def test_objects_are_shared_by_hash(db: Any, writer: Any) -> None:
    for _ in range(2):
        writer.add(None, "object", {"kind": "code", "hash": "h1", "body": {"text": "x = 1"}})
    writer.send()
    assert db.read_object("h1") == {"kind": "code", "body": {"text": "x = 1"}}
    with pytest.raises(NotFoundError):
        db.read_object("h2")


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        -0.0,
        2**63,
        -(2**200),
        1e308,
        "nul\0",
        "",
        "é" * 5000,
        None,
        True,
        [1, [2.5, None]],
        {"a": {"b": math.nan}},
        {"$number": "nan"},
        {"$number": "nan?"},
        {"$number": {"$number": 2**70}},
        {"$number": []},
        10**400,
    ],
    ids=repr,
)
def test_values_come_back_as_they_were(db: Any, writer: Any, value: Any) -> None:
    key = writer.open(spec={"parameters": {"v": value}})
    writer.add(key, "result", {"v": value, "key\0 with 'all\"%_ kinds": 1}).close(key).send()
    run = db.read_run(key)
    for back in (run.spec.parameters["v"], run.status.results["v"]):
        assert repr(back) == repr(value)
        assert type(back) is type(value)
    assert run.status.results["key\0 with 'all\"%_ kinds"] == 1
    assert db.list_runs(RunQuery(project="p")).rows[0].status.results.keys() == run.status.results.keys()


def test_fields_that_nobody_knows_survive(db: Any, writer: Any) -> None:
    key = writer.open(spec={"replicas": 3, "extra": {"deep": [1]}}, status={"ui": {"x": 1}}, more={"a": 1})
    writer.add(key, "status", {"progress": "half", "later": 1}).close(key).send()
    document = db.read_run(key).to_dict()
    assert (document["spec"]["replicas"], document["spec"]["extra"]) == (3, {"deep": [1]})
    assert (document["status"]["ui"], document["status"]["later"]) == ({"x": 1}, 1)
    assert (document["status"]["progress"], document["more"]) == ("half", {"a": 1})
    assert document["status"]["state"] == "completed"


@pytest.mark.parametrize("uid", ["a" * 32, "A" * 32, "run one", "x" * 15, "x" * 16, "é\0", "0" * 31 + "f"])
def test_uids_may_be_any_text(db: Any, writer: Any, uid: str) -> None:
    key = writer.run(RunKey("p", uid))
    assert db.read_run(key).metadata.uid == uid
    assert [run.metadata.uid for run in db.list_runs(RunQuery(project="p", uid=uid)).rows] == [uid]


def test_projects_are_made_by_what_is_kept_in_them(db: Any, writer: Any) -> None:
    writer.run(RunKey("new", new_uid()))
    assert [project.metadata.name for project in db.list_projects()] == ["new"]


def test_a_child_may_be_quicker_than_the_process_that_begins_its_run(db: Any, writer: Any) -> None:
    key = RunKey("p", "u")
    child = type(writer)(db, "child")
    child.add(key, "result", {"y": 2}).add(key, "metric", [0, {"loss": 0.5}]).add(key, "log", "said\n")
    child.add(key, "artifact", {"metadata": {"key": "a", "hash": "h"}}).send()
    writer.open(key, status={"state": "running"})
    writer.add(key, "result", {"z": 3}).close(key).send()
    run = db.read_run(key)
    assert (run.status.state, run.status.results) == ("completed", {"y": 2, "z": 3})
    assert run.status.metrics["loss"]["count"] == 1
    assert db.read_log(key) == b"said\n"
    assert [each["metadata"]["key"] for each in run.status.artifacts] == ["a"]
    child.add(key, "result", {"y": 4}).send()
    assert db.read_run(key).status.results["y"] == 2


def test_a_child_of_a_further_attempt_may_be_quicker_too(db: Any, writer: Any) -> None:
    key = writer.run(state="error", results={"y": 1})
    type(writer)(db, "child").add(key, "result", {"y": 2}, attempt=2).send()
    assert db.read_run(key).status.results == {"y": 1}
    writer.open(key, attempt=2)
    writer.close(key, attempt=2).send()
    assert db.read_run(key).status.results["y"] == 2


@pytest.mark.parametrize(
    "updates",
    [
        {"metadata": []},
        {"status": 5},
        {"spec.parameters": 4},
        {"status.results": [1]},
        {"status": {"artifacts": 5}},
        {"status.attempt": "x"},
        {"status.metrics": {"m": 5}},
        {"status.metrics.m": {"count": 1}},
        {"metadata.name": "\ud800"},
    ],
    ids=str,
)
def test_an_update_after_which_nothing_more_could_be_recorded_is_refused(db: Any, writer: Any, updates: Any) -> None:
    key = writer.run(state="running")
    with pytest.raises(InvalidArgumentError):
        db.update_run(key, updates)
    writer.add(key, "metric", [0, {"m": 1.0}]).add(key, "result", {"a": 1}).close(key)
    writer.send()
    assert db.read_run(key).status.results == {"a": 1}
    assert list(db.read_series(key, "m").values) == [1.0]


def test_the_first_end_counts_also_where_it_came_before_the_beginning(db: Any, writer: Any) -> None:
    key = RunKey("p", "u")
    child = type(writer)(db, "child")
    child.add(key, "result", {"y": 2}).close(key).add(key, "result", {"y": 3}).send()
    writer.open(key, status={"state": "running"})
    writer.add(key, "result", {"z": 3}).close(key, state="error").send()
    run = db.read_run(key)
    assert (run.status.state, run.status.results) == ("completed", {"y": 2})
