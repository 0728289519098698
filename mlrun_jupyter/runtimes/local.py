"""On this machine: a callable in this process, a file in a process of its own."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

from mlrun_jupyter.errors import HandlerError, InvalidArgumentError, NotFoundError, nearest
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.notebook.source_map import SourceMap
from mlrun_jupyter.runtimes import binding
from mlrun_jupyter.runtimes.base import Job, Runtime
from mlrun_jupyter.runtimes.handler import run_handler
from mlrun_jupyter.runtimes.process import Command, describe_command, run_file
from mlrun_jupyter.safety import processes
from mlrun_jupyter.tracking import provenance
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.secrets import Secrets
from mlrun_jupyter.tracking.tracker import Tracker

_DEFINED: Final = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
HERE: Final = ("", "local", "handler", "dask")
"""Kinds of functions that need no engine elsewhere: Dask's workers run a task, or an iteration, each on its own machine."""


class HandlerRuntime:
    """Calls a function of this process."""

    def __init__(self, job: Job) -> None:
        if job.handler is None:
            raise HandlerError("there is nothing to run", hint="give a handler, a command or a function with code")
        self._handler = job.handler
        self._workdir = job.workdir
        self._module = job.module
        self._timeout = job.timeout

    def check(self, run: RunRecord) -> None:
        swept = {**run.spec.parameters, **run.spec.hyperparams}
        binding.check(self._handler, swept, run.spec.inputs)

    def execute(self, run: RunRecord, tracker: Tracker, secrets: Secrets | None = None) -> BaseException | None:
        used = binding.defaults(self._handler)
        if used and not run.metadata.iteration:
            run.spec.extra = {**run.spec.extra, "defaults": used}
        return run_handler(
            self._handler,
            run,
            tracker,
            secrets=secrets,
            workdir=self._workdir,
            module=self._module,
            timeout=self._timeout,
        )

    def describe(self, context: RunContext) -> None:
        provenance.describe(context)
        provenance.describe_handler(context, self._handler, self._module)

    def close(self) -> None:
        """Nothing was opened."""


class ProcessRuntime:
    """Runs a function's file, or the code that it carries, in a child process for each run."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._folder = ""
        self._map = self._kept_map()
        self._file = self._place()

    def _place(self) -> Path:
        spec = self._job.function.spec
        if code := self._job.function.code:
            return self._unpack(code)
        if not spec.command:
            raise HandlerError(
                "the function has neither code nor a command", hint="give command='train.py' or a handler"
            )
        given = Path(spec.command).expanduser()
        there = Path(self._job.workdir, given)
        path = there if there.is_file() else given
        if spec.mode == "pass" and not path.is_file() and (program := processes.find(spec.command)) is not None:
            return Path(program)
        if path.is_dir():
            raise InvalidArgumentError(f"{spec.command} is a folder", hint="name a .py or .ipynb file in it")
        if not path.is_file():
            near = sorted(each.name for each in path.parent.glob("*.py")) if path.parent.is_dir() else []
            raise NotFoundError(f"no such file: {spec.command}", hint=_near(path.name, near))
        if path.suffix == ".ipynb" and spec.mode != "pass":
            return self._convert(path)
        if path.suffix != ".py" and spec.mode != "pass":
            raise InvalidArgumentError(f"cannot run {path.name}", hint="a .py or .ipynb file is expected")
        return path.resolve()

    def _unpack(self, code: str) -> Path:
        return self._write(code)

    def _convert(self, notebook: Path) -> Path:
        """The module of a notebook that is the function's command."""
        from mlrun_jupyter.notebook.extract import extract

        extracted = extract(notebook, self._job.function.spec.default_handler, with_doc=False)
        self._map = extracted.source_map
        return self._write(extracted.code)

    def _write(self, code: str) -> Path:
        self._folder = tempfile.mkdtemp(prefix="mlrun-")
        name = self._job.function.metadata.name.replace("-", "_")
        path = Path(self._folder, f"{name if name.isidentifier() else 'function'}.py")
        path.write_text(code, encoding="utf-8", newline="")
        return path

    def check(self, run: RunRecord) -> None:
        """The file's handlers are known once it is loaded, in the child; one that it never mentions is told sooner."""
        spec, name = self._job.function.spec, run.spec.handler
        if not name.isidentifier() or name in spec.entry_points or spec.mode == "pass":
            return
        text = self._file.read_text(encoding="utf-8", errors="replace")
        if name not in text and "import *" not in text:
            known = list(spec.entry_points) or _DEFINED.findall(text)
            raise HandlerError(f"there is no handler {name!r}", where=self._file.name, hint=_near(name, known))

    def execute(self, run: RunRecord, tracker: Tracker, secrets: Secrets | None = None) -> BaseException | None:
        return run_file(self._command(run), run, tracker, secrets=secrets)

    def describe(self, context: RunContext) -> None:
        describe_command(context, self._command(context.run))

    def _command(self, run: RunRecord) -> Command:
        spec = self._job.function.spec
        return Command(
            file=self._file,
            handler=run.spec.handler,
            args=spec.args,
            workdir=self._job.workdir,
            keeps_workdir=not spec.build.source,
            timeout=self._job.timeout,
            raw=spec.mode == "pass",
            source_map=self._map,
            env={str(each.get("name")): str(each.get("value", "")) for each in spec.env if each.get("name")},
        )

    def _kept_map(self) -> SourceMap | None:
        found = self._job.function.status.extra.get("source_map")
        return SourceMap.from_dict(found) if found else None

    def close(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _near(name: str, choices: list[str]) -> str:
    return nearest(name, choices) or "check the name and the folder"


def runtime_of(job: Job) -> Runtime:
    """The runtime for a job on this machine.

    Raises
    ------
    InvalidArgumentError
        A kind whose engine is not there; the message names ``local=True``.
    """
    kind = job.function.kind.partition(":")[0]
    if job.handler is not None:
        return HandlerRuntime(job)
    if kind not in HERE and not job.local:
        raise InvalidArgumentError(
            f"there is no engine for functions of kind {kind!r} here", hint="run it on this machine with local=True"
        )
    if job.function.spec.mode == "notebook":
        from mlrun_jupyter.runtimes.notebook import NotebookRuntime

        return NotebookRuntime(job)
    return ProcessRuntime(job)
