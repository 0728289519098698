"""``mlrun open``."""

from __future__ import annotations

import click

from mlrun_jupyter.cli.completion import RunReference
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.errors import StoreUnavailableError


@click.command("open")
@click.argument("run", default="", type=RunReference())
@click.option("--db", default="", help="Address of the store.")
@click.pass_obj
def command(session: Session, /, run: str, db: str) -> str:
    """Open the dashboard, at RUN where one is named.

    \b
    Example
      mlrun open train
    """
    url = session.db(db).url
    if not url.startswith(("http://", "https://")):
        raise StoreUnavailableError(
            "the store is a folder without a dashboard", where=url, hint=f"mlrun show {run or 'RUN'} shows a run here"
        )
    address = f"{url.rstrip('/')}/" + (f"#/runs/{run}" if run else "")
    click.launch(address)
    return address
