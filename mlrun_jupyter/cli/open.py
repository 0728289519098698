"""``mlrun open``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.arguments import RunReference
from mlrun_jupyter.cli.db_store import folder_of
from mlrun_jupyter.cli.references import find_run
from mlrun_jupyter.cli.session import Place, Session
from mlrun_jupyter.errors import StoreUnavailableError


@click.command("open")
@click.argument("run", default="", type=RunReference())
@options.long_project
@options.db
@click.pass_obj
def command(session: Session, /, run: str, project: str, db: str) -> Any:
    """Open the dashboard of the service, at RUN where one is named, and tell its address.

    In a notebook it is a link: the kernel's machine may be another one than the reader's.

    \b
    Example
      mlrun open train
    """
    key = find_run(session.db(db), run, project).key if run else None
    return session.visit(Place(key, lambda: _service(session, db)))


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
