"""``mlrun runs``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter.cli import listing, options
from mlrun_jupyter.cli.arguments import RunName
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import OneOf, Text
from mlrun_jupyter.model import states


@click.command("runs")
@click.argument("name", default="", type=RunName())
@options.project
@options.labels
@click.option(
    "--state", multiple=True, type=OneOf(*states.ALL), help="Only in this state: completed, error, running ..."
)
@click.option("--where", multiple=True, type=Text(), help="Only where it holds: 'results.accuracy > 0.9'.")
@click.option("--sort", multiple=True, type=Text(), help="Order: -results.accuracy, name, start ...")
@click.option("--last", default=0, type=int, help="At most so many.")
@click.option("--iter", "iterations", is_flag=True, help="With the iterations of sweeps.")
@options.db
@options.output
@click.pass_obj
def command(session: Session, /, name: str, form: str, **given: Any) -> Any:
    """List runs, the newest first; NAME is a part of their name, =NAME all of it.

    \b
    Examples
      mlrun runs
      mlrun runs train --state completed --where "results.accuracy > 0.9"
      mlrun runs --sort -results.accuracy --last 5
    """
    return listing.formed(listing.runs(session, name, **given), form)
