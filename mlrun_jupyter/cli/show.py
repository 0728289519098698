"""``mlrun show``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.completion import RunReference
from mlrun_jupyter.cli.references import find_run
from mlrun_jupyter.cli.session import Session


@click.command("show")
@click.argument("run", type=RunReference())
@click.argument("key", default="")
@options.project
@options.db
@click.pass_obj
def command(session: Session, /, run: str, key: str, project: str, db: str) -> Any:
    """Show RUN, or its artifact or result KEY.

    \b
    Examples
      mlrun show train
      mlrun show train@7f3a9c01 model
    """
    found = find_run(session.db(db), run, project)
    if not key:
        return found
    if key in found.results:
        return found.results[key]
    return found.artifact(key)
