"""``mlrun gc``."""

from __future__ import annotations

import time

import click

from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import Text
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.views.format import size


@click.command("gc")
@click.option(
    "--path", default="", type=Text(), help="An artifact folder that only this store uses; its own by default."
)
@click.option("--minutes", default=60, show_default=True, type=click.IntRange(0), help="Only what is older than this.")
@click.option("--only-here", is_flag=True, help="No other store keeps artifacts in the folder of --path.")
@click.option("-n", "--dry-run", "dry", is_flag=True, help="Only tell what would be removed.")
@options.db
@click.pass_obj
def command(session: Session, /, path: str, minutes: int, only_here: bool, dry: bool, db: str) -> str:
    """Remove artifacts' bytes that no record names: of deleted artifacts, and of processes that were killed.

    Only what was stored by logging is looked at; a file of your own in the folder stays. What another store keeps in the
    folder is garbage to this one, so another folder than its own is cleaned only with --only-here.

    \b
    Examples
      mlrun gc --dry-run
      mlrun gc
      mlrun gc --path ./artifacts --only-here
    """
    from pathlib import Path

    from mlrun_jupyter import artifacts

    store = session.db(db).store
    root = path or store.artifact_path
    if "://" in root:
        raise InvalidArgumentError(
            "only folders of this machine are cleaned", where=root, hint="run mlrun gc where the folder is, with --path"
        )
    folder = Path(root).expanduser()
    if path and not folder.is_dir():
        raise NotFoundError("no such folder", where=str(folder))
    if path and not (dry or only_here) and folder.resolve() != Path(store.artifact_path).expanduser().resolve():
        raise InvalidArgumentError(
            "what other stores keep in the folder would be removed too",
            where=str(folder),
            hint="say --only-here when there are none, or look first with --dry-run",
        )
    found = artifacts.collect(folder, store, older_than=time.time() - 60 * minutes, dry=dry)
    done = "would be removed" if dry else "removed"
    return f"{found.files} files {done} from {folder}, {size(found.bytes)}"
