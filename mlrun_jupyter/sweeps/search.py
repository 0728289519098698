"""A search that learns while it goes: Optuna's samplers choose combinations, its pruners end hopeless iterations early.

Samplers: ``tpe`` (tree-structured Parzen estimator), ``cmaes`` (covariance matrix adaptation), ``gp`` (Gaussian process).
Pruners, with any strategy: ``median`` (worse than half of those before, at the same step), ``halving`` (successive
halving), ``hyperband``; they look at the metric that is named as the selector's result.
"""

from __future__ import annotations

import statistics
from collections.abc import Container, Iterator
from typing import Any, Final

from mlrun_jupyter.errors import InvalidArgumentError, MissingDependencyError
from mlrun_jupyter.sweeps.distribution import Distribution
from mlrun_jupyter.sweeps.iteration import Assignment, Outcome
from mlrun_jupyter.sweeps.options import SAMPLERS, SweepOptions
from mlrun_jupyter.sweeps.selector import Selector
from mlrun_jupyter.sweeps.strategy import RANDOM_DRAWS, Plan, Space, plan, space_of
from mlrun_jupyter.tracking.judge import Judge

_SAMPLERS: Final = {"tpe": "TPESampler", "cmaes": "CmaEsSampler", "gp": "GPSampler"}
_PRUNERS: Final = {"median": "MedianPruner", "halving": "SuccessiveHalvingPruner", "hyperband": "HyperbandPruner"}
_NEEDS: Final = {"cmaes": "cmaes", "gp": "torch"}
_TAIL: Final = 1e-9
"""Of a normal distribution, the share at each end that is never drawn."""


class Search:
    """Asks Optuna for combinations where the strategy is a sampler, and tells it what came of every iteration.

    Raises
    ------
    InvalidArgumentError
        There is no selector, so nothing to search for.
    MissingDependencyError
        Optuna, or what the sampler needs, is not installed.
    """

    def __init__(self, hyperparams: dict[str, Any], options: SweepOptions) -> None:
        selector = Selector.parse(options.selector)
        what = options.strategy if options.strategy in SAMPLERS else options.pruner
        if selector is None:
            raise InvalidArgumentError(f"{what} needs a selector", hint="as in selector='max.accuracy'")
        self._selector = selector
        self._study = _study(options, selector)
        self._trials: dict[int, Any] = {}
        self._plan: Plan | None = None
        self._axes: dict[str, Axis] = {}
        if options.strategy in SAMPLERS:
            space = space_of(hyperparams)
            self._axes = {name: Axis(each) for name, each in space.items()}
            self.total = min(options.max_iterations or RANDOM_DRAWS, _size(space))
        else:
            self._plan = plan(hyperparams, options)
            self.total = self._plan.total
        self._pruned = bool(options.pruner)

    def assignments(self, kept: Container[int] = ()) -> Iterator[Assignment]:
        """The iterations 1, 2, ... but for those that are kept; a combination is chosen when it is asked for."""
        if self._plan is not None:
            for assignment in self._plan.assignments(kept):
                self._trials[assignment.number] = self._study.ask()
                yield assignment
            return
        distributions = {name: axis.optuna() for name, axis in self._axes.items()}
        for number in range(1, self.total + 1):
            if number not in kept:
                trial = self._trials[number] = self._study.ask(distributions)
                yield Assignment(number, {name: axis.value(trial.params[name]) for name, axis in self._axes.items()})

    def tell(self, outcome: Outcome) -> None:
        """What came of an iteration, this time or before."""
        trial = self._trials.pop(outcome.number, None)
        value = self._selector.value(outcome.results) if outcome.completed else None
        if trial is None:
            self._remember(outcome, value)
        elif outcome.pruned:
            self._study.tell(trial, state=_states().PRUNED)
        elif value is None:
            self._study.tell(trial, state=_states().FAIL)
        else:
            self._study.tell(trial, value)

    def _remember(self, outcome: Outcome, value: float | None) -> None:
        """Let the sampler learn from an iteration of before."""
        if value is None or outcome.pruned or not self._axes:
            return
        from optuna.trial import create_trial

        params = {name: axis.code(outcome.parameters.get(name)) for name, axis in self._axes.items()}
        distributions = {name: axis.optuna() for name, axis in self._axes.items()}
        self._study.add_trial(create_trial(params=params, distributions=distributions, value=value))

    @property
    def watched(self) -> str:
        """The metric that decides whether an iteration goes on; empty where none does."""
        return self._selector.result if self._pruned else ""

    def judge(self, number: int) -> Judge:
        """Of an iteration that is under way."""
        return _TrialJudge(self._trials[number], self.watched)


