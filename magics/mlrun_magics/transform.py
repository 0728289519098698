"""What becomes of a cell with ``%%mlrun`` before it is run: the mark becomes a call on its first line, the rest stays.

So the cell runs as every cell does: output, ``await``, magics, line numbers in errors, the debugger. A cell that
cannot run as it is meant becomes one call that says why, and nothing of it runs.
"""

from __future__ import annotations

import ast
import re
from typing import Any, Final

MARK: Final = "%%"
"""Begins the line that marks the cell in which it stands."""
REFUSE: Final = "%!"
"""Begins the line that says why a cell does not run."""

_CELL_MAGIC: Final = re.compile(r"%%mlrun(?![\w.])[ \t]*(?P<rest>.*)")
_QUESTION: Final = re.compile(r"[ \t]*%%?mlrun(?:[ \t]+(?P<rest>[^?#]*?))?[ \t]*\?{1,2}[ \t]*")
NOT_CODE: Final = frozenset({"cmd", "env", "env_file", "config", "mount", "add", "requirements"})
"""Words behind ``%%mlrun`` whose cell holds settings, a line each, and no Python."""


class CellTransform:
    """An input transformer of IPython; see the module.

    ``has_side_effects`` keeps it out of the test whether a cell is complete: there a cell magic ends at a blank line.
    """

    has_side_effects = True

    def __call__(self, lines: list[str]) -> list[str]:
        found = next((number for number, line in enumerate(lines) if "%mlrun" in line), -1)
        if found < 0:
            return lines
        if found == len(lines) - 1 and (asked := _QUESTION.fullmatch(lines[found].rstrip("\n"))):
            return [*lines[:found], _call(f"help {asked['rest'] or ''}".strip(), lines[found])]
        magic = _CELL_MAGIC.match(lines[found].rstrip("\n"))
        if magic is None:
            return lines
        above = next((line for line in lines[:found] if not _is_blank(line)), "")
        if above.startswith("%%"):  # the text of another cell magic, which has it read when it runs it
            return lines
        if above:
            return self._elsewhere(lines, found)
        return self._marked(lines, found, magic["rest"].strip())

    @staticmethod
    def _elsewhere(lines: list[str], number: int) -> list[str]:
        if _parses("".join(lines)):  # it stands in a text
            return lines
        return [_refuse(f"%%mlrun in line {number + 1}: it marks a whole cell: move it to the first line")]

    def _marked(self, lines: list[str], number: int, rest: str) -> list[str]:
        if rest.split(" ", 1)[0] in NOT_CODE:
            return lines if not number else lines[number:]
        body = lines[number + 1 :]
        if problem := _problem(body, number + 1):
            return [_refuse(problem)]
        call = _call(f"{MARK} {rest}", lines[number])
        magic = next((place for place, line in enumerate(body) if line.strip()), None)
        if magic is not None and body[magic].startswith("%%"):
            return [*lines[:number], call, *body[:magic], _cell_magic(body[magic:])]
        return [*lines[:number], call, *body]


def _cell_magic(lines: list[str]) -> str:
    """A cell magic below the mark, as IPython writes its call."""
    name, _, rest = lines[0][2:].rstrip("\n").partition(" ")
    return f"get_ipython().run_cell_magic({name!r}, {rest!r}, {''.join(lines[1:])!r})\n"


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _call(text: str, line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())] if not line.startswith("%%") else ""
    return f"{indent}get_ipython().run_line_magic('mlrun', {text!r})\n"


def _refuse(message: str) -> str:
    return f"get_ipython().run_line_magic('mlrun', {f'{REFUSE} {message}'!r})\n"


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def _problem(body: list[str], above: int) -> str:
    """Why a body is no code, with its line; empty: it is."""
    source = "".join(body)
    if _parses(source):
        return ""
    from IPython.core import inputtransformer2

    manager: Any = inputtransformer2.TransformerManager  # it has no types

    first = next((each for each in body if each.strip()), "")
    if first.startswith("%%"):
        return ""  # the text of another cell magic
    try:
        compiled = manager().transform_cell(source)
        ast.parse(compiled)
    except SyntaxError as error:
        text = (error.text or "").strip()
        lost = len(body) - len(source.lstrip("\n").splitlines())  # blank lines at the top are taken away
        return f"line {(error.lineno or 1) + above + lost}: {error.msg}: {text[:80]}"
    except (ValueError, MemoryError, RecursionError) as error:
        return f"the cell is no Python: {error}"
    return ""
