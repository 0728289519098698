"""A run's card where it is run: shown when the run begins, and as it ended in the same place.

In JupyterLab and Notebook the front end follows the run by itself from then on, also while the cell blocks, after a
refresh, and in a notebook that was closed meanwhile. In VS Code and Colab, which do not, a thread brings the card up to
date. Outside notebooks nothing is shown. Many runs in one cell share one list.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from mlrun_jupyter import config
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.runs import card, display
from mlrun_jupyter.runs.lists import RunList
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.views.run import run_view

CARDS: Final = 3
"""Cards that one cell gets; runs beyond share one list."""
INTERVAL: Final = 1.0
"""Seconds between two pictures where the front end does not follow by itself."""


class _Cell:
    """What the running cell has shown of itself."""

    def __init__(self, number: Any) -> None:
        self.number = number
        self.shown: list[Run] = []


_cell = _Cell(None)
_lock = threading.Lock()


@contextmanager
def showing(record: RunRecord, db: RunDB) -> Iterator[None]:
    """Show a run while the block executes it.

    Nothing is shown outside notebooks, for iterations of a sweep, and where the setting ``display.auto`` is off. What is
    raised in the block passes; trouble with showing never does.

    Parameters
    ----------
    record
        The run's document, which the block brings up to date.
    db
        The store it is recorded in.

    Example
    -------
    ::

        with live.showing(record, db):
            runtime.execute(record, tracker, secrets)
    """
    if not display.in_notebook() or record.metadata.iteration or not config.current().display.auto:
        yield
        return
    run = Run(record, db)
    place = _enter(run)
    with suppress(MlrunError):
        _first(run, place)
    stop = threading.Event()
    if _needs_pictures():
        threading.Thread(target=_follow, args=(run.key, db, place, stop), name="mlrun-live", daemon=True).start()
    try:
        yield
    finally:
        stop.set()
        with suppress(MlrunError):
            _last(run, place)


def _enter(run: Run) -> str:
    """The identity under which the run is shown: its own, or that of the list of its cell."""
    global _cell
    with _lock:
        number = display.cell_number()
        if _cell.number != number:
            _cell = _Cell(number)
        _cell.shown.append(run)
        return run.uid() if len(_cell.shown) <= CARDS else f"runs-of-cell-{number}"


def _first(run: Run, place: str) -> None:
    if place == run.uid():
        # the store may not have it yet: what is shown now is the task
        view = run_view(run.record)
        view.state, view.live = states.RUNNING, True
        display.show(view, display_id=place, auto=True)
    elif len(_cell.shown) == CARDS + 1:
        display.show(_list(), display_id=place, auto=True)


def _last(run: Run, place: str) -> None:
    view = card.of(run) if place == run.uid() else _list()
    display.show(view, display_id=place, update=True, auto=True)


def _list() -> Any:
    return RunList(_cell.shown[CARDS:][::-1]).view()


def _follow(key: RunKey, db: RunDB, place: str, stop: threading.Event) -> None:
    while place == key.uid and not stop.wait(INTERVAL):
        with suppress(MlrunError):
            view = card.of(Run(db.read_run(key), db))
            if not stop.is_set():
                display.show(view, display_id=place, update=True, auto=True)


def _needs_pictures() -> bool:
    """Whether the front end is one that does not follow a run by itself."""
    names = getattr(display._shell(), "user_ns", {})
    return "__vsc_ipynb_file__" in names or "VSCODE_PID" in os.environ or "google.colab" in sys.modules