class _TrialJudge:
    """Reports the points of one metric to Optuna's trial."""

    def __init__(self, trial: Any, metric: str) -> None:
        self._trial = trial
        self._metric = metric
        self._steps: set[int] = set()

    def see(self, step: int, series: dict[str, float]) -> None:
        if self._metric in series and step not in self._steps and step >= 0:
            self._steps.add(step)
            self._trial.report(series[self._metric], step)

    def has_seen_enough(self) -> bool:
        return bool(self._trial.should_prune())


class Axis:
    """A hyper-parameter as Optuna sees it: what it does not know is put into words that it knows."""

    def __init__(self, distribution: Distribution) -> None:
        self._distribution = distribution
        values = distribution.values
        plain = all(isinstance(each, (str, int, float, bool)) or each is None for each in values[:1000])
        self._by_place = distribution.kind == "choice" and not plain

    def optuna(self) -> Any:
        """Its distribution in Optuna's terms."""
        from optuna import distributions as known

        kind, values = self._distribution
        if kind == "choice":
            return known.CategoricalDistribution(range(len(values)) if self._by_place else list(values))
        if isinstance(values, range):
            first, last = sorted((values[0], values[-1]))
            return known.IntDistribution(first, last, step=abs(values.step))
        if kind == "normal":
            return known.FloatDistribution(_TAIL, 1 - _TAIL)
        if kind == "log_int":
            return known.IntDistribution(values[0], values[1], log=True)
        return known.FloatDistribution(values[0], values[1], log=kind == "log_uniform")

    def value(self, code: Any) -> Any:
        """What the handler is given."""
        if self._by_place:
            return self._distribution.values[code]
        if self._distribution.kind == "normal":
            mean, deviation = self._distribution.values
            return statistics.NormalDist(mean, deviation).inv_cdf(code) if deviation else mean
        return code

    def code(self, value: Any) -> Any:
        """The reverse, for a value that was recorded."""
        if self._by_place:
            return list(self._distribution.values).index(value)
        if self._distribution.kind == "normal":
            mean, deviation = self._distribution.values
            found = statistics.NormalDist(mean, deviation).cdf(value) if deviation else 0.5
            return min(max(found, _TAIL), 1 - _TAIL)
        return value


def _size(space: Space) -> int:
    """How many combinations there are, as far as that matters: a sampler may choose one again."""
    return 2**62 if space else 0


def _study(options: SweepOptions, selector: Selector) -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingDependencyError.of("optuna", extra="optuna") from None
    sampler: Any = optuna.samplers.RandomSampler(options.seed)
    if options.strategy in SAMPLERS:
        needed = _NEEDS.get(options.strategy)
        try:
            if needed:
                __import__(needed)
            quiet = {} if options.strategy == "tpe" else {"warn_independent_sampling": False}
            sampler = getattr(optuna.samplers, _SAMPLERS[options.strategy])(seed=options.seed, **quiet)
        except ImportError:
            raise MissingDependencyError(
                f"strategy {options.strategy!r} needs {needed}", hint=f"pip install {needed}, or use strategy 'tpe'"
            ) from None
    pruner = getattr(optuna.pruners, _PRUNERS[options.pruner])() if options.pruner else optuna.pruners.NopPruner()
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it announces studies
    try:
        directions = optuna.study.StudyDirection
        direction = directions.MAXIMIZE if selector.operator == "max" else directions.MINIMIZE
        return optuna.create_study(direction=direction, sampler=sampler, pruner=pruner)
    finally:
        optuna.logging.set_verbosity(before)


def _states() -> Any:
    from optuna.trial import TrialState

    return TrialState
