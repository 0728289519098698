"""Stores with everything that a store can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter import run_local
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.model.function import FunctionRecord

Store = Callable[..., RunDB]


def train(context: Any, depth: int = 3) -> None:
    for step in range(30):
        context.log_metric("loss", 1 / (step + 1), step)
    context.log_metric("odd", float("nan"))
    context.log_result("accuracy", depth / 10)
    context.log_result("huge", 2**70)
    context.log_artifact("notes", body=f"depth {depth}")
    print("printed: ä ☂", depth)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Opens a store in a folder of that name, or of another kind by its address."""
    return lambda name: open_db(name if "://" in name else str(tmp_path / name))


@pytest.fixture
def full(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunDB]:
    """Two projects with runs, a sweep, a failure, versions and tags of artifacts and functions, a folder of files."""
    from mlrun_jupyter import config
    from mlrun_jupyter.db.query import ArtifactQuery
    from mlrun_jupyter.tracking import tracker

    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "full"))
    config.reset()
    folder = tmp_path / "plots"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "deep" / "b.bin").write_bytes(bytes(range(256)) * 40)

    def plots(context: Any) -> None:
        context.log_artifact("plots", local_path=str(folder))

    def fail(context: Any) -> None:
        raise ValueError("boom")

    run_local(handler=train, params={"depth": 4}, project="iris", name="train")
    run_local(handler=train, params={"depth": 5}, project="iris", name="train")
    run_local(handler=train, hyperparams={"depth": [1, 2]}, selector="max.accuracy", project="iris", name="sweep")
    run_local(handler=plots, project="iris", name="plots")
    with pytest.raises(Exception, match="boom"):
        run_local(handler=fail, project="taxi", name="fail")
    db = store("full")
    tracker.flush(db)
    (first,) = db.list_artifacts(ArtifactQuery(project="iris", name="=train_notes", tag="*")).rows[1:]
    db.tag_artifact("iris", "train_notes", first.metadata.uid, "prod")
    for image in ("one", "two"):
        document = {"kind": "job", "metadata": {"name": "trainer", "project": "iris"}, "spec": {"image": image}}
        db.store_function(FunctionRecord.from_dict(document), tag="latest")
    db.store_function(FunctionRecord.from_dict({**document, "spec": {"image": "one"}}), tag="v1")
    yield db
