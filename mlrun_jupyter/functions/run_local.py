"""The short ways to a function and to a run on this machine."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlrun_jupyter.errors import ConversionWarning, InvalidArgumentError, UnknownArgumentError, nearest
from mlrun_jupyter.functions.function import Function
from mlrun_jupyter.functions.kinds import LOCAL, check_kind
from mlrun_jupyter.functions.source import parse as parse_source
from mlrun_jupyter.model.function import BuildSpec, FunctionMetadata, FunctionRecord, FunctionSpec
from mlrun_jupyter.model.task import Task
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.safety import names

RunTask = Task | Mapping[str, Any] | None


def run_local(
    task: RunTask = None,
    command: str | Function = "",
    name: str = "",
    args: list[str] | None = None,
    workdir: str = "",
    project: str = "",
    tag: str = "",
    secrets: list[dict[str, Any]] | None = None,
    handler: Any = None,
    params: dict[str, Any] | None = None,
    inputs: dict[str, Any] | None = None,
    artifact_path: str = "",
    *,
    out_path: str = "",
    mode: str = "",
    timeout: float | None = None,
    **options: Any,
) -> Run:
    """Run something on this machine and track it.

    Parameters
    ----------
    task
        What to run and with what, as made by ``new_task``.
    command
        A ``.py`` or ``.ipynb`` file, also of an archive or repository (``code.zip#train.py``), a ``function.yaml``, an
        address of one, or a function; with arguments behind it.
        Empty: the handler is a callable of this process.
    handler
        A callable, or the name of one in the command's code.
    params, inputs, secrets
        In place of the task's.
    artifact_path, out_path
        Where artifacts go.
    mode
        ``notebook``: a kernel executes every cell and the outputs are kept; ``pass``: the command runs as it stands.
    options
        The further arguments of :meth:`Function.run`: ``hyperparams, selector, returns, labels, db ...``.

    Raises
    ------
    RunError
        The run did not complete; ``run`` on the error is the run.
    UnknownArgumentError, NotFoundError, HandlerError, InvalidArgumentError
        The call does not fit; nothing was run.

    Example
    -------
    ::

        run = run_local(handler=train, params={"depth": 4})
        run = run_local(new_task(params={"p1": 5}), command="training.py")
    """
    _check_options(options)
    if isinstance(command, Function):
        function = command
    else:
        file, arguments = _split(command)
        function = _function_of(file, [*arguments, *(args or [])], handler=handler, mode=mode, tag=tag)
    return function.run(
        task,
        handler=handler,
        name=name,
        project=project,
        params=params,
        inputs=inputs,
        secrets=secrets,
        workdir=workdir,
        out_path=out_path or artifact_path,
        timeout=timeout,
        local=True,
        **options,
    )


def _check_options(options: Mapping[str, Any]) -> None:
    known = [each for each in Function.run.__annotations__ if each not in ("unknown", "return", "local")]
    for option in options:
        if option not in known:
            mine = [each for each in run_local.__annotations__ if each not in ("options", "return")]
            raise UnknownArgumentError(f"run_local has no argument {option!r}", hint=nearest(option, [*mine, *known]))


def _split(command: str) -> tuple[str, list[str]]:
    """``"train.py --fast"`` into file and arguments; a file whose name has spaces is taken whole."""
    if not command or Path(command).expanduser().is_file():
        return command, []
    try:
        file, *arguments = shlex.split(command)
    except ValueError as error:
        raise InvalidArgumentError(f"not a command: {command!r}", hint=str(error)) from None
    return file, arguments


def _function_of(file: str, arguments: list[str], *, handler: Any = None, mode: str = "", tag: str = "") -> Function:
    suffix = Path(file).suffix
    if not file:
        return Function(FunctionRecord(metadata=FunctionMetadata(tag=tag)))
    where = parse_source(file)
    if where and (suffix == ".py" or mode == "notebook"):
        return new_function(kind="local", command=where.path, source=where.base, args=arguments, mode=mode, tag=tag)
    if suffix in (".yaml", ".yml") or file.startswith(("db://", "hub://")):
        function = import_function(file)
        function.spec.args = [*function.spec.args, *arguments]
        return function
    if suffix == ".ipynb" and mode == "notebook":
        spec = FunctionSpec(command=file, mode=mode)
        return Function(
            FunctionRecord(kind="local", metadata=FunctionMetadata(name=names.normalise(Path(file).stem)), spec=spec)
        )
    if suffix == ".ipynb":
        from mlrun_jupyter.functions import convert  # the notebook room is loaded when there is a notebook

        named = handler if isinstance(handler, str) else ""  # of several marked functions, the one that is wanted
        record, extracted = convert.code_to_record(named, filename=file, kind="local", handler=named)
        record.metadata.name = names.normalise(Path(where.path if where else file).stem)
        if extracted is not None and extracted.mode == "whole":
            record.spec.default_handler = ""  # nothing is marked: the notebook runs from its first cell to its last
        record.spec.args = arguments
        return Function(record)
    if "://" in file:
        raise InvalidArgumentError("only local files are run here", where=file, hint="download it first, or deploy it")
    name = names.normalise(Path(file).stem)
    spec = FunctionSpec(command=file, args=arguments, mode=mode)
    return Function(FunctionRecord(kind="local", metadata=FunctionMetadata(name=name, tag=tag), spec=spec))


def new_function(
    name: str = "",
    project: str = "",
    tag: str = "",
    kind: str = "",
    command: str = "",
    image: str = "",
    args: list[str] | None = None,
    runtime: Mapping[str, Any] | None = None,
    mode: str = "",
    *,
    handler: str = "",
    source: str = "",
    requirements: list[str] | str | None = None,
    **unknown: Any,
) -> Function:
    """Make a function from scratch, or from the document of another (``runtime``).

    Parameters
    ----------
    kind
        ``""`` and ``local`` run on this machine; ``job, dask, spark, mpijob, nuclio, remote, serving`` on their engines.
    command
        The file to run; ``image#command`` names the image as well, ``code.zip#command`` the source.
    source
        Where the command is: an archive, ``git://host/repository.git#ref``, or a folder. It is fetched for each run.
    mode
        ``pass``: run the command as it stands, without Python.

    Raises
    ------
    InvalidArgumentError
        An unknown kind, an image for a function that runs here.
    """
    if unknown:
        known = [each for each in new_function.__annotations__ if each not in ("unknown", "return")]
        first = next(iter(unknown))
        raise UnknownArgumentError(f"new_function has no argument {first!r}", hint=nearest(first, known))
    check_kind(kind)
    if "#" in command and (where := parse_source(command)):
        source, command = where.base, where.path
    elif "#" in command:
        image, command = command.split("#", 1)
    if image and kind in LOCAL:
        raise InvalidArgumentError("a function that runs on this machine has no image", hint="give kind='job'")
    record = FunctionRecord.from_dict(dict(runtime or {}))
    if command.startswith(("http://", "https://")):
        kind = kind or "remote"
    record.kind = kind or record.kind or ("local" if command else "")
    metadata, spec = record.metadata, record.spec
    metadata.name = name or metadata.name or (names.normalise(Path(command).stem) if command else "")
    metadata.project, metadata.tag = project or metadata.project, tag or metadata.tag
    spec.command, spec.image = command or spec.command, image or spec.image
    spec.args, spec.mode = list(args or spec.args), mode or spec.mode
    spec.default_handler = handler or spec.default_handler
    spec.build = spec.build or BuildSpec()
    spec.build.source = source or spec.build.source
    function = Function(record)
    return function.with_requirements(requirements) if requirements else function


def code_to_function(*args: Any, **kwargs: Any) -> Function:
    """Make a function from notebook or file code; see :func:`mlrun_jupyter.functions.convert.code_to_record`."""
    from mlrun_jupyter.functions import convert

    record, extracted = convert.code_to_record(*args, **kwargs)
    function = Function(record)
    if extracted is not None:
        function.diagnostics = list(extracted.diagnostics)
        for warning in extracted.warnings:
            warnings.warn(str(warning), ConversionWarning, stacklevel=2)
    return function


def import_function(url: str = "", secrets: Any = None, db: str = "", project: str = "") -> Function:
    """A function from a ``function.yaml`` (path or address), ``db://project/name[:tag][@hash]`` or ``hub://name[:tag]``."""
    from mlrun_jupyter.functions import importer

    return Function(importer.load(url, secrets=secrets, db=db, project=project))


def function_of(handler: Callable[..., Any]) -> Function:
    """A function around a callable of this process."""
    return Function(FunctionRecord(), handler)
