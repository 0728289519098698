"""Runs over the native API: lists, documents, logs, curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from mlrun_jupyter.model.run import RunKey

Make = Callable[..., RunKey]


def uids(answer: httpx2.Response) -> list[str]:
    return [row["metadata"]["uid"] for row in answer.json()["rows"]]


def test_a_list_is_newest_first_and_goes_on_by_token(native: httpx2.Client, run: Make) -> None:
    keys = [run() for _ in range(5)]
    first = native.get("/runs", params={"project": "p", "limit": 2})
    rest = native.get("/runs", params={"project": "p", "limit": 10, "after": first.json()["after"]})
    assert uids(first) + uids(rest) == [key.uid for key in reversed(keys)]
    assert rest.json()["after"] == ""


def test_a_run_that_comes_in_between_moves_no_page(native: httpx2.Client, run: Make) -> None:
    keys = [run() for _ in range(3)]
    after = native.get("/runs", params={"project": "p", "limit": 1}).json()["after"]
    run()
    rest = native.get("/runs", params={"project": "p", "after": after})
    assert uids(rest) == [keys[1].uid, keys[0].uid]


def test_columns_are_what_was_asked_for(native: httpx2.Client, run: Make) -> None:
    run(accuracy=0.5, loss=1.0)
    params = {"project": "p", "columns": "metadata.name,status.results.accuracy,status.state,spec.nothing"}
    assert native.get("/runs", params=params).json()["rows"] == [
        {"metadata": {"name": "train"}, "status": {"results": {"accuracy": 0.5}, "state": "completed"}}
    ]


def test_filters_are_those_of_the_store(native: httpx2.Client, run: Make) -> None:
    good, _bad = run(accuracy=0.9), run(accuracy=0.1)
    found = native.get("/runs", params={"project": "p", "where": "results.accuracy > 0.5"})
    assert uids(found) == [good.uid]
    found = native.get("/runs", params={"project": "p", "where": '["results.accuracy", ">", 0.5]'})
    assert uids(found) == [good.uid]


def test_runs_are_counted_by_state(native: httpx2.Client, run: Make) -> None:
    run(), run(), run(state="error")
    assert native.get("/runs/count", params={"project": "p"}).json() == {"completed": 2, "error": 1}


@pytest.mark.parametrize(
    "params",
    [
        {"nonsense": "1"},
        {"limit": "many"},
        {"limit": "-1"},
        {"sort": "colour"},
        {"after": "garbage"},
        {"label": ""},
        {"where": "accuracy > 1"},
        {"where": '["accuracy",">",1]'},
        {"where": '["results.a","~",1]'},
        {"label": '["a"]'},
        [("limit", "1"), ("limit", "2")],
    ],
    ids=str,
)
def test_a_question_that_cannot_be_read_is_told_so(native: httpx2.Client, params: Any) -> None:
    answer = native.get("/runs", params=params)
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "InvalidArgumentError"


def test_an_answer_holds_until_something_changes(native: httpx2.Client, run: Make) -> None:
    first = run()
    params = {"project": "p"}
    answer = native.get("/runs", params=params)
    same = native.get("/runs", params=params, headers={"if-none-match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    second = run()
    changed = native.get("/runs", params=params, headers={"if-none-match": answer.headers["etag"]})
    assert (changed.status_code, uids(changed)) == (200, [second.uid, first.uid])


def test_a_document_is_written_read_and_updated(native: httpx2.Client) -> None:
    document = {"metadata": {"project": "p", "uid": "u1", "mine": 1}, "status": {"state": "pending"}}
    assert native.put("/projects/p/runs/u1", json=document).status_code == 200
    assert native.patch("/projects/p/runs/u1", json={"metadata.labels.owner": "ann"}).status_code == 200
    found = native.get("/projects/p/runs/u1").json()
    assert (found["metadata"]["mine"], found["metadata"]["labels"]) == (1, {"owner": "ann"})


def test_a_document_of_another_run_is_refused(native: httpx2.Client) -> None:
    document = {"metadata": {"project": "p", "uid": "u2"}}
    assert native.put("/projects/p/runs/u1", json=document).status_code == 400
    assert native.put("/projects/q/runs/u2", json=document).status_code == 400


@pytest.mark.parametrize("field", ["metadata.uid", "metadata.project", "metadata.iteration"])
def test_what_names_a_run_is_not_updated(native: httpx2.Client, run: Make, field: str) -> None:
    key = run()
    assert native.patch(f"/projects/p/runs/{key.uid}", json={field: "x"}).status_code == 400


def test_creating_twice_is_creating_once_unless_the_content_differs(native: httpx2.Client) -> None:
    document = {"metadata": {"project": "p", "uid": "u1", "name": "a"}}
    put = {"params": {"create": "1"}}
    assert native.put("/projects/p/runs/u1", json=document, **put).status_code == 200
    assert native.put("/projects/p/runs/u1", json=document, **put).status_code == 200
    document["metadata"]["name"] = "b"
    assert native.put("/projects/p/runs/u1", json=document, **put).status_code == 409


def test_a_final_state_is_not_taken_back(native: httpx2.Client, run: Make) -> None:
    key = run()
    answer = native.patch(f"/projects/p/runs/{key.uid}", json={"status.state": "running"})
    assert (answer.status_code, answer.json()["error"]["kind"]) == (409, "ConflictError")


def test_a_log_is_read_from_any_byte(native: httpx2.Client, run: Make) -> None:
    path = f"/projects/p/runs/{run().uid}/log"
    assert native.get(path).content == b"one\ntwo\n"
    assert native.get(path, params={"offset": 4, "size": 3}).content == b"two"
    bytes_of = {"content": b"\xff\x00", "headers": {"content-type": "application/octet-stream"}}
    assert native.post(path, **bytes_of).status_code == 200
    assert native.get(path, params={"offset": 8}).content == b"\xff\x00"


def test_curves_and_their_sums(native: httpx2.Client, run: Make) -> None:
    path = f"/projects/p/runs/{run().uid}"
    assert native.get(f"{path}/series").json()["loss"]["count"] == 10
    points = native.get(f"{path}/points", params={"name": "loss", "points": 4}).json()
    assert (points["count"], points["steps"][0], points["steps"][-1]) == (10, 0, 9)
    assert 2 <= len(points["values"]) == len(points["times"]) <= 4


def test_deleting_what_matches(native: httpx2.Client, run: Make) -> None:
    run(), run(state="error")
    assert native.delete("/runs", params={"project": "p", "state": "error"}).json() == {"deleted": 1}
    assert native.get("/runs/count", params={"project": "p"}).json() == {"completed": 1}
