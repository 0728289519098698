"""Rules of retention, and what they let go."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter import config, run_local
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery, RunQuery
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.runs.retention import Rule, prune, rules
from mlrun_jupyter.tracking import tracker

DAY = 86400.0


def work(context: Any, number: int = 0) -> None:
    context.log_artifact("notes", body=f"number {number}")
    context.log_metric("loss", 1.0)


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDB:
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    config.reset()
    return open_db()


def made(db: RunDB, *, days: float, name: str = "train", project: str = "iris", number: int = 0, **labels: str) -> str:
    """A run that ended so many days ago; its uid."""
    run = run_local(handler=work, name=name, project=project, params={"number": number})
    tracker.flush(db)
    ended = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - days * DAY))
    db.update_run(
        run.key,
        {
            "status.start_time": ended,
            "status.end_time": ended,
            **{f"metadata.labels.{k}": v for k, v in labels.items()},
        },
    )
    return str(run.uid())


def left(db: RunDB) -> set[str]:
    return {run.metadata.uid for run in db.list_runs(RunQuery(project=ALL_PROJECTS)).rows}


def test_age_project_and_the_label_keep(db: RunDB) -> None:
    old, young = made(db, days=40), made(db, days=3)
    kept, other = made(db, days=40, keep="for the paper"), made(db, days=40, project="taxi")
    assert prune(db, [Rule.parse("project=iris age=30d")], dry=True).runs == 1
    assert left(db) == {old, young, kept, other}
    done = prune(db, [Rule.parse("project=iris age=30d")])
    assert (done.runs, done.artifacts) == (1, 1)
    assert left(db) == {young, kept, other}
    assert prune(db, rules("project=iris age=30d; age=30d")).runs == 1
    assert left(db) == {young, kept}


def test_the_newest_of_each_name_stay(db: RunDB) -> None:
    runs = [made(db, days=9 - number, number=number) for number in range(4)]
    single = made(db, days=100, name="once")
    prune(db, [Rule.parse("keep=2")])
    assert left(db) == {*runs[2:], single}


def test_artifacts_go_but_for_those_with_a_tag(db: RunDB, tmp_path: Path) -> None:
    made(db, days=40, number=1)
    tagged = made(db, days=40, number=2)
    (version,) = db.list_artifacts(ArtifactQuery(project="iris", tag="*", tree=tagged)).rows
    db.tag_artifact("iris", version.spec.db_key, version.metadata.uid, "prod")
    assert prune(db, [Rule.parse("age=30d")]).artifacts == 1
    (stays,) = db.list_artifacts(ArtifactQuery(project="iris", tag="*")).rows
    assert stays.metadata.uid == version.metadata.uid
    named = [path for path in (tmp_path / "store" / "artifacts").rglob("notes*") if path.is_file()]
    assert [str(path) for path in named] == [stays.spec.target_path]


def test_artifacts_may_stay(db: RunDB) -> None:
    made(db, days=40)
    assert prune(db, [Rule.parse("age=30d artifacts=keep")]).runs == 1
    assert len(db.list_artifacts(ArtifactQuery(project="iris", tag="*")).rows) == 1


def test_what_runs_still_stays(db: RunDB) -> None:
    uid = made(db, days=40)
    run = db.list_runs(RunQuery(project="iris", uid=uid)).rows[0]
    run.metadata.uid, run.status.state, run.status.end_time = "goes-on", "running", ""
    db.store_run(run)
    prune(db, [Rule.parse("age=1d")])
    assert left(db) == {"goes-on"}


@pytest.mark.parametrize(
    "text", ["age", "age=", "age=30", "age=-3d", "age=3y", "keep=0", "keep=x", "state=lost age=1d", "x=1 age=1d", "project=a/b age=1d"]
)  # fmt: skip
def test_what_is_no_rule_is_told(text: str) -> None:
    with pytest.raises(InvalidArgumentError):
        Rule.parse(text)
