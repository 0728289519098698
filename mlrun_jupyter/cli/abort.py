"""``mlrun abort``."""

from __future__ import annotations

import click

from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.arguments import RunReference
from mlrun_jupyter.cli.references import find_run, short
from mlrun_jupyter.cli.session import Session


@click.command("abort")
@click.argument("run", type=RunReference())
@options.project
@options.db
@click.pass_obj
def command(session: Session, /, run: str, project: str, db: str) -> str:
    """End RUN, which is under way; what it has recorded stays.

    \b
    Example
      mlrun abort train@7f3a9c01
    """
    found = find_run(session.db(db), run, project)
    state = found.state()
    if found.record.done:
        return f"run {short(found)} is over already: {state}"
    return f"run {short(found)} is {found.abort()}"
