"""What the service does by itself: at its interval, and no more often."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.model.run import RunKey
from mlrun_jupyter.runs import retention
from mlrun_jupyter.service import reaper, state
from mlrun_jupyter.service.background import serving
from mlrun_jupyter.service.state import Service

Make = Callable[..., RunKey]


def there(store: Any, names: set[str], seconds: float = 20) -> set[str]:
    """The names of the runs, once they are these, or at the end of the time."""
    end = time.monotonic() + seconds
    while True:
        rows = store.list_runs(RunQuery(project="p")).rows
        found = {f"{run.metadata.name}-{run.status.results['n']}" for run in rows}
        if found == names or time.monotonic() > end:
            return found
        time.sleep(0.02)


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When there was a look for lost runs; they come every moment here."""
    seen: list[float] = []
    recover = reaper.Reaper._recover

    def counted(self: reaper.Reaper) -> str:
        seen.append(time.monotonic())
        return recover(self)

    monkeypatch.setattr(reaper, "INTERVAL", 0.02)
    monkeypatch.setattr(reaper.Reaper, "_recover", counted)
    return seen


def wait_for(rounds: list[float], count: int) -> None:
    goal, end = len(rounds) + count, time.monotonic() + 20
    while len(rounds) < goal:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_old_runs_are_deleted_at_the_start_and_then_once_an_hour(
    store: Any, run: Make, rounds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ruled(*arguments: Any, **options: Any) -> Service:
        return Service(*arguments, **options, retention=retention.rules("keep=1"))

    monkeypatch.setattr(state, "Service", ruled)
    run(n=1)
    run(n=2)
    with serving(store, reaping=True):
        assert there(store, {"train-2"}) == {"train-2"}
        run(n=3)
        wait_for(rounds, 5)
        assert there(store, {"train-2", "train-3"}) == {"train-2", "train-3"}
        monkeypatch.setattr(reaper, "PRUNE_INTERVAL", 0.0)
        assert there(store, {"train-3"}) == {"train-3"}


def test_trouble_of_one_look_is_not_the_end_of_them(
    store: Any, rounds: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def failing() -> int:
        calls.append(1)
        if len(calls) < 3:
            raise OSError("no disk")
        return 0

    monkeypatch.setattr(store, "recover", failing)
    with serving(store, reaping=True):
        wait_for(rounds, 5)
    assert len(calls) >= 5
    assert "lost runs wait: no disk" in caplog.text
