"""Artifacts that a store knows: found, updated, compared, deleted."""

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlrun_jupyter import artifacts, datastore
from mlrun_jupyter.artifacts import (
    Artifact,
    DatasetArtifact,
    LinkArtifact,
    ModelArtifact,
    collect,
    delete,
    delete_data,
    get_model,
    update_model,
)
from mlrun_jupyter.artifacts.diff import diff
from mlrun_jupyter.artifacts.removal import unreferenced
from mlrun_jupyter.datastore import store_uri
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.query import ArtifactQuery
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model.run import RunRecord

UID = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"


@pytest.fixture
def db(tmp_path):
    store = open_db(f"memory://{tmp_path.name}")
    yield store
    store.close()


@pytest.fixture
def keep(log, db):
    """Log, and keep the record in the store."""

    def kept(artifact, **options):
        return db.store_artifact(log(artifact, **options), tags=("latest",))

    return kept


def test_store_addresses_find_versions(keep, db):
    first, second = keep(Artifact("m", body=b"1", labels={"a": "1"})), keep(Artifact("m", body=b"2"), uid=OTHER)
    item = datastore.resolve("store://artifacts/iris/train_m", db=db)
    assert (item.get(), item.meta.metadata.uid, item.artifact_url) == (
        b"2",
        second.metadata.uid,
        "store://artifacts/iris/train_m",
    )
    assert datastore.resolve(store_uri(first), db=db).get() == b"1"
    assert datastore.resolve(f"store://iris/train_m#{first.metadata.tree}", db=db).get() == b"1"
    assert datastore.resolve("store://iris/m", db=db).get() == b"2"  # by the key alone
    with pytest.raises(NotFoundError):
        datastore.resolve("store://iris/nothing", db=db)
    with pytest.raises(InvalidArgumentError, match="needs a store"):
        datastore.resolve("store://iris/m")


def test_links_are_followed(keep, db):
    keep(Artifact("m", body=b"third"), iteration=3)
    keep(LinkArtifact("best", link_key="train_m", link_iteration=3))
    assert datastore.resolve("store://iris/train_best", db=db).get() == b"third"


def test_data_sets_by_address_know_their_format(keep, db):
    keep(DatasetArtifact("d", pd.DataFrame({"a": [1]}), format="csv", target_path=""))
    assert datastore.resolve("store://datasets/iris/train_d", db=db).as_df().shape == (1, 1)


def test_a_model_is_found_with_what_is_known_of_it(keep, db, tmp_path):
    record = keep(
        ModelArtifact("m", body=b"weights", model_file="w.bin", metrics={"acc": 0.5}, extra_data={"note.txt": b"hi"})
    )
    for address in (store_uri(record), "store://models/iris/train_m:latest", record.spec.target_path, record.to_dict()):
        path, spec, extra = get_model(address, db=db)
        assert Path(path).read_bytes() == b"weights"
        assert (spec.metrics, spec.model_file, spec.key) == ({"acc": 0.5}, "w.bin", "m")
        assert extra["note.txt"].get() == b"hi"
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "a.pkl").write_bytes(b"1")
    (plain / "b.txt").write_bytes(b"2")
    assert Path(get_model(str(plain), ".pkl").file).name == "a.pkl"
    assert Path(get_model(str(plain / "a.pkl")).file).name == "a.pkl"
    with pytest.raises(NotFoundError, match="no telling"):
        get_model(str(plain))
    with pytest.raises(NotFoundError):
        get_model(str(tmp_path / "missing"))
    keep(Artifact("x", body=b""))
    with pytest.raises(InvalidArgumentError, match="not a model"):
        get_model("store://iris/train_x", db=db)


def test_models_on_other_storages(log):
    record = log(ModelArtifact("m", body=b"weights", model_file="w.bin"), out_path="memory://models/out")
    path, spec, _extra = get_model(record.spec.target_path)
    assert Path(path).read_bytes() == b"weights"
    assert spec.model_file == "w.bin"


def test_a_model_is_brought_up_to_date(keep, db):
    record = keep(ModelArtifact("m", body=b"w", metrics={"acc": 0.5}, parameters={"d": 3}))
    update_model(
        store_uri(record),
        db=db,
        metrics={"auc": np.float64(0.9)},
        key_prefix="test_",
        labels={"stage": "ok"},
        inputs=[{"name": "x"}],
    )
    found = db.read_artifact("iris", "train_m")
    assert found.spec.extra["metrics"] == {"acc": 0.5, "test_auc": 0.9}
    assert found.spec.extra["parameters"] == {"d": 3}
    assert found.spec.extra["inputs"] == [{"name": "x"}]
    assert found.metadata.labels == {"stage": "ok"}
    assert found.metadata.uid == record.metadata.uid
    keep(Artifact("x", body=b""))
    with pytest.raises(InvalidArgumentError, match="not a model"):
        update_model("store://iris/train_x", db=db)


