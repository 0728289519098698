"""The magics object: everything that is loaded into a shell, and all of its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import IPython
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand, output_can_be_silenced

from mlrun_jupyter.errors import MlrunError, RunError
from mlrun_magics import transform
from mlrun_magics.book import Book
from mlrun_magics.session import NotebookSession

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from mlrun_magics.cell_run import CellRun

SPELLINGS: Final = ("mlrun", "nuclio")
KINDS: Final = ("line", "cell")
_COUNTED_BEFORE: Final = int(IPython.version_info[:2] >= (9, 8))
"""Whether the shell counts a cell before it tells that it begins."""


@magics_class
class MlrunMagics(Magics):
    """``%mlrun`` and ``%%mlrun``, and ``%nuclio`` as the older spelling of a part of them."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.shell: InteractiveShell = shell
        self.book = Book()
        self.session = NotebookSession(shell, self.book)
        self.cell_run: CellRun | None = None
        self._before: dict[tuple[str, str], Any] = {}
        self._hooks: tuple[tuple[str, Callable[..., Any]], ...] = (
            ("pre_run_cell", self._cell_begins),
            ("post_run_cell", self._cell_ends),
        )
        self._transform = transform.CellTransform()
        self._matcher: Any = None

    # loading

    @classmethod
    def of(cls, shell: InteractiveShell) -> MlrunMagics | None:
        """The magics that are loaded in a shell."""
        found = shell.magics_manager.registry.get(cls.__name__)
        return found if isinstance(found, cls) else None

    def attach(self) -> None:
        """Load into the shell."""
        from mlrun_magics.completion import matcher

        known = self.shell.magics_manager.magics
        self._before = {(kind, name): known[kind][name] for kind in KINDS for name in SPELLINGS if name in known[kind]}
        self.shell.register_magics(self)
        for event, callback in self._hooks:
            self.shell.events.register(event, callback)
        self.shell.input_transformers_cleanup.append(self._transform)
        self._matcher = matcher(self.session)
        if self.shell.Completer is not None:
            self.shell.Completer.custom_matchers.append(self._matcher)

    def detach(self) -> None:
        """Unload, and put back what was there before."""
        if self.cell_run is not None:
            self.cell_run.close()
        for event, callback in self._hooks:
            self.shell.events.unregister(event, callback)
        self.shell.input_transformers_cleanup.remove(self._transform)
        if self.shell.Completer is not None:
            self.shell.Completer.custom_matchers.remove(self._matcher)
        manager = self.shell.magics_manager
        for kind in KINDS:
            for name in SPELLINGS:
                manager.magics[kind].pop(name, None)
                if (kind, name) in self._before:
                    manager.magics[kind][name] = self._before[kind, name]
        manager.registry.pop(type(self).__name__, None)

    # the magics

    @no_var_expand
    @output_can_be_silenced
    @line_cell_magic
    def mlrun(self, line: str, cell: str | None = None) -> Any:
        """Track, sweep and move notebook code.

        %%mlrun [NAME] [--kind --image ...]   this cell is code of a function; it runs as any cell
        %%mlrun run -p lr=0.1                 this cell is a run of its own

        %mlrun run TARGET -p depth=4          run a function of this notebook, a file or a notebook
        %mlrun run TARGET -x depth=[3,4,5] --selector max.accuracy
                                              run it for several values, and choose the best
        %mlrun runs | artifacts | functions   list what the store has
        %mlrun show [RUN]                     what is marked in this notebook, or a run
        %mlrun logs | compare | rerun | abort RUN
        %mlrun convert [NAME]                 the module that a job would run, and what was left out
        %mlrun export NAME -o function.yaml   the file of a function
        %mlrun build | deploy NAME            what would be built or submitted
        %mlrun config | env | cmd | requirements
                                              what the function needs, live and in a job
        %mlrun project | db | open | doctor | version
        %mlrun help [NAME]                    this, or one of them with examples

        Values are Python literals or text; $name and {expression} are filled in. What is returned are objects:
        run = %mlrun run train
        """
        with self._red():
            if cell is not None:
                return self._cell(line, cell)
            if line.startswith(transform.REFUSE):
                raise UsageError(line[len(transform.REFUSE) :].strip())
            if line.startswith(transform.MARK):
                return self._mark(line[len(transform.MARK) :].strip())
            return self._line(line)

    @no_var_expand
    @line_cell_magic
    def nuclio(self, line: str, cell: str | None = None) -> Any:
        """The older spelling: cmd, env, env_file, config, handler, mount, add, show, build, deploy, help.

        Settings act as they did, here and in the function; `%mlrun help` tells the newer forms.
        """
        from mlrun_magics import nuclio

        with self._red():
            return nuclio.call(self.session, line, cell)

    def _red(self) -> _Red:
        return _Red(self)

    def _line(self, line: str) -> Any:
        from mlrun_magics import commands, words

        return commands.call(self.session, words.split(line.strip().removesuffix(";")), line)

    def _cell(self, line: str, cell: str) -> Any:
        """``%%mlrun`` as a call: settings, whose cell is no code, or a cell that another magic hands on."""
        from mlrun_magics import commands

        word, _, rest = line.strip().partition(" ")
        if word in transform.NOT_CODE:
            return commands.setting(self.session, word, rest.strip(), cell.splitlines())
        self.session.run_cell(f"%%mlrun {line}\n{cell}")
        return None

    def _mark(self, text: str) -> None:
        """The first line of a marked cell."""
        from mlrun_jupyter.notebook.marks import parse_cell_command

        found = parse_cell_command(text)
        if found.role == "run":
            from mlrun_magics.cell_run import CellRun

            self.cell_run = CellRun.begin(self.session, found.arguments)
        elif found.role == "function":
            if found.mark is not None and self.book.here is not None:
                self.book.mark(found.mark.name)
        else:
            raise UsageError(
                f"%%mlrun {found.command} takes no cell: write %mlrun {found.command} on a line of its own"
            )

    # the shell's events

    def _cell_begins(self, info: ExecutionInfo) -> None:
        if info.silent:
            return
        metadata = getattr(info, "cell_meta", None)  # IPython 9.16 and later
        number = self.shell.execution_count - _COUNTED_BEFORE if info.store_history else 0
        cell = self.book.add(str(info.raw_cell), getattr(info, "cell_id", None), metadata, number)
        if cell.tags or cell.metadata:
            self._tagged(cell.tags, cell.metadata.get("mlrun"))
        if "mlrun" in cell.source or "code_to_function" in cell.source:
            self.session.tell_executed()

    def _tagged(self, tags: tuple[str, ...], metadata: Any) -> None:
        """Mark the running cell for the functions that its tags or metadata name."""
        from mlrun_jupyter.notebook.marks import tagged_names

        names = tagged_names(tags)
        if isinstance(metadata, dict) and isinstance(metadata.get("function"), str):
            names.append(metadata["function"])
        for name in dict.fromkeys(names):
            self.book.mark(name)

    def _cell_ends(self, result: ExecutionResult) -> None:
        if result.error_before_exec is not None or isinstance(result.error_in_exec, UsageError):
            self.book.discard()
        if self.cell_run is not None:
            run, self.cell_run = self.cell_run, None
            run.end(result)

    # errors

    def tell_failure(self, error: RunError) -> None:
        """Show the card of a run that failed, above the line that says why."""
        from mlrun_jupyter.runs import card, display
        from mlrun_jupyter.runs.run import Run

        if isinstance(error.run, Run) and not display.shown(error.run.uid()):
            display.show(card.of(error.run), auto=True)


class _Red:
    """Within the block every error of a user is one red line; what is no user's error passes as it is."""

    def __init__(self, magics: MlrunMagics) -> None:
        self._magics = magics

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        text = self._text(error) if error is not None else ""
        if text:
            told = f"UsageError: {text}"
            if hasattr(self._magics.shell, "_last_traceback"):  # what a kernel's reply gives as the traceback
                self._magics.shell._last_traceback = [told]
            raise UsageError(text) from None

    def _text(self, error: BaseException) -> str:
        import click

        from mlrun_jupyter.cli.program import one_line
        from mlrun_jupyter.notebook.settings import SettingError

        if isinstance(error, UsageError):
            return str(error)
        if isinstance(error, KeyboardInterrupt):
            return "interrupted: what was recorded so far stays"
        if isinstance(error, RunError):
            self._magics.tell_failure(error)
        if isinstance(error, SettingError):
            return f"{error}: {error.hint}" if error.hint else str(error)
        return one_line(error) if isinstance(error, (MlrunError, click.ClickException)) else ""
