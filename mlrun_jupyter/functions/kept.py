"""The code of a recorded run, as this process still has it or as the store has kept it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model.function import BuildSpec, FunctionMetadata, FunctionRecord, FunctionSpec
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.safety.masking import MASK
from mlrun_jupyter.tracking import provenance


def code_of(run: Run) -> tuple[FunctionRecord, Callable[..., Any] | None]:
    """What a function that runs this again is made of: a document, and the handler while this process has it.

    Raises ``NotFoundError`` when the code was not kept.
    """
    hash = str(run.record.status.extra.get("code", ""))
    handler = provenance.handler_of(hash)
    if handler is not None:
        return FunctionRecord(), handler
    function = _program(run) if run.spec.extra.get("mode") == "pass" else _document(run, hash)
    function.spec.args = [str(each) for each in run.spec.extra.get("args", [])]
    workdir = str(run.spec.extra.get("workdir", ""))
    function.spec.workdir = workdir if Path(workdir).is_dir() else ""
    return function, None


def _program(run: Run) -> FunctionRecord:
    """A command that ran as it stood: of it the record has the name."""
    return FunctionRecord(kind="local", spec=FunctionSpec(command=str(run.spec.extra.get("command", "")), mode="pass"))


def _document(run: Run, hash: str) -> FunctionRecord:
    """The function whose code the store has kept."""
    if not hash:
        raise NotFoundError(
            "the code of this run was not kept", where=f"run {run.uid()[:8]}", hint="run it by its handler"
        )
    body = run.db.read_object(hash)["body"]
    text = body.get("notebook") or body.get("module") or (body["source"] if body.get("whole") else "")
    if run.spec.secret_sources and MASK in str(text):
        raise NotFoundError(
            "a secret stood in the code of this run, and is not kept",
            where=f"run {run.uid()[:8]}",
            hint="run it by its handler or file, and let it ask context.get_secret()",
        )
    if not text:
        raise NotFoundError(
            "of this run only the handler's own code was kept",
            where=f"run {run.uid()[:8]}",
            hint="run the cell that defines it first",
        )
    source = base64.b64encode(str(text).encode()).decode()
    name = str(body.get("file", "function")).rsplit(".", 1)[0]
    spec = FunctionSpec(build=BuildSpec(functionSourceCode=source), mode="notebook" if body.get("notebook") else "")
    return FunctionRecord(kind="local", metadata=FunctionMetadata(name=name), spec=spec)
