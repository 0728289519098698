"""``mlrun compare``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.arguments import RunReference
from mlrun_jupyter.cli.references import find_run
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import Text
from mlrun_jupyter.errors import InvalidArgumentError


@click.command("compare")
@click.argument("runs", nargs=-1, type=RunReference())
@click.option("--name", default="", type=Text(), help="Compare the newest runs of this name.")
@click.option("--last", default=4, type=click.IntRange(min=2), help="How many of them.")
@click.option("--all", "everything", is_flag=True, help="Also what is the same in all.")
@click.option("--exclude", multiple=True, type=Text(), help="Fields to leave out: seed, 'labels.*' ...")
@options.project
@options.db
@click.pass_obj
def command(
    session: Session,
    /,
    runs: tuple[str, ...],
    name: str,
    last: int,
    everything: bool,
    exclude: tuple[str, ...],
    project: str,
    db: str,
) -> Any:
    """Show in what RUNS differ: parameters, results, code and environment.

    \b
    Examples
      mlrun compare train@7f3a9c01 train@55c0de00
      mlrun compare --name train --last 3
    """
    from mlrun_jupyter.runs.compare import compare

    database = session.db(db)
    found = [find_run(database, each, project) for each in runs]
    if name:
        found += list(database.list_runs(f"={name}", project=project, last=last))
    if len(found) < 2:
        raise InvalidArgumentError("comparing takes two runs at least", hint="name them, or give --name with more runs")
    return compare([each.record for each in found], hide_identical=not everything, exclude=list(exclude))
