"""``mlrun artifacts``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter.cli import listing, options
from mlrun_jupyter.cli.arguments import ArtifactKey
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import Text


@click.command("artifacts")
@click.argument("name", default="", type=ArtifactKey())
@options.project
@options.labels
@options.tag
@click.option("--kind", default="", type=Text(), help="Only of this kind: dataset, model, plot ...")
@click.option("--uid", default="", type=Text(), help="Only of the run with this uid.")
@options.db
@options.output
@click.pass_obj
def command(session: Session, /, name: str, form: str, **given: Any) -> Any:
    """List artifacts, the newest first; NAME is a part of their key, =NAME all of it.

    \b
    Examples
      mlrun artifacts
      mlrun artifacts model --tag "*"
      mlrun artifacts --kind dataset -s team=growth
    """
    return listing.formed(listing.artifacts(session, name, **given), form)
