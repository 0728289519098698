"""Workers as a sweep holds them, whatever they are: processes on this machine, or a Dask cluster's.

A crew hires workers, hears what they have to say and lets them go; what is given to whom, what is tried again and what
takes too long is decided by :mod:`mlrun_jupyter.sweeps.parallel`, the same for all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

from mlrun_jupyter.errors import RunError
from mlrun_jupyter.sweeps.iteration import Assignment

READY: Final = "ready"
"""A session is open; with its number."""
FAILED: Final = "failed"
"""A session cannot be opened; with (its number, the error)."""
SAID: Final = "said"
"""An iteration has printed something; with (iteration, text)."""
ASKED: Final = "asked"
"""Has it told enough? With (iteration, points of the watched metric)."""
ENDED: Final = "ended"
"""With an outcome."""
SKIPPED: Final = "skipped"
"""Not begun, as the sweep is to stop; with the iteration."""
LOST: Final = "lost"
"""The worker is gone; with the reason, as in a run's record."""


class WorkerLostError(RunError):
    """The worker is gone; ``reason`` tells why, as in a run's record."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a worker process ended: {reason}")
        self.reason = reason


class Worker(Protocol):
    """One worker, and the iterations that it was given and has not answered for."""

    assigned: deque[Assignment]
    opened: bool
    """Whether it has said that its session is open."""
    since: float
    """When the first of the assigned iterations was begun, or the session was sent, by the monotonic clock."""
    depth: int
    """How many iterations it may hold, the one that it executes included."""

    def has_opened(self, number: int) -> bool:
        """Take in that a session is open: the one that was sent last, or one that nobody waits for any more."""

    def assign(self, assignment: Assignment) -> None:
        """Have an iteration executed, after those assigned before; a worker that is gone is heard of by the crew."""

    def answer(self, number: int, enough: bool) -> None:
        """Say whether the iteration has told enough."""

    def stop(self) -> None:
        """Have the iteration that runs aborted, and the others not begun; the answers come as ever."""


class Message(NamedTuple):
    """What a worker says."""

    worker: Worker
    kind: str
    content: Any


class Crew(Protocol):
    """Where workers come from."""

    count: int
    """How many are wanted."""

    def hire(self, count: int) -> Sequence[Worker]:
        """At most so many workers more, each with the session on its way; fewer where there are no more for now.

        Raises
        ------
        MlrunError
            There will be none.
        """

    def listen(self, timeout: float) -> list[Message]:
        """What the workers have to say, waiting ``timeout`` seconds for the first."""

    def dismiss(self, worker: Worker) -> None:
        """End a worker at once, with what it executes, as far as that can be done; nothing more is heard of it."""

    def close(self, workers: Sequence[Worker]) -> bool:
        """Close the sessions: what was recorded is in the store. False when a worker was lost while it did so."""
