"""Worker processes as their parent holds them: started when they are needed, kept for the next sweep, never forked.

A worker is an interpreter of its own, started through loky, so it shares nothing with this process but a channel.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
import time
from collections import deque
from typing import Any

from mlrun_jupyter.errors import RunError
from mlrun_jupyter.runtimes.process import reason_of
from mlrun_jupyter.safety import processes
from mlrun_jupyter.sweeps import worker_process
from mlrun_jupyter.sweeps.iteration import Assignment
from mlrun_jupyter.sweeps.session import THREADS, Surroundings
from mlrun_jupyter.sweeps.worker_process import ANSWER, CLOSE, CLOSED, ENTER, RUN

END = 5.0
"""Seconds that a worker may take to write down what it has."""


class WorkerLostError(RunError):
    """The worker's process is gone; ``reason`` tells why, as in a run's record."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a worker process ended: {reason}")
        self.reason = reason


class Worker:
    """One worker process, and the iterations that it was given and has not answered for.

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
        """Whether it has said that its session is open."""
        self.assigned: deque[Assignment] = deque()
        self.since = time.monotonic()
        """When the first of the assigned iterations was begun, or the session was sent, by the monotonic clock."""
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
        """Take in that a session is open: the one that was sent last, or one that nobody waits for any more."""
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
        """Have an iteration executed, after those assigned before."""
        self.assigned.append(assignment)
        self._send_message((RUN, assignment))

    def answer(self, enough: bool) -> None:
        """Say whether the iteration that runs has told enough."""
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
        try:
            self._channel.send_bytes(data)
        except OSError:
            raise WorkerLostError(self.lost()) from None

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
        """Have the iteration that runs aborted, and the others not begun; the answers come as ever."""
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


@atexit.register
def end_all() -> None:
    """End the workers that are kept."""
    with _lock:
        workers, _idle[:] = list(_idle), []
    for worker in workers:
        worker.kill()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _idle.clear()  # they are the parent's


with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
