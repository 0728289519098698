"""``%%mlrun run``: a cell that is a tracked run, in the user's own namespace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import click
from IPython.core.error import UsageError

from mlrun_jupyter.cli.values import Text
from mlrun_jupyter.errors import nearest

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult

    from mlrun_jupyter.tracking.context import RunContext
    from mlrun_magics.session import NotebookSession

NAME = "context"
"""The variable under which the cell finds its context."""
_MISSING: Any = object()


class CellRun:
    """A run that begins on the first line of a cell and ends with it."""

    def __init__(self, session: NotebookSession, context: RunContext, results: tuple[str, ...], figures: bool) -> None:
        self._session = session
        self._context = context
        self._results = results
        self._figures = figures
        self._names = session.shell.user_ns
        self._before: Any = _MISSING
        self._stack = contextlib.ExitStack()

    @classmethod
    def begin(cls, session: NotebookSession, arguments: str) -> Self:
        """Begin a run for the running cell; ``arguments`` are those of ``%mlrun run``."""
        from mlrun_jupyter.cli import run
        from mlrun_jupyter.runs.database import get_run_db
        from mlrun_jupyter.tracking import tracker
        from mlrun_jupyter.tracking.context import RunContext
        from mlrun_magics import words

        options = _parse(session, words.split(arguments))
        task = run.task_of(options)
        if task.spec.hyperparams or task.spec.param_file:
            raise UsageError("a cell runs once: put its code into a function, and sweep that: %mlrun run NAME -x ...")
        record = _record(task, options)
        context = RunContext(record, tracker.of(get_run_db(options["db"]).store))
        _describe(context, session)
        context.start()
        found = cls(session, context, options["result"], options["figures"])
        found._enter()
        return found

    def _enter(self) -> None:
        from mlrun_jupyter.tracking.current import active
        from mlrun_jupyter.tracking.output import Log, captured

        log = Log(self._context.write_log, self._context.secrets.masker)
        self._stack.enter_context(captured(log))
        self._stack.enter_context(_tolerant(active(self._context)))
        self._before = self._names.get(NAME, _MISSING)
        self._names[NAME] = self._context
        for name, value in self._context.parameters.items():
            if name.isidentifier() and name != NAME:
                self._names[name] = value
        if self._figures:
            from mlrun_magics.figures import Figures

            self._stack.enter_context(Figures(self._session.shell, self._context))

    def end(self, result: ExecutionResult) -> None:
        """Record how the cell ended, and show the run."""
        error = result.error_before_exec or result.error_in_exec
        problem = "" if error else self._take_results()
        self.close()
        if error is not None:
            self._context.fail(error)
        elif problem:
            self._context.finish("error", error=problem, reason="user")
        else:
            self._context.finish()
        self._show()
        if problem:
            shell: Any = self._session.shell  # IPython's method has no types
            result.error_in_exec = UsageError(problem)  # the cell has failed: who runs all cells stops here
            shell.show_usage_error(result.error_in_exec)

    def close(self) -> None:
        """Put back what the run changed in the namespace and on the screen."""
        self._stack.close()
        if self._names.get(NAME) is self._context:
            if self._before is _MISSING:
                del self._names[NAME]
            else:
                self._names[NAME] = self._before

    def _take_results(self) -> str:
        """Record the variables that ``--result`` names; why that cannot be done, or empty."""
        for name in self._results:
            if name not in self._names:
                hidden = self._session.shell.user_ns_hidden
                hint = nearest(name, [each for each in self._names if not each.startswith("_") and each not in hidden])
                return f"the cell left no variable {name!r}" + (f": {hint}" if hint.startswith("did") else "")
        self._context.log_results({name: self._names[name] for name in self._results})
        return ""

    def _show(self) -> None:
        from mlrun_jupyter.runs import card, display
        from mlrun_jupyter.runs.run import Run

        tracker = self._context.tracker
        if tracker is None:
            return
        run = Run(self._context.run, tracker.db)
        display.show(card.of(run), auto=True)


@contextlib.contextmanager
def _tolerant(manager: contextlib.AbstractContextManager[None]) -> Iterator[None]:
    """``manager``, left in silence where it was entered in another task: that of a cell with ``await``, which is gone."""
    manager.__enter__()
    yield
    with contextlib.suppress(ValueError):
        manager.__exit__(None, None, None)


def _parse(session: NotebookSession, arguments: list[str]) -> dict[str, Any]:
    from mlrun_jupyter.cli.run import command as run

    extra: list[click.Parameter] = [
        click.Option(["--result", "result"], multiple=True, type=Text(), help="Variable that is a result."),
        click.Option(["--figures", "figures"], is_flag=True, help="Keep what the cell shows as plots."),
    ]
    options = [each for each in run.params if isinstance(each, click.Option)]
    command = click.Command("run", params=[*options, *extra])
    try:
        with command.make_context("%%mlrun run", list(arguments), obj=session) as context:
            return dict(context.params)
    except click.exceptions.Exit:
        raise UsageError("%mlrun help run tells the options; a cell has --result NAME and --figures as well") from None


def _record(task: Any, options: dict[str, Any]) -> Any:
    from mlrun_jupyter import config
    from mlrun_jupyter.model.run import RunRecord
    from mlrun_jupyter.safety import names

    record = RunRecord(metadata=task.metadata, spec=task.spec)
    metadata = record.metadata
    metadata.name = options["name"] or metadata.name or "cell"
    metadata.project = options["project"] or metadata.project or config.current().default_project
    names.check_name("run", metadata.name)
    names.check_name("project", metadata.project)
    record.metadata.labels = {"kind": "cell", **metadata.labels}
    record.spec.output_path = options["out_path"] or record.spec.output_path
    return record


def _describe(context: RunContext, session: NotebookSession) -> None:
    """Note the cell as the run's code, and where it ran."""
    from mlrun_jupyter.tracking.provenance import describe, describe_cell

    describe(context)
    cell = session.book.here
    if cell is not None:
        describe_cell(context, cell.source, f"In [{cell.number}]")
