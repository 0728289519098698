"""Iterations side by side, in worker processes on this machine.

Each worker has one iteration to execute and, where they are short, one that waits. A worker that is lost costs nobody
else anything: what it had finished is in the store, what it was executing is tried again by another, and what had waited
is given away.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.sweeps import workers
from mlrun_jupyter.sweeps.execution import Judges
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome
from mlrun_jupyter.sweeps.loss import Losses
from mlrun_jupyter.sweeps.session import Session, Surroundings
from mlrun_jupyter.sweeps.worker_process import ASKED, CLOSED, ENDED, FAILED, OPEN, READY, SAID, SKIPPED
from mlrun_jupyter.sweeps.workers import Worker, WorkerLostError
from mlrun_jupyter.tracking.judge import Judge

LOOK: Final = 0.5
"""Seconds between two looks whether the workers still live, and whether their time is over."""
GRACE: Final = 3.0
"""Seconds that an iteration has to end when it is asked to; then its worker is killed."""
SHORT: Final = 0.05
"""Seconds; where iterations usually take less, one waits at each worker, so that none waits for this process."""
MAX_STARTS: Final = 3
"""Workers that may be lost one after the other before their session was open."""
START: Final = 60.0
"""Seconds that a worker may take to start and to load the handler."""


class Parallel:
    """Executes iterations in ``count`` workers; see :class:`~mlrun_jupyter.sweeps.execution.Execution`.

    Parameters
    ----------
    ahead
        How many short iterations may wait at each worker; 0 lets a sampler see more results before it chooses.

    Raises
    ------
    InvalidArgumentError
        The handler cannot leave this process; no worker was started.
    """

    def __init__(
        self,
        session: Session,
        parent: RunRecord,
        db: RunDB,
        count: int,
        *,
        timeout: float = 0.0,
        max_attempts: int = 3,
        judges: Judges | None = None,
        watched: str = "",
        ahead: int = 1,
    ) -> None:
        self._session = session.packed(OPEN)
        self._parent = parent
        self._count = count
        self._timeout = timeout
        self._judges = judges
        self._watched = watched
        self._deciding: dict[int, Judge] = {}
        self._ahead = 0 if watched else ahead
        self._usual = SHORT
        self._losses = Losses(db, parent, max_attempts)
        self._workers: list[Worker] = []
        self._again: deque[Assignment] = deque()
        self._arrived: deque[Outcome] = deque()
        self._failed_starts = 0
        self._stopped = False
        self._selector = selectors.DefaultSelector()

    def run(self, assignments: Iterator[Assignment]) -> Iterator[Outcome]:
        """Execute the assignments, taken as workers get free; outcomes come in the order in which they are there."""
        self._start(self._count)
        while True:
            more = self._give_out(assignments)
            if not more and not any(worker.assigned for worker in self._workers):
                return
            self._listen(LOOK)
            while self._arrived:
                yield self._arrived.popleft()

    # giving out

    def _start(self, count: int) -> None:
        """Have so many workers more, each with the session open."""
        threads = max((os.cpu_count() or 1) // self._count, 1)
        started = workers.take(count, threads=threads)
        self._workers += started
        surroundings = Surroundings.here(self._parent, watched=self._watched)
        for worker in started:
            self._selector.register(worker.fileno(), selectors.EVENT_READ, worker)
            try:
                worker.open(surroundings, self._session)
            except WorkerLostError as error:
                self._lose(worker, error.reason)

    def _give_out(self, assignments: Iterator[Assignment]) -> bool:
        """Fill up the workers whose session is open; False when there is nothing more to give."""
        depths = 1 + self._ahead if self._usual < SHORT else 1
        for depth in range(1, depths + 1):  # everybody gets one before anybody gets two
            for worker in list(self._workers):
                if not worker.opened or len(worker.assigned) >= depth:
                    continue
                assignment = self._again.popleft() if self._again else next(assignments, None)
                if assignment is None:
                    return False
                if not worker.assigned:
                    worker.since = time.monotonic()
                try:
                    worker.assign(assignment)
                except WorkerLostError as error:
                    self._lose(worker, error.reason)
        return True

    # listening

    def _listen(self, timeout: float) -> None:
        """Take in what the workers have to say, waiting for the first."""
        heard: list[Worker] = [key.data for key, _ in self._selector.select(timeout)]
        for worker in heard:
            try:
                while worker.answers():
                    self._take(worker, *worker.receive())
            except WorkerLostError as error:
                self._lose(worker, error.reason)
        if not heard or self._timeout:
            for worker in list(self._workers):
                self._look_after(worker)

    def _take(self, worker: Worker, kind: str, content: Any) -> None:
        if kind == SAID:
            _show(*content)
            return
        if kind == READY:
            worker.has_opened(content)
            return
        if kind == ASKED:
            worker.answer(self._decide(*content))
            return
        if kind == FAILED:
            number, error = content
            if worker.has_opened(number):
                raise error
            return
        if kind == CLOSED:  # the session of an earlier sweep
            return
        assignment = worker.assigned.popleft()
        self._deciding.pop(assignment.number, None)
        now = time.monotonic()
        self._usual += 0.2 * (now - worker.since - self._usual)
        worker.since = now
        self._failed_starts = 0
        if kind == ENDED:
            self._arrived.append(content)
        elif kind == SKIPPED and not self._stopped:
            self._again.append(assignment)

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
        """End a worker whose iteration does not end in time, and notice one that is gone without a word."""
        limit = self._timeout + GRACE if worker.opened else START
        busy = worker.assigned and self._timeout if worker.opened else True
        if busy and time.monotonic() - worker.since > limit:
            worker.kill()
            self._lose(worker, "timeout")
        elif worker.gone:
            self._lose(worker, worker.lost())

    def _lose(self, worker: Worker, reason: str) -> None:
        """Settle what a lost worker leaves, and put another in its place."""
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        with contextlib.suppress(KeyError):
            self._selector.unregister(worker.fileno())
        self._failed_starts += not worker.opened
        outcomes, again = self._losses.settle(list(worker.assigned), reason)
        self._arrived.extend(outcomes)
        self._again.extend(again)
        if self._stopped:
            return
        if self._failed_starts >= MAX_STARTS:
            raise WorkerLostError(reason)
        self._start(1)

    # the end

    def stop(self, grace: float = GRACE) -> list[Outcome]:
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
            worker.kill()
            self._lose(worker, "killed")
        found, self._arrived = list(self._arrived), deque()
        return [outcome for outcome in found if outcome.state != states.CREATED]

    def close(self) -> None:
        """Close the sessions; the workers are kept for other sweeps."""
        for worker in self._workers:
            try:
                worker.close()
                workers.give_back(worker)
            except WorkerLostError:
                worker.kill()
                self._losses.recover()
        self._workers = []
        self._selector.close()


def _show(number: int, text: str) -> None:
    """Print what an iteration has printed, each line with its number."""
    sys.stdout.write("".join(f"[{number}] {line}" for line in text.splitlines(keepends=True)))
