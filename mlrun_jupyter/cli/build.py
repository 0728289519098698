"""``mlrun build``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlrun_jupyter.cli.arguments import FunctionSource
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import Text
from mlrun_jupyter.errors import InvalidArgumentError, nearest

if TYPE_CHECKING:
    from mlrun_jupyter.functions.function import Function


@click.command("build")
@click.argument("function", default="function.yaml", type=FunctionSource(".yaml", ".ipynb", ".py"))
@click.option("--name", default="", type=Text(), help="The function, where a notebook marks several.")
@click.option("-i", "--image", default="", type=Text(), help="Name of the image.")
@click.option("-s", "--source", default="", type=Text(), help="Where the code is: git:// or an archive.")
@click.option("-b", "--base-image", default="", type=Text(), help="Image to start from.")
@click.option("-c", "--command", "commands", multiple=True, type=Text(), help="Command to run in the image.")
@click.option("--db", default="", type=Text(), help="Address of the store.")
@click.pass_obj
def command(session: Session, /, function: str, **options: Any) -> str:
    """Show the image that FUNCTION needs: a function.yaml, a notebook, a .py file or db://project/name.

    No image is made: this version has no engine for it. The text is a Dockerfile.

    \b
    Examples
      mlrun build function.yaml
      mlrun build train.ipynb --base-image python:3.12-slim -c "pip install pandas"
    """
    from mlrun_jupyter.functions.rendering import dockerfile

    found = function_of(session, function, options["name"], options["db"])
    found.build_config(options["image"], options["base_image"], list(options["commands"]), options["source"])
    name = found.build_spec.image or found.spec.image or found.metadata.name or "function"
    session.note(f"image {name}: not built, there is no engine for images in this version; this is what would be built")
    return dockerfile(found.record)


def function_of(session: Session, source: str, name: str = "", db: str = "", kind: str = "") -> Function:
    """A function by its file, its notebook, or its address in the store; in a notebook by its name alone."""
    from mlrun_jupyter.cli import convert
    from mlrun_jupyter.functions.function import Function
    from mlrun_jupyter.functions.run_local import import_function

    source = "function.yaml" if source == "." else source
    if source.endswith((".yaml", ".yml")) or "://" in source:
        return import_function(source, db=db)
    if source.endswith(convert.SUFFIXES) or source in session.marked():
        return convert.function_of(session, source, name, kind=kind or "job")
    record = next(iter(session.db(db).list_functions(f"={source}").records), None)
    if record is None:
        raise InvalidArgumentError(f"there is no function {source!r}", hint=_hint(session, source))
    return Function(record)


def _hint(session: Session, name: str) -> str:
    found = nearest(name, session.marked())
    return found if found.startswith("did") else "name a function.yaml, a notebook or db://project/name"
