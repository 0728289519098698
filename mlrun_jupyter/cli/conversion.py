"""What a conversion gave, as it is shown: the code, what the function needs, and what was left out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mlrun_jupyter.notebook.extract import ExtractedFunction

_PRE: Final = '<pre style="font-family: var(--jp-code-font-family, monospace)">'


class Conversion:
    """A converted notebook; ``str()`` of it is its code.

    Attributes
    ----------
    extracted
        What was taken out of the notebook.
    files
        The files that were written.
    """

    def __init__(self, extracted: ExtractedFunction, files: list[str]) -> None:
        self.extracted = extracted
        self.files = files

    @property
    def code(self) -> str:
        """The module."""
        return self.extracted.code

    def report(self) -> str:
        """One line for each cell that counts, then the warnings, then what was written."""
        found = self.extracted
        lines = [f"function {found.name or '(no name)'}" + (f", handler {found.handler}" if found.handler else "")]
        for cell in found.cells:
            if cell.fate not in ("text",):
                lines.append(f"  cell {cell.index:<3} {cell.fate:<8} {cell.reason}".rstrip())
        if found.requirements:
            lines.append(f"  needs    {', '.join(found.requirements)}")
        lines += [f"  {each.severity}: {each}" for each in found.diagnostics if each.severity != "info"]
        lines += [f"  written: {file}" for file in self.files]
        return "\n".join(lines)

    def show(self) -> None:
        """Print the report, and the code where no file was written."""
        print(self)

    def __str__(self) -> str:
        return self.report() if self.files else f"{self.report()}\n\n{self.code}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        from mlrun_jupyter.safety.html import escape

        html = f"{_PRE}{escape(self.report())}</pre>"
        html += f"<details open><summary>code</summary>{_PRE}{escape(self.code)}</pre></details>"
        return {"text/plain": str(self), "text/html": html}
