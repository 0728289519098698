"""Iterations side by side, in worker processes on this machine.

Each worker has one iteration to execute and at most one that waits. A worker that is lost costs nobody else anything:
what it had finished is in the store, what it was executing is tried again by another, and what had waited is given
away.
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
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome
from mlrun_jupyter.sweeps.loss import Losses
from mlrun_jupyter.sweeps.session import Session, Surroundings
from mlrun_jupyter.sweeps.worker_process import ENDED, OPEN, SAID, SKIPPED
from mlrun_jupyter.sweeps.workers import Worker, WorkerLostError

LOOK: Final = 0.5
"""Seconds between two looks whether the workers still live, and whether their time is over."""
GRACE: Final = 3.0
"""Seconds that an iteration has to end when it is asked to; then its worker is killed."""
MAX_STARTS: Final = 3
"""Workers that may be lost one after the other without having begun an iteration."""


class Parallel:
    """Executes iterations in ``count`` workers; see :class:`~mlrun_jupyter.sweeps.execution.Execution`.

    Parameters
    ----------
    ahead
        How many iterations wait at each worker: 1 keeps it busy, 0 lets a sampler see more results before it chooses.

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
        ahead: int = 1,
    ) -> None:
        self._session = session.packed(OPEN)
        self._parent = parent
        self._count = count
        self._timeout = timeout
        self._depth = 1 + ahead
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
            self._give_out(assignments)
            if not any(worker.assigned for worker in self._workers):
                if not self._again:
                    return
                continue
            self._listen(LOOK)
            while self._arrived:
                yield self._arrived.popleft()

    # giving out

    def _start(self, count: int) -> None:
        """Have so many workers more, each with the session open."""
        threads = max((os.cpu_count() or 1) // self._count, 1)
        started = workers.take(count, threads=threads)
        self._workers += started
        surroundings = Surroundings.here(self._parent)
        for worker in started:
            worker.open(surroundings, self._session)
        for worker in started:
            worker.ready()
            self._selector.register(worker.fileno(), selectors.EVENT_READ, worker)

    def _give_out(self, assignments: Iterator[Assignment]) -> None:
        for depth in range(1, self._depth + 1):  # everybody gets one before anybody gets two
            for worker in list(self._workers):
                if len(worker.assigned) >= depth:
                    continue
                assignment = self._again.popleft() if self._again else next(assignments, None)
                if assignment is None:
                    return
                if not worker.assigned:
                    worker.since = time.monotonic()
                try:
                    worker.assign(assignment)
                except WorkerLostError as error:
                    self._lose(worker, error.reason)

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
        assignment = worker.assigned.popleft()
        worker.since = time.monotonic()
        self._failed_starts = 0
        if kind == ENDED:
            self._arrived.append(content)
        elif kind == SKIPPED and not self._stopped:
            self._again.append(assignment)

    def _look_after(self, worker: Worker) -> None:
        """End a worker whose iteration does not end in time, and notice one that is gone without a word."""
        late = self._timeout and worker.assigned and time.monotonic() - worker.since > self._timeout + GRACE
        if late:
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
        if not worker.assigned:
            self._failed_starts += 1
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
