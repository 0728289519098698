"""Artifacts, functions and projects: versions and tags, the same in every store."""

from __future__ import annotations

from typing import Any

import pytest

from mlrun_jupyter.db.query import ArtifactQuery, FunctionQuery, RunQuery, labels
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunKey


def artifact(key: str = "model", *, kind: str = "model", **fields: Any) -> ArtifactRecord:
    spec = {name: fields.pop(name) for name in ("db_key", "target_path") if name in fields}
    return ArtifactRecord.from_dict({"kind": kind, "metadata": {"key": key, "project": "p", **fields}, "spec": spec})


def hashes(page: Any) -> list[str]:
    return [each.metadata.hash for each in page.rows]


def test_versions_and_latest(db: Any) -> None:
    first = db.store_artifact(artifact(hash="1", tree="t1"))
    second = db.store_artifact(artifact(hash="2", tree="t2"))
    assert first.metadata.uid != second.metadata.uid
    assert db.read_artifact("p", "model").metadata.hash == "2"
    assert db.read_artifact("p", "model", tree="t1").metadata.uid == first.metadata.uid
    assert db.read_artifact("p", "model", uid=first.metadata.uid).metadata.hash == "1"
    assert hashes(db.list_artifacts(ArtifactQuery(project="p"))) == ["2"]
    assert hashes(db.list_artifacts(ArtifactQuery(project="p", tag="*"))) == ["2", "1"]
    for wrong in ({"tag": "no"}, {"tree": "no"}, {"uid": "no"}, {"iter": 5}):
        with pytest.raises(NotFoundError):
            db.read_artifact("p", "model", **wrong)
    with pytest.raises(NotFoundError):
        db.read_artifact("nowhere", "model")


def test_the_same_content_is_the_same_version(db: Any) -> None:
    first = db.store_artifact(artifact(hash="1", tree="t"))
    db.store_artifact(artifact(hash="2", tree="t"))
    again = db.store_artifact(artifact(hash="1", tree="t", labels={"seen": "twice"}))
    assert again.metadata.uid == first.metadata.uid
    assert db.read_artifact("p", "model").metadata.labels == {"seen": "twice"}
    assert hashes(db.list_artifacts(ArtifactQuery(project="p", tag="*"))) == ["2", "1"]
    same = [db.store_artifact(artifact("link", target_path=path)).metadata.uid for path in ("/a", "/a", "/b")]
    assert same[0] == same[1] != same[2]


def test_tags_move(db: Any) -> None:
    first = db.store_artifact(artifact(hash="1", tag="prod"))
    assert first.metadata.tag == "latest"
    second = db.store_artifact(artifact(hash="2"), tags=("v2",))
    assert db.read_artifact("p", "model", tag="prod").metadata.hash == "1"
    assert db.read_artifact("p", "model").metadata.hash == "1"
    assert db.read_artifact("p", "model", tag="v2").metadata.tag == "v2"
    db.tag_artifact("p", "model", second.metadata.uid, "prod")
    assert hashes(db.list_artifacts(ArtifactQuery(project="p", tag="prod"))) == ["2"]
    assert db.list_artifact_tags("p") == ["latest", "prod", "v2"]
    assert db.list_artifact_tags("none") == []
    with pytest.raises(NotFoundError):
        db.tag_artifact("p", "model", "no such uid", "prod")


def test_iterations_have_their_own_latest(db: Any) -> None:
    for iteration in (1, 2):
        db.store_artifact(artifact(hash=f"{iteration}", iter=iteration))
    assert db.read_artifact("p", "model").metadata.hash == "2"
    assert db.read_artifact("p", "model", iter=1).metadata.hash == "1"
    db.store_artifact(artifact(hash="0"))
    db.store_artifact(artifact(hash="3", iter=1))
    assert db.read_artifact("p", "model").metadata.hash == "0"
    assert sorted(hashes(db.list_artifacts(ArtifactQuery(project="p")))) == ["0", "2", "3"]
    uid = db.read_artifact("p", "model", iter=1).metadata.uid
    for version in (uid, db.read_artifact("p", "model").metadata.uid):
        db.tag_artifact("p", "model", version, "best")
        assert db.read_artifact("p", "model", tag="best").metadata.uid == version


def test_artifact_lists(db: Any) -> None:
    db.store_artifact(artifact("m1", db_key="train_m1", hash="1", tree="t1", labels={"a": "x"}))
    db.store_artifact(artifact("d1", kind="dataset", hash="2", tree="t1"))
    db.store_artifact(artifact("d2", kind="dataset", hash="3", tree="t2", iter=1))

    def found(**query: Any) -> list[str]:
        return hashes(db.list_artifacts(ArtifactQuery(project="p", **query)))

    assert found() == ["3", "2", "1"]
    assert found(kind="dataset") == ["3", "2"]
    assert found(tree="t1") == ["2", "1"]
    assert found(name="TRAIN") == ["1"]
    assert found(name="=d1") == ["2"]
    assert found(name="d?") == ["3", "2"]
    assert found(iter=1) == ["3"]
    assert found(iter=0) == ["2", "1"]
    assert found(hash="2") == ["2"]
    assert found(labels=labels("a=x")) == ["1"]
    assert found(labels=labels("a!=x")) == ["3", "2"]
    first = db.list_artifacts(ArtifactQuery(project="*", limit=2))
    assert hashes(first) == ["3", "2"]
    assert hashes(db.list_artifacts(ArtifactQuery(project="*", limit=2, after=first.after))) == ["1"]
    with pytest.raises(InvalidArgumentError):
        db.list_artifacts(ArtifactQuery(project="p", after="???"))


