"""``mlrun functions``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter.cli import listing, options
from mlrun_jupyter.cli.arguments import FunctionName
from mlrun_jupyter.cli.session import Session


@click.command("functions")
@click.argument("name", default="", type=FunctionName())
@options.project
@options.labels
@options.tag
@options.db
@options.output
@click.pass_obj
def command(session: Session, /, name: str, form: str, **given: Any) -> Any:
    """List functions; NAME is a part of their name, =NAME all of it.

    \b
    Examples
      mlrun functions
      mlrun functions train --tag "*"
    """
    return listing.formed(listing.functions(session, name, **given), form)
