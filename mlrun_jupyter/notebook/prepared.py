"""A code cell that was read: what of it is Python, what it says about the function, and what there is to tell."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from mlrun_jupyter.notebook.annotations import Marker
from mlrun_jupyter.notebook.cells import Cell
from mlrun_jupyter.notebook.diagnostics import Diagnostic, Severity
from mlrun_jupyter.notebook.marks import FunctionMark

Role = Literal["code", "run", "setting", "foreign", "live"]


class Action(NamedTuple):
    """A setting command of the cell and its body; ``line`` is the command's."""

    line: int
    spelling: str
    command: str
    arguments: str
    body: list[str]


class Install(NamedTuple):
    line: int
    requirements: tuple[str, ...]


class Prepared(msgspec.Struct):
    """A code cell, read.

    Parameters
    ----------
    lines
        A line of the module for each line of the source; None where there is none.
    role
        ``code``; ``run`` (``%%mlrun run``); ``setting``, ``foreign`` and ``live`` hold no code, and ``reason`` says why.
    handler
        The name of a ``%%nuclio handler`` cell, empty when it has none; None for every other cell.
    notes
        What to tell, should the line be part of the function.
    always
        What to tell in any case.
    """

    cell: Cell
    lines: list[str | None]
    role: Role = "code"
    reason: str = ""
    markers: list[Marker] = []
    mark: FunctionMark | None = None
    handler: str | None = None
    notes: list[Diagnostic] = []
    always: list[Diagnostic] = []
    actions: list[Action] = []
    installs: list[Install] = []

    @property
    def ignored(self) -> bool:
        return any(marker.word == "ignore" for marker in self.markers)

    def text(self) -> str:
        """The code, with an empty line for each line left out."""
        return "\n".join(["" if line is None else line for line in self.lines])

    def has_code(self) -> bool:
        return any(line is not None and line.strip() for line in self.lines)

    def note(
        self,
        line: int,
        code: str,
        message: str,
        *,
        severity: Severity = "warning",
        hint: str = "",
        always: bool = False,
    ) -> None:
        number, place = self.cell.place(line) if line else (self.cell.place(1)[0], 0)
        found = Diagnostic(
            code=code, message=message, severity=severity, cell=number, cell_id=self.cell.id, line=place, hint=hint
        )
        (self.always if always else self.notes).append(found)
