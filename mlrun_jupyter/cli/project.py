"""``mlrun project``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter import config
from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.arguments import ProjectName
from mlrun_jupyter.cli.session import Session


@click.command("project")
@click.argument("name", default="", type=ProjectName())
@options.db
@click.pass_obj
def command(session: Session, /, name: str, db: str) -> str:
    """List projects with their runs, or show project NAME.

    \b
    Examples
      mlrun project
      mlrun project fraud
    """
    database = session.db(db)
    if name:
        return str(database.get_project(name).to_yaml()).rstrip()
    return "\n".join(_line(database, each.metadata.name) for each in database.list_projects()) or "no projects yet"


def _line(database: Any, name: str) -> str:
    from mlrun_jupyter.db.query import RunQuery

    counted: dict[str, int] = database.store.count_runs(RunQuery(project=name))
    told = ", ".join(f"{count} {state}" for state, count in sorted(counted.items())) or "no runs"
    mark = "*" if name == config.current().default_project else " "
    return f"{mark} {name:<24} {told}"
