"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from mlrun_jupyter.cli.arguments import ProjectName
from mlrun_jupyter.cli.values import Text

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

project: Final[Decorator] = click.option(
    "-p", "--project", default="", type=ProjectName(), help="Project; the configured one when left out, '*' for all."
)
long_project: Final[Decorator] = click.option(
    "--project", default="", type=ProjectName(), help="Project; the configured one when left out."
)
db: Final[Decorator] = click.option(
    "--db", default="", type=Text(), help="Address of the store: a folder, postgresql:// or http(s)://."
)
labels: Final[Decorator] = click.option(
    "-s", "--selector", "labels", multiple=True, type=Text(), help="Only with this label: k=v, k!=v, k~=part or k."
)
tag: Final[Decorator] = click.option(
    "-t", "--tag", default="", type=Text(), help="Tag of the version; '*' for every one."
)
output: Final[Decorator] = click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["yaml", "json", "name"]),
    callback=lambda _context, _option, chosen: chosen or "",
    help="Print documents or names in place of a table.",
)
