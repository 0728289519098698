"""One training of a run, and what it records."""

from __future__ import annotations

import contextlib
import logging
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from mlrun_jupyter.model import states, values
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.current import current

MOST: Final = 20
"""Trainings of one run that are recorded; a loop of more tells its story by what the user logs."""
_BARS: Final = 50
"""Features in the chart of importance."""

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_under_way: weakref.WeakKeyDictionary[RunContext, Recording] = weakref.WeakKeyDictionary()
_counts: weakref.WeakKeyDictionary[RunContext, int] = weakref.WeakKeyDictionary()


class Settings(NamedTuple):
    """What was asked for."""

    frameworks: frozenset[str]
    models: bool
    charts: bool
    every: int


class Recording:
    """What one training records. Its names are the plain ones for a run's first training; later ones get a number."""

    def __init__(self, context: RunContext, settings: Settings, framework: str, number: int) -> None:
        self.context = context
        self.settings = settings
        self.framework = framework
        self._ending = "" if number == 1 else f"_{number}"
        self._results: dict[str, Any] = {}

    def name(self, plain: str) -> str:
        """The name of a result, metric or artifact of this training."""
        return plain + self._ending

    def parameters(self, given: Mapping[str, Any]) -> None:
        """Parameters that the run has not been given under the same name."""
        for name, value in given.items():
            if value is not None:
                self.context.get_param(self.name(name), values.plain(value))

    def results(self, found: Mapping[str, Any]) -> None:
        """Numbers of the training: results of the run, and the model's metrics."""
        self._results.update(found)
        if found:
            self.context.log_results({self.name(name): value for name, value in found.items()})

    def step(self, metrics: Mapping[str, float], step: int) -> None:
        """Points of the training's series."""
        if step % self.settings.every == 0 and metrics:
            self.context.log_metrics({self.name(name): value for name, value in metrics.items()}, step=step)

    def importance(self, names: Sequence[str], weights: Sequence[float]) -> None:
        """The chart of what the model looks at, most important first."""
        if not self.settings.charts or not len(weights) or len(names) != len(weights):
            return
        ranked = sorted(zip(map(str, names), map(float, weights), strict=True), key=lambda pair: -abs(pair[1]))[:_BARS]
        self.chart("feature_importance", ["feature", "importance"], ranked, kind="bar")

    def chart(
        self, name: str, header: Sequence[str], rows: Sequence[Sequence[Any]], *, kind: str, title: str = ""
    ) -> None:
        """A chart of the training."""
        from mlrun_jupyter.artifacts import ChartArtifact

        shown = title or name.replace("_", " ")
        self.context.log_artifact(
            ChartArtifact(
                self.name(name), header=list(header), data=[list(row) for row in rows], chart=kind, title=shown
            )
        )

    def model(self, model: Any, **described: Any) -> None:
        """The trained model, with what is known of it; see ``log_model``."""
        if self.settings.models:
            self.context.log_model(self.name("model"), body=model, metrics=self._results, **described)


def wanted(context: RunContext | None) -> RunContext | None:
    """The context, where its run is going on."""
    return context if context is not None and context.state not in states.TERMINAL else None


def under_way(framework: str) -> Recording | None:
    """The training of this run that is going on, where it is of the framework."""
    context = wanted(current())
    found = _under_way.get(context) if context is not None else None
    return found if found is not None and found.framework == framework else None


def is_free(context: RunContext) -> bool:
    """Whether the run goes on and is in no training."""
    return wanted(context) is not None and context not in _under_way


def begin(settings: Settings, framework: str) -> Recording | None:
    """A training of the current run; None where there is no run, or within another training."""
    context = wanted(current())
    if context is None or framework not in settings.frameworks:
        return None
    with _lock:
        if context in _under_way:
            return None
        number = _counts[context] = _counts.get(context, 0) + 1
        if number == MOST + 1:
            _log.warning("autolog: further trainings of run %s are not recorded", context.name)
        if number > MOST:
            return None
        recording = _under_way[context] = Recording(context, settings, framework, number)
    return recording


def end(recording: Recording) -> None:
    """The training is over: what follows is another."""
    with _lock:
        if _under_way.get(recording.context) is recording:
            del _under_way[recording.context]


@contextlib.contextmanager
def training(settings: Settings, framework: str) -> Iterator[Recording | None]:
    """A training for the length of the block; see :func:`begin`."""
    recording = begin(settings, framework)
    try:
        yield recording
    finally:
        if recording is not None:
            end(recording)


@contextlib.contextmanager
def aside(what: str) -> Iterator[None]:
    """Recording ``what`` is no part of the training: where it fails, that is told and nothing else."""
    try:
        yield
    except Exception as error:
        _log.warning("autolog: %s was not recorded: %s: %s", what, type(error).__name__, error)
