"""``mlrun get``: lists as the older form of the command has them."""

from __future__ import annotations

from typing import Any, Final

import click

from mlrun_jupyter.cli import listing, options
from mlrun_jupyter.cli.references import find_run
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import OneOf, Text
from mlrun_jupyter.errors import InvalidArgumentError, nearest

KINDS: Final = {
    "runs": "runs",
    "run": "run",
    "artifacts": "artifacts",
    "artifact": "artifacts",
    "functions": "functions",
    "function": "functions",
    "func": "functions",
    "funcs": "functions",
    "projects": "projects",
    "project": "projects",
}


@click.command("get")
@click.argument("kind", type=OneOf("runs", "run", "artifacts", "functions", "projects"))
@click.argument("name", default="", type=Text())
@options.project
@options.labels
@click.option("--uid", default="", type=Text(), help="Uid of a run.")
@options.tag
@options.db
@options.output
@click.pass_obj
def command(session: Session, /, kind: str, name: str, form: str, **given: Any) -> Any:
    """List KIND: runs, artifacts, functions or projects. `get run UID` prints one run's document.

    \b
    Examples
      mlrun get runs -p default -s owner=ann
      mlrun get run 7f3a9c01
      mlrun get artifacts model -t "*"
      mlrun get func
    """
    meant = KINDS.get(kind.lower())
    if meant is None:
        raise InvalidArgumentError(f"cannot list {kind!r}", hint=nearest(kind, KINDS))
    if meant == "run" and (name or given["uid"]):
        run = find_run(session.db(given["db"]), name or given["uid"], given["project"])
        return listing.text([run.record], form or "yaml").removeprefix("- ").replace("\n  ", "\n")
    if meant == "projects":
        return _projects(session, given["db"], form)
    if meant == "functions":
        given.pop("uid")
        return listing.formed(listing.functions(session, name, **given), form)
    if meant == "artifacts":
        return listing.formed(listing.artifacts(session, name, **given), form)
    if given.pop("tag"):
        raise InvalidArgumentError("runs have no tags", where="--tag", hint="filter by a label: -s name=value")
    return listing.formed(listing.runs(session, name, **given), form)


def _projects(session: Session, db: str, form: str) -> str:
    return listing.text(session.db(db).list_projects(), form or "name")
