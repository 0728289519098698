"""Records over HTTP: each applied exactly once, and only those that are records."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mlrun_jupyter.db.http import HTTPRunDB
from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.points import together
from mlrun_jupyter.model.run import RunKey

KEY = RunKey("p", "u1")


def opened(seq: int = 1, key: RunKey = KEY) -> JournalRecord:
    return JournalRecord(seq, "open", key, 1, 0.0, {"run": {"status": {"state": "running"}}})


def test_sending_twice_is_sending_once(remote: HTTPRunDB) -> None:
    records = [opened(), JournalRecord(2, "metric", KEY, 1, 0.0, [None, {"loss": 0.5}])]
    assert remote.apply("w", records) == 2
    assert remote.apply("w", records) == 2
    assert remote.read_series(KEY, "loss").values == [0.5]
    assert remote.applied("w") == 2


def test_a_long_batch_goes_in_several_requests(remote: HTTPRunDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlrun_jupyter.db.remote.wire.MAX_RECORDS", 3)
    records = [opened(), *(JournalRecord(seq, "metric", KEY, 1, 0.0, [seq, {"loss": 0.5}]) for seq in range(2, 12))]
    assert remote.apply("w", records, durable=True) == 11
    assert remote.read_series(KEY, "loss").count == 10


def test_a_row_of_points_that_comes_again_cut_otherwise_adds_what_is_new(remote: HTTPRunDB) -> None:
    records = [opened(), *(JournalRecord(n, "metric", KEY, 1, 0.0, [None, {"loss": n / 2}]) for n in range(2, 8))]
    assert remote.apply("w", together(records[:4])) == 4
    assert remote.apply("w", together(records)) == 7
    series = remote.read_series(KEY, "loss")
    assert (series.steps, series.values) == ([0, 1, 2, 3, 4, 5], [1.0, 1.5, 2.0, 2.5, 3.0, 3.5])


def test_a_step_beyond_64_bits_holds_up_no_record(remote: HTTPRunDB) -> None:
    records = [opened(), JournalRecord(2, "metric", KEY, 1, 0.0, [2**70, {"loss": 0.5}])]
    assert remote.apply("w", together(records)) == 2
    assert remote.read_series(KEY, "loss").steps == [2**63 - 1]


def test_writers_elsewhere_are_not_taken_for_processes_of_this_machine(remote: HTTPRunDB, store: Any) -> None:
    from mlrun_jupyter.db import liveness

    mine = liveness.identity().writer
    remote.apply(mine, [opened()])
    (kept,) = store.live_writers()
    assert kept.endswith(mine)
    header = liveness.parse(kept)
    assert header is None or not liveness.local(header)


def test_a_writer_that_is_gone_leaves_its_run_lost(remote: HTTPRunDB, native: httpx2.Client) -> None:
    remote.apply("w", [opened()])
    assert native.post("/journals/w/end").json() == {"ended": 1}
    status = remote.read_run(KEY).status
    assert (status.state, status.reason) == ("error", "lost")


@pytest.mark.parametrize(
    "record",
    [
        [1, "dance", ["p", "u", 0], 1, 0.0, {}],
        [0, "log", ["p", "u", 0], 1, 0.0, "x"],
        [1, "log", ["p", "u", 0], 1, 0.0, 5],
        [1, "metric", ["p", "u", 0], 1, 0.0, {"loss": 1}],
        [1, "metric", ["p", "u", 0], 1, 0.0, [1.5, {"loss": 1}]],
        [1, "metric", ["p", "u", 0], 1, 0.0, [1, {"loss": "high"}]],
        [1, "result", ["p", "u", 0], 1, 0.0, []],
        [1, "open", ["p", "u", 0], 1, 0.0, {"run": []}],
        [1, "open", ["p", "u", 0], 1, 0.0, {"run": {"status": []}}],
        [1, "open", ["p", "u", 0], 1, 0.0, {"run": {"status": {"state": {}}}}],
        [1, "close", ["p", "u", 0], 1, 0.0, {"state": []}],
        [1, "close", ["p", "u", 0], 1, 0.0, {"results": 5}],
        [1, "spec", ["p", "u", 0], 1, 0.0, {"parameters": [1]}],
        [1, "status", ["p", "u", 0], 1, 0.0, {"metrics": {"loss": {"count": 1}}}],
        [1, "open", ["p", "u", 0], 1, 0.0, {"run": {"status": {"metrics": {"loss": {"count": 1}}}}}],
        [1, "artifact", ["p", "u", 0], 1, 0.0, {"metadata": 3}],
        [1, "object", None, 0, 0.0, {"body": 1}],
        [1, "log", ["../x", "u", 0], 1, 0.0, "x"],
        [1, "log", ["p", "", 0], 1, 0.0, "x"],
        [1, "log", ["p", "u", -1], 1, 0.0, "x"],
        [1, "log", ["p", "u", 2**64], 1, 0.0, "x"],
        [1, "log", ["p", "u", 0], 2**64, 0.0, "x"],
        [2**64, "metric", ["p", "u", 0], 1, 0.0, [1, {"loss": 1}]],
        [1, "metric", ["p", "u", 0], 1, 0.0, [2**64, {"loss": 1}]],
        [1, "metric", ["p", "u", 0], 1, 0.0, [1, {"loss": 2**2000}]],
        [2, "points", ["p", "u", 0], 1, 0.0, {"first": 1, "series": {"loss": [[0, 1], [], [0.0, 0.0], [0.5, "x"]]}}],
        [1, "log", "p", 1, 0.0, "x"],
        [1, "log"],
        {},
        7,
    ],
    ids=str,
)
def test_what_is_no_record_is_refused_whole(native: httpx2.Client, remote: HTTPRunDB, record: Any) -> None:
    good = [1, "open", ["p", "good", 0], 1, 0.0, {"run": {}}]
    answer = native.post("/journals/w/records", json=[good, record])
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] in ("InvalidArgumentError", "UnsafeError")
    with pytest.raises(NotFoundError):
        remote.read_run(RunKey("p", "good"))


@pytest.mark.parametrize("iteration", [2**64, -1])
def test_an_artifact_of_no_iteration_is_refused_and_holds_up_no_record(
    iteration: int, native: httpx2.Client, remote: HTTPRunDB
) -> None:
    artifact = {"kind": "", "metadata": {"key": "model", "iter": iteration}}
    assert native.post("/projects/p/artifacts", json=artifact).status_code == 400
    remote.apply("w", [opened(), JournalRecord(2, "artifact", KEY, 1, 0.0, artifact)])
    assert remote.read_run(KEY).status.state == "running"


@pytest.mark.parametrize("depth", [64, 65, 500, 100_000])
def test_depth_is_measured_before_anything_is_built(depth: int) -> None:
    data = b"[" * depth + b"]" * depth
    if depth <= wire.MAX_DEPTH:
        assert wire.decode(data)
    else:
        with pytest.raises(InvalidArgumentError, match="nested deeper"):
            wire.decode(data)


def test_brackets_in_texts_are_no_depth() -> None:
    text = "[" * 1000 + "}" * 500
    assert wire.decode(wire.encode({"a": text})) == {"a": text}


def test_a_record_that_is_too_large_holds_up_no_other(remote: HTTPRunDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlrun_jupyter.db.remote.wire.MAX_RECORD", 1000)
    large = JournalRecord(2, "result", KEY, 1, 0.0, {"text": "x" * 2000})
    assert remote.apply("w", [opened(), large, JournalRecord(3, "result", KEY, 1, 0.0, {"a": 1})]) == 3
    run = remote.read_run(KEY)
    assert run.status.results == {"a": 1}
    assert run.metadata.annotations["left-out-2"].startswith("result, 20")


def test_records_survive_the_wire(remote: HTTPRunDB) -> None:
    key = RunKey("p", "übel/run one\0")
    values = {"nan": float("nan"), "inf": float("-inf"), "big": 2**200, "zero": -0.0, "marked": {"$number": "nan"}}
    remote.apply("w", [opened(1, key), JournalRecord(2, "result", key, 1, 0.0, values)])
    assert repr(remote.read_run(key).status.results) == repr(values)
