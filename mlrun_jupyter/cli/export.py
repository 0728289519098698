"""``mlrun export``."""

from __future__ import annotations

import click

from mlrun_jupyter.cli.arguments import FunctionSource
from mlrun_jupyter.cli.build import function_of
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import File, Text


@click.command("export")
@click.argument("function", type=FunctionSource(".ipynb", ".py", ".yaml"))
@click.option(
    "-o", "--output", default="function.yaml", show_default=True, type=File(".yaml", ".json"), help="The file."
)
@click.option("--name", default="", type=Text(), help="The function, where a notebook marks several.")
@click.option("--kind", default="", type=Text(), help="Kind of the function: job, nuclio ...")
@click.option("--image", default="", type=Text(), help="Image of the function.")
@click.option("--db", default="", type=Text(), help="Address of the store.")
@click.pass_obj
def command(session: Session, /, function: str, output: str, name: str, kind: str, image: str, db: str) -> str:
    """Write the file of FUNCTION: a notebook's, a .py file's, or one that is in the store.

    \b
    Examples
      mlrun export train.ipynb -o function.yaml --kind job
      mlrun export db://default/train:latest
    """
    found = function_of(session, function, name, db, kind)
    found.record.kind = kind or found.record.kind
    found.spec.image = image or found.spec.image
    found.export(output, format=".json" if output.endswith(".json") else ".yaml")
    return f"function {found.metadata.name} written to {output}"
