"""Worker processes on this machine: started when they are needed, kept for the next sweep, never forked.

A worker is an interpreter of its own, started through loky, so it shares nothing with this process but a channel.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from multiprocessing import util
from typing import Any

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runtimes.process import reason_of
from mlrun_jupyter.safety import processes
from mlrun_jupyter.sweeps import crew, worker_process
from mlrun_jupyter.sweeps.crew import LOST, Message, WorkerLostError
from mlrun_jupyter.sweeps.iteration import Assignment
from mlrun_jupyter.sweeps.session import THREADS, Session, Surroundings
from mlrun_jupyter.sweeps.worker_process import ANSWER, CLOSE, CLOSED, ENTER, OPEN, RUN

END = 5.0
"""Seconds that a worker may take to write down what it has."""


class Worker:
    """One worker process; see :class:`~mlrun_jupyter.sweeps.crew.Worker`.

    Parameters
    ----------
    threads
        How many threads numerical libraries use in it, unless the environment says.
    """

    def __init__(self, threads: int) -> None:
        from loky.backend import get_context  # type: ignore[import-untyped] # it brings no types

        context = get_context("loky")
        self.threads = threads
        self._sessions = 0
        self.opened = False
        self.assigned: deque[Assignment] = deque()
        self.since = time.monotonic()
        self.depth = 2
        self._channel, theirs = context.Pipe()
        self._number = int(self._channel.fileno())
        env = {name: str(threads) for name in THREADS if name not in os.environ}
        self._process = context.Process(target=worker_process.main, args=(theirs,), name="mlrun-worker", env=env)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def fileno(self) -> int:
        """So that it can be waited for; the same to the end."""
        return self._number

    @property
    def alive(self) -> bool:
        return bool(self._process.is_alive())

    # sessions

    def open(self, surroundings: Surroundings, session: bytes) -> None:
        """Send a session; the worker answers when it is open, or why it cannot be."""
        self.opened, self.since = False, time.monotonic()
        self._sessions += 1
        self._send_message((ENTER, (self._sessions, surroundings)))
        self._send(session)

    def has_opened(self, number: int) -> bool:
        self.opened = number == self._sessions
        return self.opened

    def close(self) -> None:
        """End the session: all that was recorded is in the store when this returns."""
        self._send_message((CLOSE, None))
        if not self.opened:  # it is still starting, and has recorded nothing
            return
        self.opened = False
        while self._channel.poll(END):
            if self.receive()[0] == CLOSED:
                return
        raise WorkerLostError("no answer")

    # iterations

    def assign(self, assignment: Assignment) -> None:
        self.assigned.append(assignment)
        self._send_message((RUN, assignment))

    def answer(self, number: int, enough: bool) -> None:
        del number  # there is one that runs
        self._send_message((ANSWER, enough))

    def receive(self) -> tuple[str, Any]:
        """The next message, waiting for it. Raises :class:`WorkerLostError` when there will be none."""
        try:
            kind, content = self._channel.recv()
        except (EOFError, OSError):
            raise WorkerLostError(self.lost()) from None
        return kind, content

    def answers(self) -> bool:
        """Whether a message, or the end, is there."""
        try:
            return bool(self._channel.poll(0))
        except (OSError, EOFError):
            return False

    def _send_message(self, message: Any) -> None:
        import cloudpickle  # type: ignore[import-untyped] # it brings no types

        self._send(cloudpickle.dumps(message))

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # it is gone: whoever listens hears of it
            self._channel.send_bytes(data)

    # the end

    @property
    def gone(self) -> bool:
        """Whether the process has ended and all that it said has been heard."""
        return not self.alive and not self.answers()

    def lost(self) -> str:
        """See to a process that has ended by itself, and return why it did."""
        self._process.join(END if self.answers() else 0.1)
        return self.kill()

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> str:
        """End the process with all that it has started, at once, and return why it ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        processes.end_tree(self.pid, grace=0.0)
        self._process.join(END)
        self._channel.close()
        code = self._process.exitcode
        return "killed" if code is None else reason_of(code)


class LocalCrew:
    """Workers on this machine; see :class:`~mlrun_jupyter.sweeps.crew.Crew`.

    Raises
    ------
    InvalidArgumentError
        The handler cannot leave this process; no worker was started.
    """

    def __init__(self, session: Session, parent: RunRecord, count: int, *, watched: str = "") -> None:
        self._session = session.packed(OPEN)
        self._parent = parent
        self._watched = watched
        self.count = count
        self._selector = selectors.DefaultSelector()

    def hire(self, count: int) -> list[Worker]:
        found = take(count, threads=max((os.cpu_count() or 1) // self.count, 1))
        surroundings = Surroundings.here(self._parent, watched=self._watched)
        for worker in found:
            self._selector.register(worker.fileno(), selectors.EVENT_READ, worker)
            worker.open(surroundings, self._session)
        return found

    def listen(self, timeout: float) -> list[Message]:
        ready: list[Worker] = [key.data for key, _ in self._selector.select(timeout)]
        messages = []
        for worker in ready:
            try:
                while worker.answers():
                    kind, content = worker.receive()
                    if kind != CLOSED:  # the session of an earlier sweep
                        messages.append(Message(worker, kind, content))
            except WorkerLostError as error:
                messages.append(self._lost(worker, error.reason))
        if not ready:
            everybody: list[Worker] = [key.data for key in self._selector.get_map().values()]
            messages += [self._lost(worker, worker.lost()) for worker in everybody if worker.gone]
        return messages

    def _lost(self, worker: Worker, reason: str) -> Message:
        self._selector.unregister(worker.fileno())
        return Message(worker, LOST, reason)

    def dismiss(self, worker: crew.Worker) -> None:
        assert isinstance(worker, Worker)  # noqa: S101 - it has hired no others
        with contextlib.suppress(KeyError):
            self._selector.unregister(worker.fileno())
        worker.kill()

    def close(self, workers: Sequence[crew.Worker]) -> bool:
        well = True
        for worker in workers:
            assert isinstance(worker, Worker)  # noqa: S101 - it has hired no others
            try:
                worker.close()
                give_back(worker)
            except WorkerLostError:
                worker.kill()
                well = False
        self._selector.close()
        return well


_idle: list[Worker] = []
_lock = threading.Lock()


def take(count: int, *, threads: int) -> list[Worker]:
    """So many workers, idle ones first."""
    with _lock:
        found = [worker for worker in _idle if worker.threads == threads and worker.alive][:count]
        for worker in found:
            _idle.remove(worker)
    return [*found, *(Worker(threads) for _ in range(count - len(found)))]


def give_back(worker: Worker) -> None:
    """Keep a worker, whose session is closed, for the next sweep."""
    with _lock:
        _idle[:] = [each for each in _idle if each.alive]
        _idle.append(worker)


def end_all() -> None:
    """End the workers that are kept."""
    with _lock:
        workers, _idle[:] = list(_idle), []
    for worker in workers:
        worker.kill()


# not by atexit: multiprocessing waits there for its children to end, and would wait for workers that wait for a sweep
util.Finalize(None, end_all, exitpriority=100)


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _idle.clear()  # they are the parent's


with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
