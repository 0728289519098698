"""``mlrun convert``."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mlrun_jupyter.cli.arguments import FunctionSource
from mlrun_jupyter.cli.conversion import Conversion
from mlrun_jupyter.cli.session import Session
from mlrun_jupyter.cli.values import File, Text
from mlrun_jupyter.errors import ConversionWarning, InvalidArgumentError, nearest

if TYPE_CHECKING:
    from mlrun_jupyter.functions.function import Function

SUFFIXES: Final = (".ipynb", ".py")


@click.command("convert")
@click.argument("notebook", default="", type=FunctionSource(".ipynb", ".py"))
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

    source, name = source_of(session, options["notebook"], options["name"])
    found = extract(source, name, handler=options["handler"], ignored_tags=options["ignored_tags"])
    if name and found.mode == "whole" and not isinstance(source, str):
        hint = nearest(name, session.marked())
        raise InvalidArgumentError(
            f"nothing is marked for {name!r}", hint=hint if hint.startswith("did") else "see %mlrun show"
        )
    files = []
    if options["output"]:
        _write(options["output"], found.code)
        files.append(options["output"])
    if options["function_file"]:
        said = {each: options[each] for each in ("handler", "kind", "image")}
        function_of(session, options["notebook"], name, **said).export(options["function_file"])
        files.append(options["function_file"])
    return Conversion(found, files)


def source_of(session: Session, text: str, name: str = "") -> tuple[Any, str]:
    """The notebook that a word names, and the function in it; in a notebook the word may be the function."""
    if text.endswith(SUFFIXES):
        return text, name
    here = session.notebook()
    if here is None:
        hint = "name an .ipynb or .py file"
        raise InvalidArgumentError(f"not a notebook: {text!r}" if text else "which notebook?", hint=hint)
    return here, name or text


def function_of(session: Session, text: str, name: str = "", **options: Any) -> Function:
    """The function that a word names, as ``code_to_function`` makes it."""
    from mlrun_jupyter.functions.run_local import code_to_function

    source, name = source_of(session, text, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)  # they are told below, a line each
        function = code_to_function(
            name,
            filename=source if isinstance(source, str) else "",  # empty: the open notebook
            handler=options.get("handler", ""),
            kind=options.get("kind", ""),
            image=options.get("image", ""),
        )
    for each in function.diagnostics:
        if each.severity == "warning" and each.code != "unsaved-notebook":
            session.note(f"warning: {each}")
    return function


def _write(path: str, text: str) -> None:
    from mlrun_jupyter.safety.files import write_atomic

    target = Path(path).expanduser()
    if not target.parent.is_dir():
        raise InvalidArgumentError(f"there is no folder {target.parent}", where="--output", hint="make it first")
    write_atomic(target, text.encode())
