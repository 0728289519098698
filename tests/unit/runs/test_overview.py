"""Projects, counts and groups."""

from __future__ import annotations

from typing import Any

import pytest

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs import browse, overview


def store(db: RunDB, uid: str, name: str, *, minute: int = 0, state: str = "completed", **more: Any) -> None:
    spec = {"hyperparams": {"eta": [1, 2]}} if more.pop("sweep", False) else {}
    iteration, table = more.pop("iteration", 0), more.pop("table", [])
    status = {"state": state, "start_time": f"2026-11-23T10:{minute:02}:00+00:00", "iterations": table, "results": more}
    labels = {"team": "ops"} if name == "train" else {}
    metadata = {"uid": uid, "name": name, "project": "p", "iteration": iteration, "labels": labels}
    db.store_run(RunRecord.from_dict({"metadata": metadata, "spec": spec, "status": status}))


@pytest.fixture
def db() -> RunDB:
    found = open_db("memory://overview")
    store(found, "a" * 8, "train", minute=1, accuracy=0.9, loss=0.3)
    store(found, "b" * 8, "etl", minute=2, state="error")
    store(found, "c" * 8, "train", minute=3, accuracy=0.8, loss=0.1)
    store(found, "d" * 8, "tune", minute=4, sweep=True, table=[["state", "iter"], ["completed", 1], ["error", 2]])
    for iteration in (1, 2):
        store(found, "d" * 8, "tune", minute=4, iteration=iteration)
    return found


def group(db: RunDB, by: str, filter: str = "") -> dict[str, Any]:
    found = overview.groups(db, browse.asked(db, filter=filter, project="p"), by)
    return {each.title: each for each in found.groups}


def test_a_project_is_its_runs_by_state_and_the_newest_of_them(db: RunDB) -> None:
    [project] = overview.projects(db).projects
    assert project.states == {"completed": 3, "error": 1}
    assert [each.name for each in project.recent] == ["tune", "train", "etl", "train"]


def test_runs_are_counted_where_an_index_tells_and_else_not_at_all(db: RunDB) -> None:
    def counted(filter: str) -> tuple[bool, dict[str, int]]:
        found = overview.count(db, browse.asked(db, filter=filter, project="p"))
        return found.known, found.states

    assert counted("sort:name") == (True, {"completed": 3, "error": 1})
    assert counted("state:error") == (True, {"error": 1})
    assert counted("accuracy > 0.5") == (False, {})


def test_groups_by_name_tell_the_best_and_lead_to_their_runs(db: RunDB) -> None:
    train = group(db, "name")["train"]
    assert (train.runs, train.states, train.start[14:16]) == (2, {"completed": 2}, "03")
    assert [(each.name, each.cell.text) for each in train.best] == [("accuracy", "0.9"), ("loss", "0.1")]
    rows = browse.runs(db, project="p", filter="tra", within=train.within).rows
    assert [row.uid[0] for row in rows] == ["c", "a"]


def test_groups_by_label_put_those_without_it_together(db: RunDB) -> None:
    groups = group(db, "label:team")
    assert (groups["ops"].runs, groups[""].runs, groups[""].within) == (2, 2, "")
    assert len(browse.runs(db, project="p", within=groups["ops"].within).rows) == 2


def test_a_sweep_is_the_group_of_its_iterations(db: RunDB) -> None:
    groups = group(db, "sweep")
    assert (groups["tune"].runs, groups["tune"].states) == (2, {"completed": 1, "error": 1})
    assert [row.iteration for row in browse.runs(db, project="p", within=groups["tune"].within).rows] == [2, 1]
    singles = browse.runs(db, project="p", within=groups["single runs"].within).rows
    assert [row.name for row in singles] == ["train", "etl", "train"]


@pytest.mark.parametrize("by", ["label:", "colour"])
def test_what_runs_cannot_be_grouped_by_is_said(db: RunDB, by: str) -> None:
    with pytest.raises(InvalidArgumentError):
        overview.groups(db, browse.asked(db, filter="", project="p"), by)
