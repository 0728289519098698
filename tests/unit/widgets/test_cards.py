from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.lists import RunList
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.widgets import CompareView, RunsTable, RunView


@pytest.fixture
def db(tmp_path: Path) -> RunDB:
    return open_db(str(tmp_path / "store"))


def stored(db: RunDB, uid: str, state: str = "completed", **results: float) -> Run:
    document = {
        "metadata": {"uid": uid, "name": "train", "project": "p"},
        "status": {"state": state, "results": results, "start_time": "2026-11-23T10:00:00+00:00"},
    }
    db.store_run(RunRecord.from_dict(document))
    return Run(RunRecord.from_dict(document), db)


def test_a_widget_is_drawn_from_the_view_and_survives_as_html(db: RunDB) -> None:
    widget = RunView(stored(db, "a" * 32, accuracy=0.97))
    data, _ = widget._repr_mimebundle_()
    assert widget.view["name"] == "train" and widget.view["kind"] == "run"
    assert "0.97" in data["text/html"] and "application/vnd.jupyter.widget-view+json" in data


def test_a_run_that_goes_on_is_followed_to_its_end(db: RunDB) -> None:
    run = stored(db, "b" * 32, state="running")
    widget = RunView(run)
    seen: list[str] = []
    done = threading.Event()
    widget.observe(lambda change: (seen.append(change.new["state"]), change.new["live"] or done.set()), "view")
    db.update_run(run.key, {"status.state": "completed"})
    assert done.wait(10) and seen[-1] == "completed"
    widget.close()


def test_a_table_knows_what_is_chosen(db: RunDB) -> None:
    runs = RunList([stored(db, "c" * 32), stored(db, "d" * 32)])
    table = RunsTable(runs)
    table.selection = [{"project": "p", "uid": "d" * 32, "iteration": 0}]
    assert table.selected == [runs[1]]


def test_runs_are_compared(db: RunDB) -> None:
    view = CompareView([stored(db, "e" * 32, loss=0.1), stored(db, "f" * 32, loss=0.2)]).view
    assert [field["name"] for field in view["shown"]] == ["loss"]
