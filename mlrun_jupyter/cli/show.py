"""``mlrun show``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.arguments import OutputKey, RunReference
from mlrun_jupyter.cli.references import find_run
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.safety.documents import dump_yaml


@click.command("show")
@click.argument("run", type=RunReference())
@click.argument("key", default="", type=OutputKey())
@click.option("--lineage", is_flag=True, help="Of an artifact: the run that made it, and those that have read it.")
@click.option("--diff", is_flag=True, help="Of an artifact: what differs from the version before.")
@options.project
@options.db
@click.pass_obj
def command(session: Session, /, run: str, key: str, lineage: bool, diff: bool, project: str, db: str) -> Any:
    """Show RUN, or its artifact or result KEY.

    \b
    Examples
      mlrun show train
      mlrun show train@7f3a9c01 model
      mlrun show train model --lineage
    """
    found = find_run(session.db(db), run, project)
    if not key:
        if lineage or diff:
            raise InvalidArgumentError("--lineage and --diff are about an artifact", hint="name it: mlrun show RUN KEY")
        return found
    if lineage:
        return str(found.artifact(key).lineage())
    if diff:
        differing = found.artifact(key).diff()
        return dump_yaml(differing) if differing else "nothing differs"
    if key in found.results:
        return found.results[key]
    return found.artifact(key)
