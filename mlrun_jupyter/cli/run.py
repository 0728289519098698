"""``mlrun run``: a file, a notebook or a function, run here and tracked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mlrun_jupyter.cli.arguments import Handler, ProjectName, RunReference
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import File, InputPair, Mapping, OneOf, Parameter, Text, TextPair, Values
from mlrun_jupyter.errors import HandlerError, InvalidArgumentError, NotFoundError, nearest

if TYPE_CHECKING:
    from mlrun_jupyter.functions.function import Function
    from mlrun_jupyter.model.task import Task
    from mlrun_jupyter.runs.run import Run

FILES: Final = (".py", ".ipynb", ".yaml", ".yml")
KINDS: Final = ("local", "job", "dask", "spark", "mpijob", "nuclio", "serving")
HERE: Final = ("", "local", "handler")
"""Kinds that run on this machine."""


@click.command("run")
@click.argument("target", default="", type=Handler())
@click.argument("arguments", nargs=-1, type=Text())
@click.option("-p", "--param", "params", multiple=True, type=Parameter(), help="A parameter, as in -p depth=4.")
@click.option(
    "-i", "--input", "--inputs", "inputs", multiple=True, type=InputPair(), help="An input, as in -i data=x.csv."
)
@click.option(
    "-x", "--hyperparam", "hyperparams", multiple=True, type=Values(), help="Values to sweep: -x depth=[3,4]."
)
@click.option(
    "--selector", default="", type=OneOf("max.", "min."), help="The best iteration: max.accuracy or min.loss."
)
@click.option(
    "--strategy",
    "--tuning-strategy",
    "--hyper-param-strategy",
    default="",
    type=OneOf("grid", "list", "random", "tpe", "cmaes", "gp"),
    help="grid, list, random, or a sampler: tpe, cmaes, gp.",
)
@click.option("--param-file", default="", type=File(".csv", ".json"), help="CSV or JSON with the values to sweep.")
@click.option("--hyper-param-options", type=Mapping(), help="Further options of the sweep: '{\"max_iterations\": 9}'.")
@click.option("--workers", type=int, help="Iterations that run side by side.")
@click.option("--resume", default="", type=RunReference(), help="Go on with this sweep: what it has done stays.")
@click.option("--name", default="", type=Text(), help="Name of the run; that of the function when left out.")
@click.option("--project", default="", type=ProjectName(), help="Project of the run.")
@click.option("--label", "--labels", "labels", multiple=True, type=TextPair(), help="A label, as in --label team=a.")
@click.option("-o", "--output", "--outputs", "outputs", multiple=True, type=Text(), help="A result that is expected.")
@click.option("--returns", multiple=True, type=Text(), help="Name, or name:kind, for a value that the handler returns.")
@click.option("--in-path", default="", type=File(), help="Where inputs without a path are.")
@click.option("--out-path", "--artifact-path", "out_path", default="", type=File(), help="Where artifacts go.")
@click.option(
    "-s", "--secrets", "secrets", multiple=True, type=TextPair(), help="Source of secrets: -s file=x.txt, -s env=A,B."
)
@click.option("--handler", default="", type=Text(), help="Function to call in the file.")
@click.option("-f", "--func-url", default="", type=File(".yaml"), help="function.yaml, or db://project/name:tag.")
@click.option("--task", default="", type=File(".yaml", ".json"), help="File with a task, YAML or JSON.")
@click.option("-r", "--runtime", type=Mapping(), help='A function\'s document, as in \'{"kind": "job"}\'.')
@click.option("--kind", default="", type=OneOf(*KINDS), help="local, job, dask, spark, mpijob, nuclio ...")
@click.option("--image", default="", type=Text(), help="Image to run in.")
@click.option("--local", is_flag=True, help="Run on this machine whatever the kind.")
@click.option("--mode", default="", type=Text(), help="pass: run the command as it stands, without Python.")
@click.option("--workdir", default="", type=File(), help="Folder to run in.")
@click.option("--timeout", type=float, help="Seconds after which the run is ended.")
@click.option("--uid", default="", type=Text(), help="Uid of the run; made up when left out.")
@click.option("--workflow", default="", type=Text(), help="Workflow that the run belongs to.")
@click.option("--db", default="", type=Text(), help="Address of the store.")
@click.option("--from-env", is_flag=True, help="Take the task from the variable MLRUN_EXEC_CONFIG.")
@click.option("--dump", is_flag=True, help="Print the run's document when it is over.")
@click.option("-w", "--watch", is_flag=True, help="Follow the log (a run on this machine is followed anyway).")
@click.option("--verbose", is_flag=True, help="Log more.")
@click.pass_obj
def command(session: Session, /, **options: Any) -> Any:
    """Run TARGET, a .py or .ipynb file or a function, as a tracked run.

    ARGUMENTS are passed to a file; those that begin with a dash go behind --.

    \b
    Examples
      mlrun run --name train -p depth=4 -i data=iris.csv training.py
      mlrun run -x depth="[3,4,5]" --selector max.accuracy training.py
      mlrun run train.ipynb --handler train -s file=secrets.txt
      mlrun run -f function.yaml --handler train --local
      mlrun run training.py -- --fast
      mlrun run --resume train@7f3a9c01
    """
    run = execute(session, **options)
    return run.to_yaml() if options["dump"] else run


def execute(session: Session, /, **options: Any) -> Run:
    """Run what the options say.

    Raises
    ------
    RunError
        The run failed; ``run`` is the run.
    MlrunError
        The options do not fit: nothing was run.
    """
    from mlrun_jupyter.functions.run_local import run_local

    task = task_of(options)
    command, handler = _what(session, options)
    common = {
        "handler": handler,
        "name": options["name"],
        "project": options["project"],
        "workdir": options["workdir"],
        "out_path": options["out_path"],
        "timeout": options["timeout"],
        "db": options["db"],
    }
    if options["resume"]:
        from mlrun_jupyter.cli.references import find_run

        past = find_run(session.db(options["db"]), options["resume"], options["project"])
        common |= {"resume": past, "project": past.metadata.project}
    if not isinstance(command, str) and not options["local"] and command.kind not in HERE:
        return command.run(task, **common)
    return run_local(task, command, args=list(options["arguments"]), mode=options["mode"], **common)


def task_of(options: dict[str, Any]) -> Task:
    """The task that the options describe: that of ``--task`` or of the environment, with what else was said."""
    task = _base(options)
    spec, metadata = task.spec, task.metadata
    spec.parameters = {**spec.parameters, **dict(options["params"])}
    spec.inputs = {**spec.inputs, **dict(options["inputs"])}
    spec.hyperparams = {**spec.hyperparams, **dict(options["hyperparams"])}
    if options["hyper_param_options"]:
        spec.hyper_param_options = {**spec.hyper_param_options, **options["hyper_param_options"]}
    if options["workers"]:
        spec.hyper_param_options = {**spec.hyper_param_options, "parallel_runs": options["workers"]}
    for field in ("selector", "strategy", "param_file"):
        if options[field]:
            setattr(spec, field, options[field])
    spec.outputs = [*spec.outputs, *options["outputs"]]
    spec.returns = [*spec.returns, *options["returns"]]
    spec.input_path = options["in_path"] or spec.input_path
    spec.verbose = options["verbose"] or spec.verbose
    spec.secret_sources = [
        *spec.secret_sources,
        *({"kind": kind, "source": source} for kind, source in options["secrets"]),
    ]
    metadata.uid = options["uid"] or metadata.uid
    labels = {**dict(options["labels"]), **({"workflow": options["workflow"]} if options["workflow"] else {})}
    metadata.labels = {**metadata.labels, **labels}
    return task


def _base(options: dict[str, Any]) -> Task:
    from mlrun_jupyter.model.task import Task
    from mlrun_jupyter.safety import documents

    document: Any = {}
    if options["task"]:
        document = documents.load_yaml(_read(options["task"], "--task"), where=options["task"])
    elif options["from_env"]:
        text = os.environ.get("MLRUN_EXEC_CONFIG", "")
        if not text:
            raise InvalidArgumentError("MLRUN_EXEC_CONFIG is not set", where="--from-env", hint="leave the option out")
        document = documents.load_json(text, where="MLRUN_EXEC_CONFIG")
    if not isinstance(document, dict):
        raise InvalidArgumentError(
            "not a task", where=options["task"] or "MLRUN_EXEC_CONFIG", hint="a mapping is expected"
        )
    return Task.from_dict(document)


def _read(path: str, option: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", "") or "it is no text"
        raise NotFoundError(f"cannot read {path}", where=option, hint=why) from None


def _what(session: Session, options: dict[str, Any]) -> tuple[str | Function, Any]:
    """The file or function to run, and its handler: a callable, a name, or nothing."""
    target, handler = options["target"], options["handler"]
    if target.startswith(("http://", "https://")):
        raise InvalidArgumentError(
            "functions behind an address cannot be called yet", where=target, hint="run the file or notebook itself"
        )
    if options["func_url"]:
        return _imported(options), handler
    if options["runtime"] or options["kind"] not in HERE or options["image"]:
        return _of_kind(options), handler
    if not target:
        if not handler and options["resume"]:
            return "", ""  # the code that it was begun with
        if not handler:
            raise InvalidArgumentError("there is nothing to run", hint="name a file, a notebook or a function")
        return "", _callable(session, handler)
    if _is_file(target) or options["mode"]:
        return target, handler
    if options["arguments"]:
        word = options["arguments"][0]
        raise InvalidArgumentError(f"{word!r} is one word too many", where=target, hint="parameters are -p name=value")
    return "", _callable(session, target)


def _imported(options: dict[str, Any]) -> Function:
    from mlrun_jupyter.functions.run_local import import_function

    function = import_function(options["func_url"], db=options["db"])
    function.spec.command = options["target"] or function.spec.command
    function.spec.args = [*function.spec.args, *options["arguments"]]
    return function


def _of_kind(options: dict[str, Any]) -> Function:
    from mlrun_jupyter.functions import run_local

    target, kind = options["target"], options["kind"] or (options["runtime"] or {}).get("kind") or "job"
    if Path(target).suffix in (".py", ".ipynb"):
        return run_local.code_to_function(filename=target, kind=kind, image=options["image"])
    return run_local.new_function(
        kind=kind,
        command=target,
        image=options["image"],
        args=list(options["arguments"]),
        runtime=options["runtime"],
        mode=options["mode"],
    )


def _is_file(target: str) -> bool:
    return target.endswith(FILES) or "/" in target or "://" in target


def _callable(session: Session, name: str) -> Any:
    """A function of the place that we are called from. Raises ``HandlerError`` with the nearest name."""
    from mlrun_jupyter.runtimes.handler import find

    handlers = session.handlers()
    if not handlers and session.place == "terminal":
        files = [each.name for each in Path().glob("*.py")] + [each.name for each in Path().glob("*.ipynb")]
        hint = nearest(name, files) if files else "name a .py or .ipynb file"
        raise NotFoundError(f"there is no file {name!r}", hint=hint or "name a .py or .ipynb file")
    if name.replace("::", ".").split(".")[0] not in handlers:
        raise HandlerError(
            f"there is no function {name!r}", hint=nearest(name, handlers) or "run the cell that defines it"
        )
    return find(dict(handlers), name)