def test_deleting_artifacts_moves_latest_back(db: Any) -> None:
    for hash in "123":
        db.store_artifact(artifact(hash=hash, tree=hash))
    db.tag_artifact("p", "model", db.read_artifact("p", "model").metadata.uid, "prod")
    assert db.delete_artifacts(ArtifactQuery(project="p", tree="3")) == 1
    assert db.read_artifact("p", "model").metadata.hash == "2"
    with pytest.raises(NotFoundError):
        db.read_artifact("p", "model", tag="prod")
    assert db.delete_artifacts(ArtifactQuery(project="p", tag="*")) == 2
    assert db.list_artifacts(ArtifactQuery(project="p", tag="*")).rows == []


def test_an_artifact_comes_back_whole(db: Any) -> None:
    document = {
        "kind": "dataset",
        "metadata": {"key": "d", "project": "p", "hash": "1", "odd": [1]},
        "spec": {"target_path": "/d", "schema": {"fields": []}, "size": 3, "inline": {"$number": "x"}},
        "status": {"preview": [[1, None]], "stats": {"a": {"mean": float("inf")}}},
        "more": True,
    }
    db.store_artifact(ArtifactRecord.from_dict(document))
    back = db.read_artifact("p", "d").to_dict()
    for section in ("spec", "status"):
        assert {**document[section], "db_key": "d"} == {**back[section], "db_key": "d"}
    assert (back["metadata"]["odd"], back["more"]) == ([1], True)


def function(name: str = "f", *, code: str = "x = 1", kind: str = "job", **metadata: Any) -> FunctionRecord:
    return FunctionRecord.from_dict(
        {"kind": kind, "metadata": {"name": name, "project": "p", **metadata}, "spec": {"build": {"source": code}}}
    )


def test_functions_are_kept_by_content(db: Any) -> None:
    first = db.store_function(function())
    assert first == function().content_hash() == db.store_function(function())
    second = db.store_function(function(code="x = 2"), tag="v2")
    assert db.read_function("p", "f").metadata.hash == first
    assert db.read_function("p", "f", tag="v2").spec.build.source == "x = 2"
    assert db.read_function("p", "f", hash=second).metadata.hash == second
    assert [each.metadata.hash for each in db.list_functions(FunctionQuery(project="p", tag="*")).rows] == [
        second,
        first,
    ]
    assert db.store_function(db.read_function("p", "f")) == first
    for wrong in ({"tag": "no"}, {"hash": "no"}):
        with pytest.raises(NotFoundError):
            db.read_function("p", "f", **wrong)


def test_function_lists(db: Any) -> None:
    for name, kind in (("train", "job"), ("serve", "nuclio"), ("retrain", "job")):
        db.store_function(function(name, kind=kind, labels={"team": name[0]}))

    def found(**query: Any) -> list[str]:
        return [each.metadata.name for each in db.list_functions(FunctionQuery(project="p", **query)).rows]

    assert found() == ["retrain", "serve", "train"]
    assert found(name="train") == ["retrain", "train"]
    assert found(kind="nuclio") == ["serve"]
    assert found(labels=labels("team=s")) == ["serve"]
    assert found(tag="v9") == []
    assert found(limit=2) == ["retrain", "serve"]
    assert db.delete_functions(FunctionQuery(project="p", name="=serve", tag="*")) == 1
    assert found() == ["retrain", "train"]


def test_deleting_functions_moves_latest_back(db: Any) -> None:
    first = db.store_function(function())
    db.store_function(function(code="x = 2"))
    assert db.delete_functions(FunctionQuery(project="p", name="=f")) == 1
    assert db.read_function("p", "f").metadata.hash == first


def test_a_project_goes_with_everything_in_it(db: Any, writer: Any) -> None:
    db.store_project(ProjectRecord.from_dict({"metadata": {"name": "p"}, "spec": {"description": "d"}}))
    writer.run(RunKey("p", "u", 0), results={"x": 1})
    writer.run(RunKey("p", "u", 1))
    kept = writer.run(RunKey("q", "u"))
    db.store_artifact(artifact(hash="1"))
    db.store_function(function())
    assert [each.metadata.name for each in db.list_projects()] == ["p", "q"]
    assert db.read_project("p").spec.description == "d"
    assert db.read_project("q").metadata.created
    db.delete_project("p")
    assert [run.key for run in db.list_runs(RunQuery(project="*", iterations=True)).rows] == [kept]
    assert db.list_artifacts(ArtifactQuery(project="*", tag="*")).rows == []
    assert db.list_functions(FunctionQuery(project="*", tag="*")).rows == []
    with pytest.raises(NotFoundError):
        db.read_project("p")
    with pytest.raises(NotFoundError):
        db.delete_project("p")
    again = writer.run(RunKey("p", "u"), results={"x": 2})
    assert db.list_runs(RunQuery(project="p", sort=("results.x",))).rows[0].key == again


def test_names_are_needed(db: Any) -> None:
    for store in (
        lambda: db.store_artifact(ArtifactRecord()),
        lambda: db.store_function(FunctionRecord()),
        lambda: db.store_project(ProjectRecord()),
    ):
        with pytest.raises(InvalidArgumentError):
            store()
