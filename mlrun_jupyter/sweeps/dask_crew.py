"""The workers of a Dask cluster as a crew.

Every iteration is pinned to the worker that it was given to, so Dask never runs one again by itself: which attempt it is,
and whose fault, is for the sweep to say.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.errors import RunError
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.sweeps import crew, dask_station
from mlrun_jupyter.sweeps.crew import FAILED, LOST, Message
from mlrun_jupyter.sweeps.dask_cluster import Cluster
from mlrun_jupyter.sweeps.dask_station import Sealed
from mlrun_jupyter.sweeps.iteration import Assignment
from mlrun_jupyter.sweeps.session import Session, Surroundings

if TYPE_CHECKING:
    from distributed import Future

LOOK: Final = 0.5
"""Seconds between two looks which workers the cluster has."""
KILL: Final = 2.0
"""Seconds that a nanny may take to end its worker."""
END: Final = 10.0
"""Seconds that workers may take to write down what they have."""


class Worker:
    """A worker of the cluster; see :class:`~mlrun_jupyter.sweeps.crew.Worker`."""

    def __init__(self, crew: DaskCrew, address: str, threads: int) -> None:
        self._crew = crew
        self.address = address
        self.assigned: deque[Assignment] = deque()
        self.opened = False
        self.since = time.monotonic()
        self.depth = 2 if threads == 1 else 1  # several threads would not keep the order

    def has_opened(self, number: int) -> bool:
        del number  # it has one session of this crew
        self.opened = True
        return True

    def assign(self, assignment: Assignment) -> None:
        self.assigned.append(assignment)
        self._crew.submit(self, dask_station.execute, assignment)

    def answer(self, number: int, enough: bool) -> None:
        del number  # there is one that runs
        self._crew.call(self, dask_station.answer, self._crew.topic, enough)

    def stop(self) -> None:
        self._crew.call(self, dask_station.stop, self._crew.topic)


class DaskCrew:
    """Workers of a cluster; see :class:`~mlrun_jupyter.sweeps.crew.Crew`.

    Parameters
    ----------
    count
        How many workers are wanted; 0: all that the cluster has.
    teardown
        Whether the cluster ends with the sweep.

    Raises
    ------
    InvalidArgumentError
        The handler cannot leave this process.
    """

    def __init__(
        self,
        cluster: Cluster,
        session: Session,
        parent: RunRecord,
        count: int,
        *,
        watched: str = "",
        teardown: bool = False,
    ) -> None:
        self._cluster = cluster
        self._client = cluster.client
        self._session = Sealed(session.packed("open"))
        self._parent = parent
        self._watched = watched
        self._teardown = teardown
        self.topic = f"mlrun-{parent.metadata.uid}-{uuid.uuid4().hex[:8]}"
        self._workers: dict[str, Worker] = {}
        self._left: set[str] = set()
        self._under_way: set[Future[Any]] = set()
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._looked = -LOOK
        self._threads: dict[str, int] = {}
        self._client.subscribe_topic(self.topic, self._hear)
        self.count = count
        self._look()
        self.count = count or max(len(self._threads), 1)

    # workers

    def _look(self) -> None:
        """See which workers the cluster has now, and which of ours are lost.

        Raises
        ------
        RunError
            The scheduler is gone.
        """
        if time.monotonic() - self._looked < LOOK:
            return
        try:
            self._threads = dict(self._client.nthreads())
        except (OSError, TimeoutError, RuntimeError) as error:
            raise RunError("the Dask scheduler does not answer any more", hint=str(error)) from None
        self._looked = time.monotonic()
        for address in [each for each in self._workers if each not in self._threads]:
            self._messages.put(Message(self._workers.pop(address), LOST, "lost"))
        if len(self._threads) < self.count:
            self._cluster.repair(self.count)

    def hire(self, count: int) -> list[Worker]:
        self._look()
        free = [each for each in self._threads if each not in self._workers and each not in self._left]
        found = [Worker(self, address, self._threads[address]) for address in free[:count]]
        if found:
            surroundings = Surroundings.here(self._parent, watched=self._watched)
            for worker in found:
                self._workers[worker.address] = worker
                self.submit(worker, dask_station.open_session, surroundings, self._cluster.own, self._session)
        return found

    def dismiss(self, worker: crew.Worker) -> None:
        """A worker without a nanny cannot be ended: it goes on, unheard, and gets nothing more."""
        assert isinstance(worker, Worker)  # noqa: S101 - it has hired no others
        self._left.add(worker.address)
        if self._workers.pop(worker.address, None) is not None:
            self.call(worker, dask_station.end_worker, nanny=True, patience=KILL)

    # to and from a worker

    def submit(self, worker: Worker, function: Callable[..., Any], *arguments: Any) -> None:
        """Have a worker do something, after what it was given before."""
        future = self._client.submit(
            function,
            self.topic,
            *arguments,
            key=f"{function.__name__}-{uuid.uuid4().hex}",
            workers=[worker.address],
            allow_other_workers=False,
            pure=False,
        )
        self._under_way.add(future)
        future.add_done_callback(lambda done: self._hear_end(worker, done))

    def call(
        self, worker: Worker, function: Callable[..., Any], *arguments: Any, nanny: bool = False, patience: float = 0.0
    ) -> None:
        """Have a worker, or the nanny who looks after it, do something at once, beside what it executes.

        It is waited for no longer than ``patience`` seconds: a worker that computes without a break does not answer.
        """

        def ask() -> None:
            with contextlib.suppress(Exception):  # a worker that is gone is noticed in any case
                self._client.run(function, *arguments, workers=[worker.address], nanny=nanny, on_error="ignore")

        thread = threading.Thread(target=ask, name="mlrun-dask-call", daemon=True)
        thread.start()
        thread.join(patience)

    def _hear_end(self, worker: Worker, future: Future[Any]) -> None:
        """Of a function that is done, which has told what there is to tell unless it failed; on a thread of Dask's."""
        self._under_way.discard(future)
        if future.status != "error":
            return
        if worker.opened:
            self._messages.put(Message(worker, LOST, "lost"))
            return
        error = future.exception()
        failure = RunError(
            f"a Dask worker could not start: {type(error).__name__}: {error}",
            hint="it needs mlrun-jupyter as it is here, and what the handler imports",
        )
        self._messages.put(Message(worker, FAILED, (0, failure)))

    def _hear(self, event: tuple[float, Any]) -> None:
        """Of what a worker tells; on a thread of Dask's."""
        address, kind, content = event[1]
        if (worker := self._workers.get(address)) is not None:
            message = pickle.loads(content)  # noqa: S301 - of the cluster that the user chose, which Dask trusts as well
            self._messages.put(Message(worker, kind, message))

    def listen(self, timeout: float) -> list[Message]:
        self._look()
        messages = []
        with contextlib.suppress(queue.Empty):
            messages.append(self._messages.get(timeout=timeout))
            while True:
                messages.append(self._messages.get_nowait())
        return sorted(messages, key=lambda each: each.kind == LOST)  # what was said before it was lost

    def close(self, workers: Sequence[crew.Worker]) -> bool:
        end = time.monotonic() + END
        ended = [
            self._client.submit(
                dask_station.close_session, self.topic, workers=[worker.address], pure=False, allow_other_workers=False
            )
            for worker in workers
            if isinstance(worker, Worker)
        ]
        well = True
        for each in ended:
            try:
                each.result(timeout=max(end - time.monotonic(), 0.1))
            except Exception:  # whatever becomes of a worker: what it recorded is in its journal
                well = False
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            self._client.unsubscribe_topic(self.topic)
        self._workers.clear()
        self._under_way.clear()
        self._cluster.close(teardown=self._teardown)
        return well
