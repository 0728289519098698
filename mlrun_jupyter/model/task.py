"""A task: what to run and with what. One task serves many functions and runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import msgspec

from mlrun_jupyter.errors import InvalidArgumentError, UnknownArgumentError, nearest
from mlrun_jupyter.model.record import Record


class TaskMetadata(Record):
    """Who a task or run is."""

    name: str = ""
    uid: str = ""
    project: str = ""
    iteration: int = 0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class TaskSpec(Record):
    """What a task asks for."""

    handler: str = ""
    parameters: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    outputs: list[Any] = []
    returns: list[Any] = []
    hyperparams: dict[str, Any] = {}
    hyper_param_options: dict[str, Any] = {}
    param_file: str = ""
    selector: str = ""
    strategy: str = ""
    input_path: str = ""
    output_path: str = ""
    function: str = ""
    secret_sources: list[dict[str, Any]] = []
    verbose: bool = False
    log_level: str = ""


class Task(Record):
    """A reusable description of a run; every ``with_*`` and ``set_*`` method returns the task itself.

    Example
    -------
    >>> Task().with_params(eta=0.3).with_hyper_params({"depth": [3, 4]}, "max.accuracy").spec.selector
    'max.accuracy'
    """

    kind: str = "run"
    metadata: TaskMetadata = msgspec.field(default_factory=TaskMetadata)
    spec: TaskSpec = msgspec.field(default_factory=TaskSpec)
    _handler: Any = None  # a handler given as a callable; it has no place in the document

    def with_params(self, **parameters: Any) -> Self:
        """Set the parameters, in place of those set before."""
        self.spec.parameters = parameters
        return self

    def with_input(self, key: str, path: Any, *, split: bool = False, **options: Any) -> Self:
        """Name an input: a path or address.

        A list of them, or a pattern as in ``data/part-*.csv``, is split: there is one iteration for each file.

        Parameters
        ----------
        split
            Split a folder as well.
        options
            How that is done, as for :meth:`with_hyper_params`: ``workers``, ``merge`` and the like.

        Example
        -------
        >>> Task().with_input("part", ["a.csv", "b.csv"], workers=2, merge="sum").spec.inputs
        {'part': ['a.csv', 'b.csv']}
        """
        self.spec.inputs = {**self.spec.inputs, key: path}
        if split:
            options["split"] = [*self.spec.hyper_param_options.get("split", []), key]
        return self._sweep("", "", options)

    def with_hyper_params(
        self, hyperparams: dict[str, Any], selector: str = "", strategy: str = "", **options: Any
    ) -> Self:
        """Run once for each combination of values.

        Parameters
        ----------
        hyperparams
            Parameter name to the list of its values.
        selector
            ``max.<result>`` or ``min.<result>``: which iteration is the best one.
        strategy
            ``grid`` (every combination, the first parameter varies fastest), ``list`` (row by row) or ``random``.
        options
            ``max_iterations``, ``max_errors``, ``stop_condition``, ``parallel_runs`` and the like.

        Raises
        ------
        InvalidArgumentError
            A param file is set already.
        """
        if self.spec.param_file:
            raise InvalidArgumentError("hyper-parameters and a param file exclude each other", hint="give one of them")
        self.spec.hyperparams = hyperparams
        return self._sweep(selector, strategy, options)

    def with_param_file(self, param_file: str, selector: str = "", strategy: str = "", **options: Any) -> Self:
        """Take the combinations from a CSV (a row an iteration) or JSON (name to list) file; see :meth:`with_hyper_params`."""
        if self.spec.hyperparams:
            raise InvalidArgumentError("hyper-parameters and a param file exclude each other", hint="give one of them")
        self.spec.param_file = param_file
        return self._sweep(selector, strategy, options)

    def _sweep(self, selector: str, strategy: str, options: dict[str, Any]) -> Self:
        self.spec.selector = selector or self.spec.selector
        self.spec.strategy = strategy or self.spec.strategy
        if options:
            self.spec.hyper_param_options = {**self.spec.hyper_param_options, **options}
        return self

    def with_secrets(self, kind: str, source: Any) -> Self:
        """Add a source of secrets: ``file`` and a path, ``env`` and names, ``inline`` and a mapping.

        An inline mapping is never written anywhere: its names are, in the run's record.
        """
        self.spec.secret_sources = [*self.spec.secret_sources, {"kind": kind, "source": source}]
        return self

    def set_label(self, key: str, value: Any, replace: bool = True) -> Self:
        """Label the runs of this task."""
        if replace or key not in self.metadata.labels:
            self.metadata.labels = {**self.metadata.labels, key: str(value)}
        return self

    if not TYPE_CHECKING:  # type checkers know the attributes

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):  # a question of the interpreter's, asked often
                raise AttributeError(name)
            methods = [each for each in dir(type(self)) if each.startswith(("with_", "set_"))]
            raise AttributeError(f"a task has no {name!r}: {nearest(name, methods)}")

    @property
    def handler(self) -> Any:
        """The callable to run, or the name of one."""
        return self._handler or self.spec.handler

    def copy(self) -> Self:
        handler, self._handler = self._handler, None  # a callable is shared, not copied
        try:
            other = super().copy()
        finally:
            self._handler = handler
        other._handler = handler
        return other


class HyperParamOptions(dict[str, Any]):
    """The options of a sweep as one value, by their names; what is None or empty is left out.

    Example
    -------
    >>> HyperParamOptions(strategy="random", max_iterations=20, selector=None)
    {'strategy': 'random', 'max_iterations': 20}
    """

    def __init__(self, **options: Any) -> None:
        super().__init__({name: value for name, value in options.items() if value not in (None, "")})


_SPEC = {
    "params": "parameters",
    "hyper_params": "hyperparams",
    "hyperparams": "hyperparams",
    "param_file": "param_file",
    "selector": "selector",
    "strategy": "strategy",
    "tuning_strategy": "strategy",
    "hyper_param_options": "hyper_param_options",
    "inputs": "inputs",
    "outputs": "outputs",
    "returns": "returns",
    "in_path": "input_path",
    "out_path": "output_path",
    "artifact_path": "output_path",
    "output_path": "output_path",
}


def new_task(
    name: str = "",
    project: str = "",
    handler: Any = None,
    params: dict[str, Any] | None = None,
    *,
    secrets: list[dict[str, Any]] | None = None,
    labels: dict[str, str] | None = None,
    base: Task | dict[str, Any] | None = None,
    **more: Any,
) -> Task:
    """Make a task.

    Parameters
    ----------
    name, project
        The name of its runs (the handler's by default) and their project.
    handler
        A function, or the name of one in the code that will be run.
    params
        Values for the handler's parameters.
    base
        A task to start from; it is copied and not changed.
    more
        ``inputs, outputs, returns, in_path, out_path, artifact_path, hyper_params, param_file, selector, strategy,
        tuning_strategy, hyper_param_options``.

    Raises
    ------
    UnknownArgumentError
        An argument that is none of these, with the nearest one.

    Example
    -------
    >>> new_task("train", params={"depth": 4}, out_path="out").spec.output_path
    'out'
    """
    unknown = sorted(set(more) - set(_SPEC))
    if unknown:
        known = [*_SPEC, "name", "project", "handler", "secrets", "labels", "base"]
        raise UnknownArgumentError(f"a task has no argument {unknown[0]!r}", hint=nearest(unknown[0], known))
    task = base.copy() if isinstance(base, Task) else Task.from_dict(base or {})
    task.metadata.name = name or task.metadata.name
    task.metadata.project = project or task.metadata.project
    if labels:
        task.metadata.labels = {**task.metadata.labels, **labels}
    if callable(handler):
        task._handler = handler
    elif handler:
        task.spec.handler = str(handler)
    if params is not None:
        task.spec.parameters = dict(params)
    if secrets is not None:
        task.spec.secret_sources = list(secrets)
    for key, value in more.items():
        if value is not None:
            setattr(task.spec, _SPEC[key], dict(value) if isinstance(value, HyperParamOptions) else value)
    return task


NewTask = new_task
