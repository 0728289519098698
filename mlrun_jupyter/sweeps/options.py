"""How a sweep is done: the strategy, its limits, and what ends it."""

from __future__ import annotations

import msgspec

from mlrun_jupyter import config
from mlrun_jupyter.errors import InvalidArgumentError, UnknownArgumentError, nearest
from mlrun_jupyter.model.task import TaskSpec
from mlrun_jupyter.sweeps.condition import Condition
from mlrun_jupyter.sweeps.merge import Merge
from mlrun_jupyter.sweeps.selector import Selector

SAMPLERS = ("tpe", "cmaes", "gp")
STRATEGIES = ("grid", "list", "random", "custom", *SAMPLERS)
PRUNERS = ("median", "halving", "hyperband")
ALIASES = {
    "workers": "parallel_runs",
    "n_jobs": "parallel_runs",
    "n_trials": "max_iterations",
    "max_evals": "max_iterations",
    "sampler": "strategy",
    "tuning_strategy": "strategy",
    "hyper_param_strategy": "strategy",
    "random_state": "seed",
}
"""Names of options elsewhere, and in other versions, and what they are called here."""
STRATEGY_NAMES = ("strategy", *(name for name, own in ALIASES.items() if own == "strategy"))


class SweepOptions(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The options of a task's hyper-parameters.

    ``max_iterations`` 0: the configured limit for a grid or list, 10 draws for the others. ``max_errors``: the sweep
    stops when more iterations than this have failed. ``parallel_runs``, or ``workers``: worker processes; 0 and 1 run
    them one by one here, -1 takes as many as there are processors. ``timeout``: seconds that an iteration may take.
    ``max_attempts``: how often an iteration that kills its worker is tried. ``seed``: for ``random`` and the samplers; the
    same seed draws the same values. ``pruner``: what ends iterations early; see :mod:`mlrun_jupyter.sweeps.search`.
    ``dask_cluster_uri``: the scheduler of a Dask cluster whose workers execute the iterations; ``teardown_dask``: it ends
    with the sweep. ``split``: inputs whose folder is split, see :mod:`mlrun_jupyter.sweeps.split`. ``merge``: how results
    are put together, see :class:`~mlrun_jupyter.sweeps.merge.Merge`; those of split inputs are, by default, listed.
    """

    strategy: str = ""
    selector: str = ""
    stop_condition: str = ""
    max_iterations: int = 0
    max_errors: int = -1
    parallel_runs: int = 0
    timeout: float = 0.0
    max_attempts: int = 3
    seed: int | None = None
    pruner: str = ""
    param_file: str = ""
    dask_cluster_uri: str = ""
    teardown_dask: bool = False
    split: list[str] = []
    merge: str | dict[str, str] = ""

    @property
    def workers(self) -> int:
        """How many worker processes are wanted; 1 is none but this one."""
        if self.parallel_runs >= 0:
            return max(self.parallel_runs, 1)
        from loky import cpu_count  # type: ignore[import-untyped] # it brings no types

        return int(cpu_count())

    @classmethod
    def of(cls, spec: TaskSpec) -> SweepOptions:
        """The options of a task, checked. Raises for unknown names (with the nearest), wrong types and bad expressions."""
        given = {ALIASES.get(name, name): value for name, value in spec.hyper_param_options.items()}
        for name in ("strategy", "selector", "param_file"):
            if value := getattr(spec, name):
                given[name] = value
        if isinstance(given.get("split"), str):
            given["split"] = [name.strip() for name in given["split"].split(",")]
        known = cls.__struct_fields__
        for name in given:
            if name not in known:
                raise UnknownArgumentError(
                    f"no such option of hyper-parameters: {name!r}", hint=nearest(name, (*known, *ALIASES))
                )
        try:
            options = msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidArgumentError("an option of the hyper-parameters does not fit", hint=str(error)) from None
        for what, value, choices in (
            ("strategy", options.strategy, STRATEGIES),
            ("pruner", options.pruner, PRUNERS),
        ):
            if value and value not in choices:
                raise InvalidArgumentError(f"no such {what}: {value!r}", hint=nearest(value, choices))
        if options.max_errors < 0:
            options.max_errors = config.current().sweep.max_errors
        if options.parallel_runs < -1 or options.timeout < 0 or options.max_attempts < 1:
            raise InvalidArgumentError(
                "workers, time-outs and attempts are counted from 0, 0 and 1", hint="workers=-1 takes every processor"
            )
        Selector.parse(options.selector)
        Condition.parse(options.stop_condition)
        Merge(options.merge)
        return options
