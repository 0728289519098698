"""A recorded run, run again: the same code, parameters, inputs, hyper-parameters and arguments, in the same folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.functions.function import Function
from mlrun_jupyter.functions.kept import code_of
from mlrun_jupyter.model.task import Task
from mlrun_jupyter.runs import again
from mlrun_jupyter.runs.run import Run
from mlrun_jupyter.safety.masking import MASK


def rerun(run: Run, *, args: Sequence[str] | None = None, **changes: Any) -> Run:
    """Run ``run`` again; ``changes`` are arguments of :meth:`Function.run` that replace what it had.

    ``args`` are the arguments of a file, in place of those it was started with. The code is the handler itself while
    this process still has it, else the file or function that the store has kept.

    Raises
    ------
    NotFoundError
        The code was not kept, or the folder that a file ran in is gone: give another with ``workdir``.
    InvalidArgumentError
        Inline secrets, which are never kept: name their source again with ``secrets=[...]``. An argument in which
        there was a secret: give ``args`` again.
    """
    record = run.record
    task = Task(metadata=record.metadata.copy(), spec=record.spec.copy())
    task.metadata.uid = ""
    task.set_label("rerun-of", run.uid())
    inline = [each for each in record.spec.secret_sources if each.get("kind") == "inline"]
    if inline and "secrets" not in changes:
        raise InvalidArgumentError("the run had inline secrets, which are not kept", hint="give secrets=[...] again")
    task.spec.secret_sources = [each for each in record.spec.secret_sources if each not in inline]
    _keep_combinations(task, anew=bool(changes.get("param_file") or changes.get("hyperparams")))
    function = Function(*code_of(run))
    if args is not None:
        function.spec.args = [str(each) for each in args]
    elif record.spec.secret_sources and any(MASK in each for each in function.spec.args):
        raise InvalidArgumentError("an argument held a secret, which is not kept", hint="give args=[...] again")
    workdir = str(record.spec.extra.get("workdir", ""))
    if workdir and not function.spec.workdir and not changes.get("workdir"):
        raise NotFoundError("the folder that it ran in is gone", where=workdir, hint="give another with workdir=")
    return function.run(task, local=True, db=run.db.address, **changes)


def _keep_combinations(task: Task, *, anew: bool) -> None:
    """A sweep over a file has the same combinations as before, though the file be another by now."""
    if not task.spec.param_file:
        return
    task.spec.param_file = ""
    task.spec.hyper_param_options = {
        name: value for name, value in task.spec.hyper_param_options.items() if name != "param_file"
    }
    if anew:
        task.spec.hyperparams, task.spec.strategy = {}, ""


again.register(rerun)
