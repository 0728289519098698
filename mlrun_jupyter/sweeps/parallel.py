"""Iterations side by side, in the workers of a crew.

Each worker has one iteration to execute and, where they are short, one that waits. A worker that is lost costs nobody
else anything: what it had finished is in the store, what it was executing is tried again by another, and what had waited
is given away.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.sweeps.crew import ASKED, ENDED, FAILED, LOST, READY, SAID, SKIPPED, Crew, Worker, WorkerLostError
from mlrun_jupyter.sweeps.execution import Judges
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome
from mlrun_jupyter.sweeps.loss import Losses
from mlrun_jupyter.tracking.judge import Judge

LOOK: Final = 0.5
"""Seconds between two looks whether the time of workers is over."""
GRACE: Final = 3.0
"""Seconds that an iteration has to end when it is asked to; then its worker is ended."""
STOP: Final = 2.0
"""The same where the whole sweep is to end: with the second until an abort is noticed, it is over within five."""
SHORT: Final = 0.05
"""Seconds; where iterations usually take less, one waits at each worker, so that none waits for this process."""
MAX_STARTS: Final = 5
"""Workers that may be lost one after the other before their session was open."""
START: Final = 180.0
"""Seconds that a worker may take to start and to load the handler."""
UNMANNED: Final = 300.0
"""Seconds that a sweep waits while it has no worker at all: on a busy machine, lost ones take long to be replaced."""


class Parallel:
    """Executes iterations in the workers of a crew; see :class:`~mlrun_jupyter.sweeps.execution.Execution`.

    Parameters
    ----------
    timeout
        Seconds that an iteration may take; 0 sets no limit.
    max_attempts
        How often an iteration that loses its worker is tried.
    judges, watched
        Who decides whether an iteration goes on, and the metric that it is decided by.
    ahead
        Whether a short iteration may wait at each worker; without, a sampler sees more results before it chooses.
    named
        Whether what iterations print is shown with their numbers.
    """

    def __init__(
        self,
        crew: Crew,
        parent: RunRecord,
        db: RunDB,
        *,
        timeout: float = 0.0,
        max_attempts: int = 3,
        judges: Judges | None = None,
        watched: str = "",
        ahead: bool = True,
        named: bool = True,
    ) -> None:
        self._crew = crew
        self._timeout = timeout
        self._judges = judges
        self._watched = watched
        self._deciding: dict[int, Judge] = {}
        self._ahead = ahead and not watched
        self._named = named
        self._usual = SHORT
        self._losses = Losses(db, parent, max_attempts)
        self._workers: list[Worker] = []
        self._again: deque[Assignment] = deque()
        self._arrived: deque[Outcome] = deque()
        self._failed_starts = 0
        self._stopped = False
        self._manned = time.monotonic()

    def run(self, assignments: Iterator[Assignment]) -> Iterator[Outcome]:
        """Execute the assignments, taken as workers get free; outcomes come in the order in which they are there."""
        while True:
            self._fill_up()
            more = self._give_out(assignments)
            if not more and not any(worker.assigned for worker in self._workers):
                return
            self._listen(LOOK)
            while self._arrived:
                yield self._arrived.popleft()

    # giving out

    def _fill_up(self) -> None:
        """Put others in the places of workers that were lost."""
        missing = self._crew.count - len(self._workers)
        if missing > 0:
            self._workers += self._crew.hire(missing)
        if self._workers:
            self._manned = time.monotonic()
        elif time.monotonic() - self._manned > UNMANNED:
            raise WorkerLostError(f"and there has been no other for {UNMANNED:.0f} seconds")

    def _give_out(self, assignments: Iterator[Assignment]) -> bool:
        """Fill up the workers whose session is open; False when there is nothing more to give."""
        depths = max((worker.depth for worker in self._workers), default=1)
        for depth in range(1, (depths if self._ahead and self._usual < SHORT else 1) + 1):
            for worker in self._workers:  # everybody gets one before anybody gets two
                if not worker.opened or len(worker.assigned) >= min(depth, worker.depth):
                    continue
                assignment = self._again.popleft() if self._again else next(assignments, None)
                if assignment is None:
                    return False
                if not worker.assigned:
                    worker.since = time.monotonic()
                worker.assign(assignment)
        return True

    # listening

    def _listen(self, timeout: float) -> None:
        """Take in what the workers have to say, waiting for the first."""
        heard = self._crew.listen(timeout)
        for worker, kind, content in heard:
            if worker in self._workers:
                self._take(worker, kind, content)
        if not heard or self._timeout:
            for worker in list(self._workers):
                self._look_after(worker)

    def _take(self, worker: Worker, kind: str, content: Any) -> None:
        if kind == SAID:
            self._show(*content)
        elif kind == ENDED:
            self._free(worker, content.number)
            self._arrived.append(content)
        elif kind == SKIPPED:
            assignment = self._free(worker, content)
            if assignment is not None and not self._stopped:
                self._again.append(assignment)
        elif kind == ASKED:
            worker.answer(content[0], self._decide(*content))
        elif kind == READY:
            worker.has_opened(content)
        elif kind == LOST:
            self._lose(worker, content)
        elif kind == FAILED:
            number, error = content
            if worker.has_opened(number):
                raise error

    def _free(self, worker: Worker, number: int) -> Assignment | None:
        """Take an iteration from a worker that is done with it."""
        found = next((each for each in worker.assigned if each.number == number), None)
        if found is not None:
            worker.assigned.remove(found)
        self._deciding.pop(number, None)
        now = time.monotonic()
        self._usual += 0.2 * (now - worker.since - self._usual)
        worker.since = now
        self._failed_starts = 0
        return found

    def _decide(self, number: int, points: list[tuple[int, float]]) -> bool:
        """Whether an iteration has told enough by these points and those before."""
        if self._judges is None:
            return False
        if number not in self._deciding:
            self._deciding[number] = self._judges(number)
        judge = self._deciding[number]
        for step, value in points:
            judge.see(step, {self._watched: value})
        return judge.has_seen_enough()

    def _look_after(self, worker: Worker) -> None:
        """End a worker whose iteration does not end in time, or that does not start."""
        limit = self._timeout + GRACE if worker.opened else START
        busy = worker.assigned and self._timeout if worker.opened else True
        if busy and time.monotonic() - worker.since > limit:
            self._lose(worker, "timeout")

    def _lose(self, worker: Worker, reason: str) -> None:
        """Settle what a worker leaves that is lost, or is now."""
        self._workers.remove(worker)
        self._crew.dismiss(worker)
        outcomes, again = self._losses.settle(list(worker.assigned), reason)
        self._arrived.extend(outcomes)
        self._again.extend(again)
        self._failed_starts += not worker.opened
        if self._failed_starts >= MAX_STARTS and not self._stopped:
            raise WorkerLostError(reason)

    def _show(self, number: int, text: str) -> None:
        """Print what an iteration has printed, each line with its number."""
        name = f"[{number}] " if self._named else ""
        sys.stdout.write("".join(f"{name}{line}" for line in text.splitlines(keepends=True)))

    # the end

    def stop(self, grace: float = STOP) -> list[Outcome]:
        """End the iterations that run, as Ctrl-C would, and return the outcomes that have not been seen."""
        self._stopped = True
        for worker in self._workers:
            if worker.assigned:
                worker.stop()
        end = time.monotonic() + grace
        while any(worker.assigned for worker in self._workers) and time.monotonic() < end:
            self._listen(min(LOOK, max(end - time.monotonic(), 0.0)))
        for worker in [worker for worker in self._workers if worker.assigned]:
            self._losses.give_up(worker.assigned[0])
            self._lose(worker, "killed")
        found, self._arrived = list(self._arrived), deque()
        return [outcome for outcome in found if outcome.state != states.CREATED]

    def close(self) -> None:
        """Close the sessions; the workers are kept for other sweeps."""
        if not self._crew.close(self._workers):
            self._losses.recover()
        self._workers = []
