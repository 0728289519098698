"""What a conversion has to say: each problem once, with its cell and line, all of them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from mlrun_jupyter.errors import ConversionError

Severity = Literal["error", "warning", "info"]

_ORDER = {"error": 0, "warning": 1, "info": 2}


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to know about a conversion.

    Parameters
    ----------
    code
        A stable name, as in ``undefined-name``: what tests and editors look for.
    cell, cell_id
        The cell's place among all cells of the notebook, from 1, and its id; 0 for the notebook as a whole.
    line
        The line in the cell (or in the file, for ``.py``), from 1; 0 for the cell as a whole.

    Example
    -------
    >>> str(Diagnostic(code="undefined-name", message="'df' is defined nowhere", cell=3, line=2))
    "cell 3 line 2: 'df' is defined nowhere [undefined-name]"
    """

    code: str
    message: str
    severity: Severity = "warning"
    cell: int = 0
    cell_id: str = ""
    line: int = 0
    hint: str = ""

    @property
    def where(self) -> str:
        """``cell 3 line 2``, as far as it is known."""
        cell = f"cell {self.cell}" if self.cell else ""
        line = f"line {self.line}" if self.line else ""
        return " ".join(part for part in (cell, line) if part)

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}{': ' + self.hint if self.hint else ''} [{self.code}]"


class Diagnostics:
    """Collects while a notebook is converted."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self._found)

    def add(self, diagnostic: Diagnostic) -> None:
        if diagnostic not in self._found[-20:]:
            self._found.append(diagnostic)

    def sorted(self) -> list[Diagnostic]:
        """In the order of the notebook."""
        return sorted(self._found, key=lambda found: (found.cell, found.line, _ORDER[found.severity]))

    @property
    def errors(self) -> list[Diagnostic]:
        return [found for found in self.sorted() if found.severity == "error"]

    def raise_errors(self, source: str) -> None:
        """Raise one :class:`ConversionError` for all errors, with the warnings beside them."""
        errors = self.errors
        if not errors:
            return
        first = errors[0]
        message = first.message
        if len(errors) > 1:
            others = "; ".join(f"{found.where or 'notebook'}: {found.message}" for found in errors[1:4])
            more = f" and {len(errors) - 4} more" if len(errors) > 4 else ""
            message = f"{len(errors)} problems: {first.message}; {others}{more}"
        where = " ".join(part for part in (source, first.where) if part)
        raise ConversionError(message, diagnostics=self.sorted(), where=where, hint=first.hint)
