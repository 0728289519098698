"""``mlrun open``."""

from __future__ import annotations

import click

from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.arguments import RunReference
from mlrun_jupyter.cli.db_store import folder_of
from mlrun_jupyter.cli.references import find_run
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.errors import StoreUnavailableError


@click.command("open")
@click.argument("run", default="", type=RunReference())
@options.long_project
@options.db
@click.pass_obj
def command(session: Session, /, run: str, project: str, db: str) -> str:
    """Open the dashboard of the service, at RUN where one is named, and tell its address.

    \b
    Example
      mlrun open train
    """
    address = f"{_service(session, db)}/"
    if run:
        found = find_run(session.db(db), run, project)
        address += f"#/projects/{found.key.project}/runs/{found.uid()}"
    click.launch(address)
    return address


def _service(session: Session, db: str) -> str:
    from mlrun_jupyter.db.remote import nearby

    url = session.db(db).url
    if url.startswith(("http://", "https://")):
        return url.rstrip("/")
    folder = folder_of(db)
    found = nearby.find(folder)
    if found is None:
        raise StoreUnavailableError(
            "no service runs for this store", where=str(folder), hint="start one in a terminal: mlrun db"
        )
    return found.url.rstrip("/")
