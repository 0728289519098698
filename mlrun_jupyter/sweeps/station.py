"""Where a worker executes iterations: the store and the handler of a session, and one iteration at a time.

It records in the store by itself, so what an iteration has recorded does not depend on the life of whoever asked for
it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import site
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from mlrun_jupyter.db import open_db
from mlrun_jupyter.errors import MlrunError, NotFoundError, RunError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runtimes.local import runtime_of
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome, iteration_record
from mlrun_jupyter.sweeps.session import Session
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.judge import judged
from mlrun_jupyter.tracking.secrets import Secrets


class Line(Protocol):
    """The way to whoever leads the sweep."""

    def say(self, number: int, text: str) -> None:
        """Have something shown that iteration ``number`` has printed."""

    def ask(self, number: int, points: list[tuple[int, float]]) -> bool:
        """Have it decided whether iteration ``number`` has told enough."""


class Station:
    """A session that is open in this process.

    Parameters
    ----------
    parent
        The sweep's own run.
    watched
        The metric by which is decided whether an iteration goes on; empty where it does not.

    Raises
    ------
    Exception
        Whatever the user's modules and the store raise.
    """

    def __init__(self, session: Session, parent: RunRecord, watched: str, line: Line, *, known: frozenset[str]) -> None:
        self._runtime = runtime_of(session.job)
        self.tracker = tracker.of(open_db(session.address))
        self._secrets = Secrets(session.secrets)
        self._parent = parent
        self._watched = watched
        self._line = line
        self._known = known
        self.busy = False
        """Whether an iteration is at a point where an interrupt aborts it, and nothing else."""
        self.lock = threading.Lock()
        """Held by another thread while it looks whether to interrupt."""
        self.stopped = False
        """Set to have no further iteration begun."""

    def execute(self, assignment: Assignment) -> Outcome | None:
        """Execute an iteration to its end, whatever that is; None when none is to be begun."""
        if self.stopped:
            return None
        run = iteration_record(self._parent, assignment)
        judge = _DistantJudge(self._line, assignment.number, self._watched) if self._watched else None
        with self._screen(assignment.number), judged(judge):
            try:
                self.busy = True
                self._runtime.execute(run, self.tracker, self._secrets)
                with self.lock:
                    self.busy = False
                time.sleep(0)  # an interrupt that is on its way to this thread arrives here
            except KeyboardInterrupt:
                self.busy = False
                run = self._ended(run, {"status.state": states.ABORTED, "status.reason": "user"})
            except Exception as error:  # of the tracking, before or behind the handler
                self.busy = False
                run = self._ended(
                    run, {"status.state": states.ERROR, "status.error": f"{type(error).__name__}: {error}"}
                )
        return Outcome.of(run)

    def _ended(self, run: RunRecord, end: dict[str, Any]) -> RunRecord:
        """What the store knows of an iteration that was cut off, wherever that was; it has an end."""
        db = self.tracker.db
        try:
            self.tracker.flush()
            if not db.read_run(run.key).done:
                db.update_run(run.key, end)
            return db.read_run(run.key)
        except NotFoundError:
            run.status.state = states.CREATED if end["status.state"] == states.ABORTED else states.ERROR
            run.status.error = end.get("status.error", "")
            return run

    @contextlib.contextmanager
    def _screen(self, number: int) -> Iterator[None]:
        """Within the block, what is printed goes to the one who leads, line by line."""
        before = sys.stdout, sys.stderr
        screens = [Screen(self._line, number, stream) for stream in before]
        sys.stdout, sys.stderr = screens
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before
            for screen in screens:
                screen.finish()

    def close(self) -> None:
        """Nothing of the user's is left here: the next session reads their modules anew."""
        self._runtime.close()
        for name in [name for name, module in sys.modules.items() if name not in self._known and _edited(module)]:
            del sys.modules[name]
        gc.collect()


def failure(error: Exception) -> RunError:
    """Why a session cannot be opened, as it is told to the user."""
    told = str(error) if isinstance(error, MlrunError) else f"{type(error).__name__}: {error}"
    return RunError(f"a worker could not load the handler: {told}", where=_place(error))


class _DistantJudge:
    """Collects the points of one metric, and has them judged where the sweep is led when it is asked."""

    def __init__(self, line: Line, number: int, metric: str) -> None:
        self._line = line
        self._number = number
        self._metric = metric
        self._points: list[tuple[int, float]] = []

    def see(self, step: int, series: dict[str, float]) -> None:
        if self._metric in series:
            self._points.append((step, series[self._metric]))

    def has_seen_enough(self) -> bool:
        points, self._points = self._points, []
        return self._line.ask(self._number, points)


class Screen(io.TextIOBase):
    """A text stream that hands on whole lines."""

    def __init__(self, line: Line, number: int, real: Any) -> None:
        self._to = line
        self._number = number
        self._real = real
        self._line = ""

    def write(self, text: str) -> int:
        whole, end, rest = text.rpartition("\n")
        if end:
            self._to.say(self._number, self._line + whole + end)
            self._line = rest
        else:
            self._line += text
        return len(text)

    def flush(self) -> None:
        """Lines are sent when they are complete: those of several iterations do not mix within a line."""

    def finish(self) -> None:
        """Hand on an unfinished last line."""
        if self._line:
            self._to.say(self._number, self._line + "\n")
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
