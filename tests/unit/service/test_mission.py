"""The other system's API, request by request; ``tests/engines`` has its real client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from mlrun_jupyter.model.run import RunKey

Make = Callable[..., RunKey]
V1, V2 = "/api/v1", "/api/v2"


def test_a_client_is_told_its_own_version_and_where_artifacts_go(client: httpx2.Client, store: Any) -> None:
    told = client.get(f"{V1}/client-spec", headers={"x-mlrun-client-version": "1.10.2"}).json()
    assert told["version"] == "1.10.2"
    assert told["artifact_path"] == store.artifact_path
    assert client.get(f"{V1}/client-spec", headers={"x-mlrun-client-version": "<script>"}).json()["version"] == "1.12.1"


def test_a_run_is_stored_read_updated_and_deleted(client: httpx2.Client) -> None:
    path = f"{V1}/projects/p/runs/u1"
    body = '{"metadata": {"name": "train"}, "status": {"state": "running", "results": {"x": NaN}}}'
    assert client.post(path, content=body).status_code == 200  # as that client sends it: without a type, with NaN
    assert client.patch(path, json={"status.state": "completed", "metadata.labels.a": "b"}).status_code == 200
    read = client.get(path)
    assert '"x": NaN' in read.text
    found = httpx2.Response(200, text=read.text.replace("NaN", "0")).json()["data"]
    assert (found["status"]["state"], found["metadata"]["labels"]) == ("completed", {"a": "b"})
    assert found["spec"]["parameters"] == {}
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_lists_go_on_by_a_token_that_holds_the_question(client: httpx2.Client, run: Make) -> None:
    keys = [run(name="a") for _ in range(3)] + [run(name="b")]
    path = f"{V1}/projects/p/runs"
    first = client.get(path, params={"name": "a", "page": 1, "page-size": 2}).json()
    rest = client.get(path, params={"page-token": first["pagination"]["page-token"]}).json()
    found = [row["metadata"]["uid"] for row in first["runs"] + rest["runs"]]
    assert found == [keys[2].uid, keys[1].uid, keys[0].uid]
    assert rest["pagination"] == {"page": 2, "page-size": 2, "page-token": None}
    second = client.get(path, params={"name": "a", "page": 2, "page-size": 2}).json()
    assert second["runs"] == rest["runs"]


def test_a_distant_page_is_found_in_a_few_steps(
    client: httpx2.Client, run: Make, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        run(n=number)
    asked: list[int] = []
    ask = store.list_runs
    monkeypatch.setattr(store, "list_runs", lambda query: (asked.append(query.limit), ask(query))[1])
    path = "/api/v1/projects/p/runs"
    (found,) = client.get(path, params={"page": 11, "page-size": 1}).json()["runs"]
    assert found["status"]["results"] == {"n": 1}
    assert client.get(path, params={"page": 10**15, "page-size": 1}).json()["runs"] == []
    assert len(asked) < 5


def test_a_page_token_opens_no_other_project(client: httpx2.Client, run: Make) -> None:
    run("q"), run("q")
    token = client.get(f"{V1}/projects/q/runs", params={"page-size": 1}).json()["pagination"]["page-token"]
    assert client.get(f"{V1}/projects/p/runs", params={"page-token": token}).status_code == 400


def test_the_newest_of_each_name(client: httpx2.Client, run: Make) -> None:
    run(name="a")
    newest, only = run(name="a"), run(name="b")
    params = {"partition-by": "project_and_name", "partition-sort-by": "updated", "rows-per-partition": 1}
    rows = client.get(f"{V1}/projects/p/runs", params=params).json()["runs"]
    assert {row["metadata"]["uid"] for row in rows} == {newest.uid, only.uid}


@pytest.mark.parametrize(("name", "count"), [("train", 1), ("~TRAI", 2), ("trai", 0), ("", 2)])
def test_names_are_whole_or_parts(client: httpx2.Client, run: Make, name: str, count: int) -> None:
    run(name="train"), run(name="trainer")
    assert len(client.get(f"{V1}/projects/p/runs", params={"name": name}).json()["runs"]) == count


def test_a_log_is_stored_whole_or_added_to(client: httpx2.Client, run: Make) -> None:
    path = f"{V1}/projects/p/logs/{run().uid}"
    client.post(path, content=b"one\ntwo\nthree\n", params={"append": "no"})
    client.post(path, content=b"four\n", params={"append": "yes"})
    answer = client.get(path, params={"offset": 4, "size": 100})
    assert (answer.content, answer.headers["x-mlrun-run-state"]) == (b"two\nthree\nfour\n", "completed")
    assert client.get(f"{path}/size").json() == {"size": 19}


def test_an_abort_is_final(client: httpx2.Client, run: Make) -> None:
    key = run(state="running")
    path = f"{V1}/projects/p/runs/{key.uid}"
    assert client.post(f"{path}/abort", content=b"{}").status_code == 200
    assert client.get(path).json()["data"]["status"]["state"] == "aborted"
    assert client.post(f"{path}/abort", content=b"{}").status_code == 409


def artifact(key: str = "model", **spec: Any) -> dict[str, Any]:
    return {"kind": "model", "metadata": {"key": key, "hash": "a" * 8}, "spec": {"target_path": "/x", **spec}}


def test_artifacts_are_stored_tagged_listed_and_deleted(client: httpx2.Client) -> None:
    path = f"{V2}/projects/p/artifacts"
    stored = client.put(f"{path}/run_model", json=artifact(), params={"tree": "t1", "tag": "v1"}).json()
    assert (stored["spec"]["db_key"], stored["metadata"]["tree"]) == ("run_model", "t1")
    assert client.get(f"{path}/run_model", params={"tag": "v1"}).json()["metadata"]["uid"] == stored["metadata"]["uid"]
    tagged = {"kind": "artifact", "identifiers": [{"key": "run_model", "uid": stored["metadata"]["uid"]}]}
    assert client.put(f"{V1}/projects/p/tags/prod", json=tagged).status_code == 200
    assert client.get(f"{V1}/projects/p/artifact-tags").json()["tags"] == ["latest", "prod", "v1"]
    assert len(client.get(path, params={"tag": "prod", "kind": "model"}).json()["artifacts"]) == 1
    assert client.get(path, params={"category": "dataset"}).json()["artifacts"] == []
    assert client.delete(f"{path}/run_model", params={"object-uid": stored["metadata"]["uid"]}).status_code == 204
    assert client.get(f"{path}/run_model").status_code == 404


def test_functions_are_kept_by_version(client: httpx2.Client) -> None:
    path = f"{V1}/projects/p/functions/train"
    first = client.post(path, json={"kind": "job", "spec": {"image": "a"}}, params={"tag": "v1"}).json()["hash_key"]
    second = client.post(path, json={"kind": "job", "spec": {"image": "b"}}).json()["hash_key"]
    assert first != second
    assert client.get(path, params={"hash_key": first}).json()["func"]["spec"]["image"] == "a"
    assert client.get(path, params={"tag": "latest"}).json()["func"]["spec"]["image"] == "b"
    assert len(client.get(f"{V1}/projects/p/functions").json()["funcs"]) == 2
    assert client.delete(f"{V2}/projects/p/functions/train").status_code == 204
    assert client.get(path).status_code == 404


def test_projects_are_made_once_and_emptied_on_purpose(client: httpx2.Client, run: Make) -> None:
    made = client.post(f"{V1}/projects", json={"metadata": {"name": "q"}, "spec": {"goals": "win"}})
    assert (made.status_code, made.json()["status"]["state"], made.json()["spec"]) == (201, "online", {"goals": "win"})
    assert client.post(f"{V1}/projects", json={"metadata": {"name": "q"}}).status_code == 409
    client.patch(f"{V1}/projects/q", json={"spec": {"description": "x"}})
    assert client.get(f"{V1}/projects/q").json()["spec"] == {"goals": "win", "description": "x"}
    run("q")
    assert client.get(f"{V1}/project-summaries/q").json()["runs_completed_recent_count"] == 1
    assert client.get(f"{V1}/projects").json() == {"projects": ["q"]}
    strategy = "x-mlrun-deletion-strategy"
    refused = client.delete(f"{V2}/projects/q", headers={strategy: "restricted"})
    assert (refused.status_code, "runs" in refused.json()["detail"]["reason"]) == (409, True)
    assert client.delete(f"{V2}/projects/q", headers={strategy: "cascade"}).status_code == 204
    assert client.get(f"{V1}/projects/q").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", f"{V1}/projects/p/schedules"), ("POST", f"{V1}/submit_job"), ("PUT", f"{V2}/x"), ("GET", f"{V1}/files")],
)
def test_what_is_missing_is_named(client: httpx2.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 501
    assert answer.json()["detail"]["reason"].startswith(f"{method} {path.removeprefix(V1).removeprefix(V2)[1:]}")


@pytest.mark.parametrize(
    "body", ["[1]", "{", '{"a": 1, "a": 2}', "[" * 100_000, '{"metadata": 3}'], ids=lambda b: b[:12]
)
def test_a_body_that_is_none_is_refused(client: httpx2.Client, body: str) -> None:
    answer = client.post(f"{V1}/projects/p/runs/u1", content=body)
    assert answer.status_code == 400
    assert answer.json()["detail"]["reason"]
