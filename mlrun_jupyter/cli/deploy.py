"""``mlrun deploy``."""

from __future__ import annotations

from typing import Any

import click

from mlrun_jupyter.cli.arguments import FunctionSource
from mlrun_jupyter.cli.build import function_of
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import Text, TextPair


@click.command("deploy")
@click.argument("function", default="function.yaml", type=FunctionSource(".yaml", ".ipynb", ".py"))
@click.option("--name", default="", type=Text(), help="The function, where a notebook marks several.")
@click.option("-p", "--project", default="", type=Text(), help="Project of the function.")
@click.option("--kind", default="", type=Text(), help="nuclio, serving, job ...")
@click.option("-t", "--tag", default="", type=Text(), help="Tag of the version.")
@click.option("-e", "--env", multiple=True, type=TextPair(), help="Variable of the function, as in -e LEVEL=info.")
@click.option("--db", default="", type=Text(), help="Address of the store.")
@click.pass_obj
def command(session: Session, /, function: str, **options: Any) -> str:
    """Show what deploying FUNCTION would submit. Nothing is deployed: this version has no engine for it.

    \b
    Example
      mlrun deploy function.yaml --kind nuclio -e LEVEL=info
    """
    found = function_of(session, function, options["name"], options["db"], options["kind"])
    record = found.record
    record.kind = options["kind"] or record.kind
    record.metadata.project = options["project"] or record.metadata.project
    record.metadata.tag = options["tag"] or record.metadata.tag
    for name, value in options["env"]:
        found.set_env(name, value)
    session.note("not deployed: there is no engine for it in this version; this is what would be submitted")
    return found.render()["function.yaml"].rstrip()