def test_deleting_removes_bytes_that_nobody_else_names(keep, db, tmp_path):
    one, two = keep(Artifact("a", body=b"same")), keep(Artifact("b", body=b"same"))
    assert delete_data(one, db=db)
    assert not Path(one.spec.target_path).exists()
    assert Path(two.spec.target_path).read_bytes() == b"same"
    assert not delete_data(one, db=db)
    mine = tmp_path / "mine.csv"
    mine.write_text("keep")
    referred = keep(Artifact("mine", local_path=mine), upload=False)
    assert not delete_data(referred, db=db)
    assert mine.exists()
    folder = keep(ModelArtifact("m", body=b"w"))
    assert delete_data(folder, db=db)
    assert not Path(folder.spec.target_path).exists()


def test_bytes_that_several_versions_share_stay(keep, db, log):
    first = log(Artifact("m", body=b"1"), out_path="memory://shared/out")
    db.store_artifact(first)
    second = log(Artifact("m", body=b"1"), uid=OTHER, out_path="memory://shared/out")
    second.spec.target_path = first.spec.target_path
    db.store_artifact(second)
    assert not delete_data(first, db=db)
    assert datastore.resolve(first.spec.target_path).exists()


def test_what_no_record_names_is_collected(keep, log, db, tmp_path):
    kept = [keep(Artifact("a", body=b"1")), keep(ModelArtifact("m", body=b"w")), keep(DatasetArtifact("d", [{"a": 1}]))]
    lost = log(Artifact("lost", body=b"x" * 1000), uid=OTHER)
    own = tmp_path / "out" / "train" / "own.txt"
    own.write_text("a user's")
    soon = time.time() + 10
    assert list(unreferenced(tmp_path / "out", db)) == []  # too young
    assert list(unreferenced(tmp_path / "out", db, older_than=soon)) == [Path(lost.spec.target_path)]
    foreseen = collect(tmp_path / "out", db, older_than=soon, dry=True)
    assert Path(lost.spec.target_path).exists()
    collected = collect(tmp_path / "out", db, older_than=soon)
    assert foreseen == collected
    assert (collected.files, collected.bytes) == (2, 1000)  # its name, and the object
    assert not Path(lost.spec.target_path).parent.exists()
    assert own.read_text() == "a user's"
    for record in kept:
        assert Path(record.spec.target_path).exists()
    assert collect(tmp_path / "out", db, older_than=soon) == (0, 0)
    assert collect(tmp_path / "nowhere", db) == (0, 0)


def test_what_only_a_run_names_is_not_collected(log, db, tmp_path):
    own = log(Artifact("own", body=b"1"))
    run = RunRecord.from_dict(
        {"metadata": {"project": "iris", "uid": UID}, "status": {"artifacts": [{**own.to_dict(), "unlisted": True}]}}
    )
    db.store_run(run)
    assert collect(tmp_path / "out", db, older_than=time.time() + 10) == (0, 0)
    assert Path(own.spec.target_path).exists()


def test_versions_are_deleted_with_their_bytes(keep, db):
    first, second = (keep(Artifact("a", body=body), uid=uid) for body, uid in ((b"1", UID), (b"2", OTHER)))
    other = keep(Artifact("b", body=b"1"))
    assert delete(ArtifactQuery(project="iris", name="=train_a"), db=db) == 1  # the newest
    assert not Path(second.spec.target_path).exists()
    assert db.read_artifact("iris", "train_a").metadata.uid == first.metadata.uid
    assert delete(ArtifactQuery(project="iris", name="=train_a", tag="*"), db=db) == 1
    assert not Path(first.spec.target_path).exists()
    assert Path(other.spec.target_path).read_bytes() == b"1"
    assert delete(ArtifactQuery(project="iris", name="=train_a", tag="*"), db=db) == 0


def test_a_file_that_is_not_the_records_is_not_deleted(keep, db):
    kept = keep(Artifact("a", body=b"of another machine"))
    Path(kept.spec.target_path).unlink()
    Path(kept.spec.target_path).write_bytes(b"mine")
    assert not delete_data(kept, db=db)
    assert Path(kept.spec.target_path).read_bytes() == b"mine"


def test_only_differences_are_told(log):
    frame = pd.DataFrame({"a": [1.0, 2, 3], "b": ["x", "y", "z"]})
    one = log(DatasetArtifact("d", frame))
    assert diff(one, one) == {}
    other = log(DatasetArtifact("d", frame.assign(a=[1.0, 2, 9], c=1).drop(columns="b"), labels={"v": "2"}))
    found = diff(one, other)
    assert found["schema"]["added"] == {"c": "int64"}
    assert list(found["schema"]["removed"]) == ["b"]
    assert found["stats"]["a"]["max"] == [3.0, 9.0]
    assert "min" not in found["stats"]["a"]
    assert found["labels"] == {"v": [None, "2"]}
    assert "text" not in found
    first, second = log(Artifact("t", body="a\nb\n")), log(Artifact("t", body="a\nc\n"))
    assert diff(first, second)["text"].splitlines()[-3:] == [" a", "-b", "+c"]
    models = [log(ModelArtifact("m", body=b"w", metrics={"acc": value})) for value in (0.5, 0.6)]
    assert diff(*models)["metrics"] == {"acc": [0.5, 0.6]}


def test_the_front_door_names_them_all():
    for name in artifacts.__all__:
        assert getattr(artifacts, name) is not None
    assert os.fspath(datastore.resolve(__file__)) == __file__
