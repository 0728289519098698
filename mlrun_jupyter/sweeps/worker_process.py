"""What runs in a worker process: a session is opened, its iterations are executed one after the other, it is closed.

Between sessions a worker waits, and ends by itself after a while; it ends at once when its parent does. It records in
the store by itself, so what an iteration has recorded does not depend on the parent's life or the worker's.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import select
import signal
import site
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from mlrun_jupyter.db import open_db, opening
from mlrun_jupyter.errors import MlrunError, NotFoundError, RunError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runtimes.local import runtime_of
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome, iteration_record
from mlrun_jupyter.sweeps.session import Session
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.judge import judged
from mlrun_jupyter.tracking.secrets import Secrets

IDLE = 120.0
"""Seconds that a worker waits for another sweep."""

ENTER, OPEN, RUN, ANSWER, CLOSE = "enter", "open", "run", "answer", "close"
"""What a worker is sent: (session's number, surroundings), the session, an assignment, whether to stop, nothing."""
READY, FAILED, SAID, ASKED, ENDED, SKIPPED, CLOSED = "ready", "failed", "said", "asked", "ended", "skipped", "closed"
"""What it says: the session's number, (session, error), (iteration, text), (iteration, points of the watched metric), an
outcome, an iteration, nothing."""


class Channel(Protocol):
    """A connection between two processes."""

    def send(self, message: Any) -> None: ...
    def recv(self) -> Any: ...
    def poll(self, timeout: float | None = ...) -> bool: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...


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
        self._session: Session | None = None
        self._busy = False
        self._stopped = False
        self._own = frozenset(sys.modules)

    def serve(self) -> None:
        """Take a message and do what it asks for."""
        try:
            kind, content = self._channel.recv()
        except (EOFError, OSError):
            raise
        except Exception as error:  # a module of the user's that cannot be imported here, say
            self._fail(error)
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
        busy, self._busy = self._busy, False
        if busy:
            raise KeyboardInterrupt

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Of SIGTERM: the iteration that runs is aborted, and those that wait are not begun."""
        self._stopped = True
        self.abort(number, frame)

    def _send(self, kind: str, content: Any = None) -> None:
        with self._sending:
            self._channel.send((kind, content))

    # a session

    def _open(self, session: Session) -> None:
        try:
            self._runtime = runtime_of(session.job)
            self._tracker = tracker.of(open_db(session.address))
            self._secrets = Secrets(session.secrets)
        except Exception as error:  # of the user's modules, of the store
            self._fail(error)
            return
        self._session, self._stopped = session, False
        self._send(READY, self._number)

    def _fail(self, error: Exception) -> None:
        told = str(error) if isinstance(error, MlrunError) else f"{type(error).__name__}: {error}"
        failure = RunError(f"a worker could not load the handler: {told}", where=_place(error))
        self._send(FAILED, (self._number, failure))

    def close(self) -> None:
        """End the session: everything is in the store, and nothing of the user's is left here."""
        if self._session is None:
            return
        self._session = None
        self._runtime.close()
        tracker.close_all()
        opening.close_all()
        for name in [name for name, module in sys.modules.items() if name not in self._own and _edited(module)]:
            del sys.modules[name]  # the next session reads them anew
        gc.collect()

    # an iteration

    def _run(self, assignment: Assignment) -> None:
        if self._session is None or self._stopped:
            self._send(SKIPPED, assignment.number)
            return
        run = iteration_record(self._parent, assignment)
        judge = _DistantJudge(self, assignment.number, self._watched) if self._watched else None
        with self._screen(assignment.number), judged(judge):
            try:
                self._busy = True
                self._runtime.execute(run, self._tracker, self._secrets)
                self._busy = False
            except KeyboardInterrupt:
                self._busy = False
                run = self._ended(run, {"status.state": states.ABORTED, "status.reason": "user"})
            except Exception as error:  # of the tracking, before or behind the handler
                self._busy = False
                run = self._ended(
                    run, {"status.state": states.ERROR, "status.error": f"{type(error).__name__}: {error}"}
                )
        self._send(ENDED, Outcome.of(run))

    def _ended(self, run: RunRecord, end: dict[str, Any]) -> RunRecord:
        """What the store knows of an iteration that was cut off, wherever that was; it has an end."""
        db = self._tracker.db
        try:
            self._tracker.flush()
            if not db.read_run(run.key).done:
                db.update_run(run.key, end)
            return db.read_run(run.key)
        except NotFoundError:
            run.status.state = states.CREATED if end["status.state"] == states.ABORTED else states.ERROR
            run.status.error = end.get("status.error", "")
            return run

    @contextlib.contextmanager
    def _screen(self, number: int) -> Iterator[None]:
        """Within the block, what is printed goes to the parent, line by line."""
        before = sys.stdout, sys.stderr
        screens = [Screen(self, number, stream) for stream in before]
        sys.stdout, sys.stderr = screens
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before
            for screen in screens:
                screen.finish()

    def ask(self, number: int, points: list[tuple[int, float]]) -> bool:
        """Have the parent decide whether an iteration has told enough."""
        self._send(ASKED, (number, points))
        kind, content = self._channel.recv()
        return bool(kind == ANSWER and content)

    def say(self, number: int, text: str) -> None:
        """Have the parent show something."""
        with contextlib.suppress(OSError):
            self._send(SAID, (number, text))


class _DistantJudge:
    """Collects the points of one metric, and has the parent judge them when it is asked."""

    def __init__(self, worker: Worker, number: int, metric: str) -> None:
        self._worker = worker
        self._number = number
        self._metric = metric
        self._points: list[tuple[int, float]] = []

    def see(self, step: int, series: dict[str, float]) -> None:
        if self._metric in series:
            self._points.append((step, series[self._metric]))

    def has_seen_enough(self) -> bool:
        points, self._points = self._points, []
        return self._worker.ask(self._number, points)


class Screen(io.TextIOBase):
    """A text stream that hands whole lines to the parent."""

    def __init__(self, worker: Worker, number: int, real: Any) -> None:
        self._worker = worker
        self._number = number
        self._real = real
        self._line = ""

    def write(self, text: str) -> int:
        whole, end, rest = text.rpartition("\n")
        if end:
            self._worker.say(self._number, self._line + whole + end)
            self._line = rest
        else:
            self._line += text
        return len(text)

    def flush(self) -> None:
        """Lines are sent when they are complete: those of several iterations do not mix within a line."""

    def finish(self) -> None:
        """Hand on an unfinished last line."""
        if self._line:
            self._worker.say(self._number, self._line + "\n")
            self._line = ""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        number: int = self._real.fileno()
        return number

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only, as on most streams
        return "utf-8"


def _place(error: Exception) -> str:
    """File and line at which an error was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}" if trace is not None else ""


def _edited(module: Any) -> bool:
    """Whether a module's file is the user's rather than an installed one; packages without a file depend on the path."""
    file = getattr(module, "__file__", None) or ""
    if not file:
        return hasattr(module, "__path__")
    return not str(Path(file).resolve()).startswith(_INSTALLED)


_INSTALLED = tuple(
    {str(Path(each).resolve()) for each in (*sysconfig.get_paths().values(), *site.getsitepackages(), sys.prefix)}
    | {str(Path(__file__).resolve().parents[1])}
)
