"""A run as its caller holds it: how it stands, what came of it, and what can be done with it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from mlrun_jupyter import datastore
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import NotFoundError, RunError, nearest
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.model.task import TaskMetadata, TaskSpec
from mlrun_jupyter.runs import again
from mlrun_jupyter.runs.artifact import RunArtifact
from mlrun_jupyter.runs.printed import PrintedLog
from mlrun_jupyter.tracking import tracker

if TYPE_CHECKING:
    import numpy as np

POLL = 0.2
"""Seconds between two looks at a run that is waited for."""


class Run:
    """One execution of a task.

    Example
    -------
    ::

        run = run_local(handler=train, params={"depth": 4})
        run.state(), run.outputs["accuracy"], run.artifact("model").get()
    """

    def __init__(self, record: RunRecord, db: RunDB) -> None:
        self._record = record
        self._db = db

    # how it stands

    @property
    def metadata(self) -> TaskMetadata:
        return self._record.metadata

    @property
    def spec(self) -> TaskSpec:
        return self._record.spec

    @property
    def status(self) -> Any:
        """State, results, artifacts, times, error: the fields of ``RunStatus``."""
        return self._record.status

    @property
    def record(self) -> RunRecord:
        """The document."""
        return self._record

    @property
    def key(self) -> RunKey:
        return self._record.key

    @property
    def db(self) -> RunDB:
        """The store it is recorded in."""
        return self._db

    def uid(self) -> str:
        return self._record.metadata.uid

    @property
    def name(self) -> str:
        return self._record.metadata.name

    def state(self) -> str:
        """The state, read from the store while it is not final."""
        if not self._record.done:
            self.refresh()
        return self._record.status.state

    @property
    def error(self) -> str:
        """Why the run failed, or empty."""
        return self._record.status.error

    def refresh(self) -> Run:
        """Read the run again. Raises ``NotFoundError`` when it was deleted."""
        tracker.flush(self._db)
        self._record = self._db.read_run(self.key)
        return self

    # what came of it

    @property
    def results(self) -> dict[str, Any]:
        return dict(self._record.status.results)

    @property
    def outputs(self) -> dict[str, Any]:
        """Results by name, and the addresses of artifacts by key; a run that is under way is waited for."""
        if not self._record.done:
            self.wait_for_completion(raise_on_failure=False)
        found = {entry["metadata"]["key"]: self._address(entry) for entry in self._record.status.artifacts}
        return {**found, **self._record.status.results}

    def output(self, key: str) -> Any:
        """A result, or an artifact's address. Raises ``NotFoundError`` with the nearest name."""
        outputs = self.outputs
        if key not in outputs:
            raise NotFoundError(f"run {self.name!r} has no output {key!r}", hint=nearest(key, outputs))
        return outputs[key]

    def artifact(self, key: str) -> RunArtifact:
        """An artifact: its document as a mapping, and its data (``get, local, as_df, show ...``)."""
        entries = {entry["metadata"]["key"]: entry for entry in self._record.status.artifacts}
        if key not in entries:
            raise NotFoundError(f"run {self.name!r} has no artifact {key!r}", hint=nearest(key, entries))
        return RunArtifact(self._whole(entries[key]), self._db)

    def _whole(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The artifact's document: a run's record holds only what names it."""
        metadata, db_key = entry["metadata"], entry.get("spec", {}).get("db_key", "")
        tracker.flush(self._db)
        try:
            found = self._db.read_artifact(
                metadata.get("project", self.key.project),
                db_key,
                tree=metadata.get("tree", ""),
                iter=metadata.get("iter", 0),
            )
        except NotFoundError:  # deleted since, or never listed
            return entry
        return found.to_dict()

    @staticmethod
    def _address(entry: dict[str, Any]) -> str:
        if entry.get("kind") in ("dataset", "model"):
            return datastore.store_uri(entry)
        return str(entry.get("spec", {}).get("target_path", ""))

    def metric(self, key: str, *, points: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Steps and values of a metric as arrays of equal length; ``points`` > 0: at most about so many, extremes kept."""
        import numpy as np

        tracker.flush(self._db)
        series = self._db.read_series(self.key, key, points=points)
        return np.asarray(series.steps, dtype=np.int64), np.asarray(series.values, dtype=np.float64)

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Series name to ``{last, min, max, mean, count, step}``."""
        tracker.flush(self._db)
        return self._db.list_series(self.key)

    def iterations(self) -> list[Run]:
        """The runs of a sweep, first to last; empty for a run that is none."""
        from mlrun_jupyter.db.query import RunQuery

        tracker.flush(self._db)
        query = RunQuery(project=self.key.project, uid=self.key.uid, iterations=True, limit=100_000)
        found = [each for each in self._db.list_runs(query).rows if each.metadata.iteration]
        return [Run(each, self._db) for each in sorted(found, key=lambda each: each.metadata.iteration)]

    # what can be done with it

    def logs(self, watch: bool = True, db: Any = None, offset: int = 0) -> str:
        """Print the log, follow it to the end of the run when ``watch``, and return the state."""
        del db  # the run knows its store; kept for callers of the older form
        printed = PrintedLog(sys.stdout)
        try:
            while True:
                state = self.state()
                tracker.flush(self._db)  # a run of this process is over before the store has all of it
                text = self._db.read_log(self.key, offset)
                if text:
                    printed.add(text)
                    offset += len(text)
                if not watch or state in states.TERMINAL:
                    return state
                time.sleep(POLL)
        finally:
            printed.end()

    def log_text(self) -> str:
        """The log so far."""
        tracker.flush(self._db)
        return self._db.read_log(self.key).decode("utf-8", "replace")

    def wait_for_completion(
        self, sleep: float = POLL, timeout: float = 0, raise_on_failure: bool = True, show_logs: bool = False
    ) -> str:
        """Wait until the state is final and return it.

        Parameters
        ----------
        sleep, timeout
            Seconds between two looks, and at the most; 0 waits for ever.
        raise_on_failure
            Raise ``RunError`` when it did not complete.

        Raises
        ------
        RunError
            The run failed, or the time is over.
        """
        if show_logs:
            self.logs(watch=True)
        end = time.monotonic() + timeout if timeout else None
        while (state := self.state()) not in states.TERMINAL:
            if end is not None and time.monotonic() > end:
                raise RunError(f"run {self.name!r} is still {state} after {timeout:g} s", run=self)
            time.sleep(sleep)
        if raise_on_failure and state != states.COMPLETED:
            raise RunError(self.error or f"run {self.name!r} is {state}", run=self)
        return state

    def abort(self, timeout: float = 5.0) -> str:
        """Have the run ended, from wherever it is called; return its state.

        The process that executes it is asked through the store, and interrupts the code as Ctrl-C would. ``timeout``:
        seconds to wait for the end; 0 returns at once. A run that is over stays as it is.
        """
        if self.state() in states.TERMINAL:
            return self._record.status.state
        self._db.update_run(self.key, {"status.state": states.ABORTING})
        end = time.monotonic() + timeout
        while self.state() not in states.TERMINAL and time.monotonic() < end:
            self._db.recover()  # where the process is gone nobody answers
            time.sleep(POLL)
        return self._record.status.state

    def rerun(self, **changes: Any) -> Run:
        """Run the same code with the same parameters, inputs and arguments again, or with ``changes`` (``params={...}``,
        ``args=[...]`` ...).

        Raises ``NotFoundError`` when the code was not kept, or cannot run without the notebook it was part of.
        """
        found: Run = again.rerun(self, **changes)
        return found

    def to_dict(self) -> dict[str, Any]:
        return self._record.to_dict()

    def to_yaml(self) -> str:
        return self._record.to_yaml()

    def to_json(self) -> str:
        return self._record.to_json()

    def show(self) -> None:
        """Show the run's card where it is called: in a notebook, or as text in a terminal."""
        from mlrun_jupyter.runs import card, display

        display.show(card.of(self))

    def _ipython_display_(self) -> None:
        """Nothing where the running cell has shown the run's card from its beginning; else it is left to what follows."""
        from mlrun_jupyter.runs import display

        if not display.shown(self.uid()):
            raise NotImplementedError

    def _repr_mimebundle_(self, **_wanted: Any) -> dict[str, Any]:
        from mlrun_jupyter.runs import card
        from mlrun_jupyter.views import mime

        return mime.bundle(card.of(self))

    def __repr__(self) -> str:
        results = ", ".join(f"{key}={value!r:.40}" for key, value in list(self.results.items())[:4])
        return f"<run {self.name} {self.uid()[:8]} {self._record.status.state}{': ' + results if results else ''}>"
