"""A function: code and how to run it, kept in versions, run on whatever engine its kind names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from mlrun_jupyter import config
from mlrun_jupyter.db import open_db
from mlrun_jupyter.errors import InvalidArgumentError, UnknownArgumentError, nearest
from mlrun_jupyter.functions import capture, source
from mlrun_jupyter.functions.execute import execute
from mlrun_jupyter.functions.kinds import LOCAL
from mlrun_jupyter.functions.rendering import Rendering
from mlrun_jupyter.model import states
from mlrun_jupyter.model.function import BuildSpec, FunctionMetadata, FunctionRecord, FunctionSpec
from mlrun_jupyter.model.run import RunKey, RunRecord
from mlrun_jupyter.model.task import Task
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.runtimes.base import Job
from mlrun_jupyter.safety import names
from mlrun_jupyter.tracking import tracker
from mlrun_jupyter.tracking.secrets import Secrets

if TYPE_CHECKING:
    from mlrun_jupyter.functions.versions import Difference, Version


class Function:
    """Made by ``new_function``, ``code_to_function`` and ``import_function``.

    Example
    -------
    ::

        fn = code_to_function("trainer", filename="train.ipynb", kind="job")
        run = fn.run(handler="train", params={"depth": 4}, local=True)
        fn.export("function.yaml")
    """

    def __init__(self, record: FunctionRecord, handler: Callable[..., Any] | None = None) -> None:
        self.record = record
        self._handler = handler
        self.diagnostics: list[Any] = []
        """What its conversion had to say, where it was made of a notebook."""

    @property
    def kind(self) -> str:
        return self.record.kind

    @property
    def metadata(self) -> FunctionMetadata:
        return self.record.metadata

    @property
    def spec(self) -> FunctionSpec:
        return self.record.spec

    @property
    def status(self) -> Any:
        return self.record.status

    # running

    def run(
        self,
        task: Task | Mapping[str, Any] | None = None,
        handler: Any = None,
        name: str = "",
        project: str = "",
        params: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        out_path: str = "",
        workdir: str = "",
        artifact_path: str = "",
        watch: bool = True,
        *,
        hyperparams: dict[str, Any] | None = None,
        param_file: str = "",
        selector: str = "",
        strategy: str = "",
        hyper_param_options: dict[str, Any] | None = None,
        returns: list[Any] | None = None,
        labels: dict[str, str] | None = None,
        secrets: list[dict[str, Any]] | None = None,
        output_path: str = "",
        verbose: bool = False,
        timeout: float | None = None,
        local: bool = False,
        resume: Run | str = "",
        db: str = "",
        **unknown: Any,
    ) -> Run:
        """Run the function once, or once for each combination of hyper-parameters.

        Parameters
        ----------
        task
            What to run and with what; it is copied, and the arguments below replace what it says.
        handler
            A callable, or the name of one in the function's code.
        params, inputs
            Parameters, and names of inputs to their paths or addresses.
        out_path, artifact_path, output_path
            Where artifacts go (three names of one thing).
        workdir
            The folder to run in.
        timeout
            Seconds after which a process is ended.
        local
            Run on this machine whatever the function's kind.
        resume
            A sweep that was cut off, or its uid: what it has done stays, and only the iterations that are missing, or
            whose process was lost, are executed. What the task leaves out is as it was; code that is not given is
            taken from the store. A sweep that is complete is returned as it is.

        Returns
        -------
        Run
            Its record is complete when this returns.

        Raises
        ------
        RunError
            The run ended in error; its ``run`` is the run, recorded with the cause.
        HandlerError, InvalidArgumentError, NotFoundError
            The task does not fit the code; nothing was run.
        """
        del watch  # a local run is watched in any case: this returns when it is over
        if unknown:
            known = [each for each in Function.run.__annotations__ if each not in ("unknown", "return")]
            first = next(iter(unknown))
            raise UnknownArgumentError(f"run has no argument {first!r}", hint=nearest(first, known))
        record = self._prepare(task, handler, name, project)
        spec = record.spec
        if params is not None:
            spec.parameters = dict(params)
        if inputs is not None:
            spec.inputs = dict(inputs)
        spec.output_path = output_path or out_path or artifact_path or spec.output_path
        spec.input_path = workdir or spec.input_path or self.spec.workdir
        spec.hyperparams = hyperparams or spec.hyperparams
        spec.param_file = param_file or spec.param_file
        spec.selector = selector or spec.selector
        spec.strategy = strategy or spec.strategy
        spec.hyper_param_options = dict(hyper_param_options or spec.hyper_param_options)
        spec.returns = list(returns) if returns is not None else spec.returns
        spec.secret_sources = list(secrets) if secrets is not None else spec.secret_sources
        spec.verbose = verbose or spec.verbose
        record.metadata.labels = {**record.metadata.labels, **(labels or {})}
        found = handler or self._task_handler(task) or self._handler
        uid = resume.uid() if isinstance(resume, Run) else resume
        if uid and not found and not self.spec.command and not self.spec.build.functionSourceCode:
            return self._resume(record, uid, db)
        if callable(found):
            module = capture.module_of(found)
            job = Job(self.record, found, module, workdir or self.spec.workdir, timeout, local)
            return execute(job, record, open_db(db), resume=uid)
        credentials = Secrets.of(spec.secret_sources) if self.spec.build.source else None
        with source.placed(self.record, workdir, credentials) as (placed, folder):
            job = Job(placed, workdir=folder, timeout=timeout, local=local)
            return execute(job, record, open_db(db), resume=uid)

    @staticmethod
    def _resume(record: RunRecord, uid: str, db: str) -> Run:
        """Go on with a sweep by the code that it was begun with."""
        from mlrun_jupyter.functions.kept import code_of

        store = open_db(db)
        tracker.flush(store)
        past = Run(store.read_run(RunKey(record.metadata.project, uid)), store)
        if past.record.status.state == states.COMPLETED:
            return past
        function = Function(*code_of(past))
        task = Task(metadata=record.metadata, spec=record.spec)
        return function.run(task, resume=uid, local=True, db=store.address)

    def _prepare(self, task: Any, handler: Any, name: str, project: str) -> RunRecord:
        """The run's record: the task's document, with handler, name and project settled."""
        if isinstance(task, Task):
            base = task.copy()
        elif isinstance(task, Mapping) or task is None:
            base = Task.from_dict(dict(task or {}))
        else:
            raise InvalidArgumentError(f"a task cannot be {task!r:.60}", hint="make one with new_task(...)")
        record = RunRecord(metadata=base.metadata, spec=base.spec, extra=base.extra)
        found = handler or self._task_handler(task) or self._handler
        spec = record.spec
        if callable(found):
            spec.handler = getattr(found, "__qualname__", "") or type(found).__name__
        else:
            spec.handler = str(found or "") or spec.handler or self.spec.default_handler
        metadata = record.metadata
        metadata.project = project or metadata.project or self.metadata.project or config.current().default_project
        metadata.name = name or metadata.name or names.normalise(self._run_name(spec.handler))
        names.check_name("run", metadata.name)
        names.check_name("project", metadata.project)
        if self.kind:
            metadata.labels = {"kind": self.kind, **metadata.labels}
        return record

    @staticmethod
    def _task_handler(task: Any) -> Callable[..., Any] | None:
        found = getattr(task, "handler", None)
        return found if callable(found) else None

    def _run_name(self, handler: str) -> str:
        last = handler.replace("::", ".").rsplit(".", 1)[-1].strip("<>")
        return "-".join(each for each in (self.metadata.name, last) if each) or "run"

    # keeping

    def to_dict(self) -> dict[str, Any]:
        return self.record.to_dict()

    def to_yaml(self) -> str:
        return self.record.to_yaml()

    def to_json(self) -> str:
        return self.record.to_json()

    def export(self, target: str = "function.yaml", format: str = ".yaml", strip: bool = True) -> Self:
        """Write the function's file, whole or not at all; see :mod:`mlrun_jupyter.functions.exporter`."""
        from mlrun_jupyter.functions import exporter

        exporter.export(self.record, target, format=format, strip=strip)
        return self

    def save(self, tag: str = "", versioned: bool = True, db: str = "") -> str:
        """Keep this version in the store under its hash and the tag (``latest`` by default); return its address."""
        del versioned  # every version is kept
        metadata = self.metadata
        metadata.project = metadata.project or config.current().default_project
        metadata.hash = open_db(db).store_function(self.record, tag=tag or metadata.tag or "latest")
        return f"db://{metadata.project}/{metadata.name}:{tag or metadata.tag or 'latest'}@{metadata.hash}"

    def versions(self, db: str = "") -> list[Version]:
        """The versions of this function that the store keeps, the newest first; the hash of each names it."""
        from mlrun_jupyter.functions import versions

        project = self.metadata.project or config.current().default_project
        return versions.versions(open_db(db), project, self.metadata.name)

    def diff(self, old: Function | str = "", db: str = "", *, context: int = 3) -> Difference:
        """What changed from another version to this one: ``print`` it to see the code line by line.

        Parameters
        ----------
        old
            A function, or a version in the store by its hash or tag; the newest by default.
        context
            Lines of code shown around each change.

        Raises ``NotFoundError`` for a version that the store does not have.

        Example
        -------
        ::

            print(code_to_function("train", kind="job").diff("v1"))
        """
        from mlrun_jupyter.functions import versions

        if isinstance(old, Function):
            return versions.compare(old.record, self.record, context=context)
        mine = self.record.copy()
        mine.metadata.project = mine.metadata.project or config.current().default_project
        found = versions.find(open_db(db), mine.metadata.project, mine.metadata.name, old)
        return versions.compare(found, mine, context=context)

    # changing

    def apply(self, modifier: Callable[[Any], Any]) -> Self:
        """Let a modifier (``mount_v3io()``, ``mount_secret(...)`` ...) change the function."""
        modifier(self)
        return self

    def with_requirements(self, requirements: list[str] | str) -> Self:
        """Packages that the function's environment needs: a list, or a requirements file's path."""
        from mlrun_jupyter.functions import convert

        found = convert.requirements_of(requirements)
        build = self.spec.build
        build.requirements = [*build.requirements, *(each for each in found if each not in build.requirements)]
        return self

    def with_code(self, from_file: str = "", body: str = "", with_doc: bool = True) -> Self:
        """Give the function its code, from a ``.py`` file or as text."""
        from mlrun_jupyter.functions import convert

        convert.embed(self.record, from_file=from_file, body=body, with_doc=with_doc)
        return self

    def set_label(self, key: str, value: Any) -> Self:
        self.metadata.labels = {**self.metadata.labels, key: str(value)}
        return self

    def set_env(self, name: str, value: Any) -> Self:
        """An environment variable of the function's process or container."""
        kept = [each for each in self.spec.env if each.get("name") != name]
        self.spec.env = [*kept, {"name": name, "value": str(value)}]
        return self

    # its image and its engine

    @property
    def build_spec(self) -> BuildSpec:
        return self.spec.build

    def build_config(
        self,
        image: str = "",
        base_image: str = "",
        commands: list[str] | None = None,
        source: str = "",
        requirements: list[str] | str | None = None,
    ) -> Self:
        """Say what the function's image is called and how it is made; commands and requirements are added."""
        build = self.spec.build
        build.image = image or build.image
        build.base_image = base_image or build.base_image
        build.source = source or build.source
        build.commands = [*build.commands, *(each for each in commands or () if each not in build.commands)]
        return self.with_requirements(requirements) if requirements else self

    def with_http(self, workers: int = 8, port: int = 0, host: str = "") -> Self:
        """An HTTP trigger for a function behind an address: how many requests at once, where it listens.

        Raises ``InvalidArgumentError`` for a function of another kind.
        """
        base = self.spec.extra.get("base_spec")
        if not isinstance(base, dict):
            raise InvalidArgumentError(f"a function of kind {self.kind!r} has no trigger", hint="give kind='nuclio'")
        attributes = {"port": port, "ingresses": {"0": {"host": host, "paths": ["/"]}}}
        given = {"port": bool(port), "ingresses": bool(host)}
        trigger = {
            "kind": "http",
            "maxWorkers": workers,
            "attributes": {key: value for key, value in attributes.items() if given[key]},
        }
        spec = base.setdefault("spec", {})
        spec["triggers"] = {**spec.get("triggers", {}), "http": trigger}
        return self

    def render(self) -> Rendering:
        """What an engine would be given, file name to text; nothing is built or submitted.

        Example
        -------
        ::

            print(code_to_function("trainer", filename="train.ipynb", kind="job").render()["Dockerfile"])
        """
        return Rendering.of(self.record)

    def build(self, image: str = "", **config: Any) -> Self:
        """The older name of :meth:`deploy`; ``image`` and further settings are those of :meth:`build_config`."""
        return self.build_config(image, **config).deploy()

    def deploy(self, **options: Any) -> Self:
        """Build or submit the function.

        Raises
        ------
        InvalidArgumentError
            There is no engine for it: this version renders only, see :meth:`render`.
        """
        del options  # those of an engine
        if self.kind in LOCAL:
            return self
        raise InvalidArgumentError(
            f"there is no engine here to build or deploy functions of kind {self.kind!r}",
            hint="render() shows what it would be given; run(..., local=True) needs none",
        )

    def doc(self) -> None:
        """Print the function's handlers with their parameters."""
        metadata = self.metadata
        print(
            f"function: {metadata.name}\n{self.spec.description}\ndefault handler: {self.spec.default_handler}\nentry points:"
        )
        for name, entry in self.spec.entry_points.items():
            print(f"  {name}: {entry.get('doc', '')}")
            for each in entry.get("parameters", []):
                told = ", ".join(f"{key}={each[key]}" for key in ("default",) if key in each)
                print(f"    {each.get('name', '')} ({each.get('type', '')}) {each.get('doc', '')} {told}".rstrip())

    def __repr__(self) -> str:
        return f"<function {self.metadata.name} kind={self.kind or 'local'} hash={self.record.content_hash()[:8]}>"
