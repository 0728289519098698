"""``.py`` files: cells in the percent format (``# %%``), or one cell that is the whole file."""

from __future__ import annotations

import re
from typing import Final

from mlrun_jupyter.notebook.cells import Cell, Notebook
from mlrun_jupyter.notebook.scan import scan

_MARK: Final = re.compile(r"#[ \t]*%%(?:%*)(?:[ \t]+(.*)|$)")
_KIND: Final = re.compile(r"\[(markdown|md|raw)\]")
_TAGS: Final = re.compile(r"\btags=\[([^\]]*)\]")
_TAG: Final = re.compile(r"""["']([^"']*)["']""")
_MAGIC: Final = re.compile(r"#[ \t]?((?:%%?(?:mlrun|nuclio|pip|uv|conda|mamba)\b|![ \t]*(?:pip|uv|python)\d?\b).*)")
"""Editors comment out the magics of such files. Only those that tell us something are read back."""


def parse_py(text: str, *, name: str = "", path: str = "") -> Notebook:
    """Cells of a percent file, or the file as one cell.

    Example
    -------
    >>> book = parse_py("# %%\\nx = 1\\n# %% [markdown]\\n# text\\n# %%\\ny = 2\\n")
    >>> [(cell.kind, cell.source) for cell in book.cells]
    [('code', 'x = 1'), ('markdown', '# text'), ('code', 'y = 2')]
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    marks = _marks(text)
    if not marks:
        cell = Cell(index=1, id="file", kind="code", source=text, line=1)
        return Notebook(cells=[cell], name=name, path=path, plain=True)
    return Notebook(cells=_cells(text, marks), name=name, path=path)


def _marks(text: str) -> list[tuple[int, str]]:
    """(line from 1, what follows the mark) of each ``# %%`` that is a comment of its own."""
    if "%%" not in text:
        return []
    found = []
    for comment in scan(text).comments:
        if comment.alone and not comment.column and (match := _MARK.fullmatch(comment.text.rstrip())):
            found.append((comment.line, match[1] or ""))
    return found


def _cells(text: str, marks: list[tuple[int, str]]) -> list[Cell]:
    lines = text.split("\n")
    cells: list[Cell] = []
    bounds = [(0, ""), *marks]
    for number, (mark, title) in enumerate(bounds):
        end = bounds[number + 1][0] - 1 if number + 1 < len(bounds) else len(lines)
        body = lines[mark:end]
        if not mark:
            body = _without_header(body)
        while body and not body[-1].strip():
            body.pop()
        if not mark and not any(line.strip() for line in body):
            continue
        kind = "markdown" if (word := _KIND.search(title)) else "code"
        if word and word[1] == "raw":
            kind = "raw"
        source = "\n".join(body)
        tags = _TAGS.search(title)
        cells.append(
            Cell(
                index=len(cells) + 1,
                id=f"line-{mark + 1}",
                kind=kind,
                source=_magics(body) if kind == "code" else source,
                tags=tuple(_TAG.findall(tags[1])) if tags else (),
                line=mark + 1,
            )
        )
    return cells


def _without_header(lines: list[str]) -> list[str]:
    """The YAML header that pairing tools write, emptied, so that lines keep their numbers."""
    if lines and lines[0].strip() == "# ---":
        for number, line in enumerate(lines[1:], 1):
            if line.strip() == "# ---":
                return [""] * (number + 1) + lines[number + 1 :]
            if not line.startswith("#"):
                break
    return lines


def _magics(lines: list[str]) -> str:
    """A cell whose commented-out magics are magics again; a cell magic takes its commented body along."""
    restored = []
    whole = False
    for number, line in enumerate(lines):
        match = _MAGIC.fullmatch(line.rstrip()) if line.startswith("#") else None
        if match:
            whole = whole or (match[1].startswith("%%") and not any(text.strip() for text in lines[:number]))
            restored.append(match[1])
        else:
            restored.append(line)
    if whole and all(line.startswith("#") or not line.strip() for line in lines):
        restored = [re.sub(r"^# ?", "", line) for line in restored]
    return "\n".join(restored)
