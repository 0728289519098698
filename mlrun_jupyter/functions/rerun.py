"""A recorded run, run again: the same code, parameters, inputs and hyper-parameters."""

from __future__ import annotations

from typing import Any

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.functions.function import Function
from mlrun_jupyter.functions.kept import code_of
from mlrun_jupyter.model.task import Task
from mlrun_jupyter.runs import again
from mlrun_jupyter.runs.run import Run


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
    return Function(*code_of(run)).run(task, local=True, db=run.db.address, **changes)


again.register(rerun)
