from __future__ import annotations

import asyncio
from pathlib import Path

from mlrun_jupyter.db import open_db
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.changes import Watcher

RUN = {"metadata": {"uid": "a" * 32, "project": "p", "name": "train"}}


def test_the_first_answer_comes_at_once_and_is_no_change(tmp_path: Path) -> None:
    told = asyncio.run(Watcher(open_db(str(tmp_path))).wait())
    assert told.token and not told.changed


def test_a_write_by_anybody_is_a_change(tmp_path: Path) -> None:
    db = open_db(str(tmp_path))
    watcher = Watcher(db)

    async def write_while_waiting() -> bool:
        token = (await watcher.wait()).token
        waiting = asyncio.create_task(watcher.wait(token, seconds=20))
        await asyncio.sleep(0)
        db.store_run(RunRecord.from_dict(RUN))
        return (await waiting).changed

    assert asyncio.run(write_while_waiting())


def test_reading_is_none_and_time_runs_out(tmp_path: Path) -> None:
    db = open_db(str(tmp_path))
    db.store_run(RunRecord.from_dict(RUN))
    watcher = Watcher(db)
    token = asyncio.run(watcher.wait()).token
    db.read_run(RunRecord.from_dict(RUN).key)
    assert not asyncio.run(watcher.wait(token, seconds=0)).changed


def test_a_store_without_a_folder_is_asked_for_its_newest_run() -> None:
    db = open_db("memory://changes")
    watcher = Watcher(db, clock=iter(range(0, 1000, 10)).__next__)  # type: ignore[arg-type]  # whole seconds are seconds
    before = watcher.look()
    db.store_run(RunRecord.from_dict(RUN))
    assert watcher.look() != before
