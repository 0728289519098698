"""What runs in a worker process: a session is opened, its iterations are executed one after the other, it is closed.

Between sessions a worker waits, and ends by itself after a while; it ends at once when its parent does.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from types import FrameType
from typing import Any, Protocol

from mlrun_jupyter.db import opening
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.sweeps.crew import ASKED, ENDED, FAILED, READY, SAID, SKIPPED
from mlrun_jupyter.sweeps.iteration import Assignment
from mlrun_jupyter.sweeps.session import Session
from mlrun_jupyter.sweeps.station import Station, failure
from mlrun_jupyter.tracking import tracker

IDLE = 120.0
"""Seconds that a worker waits for another sweep."""

ENTER, OPEN, RUN, ANSWER, CLOSE = "enter", "open", "run", "answer", "close"
"""What a worker is sent: (session's number, surroundings), the session, an assignment, whether to stop, nothing."""
CLOSED = "closed"
"""What it says besides the messages of a crew: the session is closed."""


class Channel(Protocol):
    def recv(self) -> Any: ...
    def send(self, message: Any) -> None: ...
    def poll(self, timeout: float | None) -> bool: ...
    def fileno(self) -> int: ...


def main(channel: Channel) -> None:
    """Serve the parent at the other end of the channel."""
    os.setsid()  # Ctrl-C is the parent's: it says what is to end, and whatever is started here can be ended as one
    worker = Worker(channel)
    signal.signal(signal.SIGINT, worker.abort)
    signal.signal(signal.SIGTERM, worker.stop)
    threading.Thread(target=_end_with_parent, args=(channel,), name="mlrun-parent", daemon=True).start()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while channel.poll(IDLE):
            worker.serve()
    worker.close()


def _end_with_parent(channel: Channel) -> None:
    """End this process when nobody is at the other end, whatever it is doing: its journal has all it recorded."""
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLHUP)
    poll.poll()
    os._exit(0)


class Worker:
    """The state of a worker process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._sending = threading.Lock()
        self._parent = RunRecord()
        self._number = 0
        self._watched = ""
        self._station: Station | None = None
        self._own = frozenset(sys.modules)

    def serve(self) -> None:
        """Take a message and do what it asks for."""
        try:
            kind, content = self._channel.recv()
        except (EOFError, OSError):
            raise
        except Exception as error:  # a module of the user's that cannot be imported here, say
            self._send(FAILED, (self._number, failure(error)))
            return
        if kind == ENTER:
            self.close()
            self._number, surroundings = content
            surroundings.enter()
            self._parent, self._watched = surroundings.parent, surroundings.watched
        elif kind == OPEN:
            self._open(content)
        elif kind == RUN:
            self._run(content)
        elif kind == CLOSE:
            self.close()
            self._send(CLOSED)

    def abort(self, _number: int, _frame: FrameType | None) -> None:
        """Of SIGINT: the iteration that runs is aborted; once, however often it comes."""
        if self._station is not None and self._station.busy:
            self._station.busy = False
            raise KeyboardInterrupt

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Of SIGTERM: the iteration that runs is aborted, and those that wait are not begun."""
        if self._station is not None:
            self._station.stopped = True
        self.abort(number, frame)

    def _send(self, kind: str, content: Any = None) -> None:
        with self._sending:
            self._channel.send((kind, content))

    def _open(self, session: Session) -> None:
        try:
            self._station = Station(session, self._parent, self._watched, self, known=self._own)
        except Exception as error:  # of the user's modules, of the store
            self._send(FAILED, (self._number, failure(error)))
        else:
            self._send(READY, self._number)

    def close(self) -> None:
        """End the session: everything is in the store, and nothing of the user's is left here."""
        if self._station is None:
            return
        station, self._station = self._station, None
        tracker.close_all()
        opening.close_all()
        station.close()

    def _run(self, assignment: Assignment) -> None:
        outcome = self._station.execute(assignment) if self._station is not None else None
        if outcome is None:
            self._send(SKIPPED, assignment.number)
        else:
            self._send(ENDED, outcome)

    # the line to the parent

    def ask(self, number: int, points: list[tuple[int, float]]) -> bool:
        """Have the parent decide whether an iteration has told enough."""
        self._send(ASKED, (number, points))
        kind, content = self._channel.recv()
        return bool(kind == ANSWER and content)

    def say(self, number: int, text: str) -> None:
        """Have the parent show something."""
        with contextlib.suppress(OSError):
            self._send(SAID, (number, text))
