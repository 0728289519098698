"""``mlrun logs``."""

from __future__ import annotations

import click

from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.arguments import RunReference
from mlrun_jupyter.cli.references import find_run
from mlrun_jupyter.cli.session import Session


@click.command("logs")
@click.argument("run", type=RunReference())
@click.option("-w", "--watch", is_flag=True, help="Follow the log to the end of the run.")
@click.option("--offset", default=0, type=click.IntRange(min=0), help="Bytes to leave out at the beginning.")
@options.project
@options.db
@click.pass_obj
def command(session: Session, /, run: str, watch: bool, offset: int, project: str, db: str) -> None:
    """Print the log of RUN: a uid, the beginning of one, a name (its newest run) or name@uid.

    \b
    Examples
      mlrun logs train
      mlrun logs 7f3a9c01 --watch
    """
    found = find_run(session.db(db), run, project)
    state = found.logs(watch=watch, offset=offset)
    if found.error and state == "error":
        session.note(f"run {found.name} failed: {found.error}")
