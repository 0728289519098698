"""``jupyter nbconvert --to mlrun train.ipynb``, and *MLRun job* under *Save and Export Notebook As* in JupyterLab."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import Exporter
from nbconvert.utils.exceptions import ConversionException
from nbformat import NotebookNode
from traitlets import Unicode, default

from mlrun_jupyter.errors import ConversionError
from mlrun_jupyter.notebook.cells import from_mapping
from mlrun_jupyter.notebook.extract import ExtractedFunction, extract


class MlrunExporter(Exporter):
    """Writes a notebook's function as a module.

    ``resources["mlrun"]`` of the result tells name, kind, handler, requirements, settings, and each cell's fate.
    Nothing is executed.
    """

    export_from_notebook = "MLRun job"
    output_mimetype = "text/x-python"

    function = Unicode("", help="The function, where the notebook marks several.").tag(config=True)
    ignored_tags = Unicode("", help="Tags of cells to leave out, as in 'draft;old'.").tag(config=True)

    @default("file_extension")
    def _file_extension(self) -> str:
        return ".py"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, dict[str, Any]]:
        """The module's code, and the resources with ``mlrun`` added.

        Raises nbconvert's ``ConversionException`` with every problem of the notebook, a line for each.
        """
        del kw  # options of other exporters
        found: dict[str, Any] = self._init_resources(resources)  # type: ignore[no-untyped-call] # nbconvert has no types
        name = str(found.get("metadata", {}).get("name", "") or "notebook")
        try:
            function = extract(from_mapping(nb, name=f"{name}.ipynb"), self.function, ignored_tags=self.ignored_tags)
        except ConversionError as error:
            problems = "\n".join(f"  {item}" for item in error.diagnostics if item.severity == "error")
            raise ConversionException(f"{name}.ipynb cannot become a job:\n{problems}") from None
        for warning in function.warnings:
            self.log.warning("%s", warning)
        found["output_extension"] = ".py"
        found["mlrun"] = _summary(function)
        return function.code, found


def _summary(function: ExtractedFunction) -> dict[str, Any]:
    return {
        "name": function.name,
        "kind": function.kind,
        "handler": function.handler,
        "requirements": function.requirements,
        "config": function.config,
        "cells": [{"index": cell.index, "fate": cell.fate, "reason": cell.reason} for cell in function.cells],
    }
