"""What a conversion gives: the code, and everything that the notebook says about it."""

from __future__ import annotations

from typing import Any

import msgspec

from mlrun_jupyter.notebook.diagnostics import Diagnostic
from mlrun_jupyter.notebook.marks import FunctionMark
from mlrun_jupyter.notebook.parameters import Parameter
from mlrun_jupyter.notebook.pieces import Mode
from mlrun_jupyter.notebook.report import CellReport
from mlrun_jupyter.notebook.source_map import SourceMap


class ExtractedFunction(msgspec.Struct, kw_only=True):
    """What a notebook gives for one function.

    Parameters
    ----------
    name
        The name that was asked for, or that the notebook gives; empty when neither does.
    code
        The module.
    kind, handler
        As the notebook says; empty when it does not.
    config
        Fields of the function's document that the notebook sets, in the mission system's names.
    requirements
        What is to be installed, each project once.
    parameters
        Of the handler, else of the cell that is tagged ``parameters``.
    entry_points
        Functions that a task can call, by name.
    diagnostics
        Warnings and remarks in the order of the notebook. Errors are raised instead.
    cells
        One line for each cell: where it went, and why.
    mode
        ``whole`` notebook, ``sections``, or ``marked`` cells with what they need.
    """

    name: str = ""
    code: str = ""
    kind: str = ""
    handler: str = ""
    config: dict[str, Any] = {}
    requirements: list[str] = []
    env_files: list[str] = []
    files: list[str] = []
    parameters: list[Parameter] = []
    entry_points: dict[str, dict[str, Any]] = {}
    diagnostics: list[Diagnostic] = []
    source_map: SourceMap = msgspec.field(default_factory=SourceMap)
    cells: list[CellReport] = []
    mode: Mode = "whole"
    source: str = ""
    mark: FunctionMark | None = None

    @property
    def warnings(self) -> list[Diagnostic]:
        return [found for found in self.diagnostics if found.severity == "warning"]
