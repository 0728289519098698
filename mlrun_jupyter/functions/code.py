"""The code of a function: read from where it is, and carried in its document."""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.functions import source
from mlrun_jupyter.model.function import FunctionRecord

if TYPE_CHECKING:
    from mlrun_jupyter.notebook.cells import Notebook
    from mlrun_jupyter.notebook.diagnostics import Diagnostic
    from mlrun_jupyter.notebook.extracted import ExtractedFunction


def read_code(
    filename: str, secrets: Mapping[str, str] | None = None, warnings: list[Diagnostic] | None = None
) -> tuple[Notebook, str]:
    """(notebook, path or address) of a ``.ipynb`` or ``.py`` file; of the notebook that this runs in when empty.

    An address is fetched by the data stores, with their limits; a file of a repository or an archive is read out of it
    (:mod:`mlrun_jupyter.functions.source`). ``warnings`` gets what there is to tell.
    """
    if not filename:
        from mlrun_jupyter.functions.open_notebook import open_notebook

        current = open_notebook()
        if warnings is not None:
            warnings.extend(current.warnings)
        return current.notebook, current.path
    from mlrun_jupyter.notebook.cells import parse_ipynb
    from mlrun_jupyter.notebook.percent import parse_py
    from mlrun_jupyter.notebook.reading import decode_py, read_notebook

    if source.parse(filename):
        with source.opened(filename, secrets) as file:
            notebook = read_notebook(file)
        notebook.path = filename
        return notebook, filename
    if "://" not in filename:
        path = str(Path(filename).expanduser())
        notebook = read_notebook(path)
        if warnings is not None and "IPython" in sys.modules:
            from mlrun_jupyter.functions.open_notebook import unsaved

            warnings.extend(unsaved(path))
        return notebook, path
    from mlrun_jupyter.datastore.resolve import resolve

    item = resolve(filename, secrets=secrets)
    name = item.key or "notebook"
    if item.suffix not in {".ipynb", ".py"}:
        raise InvalidArgumentError("not a notebook", where=filename, hint="give an .ipynb or a .py file")
    data = item.get()
    if item.suffix == ".ipynb":
        return parse_ipynb(data, name=name, path=filename), filename
    return parse_py(decode_py(data, name), name=name, path=filename), filename


def encode(code: str) -> str:
    """Code as a document carries it: base64 of UTF-8."""
    return base64.b64encode(code.encode("utf-8")).decode("ascii")


def keep_map(record: FunctionRecord, extracted: ExtractedFunction) -> None:
    """Where the code's lines come from goes with the status: a cell that only moved makes no new version."""
    if extracted.source_map.segments:
        record.status.extra = {**record.status.extra, "source_map": extracted.source_map.to_dict()}
