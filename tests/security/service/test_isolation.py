"""What belongs to a project is for those who have a role in it, by whatever address it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.service import table
from mlrun_jupyter.service.access import ADMIN, READ, WRITE

THEIRS = b"canary-7f3a-theirs"


@pytest.fixture
def token(service: Any) -> str:
    """Everything in ``mine``, nothing elsewhere."""
    return str(service.background.book.add("me", {"mine": ADMIN}))


def addresses(project: str) -> Iterator[tuple[str, str]]:
    """Every operation, on things of a project."""
    parts = {
        "project": project, "uid": f"{project}-run", "artifact": "art", "function": "fun", "tag": f"tag-{project}",
        "file:path": "a/b", "iteration": "0", "hash": f"hash-{project}", "writer": f"maker-{project}",
    }  # fmt: skip
    for each in table.operations():
        path = each.path
        for name, value in parts.items():
            path = path.replace(f"{{{name}}}", value)
        yield each.method, path
        if each.method == "GET":
            yield (
                each.method,
                f"{path}?project={project}&name=&runs={project}/{project}-run/0,{project}/{project}-run/0",
            )


def test_nothing_of_another_project_is_told(service: Any, token: str) -> None:
    asked = 0
    for method, path in addresses("theirs"):
        if method == "GET":
            answer = service.request(method, path, token=token)
            assert THEIRS not in answer.body, path
            assert b"theirs-run" not in answer.body or answer.status == 404, path
            asked += 1
    assert asked > 60


@pytest.mark.parametrize("query", ["project=*", "project=", "", "project=theirs", "project=mine&project=theirs"])
@pytest.mark.parametrize(
    "path",
    ["/api/native/v1/runs", "/api/native/v1/artifacts", "/api/native/v1/functions", "/api/native/v1/artifact-tags",
     "/api/native/v1/runs/count", "/api/native/v1/changes", "/mlrun-jupyter/api/runs", "/mlrun-jupyter/api/artifacts",
     "/mlrun-jupyter/api/functions", "/mlrun-jupyter/api/runs/count", "/mlrun-jupyter/api/runs/groups"],
)  # fmt: skip
def test_lists_hold_mine_only(service: Any, token: str, path: str, query: str) -> None:
    answer = service.request("GET", f"{path}?{query}", token=token)
    assert b"theirs" not in answer.body.replace(b"'theirs'", b"").replace(b'"where":"theirs"', b"")
    if query == "project=*":
        assert answer.status == 200
    if path.endswith("v1/runs/count") and answer.status == 200:
        assert sum(json.loads(answer.body).values()) <= 1
    if path.endswith("api/runs/count") and answer.status == 200:
        assert sum(json.loads(answer.body)["states"].values()) <= 1


def test_projects_are_listed_as_far_as_they_are_mine(service: Any, token: str) -> None:
    for path in (
        "/api/native/v1/projects",
        "/api/v1/projects",
        "/api/v1/projects?format=full",
        "/mlrun-jupyter/api/projects",
        "/mlrun-jupyter/api/overview",
    ):
        body = service.request("GET", path, token=token).body
        assert b"mine" in body
        assert b"theirs" not in body


def test_what_is_anothers_is_answered_as_what_is_not_there(service: Any, token: str) -> None:
    absent = dict.fromkeys(addresses("absent"))
    compared = 0
    for (method, path), (_method, other) in zip(addresses("theirs"), absent, strict=True):
        body = b'{"metadata": {"name": "%s"}}' if method in ("POST", "PUT", "PATCH") else None
        here = service.request(method, path, token=token, body=body and body.replace(b"%s", b"theirs"))
        there = service.request(method, other, token=token, body=body and body.replace(b"%s", b"absent"))
        assert here.status == there.status, (method, path)
        assert here.body.replace(b"theirs", b"absent") == there.body or b"token" in here.body, (method, path)
        compared += 1
    assert compared > 100


def test_nothing_of_another_project_is_changed(service: Any, token: str) -> None:
    before = service.fingerprint()
    for method, path in addresses("theirs"):
        if method != "GET":
            for query in ("", "?project=theirs", "?project=*"):
                body = json.dumps({"metadata": {"name": "theirs", "project": "theirs", "uid": "theirs-run"}}).encode()
                if path.endswith("/records"):
                    body = wire.encode_records([record(RunKey("theirs", "theirs-run"))])
                if "forget" in path or path.endswith(("/end", "/maker-theirs")):
                    continue  # writers are apart by token: see below
                answer = service.request(method, path + query, token=token, body=body)
                assert answer.status in (400, 403, 404, 501), (method, path, answer)
    assert service.fingerprint() == before


def record(key: RunKey, seq: int = 1) -> JournalRecord:
    return JournalRecord(seq, "open", key, 1, 0.0, {"run": {"status": {"state": "running"}}})


def test_records_for_mine_and_theirs_together_are_refused_whole(service: Any, token: str) -> None:
    before = service.fingerprint()
    body = wire.encode_records([record(RunKey("mine", "new")), record(RunKey("theirs", "new"), 2)])
    assert service.request("POST", "/api/native/v1/journals/w/records", token=token, body=body).status == 404
    assert service.fingerprint() == before


def test_a_writer_cannot_pass_for_anothers(service: Any, token: str) -> None:
    path = "/api/native/v1/journals/w"
    theirs = service.background.book.add("they", {"theirs": WRITE})
    body = wire.encode_records([record(RunKey("theirs", "running"))])
    assert service.request("POST", f"{path}/records", token=theirs, body=body).status == 200
    jump = wire.encode_records([record(RunKey("mine", "new"), 10**9)])
    assert service.request("POST", f"{path}/records", token=token, body=jump).status == 200
    assert json.loads(service.request("GET", path, token=theirs).body) == {"seq": 1}
    service.request("DELETE", path, token=token)
    service.request("POST", f"{path}/end", token=token)
    assert service.store.read_run(RunKey("theirs", "running")).status.state == "running"


def test_a_document_cannot_carry_another_project(service: Any, token: str) -> None:
    before = service.fingerprint()
    for method, path in (
        ("PUT", "/api/native/v1/projects/mine/runs/mine-run"),
        ("POST", "/api/native/v1/projects/mine/artifacts"),
        ("POST", "/api/native/v1/projects/mine/functions"),
        ("PUT", "/api/native/v1/projects/mine"),
    ):
        body = json.dumps(
            {"metadata": {"project": "theirs", "name": "theirs", "uid": "mine-run", "key": "art"}, "spec": {}}
        ).encode()
        assert service.request(method, path, token=token, body=body).status == 400, path
    assert service.fingerprint() == before


def test_an_update_does_not_move_a_run(service: Any, token: str) -> None:
    for path in ("/api/native/v1/projects/mine/runs/mine-run", "/api/v1/projects/mine/runs/mine-run"):
        for field in ("metadata.project", "metadata"):
            value = "theirs" if field.endswith("project") else {"project": "theirs", "uid": "mine-run"}
            service.request("PATCH", path, token=token, body=json.dumps({field: value}).encode())
    assert len(service.store.list_runs(RunQuery(project="theirs")).rows) == 1
    assert service.store.read_run(RunKey("mine", "mine-run")).metadata.project == "mine"


def test_shared_objects_are_shown_to_those_whose_runs_refer_to_them(service: Any, token: str) -> None:
    assert service.request("GET", "/api/native/v1/objects/hash-mine", token=token).status == 200
    theirs = service.request("GET", "/api/native/v1/objects/hash-theirs", token=token)
    absent = service.request("GET", "/api/native/v1/objects/hash-absent", token=token)
    assert theirs.status == absent.status == 404
    assert theirs.body.replace(b"theirs", b"absent") == absent.body


def test_a_record_that_names_anothers_file_does_not_open_it(service: Any, token: str, root: Any) -> None:
    files = "/api/native/v1/projects/theirs/files/f.bin"
    assert service.request("PUT", files, body=THEIRS, type="application/octet-stream").status == 201
    for target in (f"{root}/store/artifacts/theirs/f.bin", f"http://x{files}", "/etc/passwd"):
        body = json.dumps({"metadata": {"key": "trick"}, "spec": {"target_path": target}}).encode()
        assert service.request("POST", "/api/native/v1/projects/mine/artifacts", token=token, body=body).status == 200
        for path in (
            "/api/native/v1/projects/mine/artifacts/trick/content",
            "/mlrun-jupyter/api/artifacts/mine/trick/content",
        ):
            answer = service.request("GET", path, token=token)
            assert THEIRS not in answer.body
            assert b"root:" not in answer.body


def test_several_projects_are_one_list_in_order(service: Any) -> None:
    token = service.background.book.add("both", {"mine": READ, "theirs": READ})
    service.background.book.add("other", {"*": READ})
    whole = service.request("GET", "/api/native/v1/runs?project=*").body
    found, after = [], ""
    while True:
        page = json.loads(
            service.request("GET", f"/api/native/v1/runs?project=*&limit=1&after={after}", token=token).body
        )
        found += page["rows"]
        after = page["after"]
        if not after:
            break
    rows = json.loads(whole)["rows"]
    assert sorted(row["metadata"]["uid"] for row in found) == sorted(row["metadata"]["uid"] for row in rows)
    counted = json.loads(service.request("GET", "/api/native/v1/runs/count?project=*", token=token).body)
    assert counted == {"completed": 2}
