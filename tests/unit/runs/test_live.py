from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter import config
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs import display, live

Told = list[tuple[str, str, bool, str]]


class Shell:
    """What is asked of IPython's shell."""

    kernel = object()
    execution_count = 1

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}


@pytest.fixture
def db(tmp_path: Path) -> RunDB:
    return open_db(str(tmp_path / "store"))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    found = Shell()
    monkeypatch.setattr(display, "_shell", lambda: found)
    monkeypatch.setattr(live, "_cell", live._Cell(None))
    return found


@pytest.fixture
def told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Of each thing shown: kind, identity, whether it replaces, and its state or title."""
    found: Told = []

    def publish(bundle: dict[str, Any], *, display_id: str = "", update: bool = False) -> None:
        view = next(iter(bundle.values()))
        found.append((view["kind"], display_id, update, view.get("state") or view["title"]))

    monkeypatch.setattr(display, "publish", publish)
    return found


def run(db: RunDB, uid: str, *, iteration: int = 0, state: str = "completed") -> None:
    record = RunRecord.from_dict({"metadata": {"uid": uid, "name": "train", "project": "p", "iteration": iteration}})
    with live.showing(record, db):
        record.status.state = state
        db.store_run(record)


def test_a_card_begins_as_running_and_ends_in_its_place(db: RunDB, told: Told) -> None:
    run(db, "a")
    assert told == [("run", "a", False, "running"), ("run", "a", True, "completed")]


def test_many_runs_of_a_cell_share_one_list(db: RunDB, told: Told) -> None:
    for number in range(6):
        run(db, f"{number}")
    assert [kind for kind, _, _, _ in told] == ["run"] * 6 + ["runs"] * 4
    assert told[6:8] == [("runs", "runs-of-cell-1", False, "1 run"), ("runs", "runs-of-cell-1", True, "1 run")]
    assert told[-1] == ("runs", "runs-of-cell-1", True, "3 runs")


def test_the_next_cell_begins_anew(db: RunDB, told: Told, shell: Shell) -> None:
    for number in range(4):
        run(db, f"{number}")
    shell.execution_count = 2
    run(db, "later")
    assert told[-1][:2] == ("run", "later")


def test_iterations_and_silence_show_nothing(db: RunDB, told: Told) -> None:
    run(db, "a", iteration=1)
    config.current().display.auto = False
    run(db, "b")
    assert told == []


def test_errors_pass_and_the_card_says_how_it_ended(db: RunDB, told: Told) -> None:
    with pytest.raises(ZeroDivisionError):
        record = RunRecord.from_dict({"metadata": {"uid": "a", "project": "p"}})
        with live.showing(record, db):
            record.status.state = "error"
            db.store_run(record)
            _ = 1 / 0
    assert told[-1] == ("run", "a", True, "error")


def test_what_was_shown_in_this_cell_is_known(db: RunDB, told: Told, shell: Shell) -> None:
    run(db, "a")
    assert display.shown("a")
    shell.execution_count = 2
    assert not display.shown("a")


def test_outside_notebooks_nothing_happens(db: RunDB, capsys: pytest.CaptureFixture[str]) -> None:
    run(db, "a")
    assert capsys.readouterr().out == ""
