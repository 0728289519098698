"""The ``mlrun`` program: verbs that are loaded when they are called, errors that are one line."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Final

import click

from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.errors import (
    ConflictError,
    HandlerError,
    InvalidArgumentError,
    MlrunError,
    NotFoundError,
    RunError,
    nearest,
)

VERBS: Final = {
    "run": "Run a file, a notebook or a function, and track it.",
    "runs": "List runs.",
    "artifacts": "List artifacts.",
    "functions": "List functions.",
    "show": "Show a run, an artifact or a function.",
    "get": "List runs, artifacts, functions or projects, or print one.",
    "logs": "Print the log of a run.",
    "compare": "Show in what runs differ.",
    "rerun": "Run a task once more, with other parameters where given.",
    "abort": "End a run that is under way.",
    "convert": "Turn a notebook into a module and a function file.",
    "export": "Write the file of a function.",
    "build": "Show the image that a function needs.",
    "deploy": "Show what deploying a function would submit.",
    "project": "List projects, or show one.",
    "config": "Print settings.",
    "sync": "Send what was recorded while the store could not be reached.",
    "gc": "Remove artifacts' bytes that no record names.",
    "db": "Serve the run database, or look after its files.",
    "doctor": "Check the store and this installation.",
    "open": "Tell where the dashboard is, and open it.",
    "version": "Print the version.",
}
"""Verb to what it does; ``cli/<verb>.py`` has its command."""

COMPLETION: Final = "_MLRUN_COMPLETE"
"""The variable by which a shell asks for completion: ``eval "$(_MLRUN_COMPLETE=bash_source mlrun)"`` sets it up."""
USAGE_ERRORS: Final = (InvalidArgumentError, NotFoundError, HandlerError, ConflictError)


class Program(click.Group):
    """Loads ``mlrun_jupyter.cli.<verb>`` when the verb is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        return verb(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command {args[0]!r}: {nearest(args[0], VERBS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):  # without loading them all
            formatter.write_dl(list(VERBS.items()))


def verb(name: str) -> click.Command | None:
    """The command of a verb, or None."""
    if name not in VERBS:
        return None
    command: click.Command = importlib.import_module(f"mlrun_jupyter.cli.{name}").command
    return command


@click.pass_context
def _without_verb(context: click.Context, /, debug: bool, version: bool) -> str | None:
    """Track, sweep and move notebook code."""
    del debug  # read by execute()
    if version:
        return _version()
    return context.get_help() if context.invoked_subcommand is None else None


program = Program(
    "mlrun",
    callback=_without_verb,
    help="Track, sweep and move notebook code.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    params=[
        click.Option(["--debug"], is_flag=True, help="Show where an error comes from."),
        click.Option(["--version"], is_flag=True, help="Print the version."),
    ],
    invoke_without_command=True,
)


def execute(arguments: list[str], session: Session | None = None) -> int:
    """Run the program and return its exit code; errors are one red line on standard error.

    With ``--debug`` in front of the verb errors are raised as they are.
    """
    session = session or Session()
    if os.environ.get(COMPLETION):  # a shell asks
        program.main(arguments, "mlrun", complete_var=COMPLETION, obj=session)
    try:
        with program.make_context("mlrun", list(arguments), obj=session) as context:
            session.show(program.invoke(context))
            sys.stdout.flush()
        return 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, click.Abort):
        _tell("interrupted")
        return 130
    except BrokenPipeError:  # whoever read the output has seen enough
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        if "--debug" in arguments[:1]:
            raise
        _tell(one_line(error))
        return exit_code(error)


def one_line(error: BaseException) -> str:
    """What happened, where, and what to do, on one line."""
    if isinstance(error, click.exceptions.NoSuchOption):
        command = f"{error.ctx.command_path} " if error.ctx else ""
        known = [opt for param in error.ctx.command.params for opt in param.opts] if error.ctx else []
        hint = nearest(error.option_name, known)
        hint = hint if hint.startswith("did") else _help(error)
        if error.ctx and error.ctx.command.name == "run":
            hint += "; options of a file go behind --"
        return f"{command}has no option {error.option_name}: {hint}"
    if isinstance(error, click.UsageError):
        text = error.format_message().strip().rstrip(".")
        return f"{text[:1].lower()}{text[1:]}" + ("" if ": " in text else f": {_help(error)}")
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, MlrunError):
        return " ".join(str(error).split()).replace("local=True", "--local")
    return f"{type(error).__name__}: {' '.join(str(error).split())}: mlrun --debug ... shows where it comes from"


def _help(error: click.UsageError) -> str:
    return f"see {error.ctx.command_path} --help" if error.ctx else "see mlrun --help"


def exit_code(error: BaseException) -> int:
    """2 for what the caller can put right by another call, 1 for everything else."""
    if isinstance(error, click.ClickException):
        return 2
    return 2 if isinstance(error, USAGE_ERRORS) and not isinstance(error, RunError) else 1


def _tell(text: str) -> None:
    from mlrun_jupyter.safety import terminal

    click.secho(f"mlrun: {terminal.clean(text, color=False)}", fg="red", err=True)


def _version() -> str:
    from mlrun_jupyter.cli.version import version

    return version()
