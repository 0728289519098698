from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.model.states import ABORTED
from mlrun_jupyter.runs import card
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.context import RunContext

KEY = RunKey("p", "7f3a9c0211aa4bd0b1c2d3e4f5061728")


@pytest.fixture
def db(tmp_path) -> Iterator[RunDB]:
    yield open_db(str(tmp_path))


def record(iteration: int = 0, **status: object) -> RunRecord:
    return RunRecord.from_dict(
        {
            "metadata": {"name": "train", "uid": KEY.uid, "project": "p", "iteration": iteration},
            "status": {"state": "completed", "start_time": "2026-11-23T10:00:00+00:00", **status},
        }
    )


def test_the_card_holds_what_the_store_keeps_apart(db: RunDB) -> None:
    context = RunContext(RunRecord.from_dict({"metadata": record().to_dict()["metadata"]}), tracker.of(db))
    context.share("c0de", "code", {"source": "def train(): ...", "file": "train.py"})
    context.run.status.extra = {"code": "c0de"}
    context.start()
    for step in range(300):
        context.log_metric("loss", 1 / (step + 1), step=step)
    context.write_log("hello\n")
    context.log_result("accuracy", 0.9)
    context.finish()
    view = card.of(Run(context.run, db))
    assert view.log.lines == ["hello"] and view.code is not None and view.code.text == "def train(): ..."
    (loss,) = view.series
    assert loss.count == 300 and 2 < len(loss.values) <= 200 and (loss.values[0], loss.min) == (1.0, 1 / 300)
    assert [kpi.name for kpi in view.kpis] == ["accuracy", "loss"]


def test_the_card_of_a_sweep_reads_its_iterations(db: RunDB) -> None:
    parent = record()
    parent.spec.hyperparams = {"eta": [1, 2]}
    db.store_run(parent)
    for number in (2, 1):
        child = record(number, results={"loss": number})
        child.spec.parameters = {"eta": number}
        db.store_run(child)
    sweep = card.of(Run(parent, db)).sweep
    assert sweep is not None and [row.iteration for row in sweep.rows] == [1, 2] and sweep.params == ["eta"]


def test_a_deleted_run_is_shown_as_it_was_last_known(db: RunDB) -> None:
    run = Run(record(results={"loss": 0.5}), db)
    assert card.of(run).kpis[0].cell.text == "0.5"


def test_the_card_is_of_now(db: RunDB) -> None:
    run = Run(record(state="running"), db)
    db.store_run(record(state="running"))
    db.update_run(KEY, {"status.state": ABORTED})
    assert card.of(run).state == ABORTED
