"""A recorded run, run again: the same code, parameters, inputs and hyper-parameters."""

from __future__ import annotations

import base64
from typing import Any

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.functions.function import Function
from mlrun_jupyter.model.function import BuildSpec, FunctionMetadata, FunctionRecord, FunctionSpec
from mlrun_jupyter.model.task import Task
from mlrun_jupyter.runs import again
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.tracking import provenance


def rerun(run: Run, **changes: Any) -> Run:
    """Run ``run`` again; ``changes`` are arguments of :meth:`Function.run` that replace what it had.

    The code is the handler itself while this process still has it, else the file or function that the store has kept.

    Raises
    ------
    NotFoundError
        The code was not kept.
    InvalidArgumentError
        Inline secrets, which are never kept: name their source again with ``secrets=[...]``.
    """
    record = run.record
    task = Task(metadata=record.metadata.copy(), spec=record.spec.copy())
    task.metadata.uid = ""
    task.set_label("rerun-of", run.uid())
    inline = [each for each in record.spec.secret_sources if each.get("kind") == "inline"]
    if inline and "secrets" not in changes:
        raise InvalidArgumentError("the run had inline secrets, which are not kept", hint="give secrets=[...] again")
    task.spec.secret_sources = [each for each in record.spec.secret_sources if each not in inline]
    return code_of(run).run(task, local=True, db=run.db.address, **changes)


def code_of(run: Run) -> Function:
    """The function that ran: around the handler itself while this process has it, else with the code that was kept.

    Raises ``NotFoundError`` when the code was not kept.
    """
    hash = str(run.record.status.extra.get("code", ""))
    handler = provenance.handler_of(hash)
    return Function(FunctionRecord(), handler) if handler is not None else _function(run, hash)


def _function(run: Run, hash: str) -> Function:
    """The function whose code the store has kept."""
    if not hash:
        raise NotFoundError(
            "the code of this run was not kept", where=f"run {run.uid()[:8]}", hint="run it by its handler"
        )
    body = run.db.read_object(hash)["body"]
    text = body.get("notebook") or body.get("module") or (body["source"] if body.get("whole") else "")
    if not text:
        raise NotFoundError(
            "of this run only the handler's own code was kept",
            where=f"run {run.uid()[:8]}",
            hint="run the cell that defines it first",
        )
    source = base64.b64encode(str(text).encode()).decode()
    name = str(body.get("file", "function")).rsplit(".", 1)[0]
    spec = FunctionSpec(build=BuildSpec(functionSourceCode=source), mode="notebook" if body.get("notebook") else "")
    return Function(FunctionRecord(kind="local", metadata=FunctionMetadata(name=name), spec=spec))


again.register(rerun)
