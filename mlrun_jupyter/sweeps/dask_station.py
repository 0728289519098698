"""What runs in the workers of a Dask cluster for a sweep: functions that its client submits, each pinned to a worker.

They answer by events, which come in their order and need no fetching from a worker that may be gone.

A worker process executes one iteration at a time, whatever its number of threads: output, folder and environment are the
process's. Several sweeps, also of several clients, may have a session open in it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import sys
import threading
from typing import Any, Final, NamedTuple

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.safety import processes
from mlrun_jupyter.sweeps.crew import ASKED, ENDED, FAILED, LOST, READY, SAID, SKIPPED
from mlrun_jupyter.sweeps.iteration import Assignment
from mlrun_jupyter.sweeps.session import Surroundings
from mlrun_jupyter.sweeps.station import Station, failure
from mlrun_jupyter.tracking.tracker import interrupt

PATIENCE: Final = 30.0
"""Seconds that an iteration waits for the verdict whether it goes on; then it does."""


class Sealed(NamedTuple):
    """A session as bytes; it does not show itself in the logs of a cluster, since secrets may be in it."""

    data: bytes

    def __repr__(self) -> str:
        return f"<session of {len(self.data)} bytes>"


class Place:
    """A session that is open in this process."""

    def __init__(self, topic: str, surroundings: Surroundings, own: bool, session: Sealed) -> None:
        self._topic = topic
        self._surroundings = surroundings
        self._own = own
        self._answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = 0
        known = frozenset(sys.modules)
        if own and hasattr(os, "setsid"):
            with contextlib.suppress(PermissionError):  # it has been done before
                os.setsid()  # a terminal sends Ctrl-C to all of its processes: what is to end is for the client to say
        self.enter()
        _kind, opened = pickle.loads(session.data)  # noqa: S301 - what a cluster runs is its client's code anyway
        self.station = Station(opened, surroundings.parent, surroundings.watched, self, known=known)

    def enter(self) -> None:
        """Make the surroundings those of this process, unless they are already."""
        global _inside
        if _inside is not self:
            _inside = self
            self._surroundings.enter() if self._own else self._surroundings.visit()

    def execute(self, assignment: Assignment) -> tuple[str, Any]:
        """Execute an iteration; what is to be told of it."""
        self.enter()
        self._thread = threading.get_ident()
        outcome = self.station.execute(assignment)
        return (ENDED, outcome) if outcome is not None else (SKIPPED, assignment.number)

    def stop(self) -> None:
        """Have the iteration that runs aborted, and no other begun."""
        with self.station.lock:
            self.station.stopped = True
            if self.station.busy:
                self.station.busy = False
                interrupt(self._thread)

    # the line to the client

    def say(self, number: int, text: str) -> None:
        _tell(self._topic, SAID, (number, text))

    def ask(self, number: int, points: list[tuple[int, float]]) -> bool:
        _tell(self._topic, ASKED, (number, points))
        with contextlib.suppress(queue.Empty):
            return self._answers.get(timeout=PATIENCE)
        return False

    def answer(self, enough: bool) -> None:
        self._answers.put(enough)


_places: dict[str, Place] = {}
_inside: Place | None = None
_outside: Surroundings | None = None
"""What it was like here before the first session."""
_turn = threading.Lock()
"""Held by whoever uses the process's output, folder and environment."""


def _tell(topic: str, kind: str, content: Any) -> None:
    """Send a message to the client."""
    import cloudpickle  # type: ignore[import-untyped] # it brings no types
    from distributed import get_worker

    worker = get_worker()
    worker.log_event(topic, [worker.address, kind, cloudpickle.dumps(content)])


def open_session(topic: str, surroundings: Surroundings, own: bool, session: Sealed) -> None:
    """Open a session here; ``own``: the process was started for this client, and takes on its environment."""
    global _outside
    with _turn:
        if not _places:
            _outside = Surroundings.here(RunRecord())
        try:
            _places[topic] = Place(topic, surroundings, own, session)
        except Exception as error:  # of the user's modules, of the store
            _tell(topic, FAILED, (0, failure(error)))
        else:
            _tell(topic, READY, 0)


def execute(topic: str, assignment: Assignment) -> None:
    """Execute an iteration to its end."""
    with _turn:
        place = _places.get(topic)
        if place is not None:
            _tell(topic, *place.execute(assignment))
        else:  # a new process, at the address of one that was lost
            _tell(topic, LOST, "lost")


def stop(topic: str) -> None:
    """Have the iteration of a session aborted; on the loop's thread, while it runs on another."""
    if (place := _places.get(topic)) is not None:
        place.stop()


def answer(topic: str, enough: bool) -> None:
    """Give an iteration the verdict that it waits for; on the loop's thread."""
    if (place := _places.get(topic)) is not None:
        place.answer(enough)


def close_session(topic: str) -> None:
    """Close a session: what it recorded is in the store, and the process is as it was before."""
    global _inside, _outside
    with _turn:
        place = _places.pop(topic, None)
        if place is None:
            return
        tracker = place.station.tracker
        if any(each.station.tracker is tracker for each in _places.values()):
            tracker.flush()
        else:
            tracker.close()
        place.station.close()
        if not _places and _outside is not None:
            _outside.enter()
            _inside = _outside = None


def end_worker(dask_worker: Any) -> None:
    """End the process that a nanny looks after, with all that it has started; the nanny starts another."""
    if dask_worker.pid is not None and dask_worker.pid != os.getpid():
        processes.end_tree(dask_worker.pid, grace=0.0)
