"""The context: what user code holds while it runs, to read what it was given and to record what it finds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mlrun_jupyter import config
from mlrun_jupyter.artifacts import TableArtifact
from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.model import journal, states, times, values
from mlrun_jupyter.model.run import RunRecord, new_uid
from mlrun_jupyter.safety import interrupts
from mlrun_jupyter.tracking import failure, judge
from mlrun_jupyter.tracking.artifact_log import ArtifactLog
from mlrun_jupyter.tracking.children import TABLE_LIMIT, Children, child_record
from mlrun_jupyter.tracking.given import Given
from mlrun_jupyter.tracking.logger import RunLogger
from mlrun_jupyter.tracking.secrets import Secrets, public
from mlrun_jupyter.tracking.tracker import Tracker
from mlrun_jupyter.tracking.usage import Usage, own_peak

_now = time.time  # a name of the module is found sooner than one of another


class RunContext(Given, ArtifactLog):
    """Reads a run's parameters, inputs and secrets; records results, metrics, artifacts, labels and log lines.

    Each record is kept by the operating system when the call returns. A store in trouble never raises here.

    Parameters
    ----------
    run
        The run's document; the context keeps it up to date.
    tracker
        Where to record; None records nothing but the document.
    secrets
        What :meth:`get_secret` knows.

    Example
    -------
    ::

        def train(context, depth: int = 4):
            for step in range(100):
                context.log_metric("loss", 1 / (step + 1))
            context.log_result("accuracy", 0.97)
            context.log_dataset("predictions", df=frame)
    """

    def __init__(self, run: RunRecord, tracker: Tracker | None = None, *, secrets: Secrets | None = None) -> None:
        self._run = run
        self._tracker = tracker
        self._secrets = secrets if secrets is not None else Secrets.of(run.spec.secret_sources)
        self._ref = 0
        self._point: judge.Point | None = tracker.journal.metric if tracker is not None else None
        self._judge = judge.current()
        if self._judge is not None and self._point is not None:
            self._point = judge.seen_by(self._judge, self._point)
        self._supervised = False
        self._watches = False
        self._logger: RunLogger | None = None
        self._steps: dict[str, int] = {}
        self._logged = {str(each["metadata"]["key"]) for each in run.status.artifacts}
        self._inputs: dict[str, Any] = {}
        self._children = Children()
        self._parent: RunContext | None = None
        self._last_words: list[Callable[[str], None]] = []
        self._usage = Usage()
        self._started = time.time(), time.monotonic()

    # life

    def start(self) -> Self:
        """Record that the run runs. Raises ``StoreUnavailableError`` when it cannot be recorded at all."""
        run = self._run
        run.metadata.uid = run.metadata.uid or new_uid()
        run.metadata.project = run.metadata.project or config.current().default_project
        run.spec.secret_sources = public(run.spec.secret_sources)
        status = run.status
        status.state = states.RUNNING
        status.start_time = status.start_time or times.iso(time.time())
        self._started = times.seconds(status.start_time), time.monotonic()
        status.last_update = status.start_time
        if self._tracker is not None:
            document = run.to_dict()
            document["spec"]["parameters"] = values.plain(run.spec.parameters)
            with interrupts.deferred():  # what begins has to be ended by somebody who knows of it
                self._ref = self._tracker.open_run(run.key, status.attempt, document)
        return self

    def finish(self, state: str = states.COMPLETED, *, error: str = "", reason: str = "", trace: str = "") -> None:
        """Record the end of the run; later calls change nothing."""
        if self._run.status.state in states.TERMINAL:
            return
        self._say_end(state)
        if self._supervised:
            self._leave(error, reason, trace)
            return
        if state == states.COMPLETED and self._children.open:
            try:
                self.commit_children()
            except BaseException as caught:  # an interrupt or a full disk: the run ends all the same
                self.fail(caught)
                raise
        with interrupts.deferred():
            self._children.finish(state)
            self._end(state, self._failure(error, reason, trace))

    def _end(self, state: str, failure: dict[str, str]) -> None:
        status = self._run.status
        end, usage = times.iso(self._now()), self._counted()
        if self._tracker is not None and self._ref:
            self._tracker.close_run(self._ref, {"state": state, "end_time": end, "usage": usage, **failure})
        status.state, status.end_time, status.last_update = state, end, end
        status.extra = {**status.extra, "usage": usage}

    def _counted(self) -> dict[str, Any]:
        """What the run cost: this process, or the child that the run is."""
        if not self._watches:
            return self._usage.so_far()
        told = self._run.status.extra.get("usage") or {}
        return self._usage.of_child(int(told.get("peak_memory", 0)))

    def watch_child(self) -> None:
        """The run is a child process that is about to be started: what is counted at the end is the child's."""
        self._watches = True
        self._usage.watch_child()

    def before_end(self, action: Callable[[str], None]) -> None:
        """Have ``action(state)`` called when the run is about to end, as long as it can still record."""
        self._last_words.append(action)

    def _say_end(self, state: str) -> None:
        actions, self._last_words = self._last_words, []
        for action in actions:
            action(state)

    def fail(self, error: BaseException) -> None:
        """Record the end of the run by an exception: an interrupt is an abort by the user."""
        if isinstance(error, KeyboardInterrupt):
            self.finish(states.ABORTED, reason="user", error="interrupted")
        else:
            self.finish(states.ERROR, **failure.told(error))

    def join(self) -> Self:
        """Record for a run that another process began and will end: this one's end only leaves word of a failure."""
        self._supervised = True
        if self._tracker is not None:
            self._ref = self._tracker.join_run(self._run.key, self._run.status.attempt)
        return self

    def _leave(self, error: str, reason: str, trace: str) -> None:
        if failure := self._failure(error, reason, trace):
            self._record(journal.STATUS, failure)
        self._record(journal.STATUS, {"usage": {"peak_memory": own_peak()}})
        self.commit()

    def adopt(self, record: RunRecord) -> None:
        """Take over what another process recorded for this run."""
        self._run.spec.parameters = {**self._run.spec.parameters, **record.spec.parameters}
        self._run.metadata.labels = {**self._run.metadata.labels, **record.metadata.labels}
        self._run.metadata.annotations = {**self._run.metadata.annotations, **record.metadata.annotations}
        kept = self._run.status
        self._run.status = record.status
        self._run.status.state, self._run.status.start_time = kept.state, kept.start_time

    def _failure(self, error: str = "", reason: str = "", trace: str = "") -> dict[str, str]:
        fields = {"error": self._mask(error), "reason": reason, "traceback": self._mask(trace)}
        for field, text in fields.items():
            if text:
                setattr(self._run.status, field, text)
        return {field: text for field, text in fields.items() if text}

    def __enter__(self) -> Self:
        if not self._ref and self._run.status.state not in states.TERMINAL:
            self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.fail(error)

    def commit(self, message: str = "", completed: bool = False) -> None:
        """Put what was recorded into the store now; with ``completed`` the run is over."""
        if message:
            self.set_annotation("message", message)
        if completed:
            self.finish()
        if self._tracker is not None:
            with contextlib.suppress(MlrunError):  # the journal keeps it, the recorder has told it; user code goes on
                self._tracker.flush()

    def set_state(self, state: str = "", error: str = "", commit: bool = True) -> None:
        """Set the state, or end the run with an error text."""
        if error:
            self.finish(states.ERROR, error=error, reason="user")
        elif state in states.TERMINAL:
            self.finish(state)
        elif state:
            self._run.status.state = state
            self._record(journal.STATUS, {"state": state})
        if commit:
            self.commit()

    def _now(self) -> float:
        """The time by the clock that the run started with: setting the machine's clock makes no run shorter or longer."""
        wall, steady = self._started
        return wall + time.monotonic() - steady

    # what the run finds

    def set_label(self, key: str, value: Any, replace: bool = True) -> None:
        """Label the run; values become text."""
        self._merge(self._run.metadata.labels, journal.LABEL, key, str(value), replace)

    def set_annotation(self, key: str, value: Any, replace: bool = True) -> None:
        """Note something on the run that nobody filters by."""
        self._merge(self._run.metadata.annotations, journal.ANNOTATION, key, str(value), replace)

    def _merge(self, section: dict[str, str], op: str, key: str, text: str, replace: bool) -> None:
        if replace or key not in section:
            section[key] = text
            self._record(op, {key: text})

    def log_result(self, key: str, value: Any, commit: bool = False) -> None:
        """Record a result of the run: a number, text, or plain data. Arrays become lists; other objects their text."""
        self.log_results({key: value}, commit=commit)

    def log_results(self, results: Mapping[str, Any], commit: bool = False) -> None:
        """Record several results at once."""
        plain = {str(key): values.plain(value) for key, value in results.items()}
        self._run.status.results.update(plain)
        self._record(journal.RESULT, plain)
        if commit:
            self.commit()

    def log_metric(self, key: str, value: float, step: int | None = None, timestamp: float | None = None) -> None:
        """Record a point of a time series.

        Parameters
        ----------
        key
            The series, as in ``loss`` or ``train/loss``.
        value
            A number.
        step
            Where on the axis; the next whole number of this series when left out.
        timestamp
            Seconds since 1970; now when left out.
        """
        if step is None:
            step = self._steps.get(key, -1) + 1
        self._steps[key] = step
        if self._point is not None:
            number = value if type(value) is float else float(value)
            place = step if type(step) is int else int(step)
            self._point(self._ref, place, {key: number}, _now() if timestamp is None else float(timestamp))

    def log_metrics(
        self, metrics: Mapping[str, float], step: int | None = None, timestamp: float | None = None
    ) -> None:
        """Record points of several series at one step; see :meth:`log_metric`."""
        if step is None:
            step = 1 + max(self._steps.get(key, -1) for key in metrics) if metrics else 0
        for key in metrics:
            self._steps[key] = step
        if self._point is not None:
            series = {key: float(value) for key, value in metrics.items()}
            self._point(self._ref, int(step), series, time.time() if timestamp is None else float(timestamp))

    def should_stop(self) -> bool:
        """Whether the metrics so far have told enough: of an iteration of a sweep with a ``pruner``, else False.

        The handler decides what follows: it returns, with the results that it has logged.
        """
        if self._judge is None or not self._judge.has_seen_enough():
            return False
        self.update_status({"pruned": True, "status_text": "stopped early"})
        return True

    def progress(self, done: float, total: float = 0, text: str = "") -> None:
        """Tell how far the run is; ``total`` 0 is unknown."""
        self._run.status.progress = [float(done), float(total)]
        status: dict[str, Any] = {"progress": [float(done), float(total)]}
        if text:
            self._run.status.status_text = status["status_text"] = text
        self._record(journal.STATUS, status)

    def write_log(self, text: str) -> None:
        """Add text to the run's log without printing it."""
        self._record(journal.LOG, text)

    # children

    def get_child_context(self, with_parent_params: bool = False, **params: Any) -> RunContext:
        """A context for one iteration of this run, which has begun when the call returns.

        It ends with the block in ``with context.get_child_context(eta=0.1) as child:``, at :meth:`commit_children`, or
        with this run.
        """
        given = {**self._run.spec.parameters, **params} if with_parent_params else params
        record = child_record(self._run, self._children.count + 1, given)
        child = RunContext(record, self._tracker, secrets=self._secrets)
        child._parent = self
        self._children.add(child)
        return child.start()

    get_child = get_child_context

    def mark_as_best(self) -> None:
        """Of a child: it is the best one; the parent takes its results."""
        if self._parent is not None:
            self._parent._children.mark(self)

    def commit_children(self, best_run: int = 0) -> None:
        """End the children that are still open; ``best_run`` is the number of the best one.

        This run has their table, as a sweep has, and the results and artifacts of the best one.

        Raises ``NotFoundError`` when no child has that number.
        """
        if best_run:
            self._children.mark(best_run)
        if not self._children.open:
            return
        if best := self._children.finish():
            self.log_results({**best.status.results, "best_iteration": best.metadata.iteration})
            own = self._run.status.artifacts
            taken = [each for each in best.status.artifacts if each["metadata"]["key"] not in self._logged]
            if taken:
                self._run.status.artifacts = [*own, *taken]
                self.update_status({"artifacts": list(self._run.status.artifacts)})
        header, *lines = self._children.table()
        if len(lines) <= TABLE_LIMIT:
            self._run.status.iterations = [header, *lines]
            self.update_status({"iterations": self._run.status.iterations})
        self.log_artifact(TableArtifact("iteration_results", df=lines, header=header))

    update_child_iterations = commit_children

    # the document

    def to_dict(self) -> dict[str, Any]:
        """The run's document as it is now."""
        return self._run.to_dict()

    @classmethod
    def from_dict(cls, document: dict[str, Any], tracker: Tracker | None = None) -> Self:
        """A context for the run of a document, not started yet."""
        return cls(RunRecord.from_dict(document), tracker)

    def to_json(self) -> str:
        return self._run.to_json()

    def to_yaml(self) -> str:
        return self._run.to_yaml()

    def __repr__(self) -> str:
        return f"<context of {self.name} {self.uid} {self.state}>"

    # inside

    @property
    def run(self) -> RunRecord:
        """The record itself."""
        return self._run

    @property
    def secrets(self) -> Secrets:
        return self._secrets

    @property
    def tracker(self) -> Tracker | None:
        return self._tracker

    def share(self, hash: str, kind: str, body: Any) -> None:
        """Record an object that the run refers to by its hash."""
        if self._tracker is not None:
            self._tracker.share(hash, kind, body)

    def after_start(self, action: Callable[[], None]) -> None:
        """Have something gathered by the recorder's thread once the run has begun."""
        if self._tracker is not None:
            self._tracker.soon(action)

    def update_status(self, fields: dict[str, Any]) -> None:
        """Record fields of the status."""
        self._run.status.extra = {**self._run.status.extra, **fields}
        self._record(journal.STATUS, fields)

    def _record(self, op: str, payload: Any) -> None:
        if self._tracker is not None and self._ref:
            self._tracker.append(op, self._ref, payload)

    def _mask(self, text: str) -> str:
        if not self._secrets:
            return text
        masker = self._secrets.masker
        return masker.feed(text) + masker.flush()

    def _out_path(self) -> str:
        path = self._run.spec.output_path or config.current().artifact_path
        if not path:
            path = self._tracker.db.artifact_path if self._tracker else str(Path.cwd() / "artifacts")
        return path


MLClientCtx = RunContext
