"""A notebook run faithfully: every cell executed by a kernel, from the first to the last, outputs kept.

Its converted code in a process (the default) starts fifty times faster; this is for notebooks whose outputs are wanted.
Parameters go into a cell behind the one tagged ``parameters``, as papermill does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlrun_jupyter.artifacts import DocumentArtifact
from mlrun_jupyter.errors import ConversionError, NotFoundError, RunError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runtimes.base import Job
from mlrun_jupyter.runtimes.supervision import POLL, announce, environment, secrets_pipe
from mlrun_jupyter.safety import interrupts, processes
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.provenance import describe, describe_notebook
from mlrun_jupyter.tracking.secrets import Secrets
from mlrun_jupyter.tracking.tracker import Tracker

MODE = "notebook"
GRACE = 1.0
"""Seconds between asking a kernel's processes to end and ending them."""


class NotebookRuntime:
    """Executes a notebook by nbclient; the executed copy is the run's artifact ``notebook``."""

    def __init__(self, job: Job) -> None:
        self._job = job
        spec = job.function.spec
        self._path = Path(spec.command).expanduser()
        if code := job.function.code:
            self._path, self._text = Path(f"{job.function.metadata.name}.ipynb"), code.encode()
        elif self._path.is_file():
            self._text = self._path.read_bytes()
        else:
            raise NotFoundError(f"no such notebook: {spec.command}", hint="check the name and the folder")

    def check(self, run: RunRecord) -> None:
        """Any parameter can be set in a notebook."""

    def execute(self, run: RunRecord, tracker: Tracker, secrets: Secrets | None = None) -> BaseException | None:
        context = RunContext(run, tracker, secrets=secrets)
        run.metadata.labels = {"kind": "local", **run.metadata.labels}
        self.describe(context)
        try:
            context.start()
            announce(tracker)
            context.watch_child()
            notebook = _read(self._text, self._path.name)
            _inject(notebook, run.spec.parameters)
            failed = self._execute(notebook, context)
            return self._end(notebook, context, tracker, failed)
        except KeyboardInterrupt as error:
            context.fail(error)
            raise
        except Exception as error:
            context.fail(error)
            return error

    def _execute(self, notebook: Any, context: RunContext) -> RunError | None:
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

        total = len(notebook.cells)

        def done(cell: Any, cell_index: int, execute_reply: Any) -> None:
            del execute_reply
            _log(cell, context)
            context.progress(cell_index + 1, total)

        client = NotebookClient(
            notebook,
            timeout=self._job.timeout,
            resources={"metadata": {"path": self._workdir}},
            on_cell_executed=done,
        )
        with secrets_pipe(context.secrets) as pipe:
            told = environment(context, secrets=pipe)
            env = {name: value for name, value in {**os.environ, **told}.items() if value is not None}
            try:
                _execute_aside(client, env=env, pass_fds=(pipe,))
            except CellExecutionError as error:
                number = _failed(notebook)
                place = f"{self._path.name} cell {number}" if number else self._path.name
                return RunError(f"{error.ename}: {error.evalue}", where=place)
            except (CellTimeoutError, DeadKernelError) as error:
                return RunError(str(error).strip().splitlines()[0], where=self._path.name)
        return None

    def _end(
        self, notebook: Any, context: RunContext, tracker: Tracker, error: RunError | None
    ) -> BaseException | None:
        tracker.flush()
        tracker.db.recover()  # a kernel that died has left a journal
        with contextlib.suppress(NotFoundError):
            context.adopt(tracker.db.read_run(context.run.key))
        body = _nbformat().writes(notebook).encode()
        context.log_artifact(DocumentArtifact("notebook", body=body, format="ipynb"), local_path=self._path.name)
        if error is not None:
            context.finish(states.ERROR, error=str(error), reason="exception")
            return error
        context.finish()
        return None

    @property
    def _workdir(self) -> str:
        return self._job.workdir or str(self._path.parent)

    def describe(self, context: RunContext) -> None:
        describe(context)
        if not self._job.function.spec.build.source:  # else a folder that is gone when the run is over
            spec = context.run.spec
            spec.extra = {**spec.extra, "workdir": str(Path(self._workdir).resolve())}
        with contextlib.suppress(ConversionError):  # told when it is executed
            notebook = _read(self._text, self._path.name)
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
            sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            describe_notebook(context, _nbformat().writes(notebook), sources, self._path.name)

    def close(self) -> None:
        """Nothing was opened."""


def _execute_aside(client: Any, **options: Any) -> None:
    """Execute in a thread of its own: in the main one the library would take Ctrl-C as a word to the kernel alone.

    An interrupt ends the kernel with all that it started, and is raised.
    """
    failure: list[BaseException] = []
    over = threading.Event()  # after an interrupted join() Python 3.11 takes a thread that goes on for ended

    def work() -> None:
        try:
            asyncio.run(client.async_execute(**options))
        except BaseException as error:
            failure.append(error)
        finally:
            over.set()

    threading.Thread(target=work, name="mlrun-notebook", daemon=True).start()
    try:
        while not over.wait(POLL):
            pass
    except BaseException:
        with interrupts.deferred():  # a second Ctrl-C must not leave the kernel alive
            while not over.is_set():  # it may be about to start
                if pid := getattr(getattr(client.km, "provisioner", None), "pid", None):
                    processes.end_tree(pid, grace=GRACE)
                over.wait(POLL)
        raise
    if failure:
        raise failure[0]


def _nbformat() -> Any:
    """The library, which tells type checkers nothing; loaded when a notebook is run."""
    import nbformat

    return nbformat


def _read(text: bytes, name: str) -> Any:
    try:
        return _nbformat().reads(text.decode(), as_version=4)
    except Exception as error:  # nbformat raises what json, its validator and its converters raise
        raise ConversionError("the notebook cannot be read", where=name, hint=str(error).splitlines()[0]) from None


def _inject(notebook: Any, parameters: Mapping[str, Any]) -> None:
    """Put a cell of assignments behind the cell tagged ``parameters``, or first."""
    if not parameters:
        return
    source = "\n".join(["# parameters", *(f"{name} = {value!r}" for name, value in parameters.items())])
    cell = _nbformat().v4.new_code_cell(source, metadata={"tags": ["injected-parameters"]})
    tagged = [number for number, each in enumerate(notebook.cells) if "parameters" in each.metadata.get("tags", [])]
    notebook.cells.insert(tagged[0] + 1 if tagged else 0, cell)


def _log(cell: Any, context: RunContext) -> None:
    """What a cell printed goes to the run's log."""
    text = "".join(each.text for each in cell.get("outputs", []) if each.output_type == "stream")
    if text:
        masker = context.secrets.masker
        context.write_log(masker.feed(text) + masker.flush())


def _failed(notebook: Any) -> int:
    """The number, from 1, of the first cell with an error among its outputs; 0 without one."""
    for number, cell in enumerate(notebook.cells, 1):
        if any(each.output_type == "error" for each in cell.get("outputs", [])):
            return number
    return 0
