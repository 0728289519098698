"""``mlrun convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mlrun_jupyter.cli.conversion import Conversion
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import File, Text
from mlrun_jupyter.errors import InvalidArgumentError


@click.command("convert")
@click.argument("notebook", default="", type=File(".ipynb", ".py"))
@click.option("-n", "--name", default="", type=Text(), help="The function, where the notebook marks several.")
@click.option("--handler", default="", type=Text(), help="The function to call.")
@click.option("-o", "--output", default="", type=File(".py"), help="Write the module to this file.")
@click.option("-f", "--function-file", default="", type=File(".yaml"), help="Write function.yaml to this file.")
@click.option("--kind", default="", type=Text(), help="Kind of the function: job, nuclio ...")
@click.option("--image", default="", type=Text(), help="Image of the function.")
@click.option("--ignored-tags", default="", type=Text(), help="Tags of cells to leave out, as in 'a;b'.")
@click.pass_obj
def command(session: Session, /, **options: Any) -> Any:
    """Turn NOTEBOOK into a module, and say what was left out and why. Nothing is executed.

    \b
    Examples
      mlrun convert train.ipynb
      mlrun convert train.ipynb --name train -o train.py -f function.yaml
    """
    return execute(session, **options)


def execute(session: Session, /, **options: Any) -> Conversion:
    """Convert, and write what was asked for: whole files, or none."""
    from mlrun_jupyter.notebook.extract import extract

    source = options["notebook"] or session.notebook()
    if not source:
        raise InvalidArgumentError("which notebook?", hint="name an .ipynb or .py file")
    found = extract(source, options["name"], handler=options["handler"], ignored_tags=options["ignored_tags"])
    files = []
    if options["output"]:
        _write(options["output"], found.code)
        files.append(options["output"])
    if options["function_file"]:
        export(source, options["function_file"], **options)
        files.append(options["function_file"])
    return Conversion(found, files)


def export(source: Any, target: str, /, **options: Any) -> Any:
    """Write the function's file, and return the function."""
    from mlrun_jupyter.functions.run_local import code_to_function

    function = code_to_function(
        options.get("name", ""),
        filename=source,
        handler=options.get("handler", ""),
        kind=options.get("kind", ""),
        image=options.get("image", ""),
    )
    return function.export(target)


def _write(path: str, text: str) -> None:
    from mlrun_jupyter.safety.files import write_atomic

    target = Path(path).expanduser()
    if not target.parent.is_dir():
        raise InvalidArgumentError(f"there is no folder {target.parent}", where="--output", hint="make it first")
    write_atomic(target, text.encode())
