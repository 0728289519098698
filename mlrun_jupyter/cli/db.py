"""``mlrun db``: the service of the run database, and its files."""

from __future__ import annotations

import click

from mlrun_jupyter.cli.values import File
from mlrun_jupyter.errors import StoreUnavailableError


@click.group("db", invoke_without_command=True)
@click.option("-p", "--port", type=int, help="HTTP port for serving the API.")
@click.option("-d", "--dirpath", default="", type=File(), help="Path to the MLRun service directory.")
@click.pass_context
def command(context: click.Context, /, port: int | None, dirpath: str) -> None:
    """Serve the run database, or look after its files: see the commands below.

    \b
    Examples
      mlrun db -p 8080 -d ./runs
      mlrun db check
    """
    if context.invoked_subcommand is not None:
        return
    del port, dirpath
    raise StoreUnavailableError(
        "the service is not part of this version",
        hint="runs are kept in a folder that needs none: set MLRUN_DBPATH to a folder that all can reach",
    )
