"""``mlrun rerun``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter.cli import options
from mlrun_jupyter.cli.arguments import RunReference
from mlrun_jupyter.cli.references import find_run
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import InputPair, Parameter, Text


@click.command("rerun")
@click.argument("run", type=RunReference())
@click.argument("arguments", nargs=-1, type=Text())
@click.option("-p", "--param", "params", multiple=True, type=Parameter(), help="A parameter in place of the run's.")
@click.option(
    "-i", "--input", "--inputs", "inputs", multiple=True, type=InputPair(), help="An input in place of the run's."
)
@click.option("--name", default="", type=Text(), help="Name of the new run.")
@options.long_project
@options.db
@click.pass_obj
def command(session: Session, /, run: str, project: str, db: str, **changes: Any) -> Any:
    """Run the code of RUN once more, with its parameters, inputs and arguments where no others are given.

    \b
    Examples
      mlrun rerun train@7f3a9c01
      mlrun rerun train -p depth=6 --name train-deeper
      mlrun rerun train -- --fast
    """
    return execute(session, run, project=project, db=db, **changes)


def execute(session: Session, run: str, *, project: str, db: str, **changes: Any) -> Any:
    """Find the run and run it again with the changes."""
    from mlrun_jupyter.functions.rerun import rerun

    found = find_run(session.db(db), run, project)
    given: dict[str, Any] = {}
    if changes["params"]:
        given["params"] = {**found.spec.parameters, **dict(changes["params"])}
    if changes["inputs"]:
        given["inputs"] = {**found.spec.inputs, **dict(changes["inputs"])}
    if changes["name"]:
        given["name"] = changes["name"]
    if changes["arguments"]:
        given["args"] = changes["arguments"]
    return rerun(found, **given)
