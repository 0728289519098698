"""One cell: what of it is Python, line for line, and what its magics and comments say."""

from __future__ import annotations

import re
import textwrap
from typing import Final, Literal

from mlrun_jupyter.notebook import magics, marks, requirements, vocabulary
from mlrun_jupyter.notebook.annotations import find_markers, is_commented_magic, near_markers
from mlrun_jupyter.notebook.cells import PYTHON, Cell
from mlrun_jupyter.notebook.handler_cell import wrap
from mlrun_jupyter.notebook.marks import FunctionMark
from mlrun_jupyter.notebook.prepared import Action, Install, Prepared
from mlrun_jupyter.notebook.scan import LogicalLine, Scan, is_special, scan
from mlrun_jupyter.notebook.settings import LIVE, SettingError

_CELL_MAGIC: Final = re.compile(r"%%(?P<name>[^\W\d][\w.]*|[^\s%]*)(?P<rest>[^\n]*)")
_OWN: Final = frozenset({"mlrun", "nuclio"})
_PROMPT: Final = re.compile(r"[ \t]*(?:>>>|\.\.\.)(?: |$)|(?:In )?\[\d+\]: ?|[ \t]*\.{3,}: ?")


def prepare(cell: Cell) -> Prepared:
    """Read a code cell. Nothing is executed, and every problem is a note.

    Example
    -------
    >>> from mlrun_jupyter.notebook.cells import Cell
    >>> prepare(Cell(index=1, id="a", kind="code", source="%matplotlib inline\\nx = 1")).lines
    [None, 'x = 1']
    """
    source = cell.source
    prepared = Prepared(cell, [*source.split("\n")])
    if cell.language not in PYTHON:
        prepared.role, prepared.reason = "foreign", f"it is {cell.language}"
        prepared.lines = [None] * len(prepared.lines)
        return prepared
    if source[:1] in {" ", "\t", "\n", "\f", ">", "I", "[", "."}:
        _straighten(prepared)
        source = "\n".join(line or "" for line in prepared.lines)
    lowered = source.lower()
    marked = "mlrun" in lowered or "nuclio" in lowered
    if marked or is_special(source):
        _Reader(prepared).read(0)
    elif source.count("\n") < 1:
        _bare_magic(prepared)
    if "# /// script" in source:
        _script_block(prepared, source)
    return prepared


def _straighten(prepared: Prepared) -> None:
    """What IPython does to a cell before it reads it: common indentation and pasted prompts go."""
    lines = [line or "" for line in prepared.lines]
    first = next((line for line in lines if line.strip()), "")
    if first[:1] in {" ", "\t"}:
        lines = textwrap.dedent("\n".join(lines)).split("\n")
        first = next((line for line in lines if line.strip()), "")
    if re.match(r"[ \t]*>>>(?: |$)|In \[\d+\]: ", first):
        lines = [_PROMPT.sub("", line, count=1) for line in lines]
        prepared.note(1, "prompt-stripped", "pasted prompts are left out", severity="info")
    prepared.lines = list(lines)


def _bare_magic(prepared: Prepared) -> None:
    """A cell of one line such as ``pip install x``, which IPython takes for a magic when it is no Python."""
    text = (prepared.lines[0] or "").strip()
    word = text.partition(" ")[0]
    if word not in magics.WORDS or text == word:
        return
    try:
        compile(text, "cell", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        _Reader(prepared).decide(LogicalLine("escape", 1, 1, f"%{text}", 0))


def _script_block(prepared: Prepared, source: str) -> None:
    line = source[: source.index("# /// script")].count("\n") + 1
    try:
        listed = requirements.parse_script_block(source)
    except ValueError as error:
        prepared.note(
            line, "invalid-requirement", f"the script block is broken: {error}", severity="error", always=True
        )
        return
    if listed:
        prepared.installs.append(Install(line, tuple(listed)))


class _Reader:
    """Reads a cell from a line on; a cell magic whose body is Python is read again below its line."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared

    def read(self, start: int) -> None:
        lines = self.prepared.lines
        first = next((number for number in range(start, len(lines)) if (lines[number] or "").strip()), len(lines))
        if first == len(lines):
            return
        magic = _CELL_MAGIC.match(lines[first] or "")
        if magic is None and start == 0:
            above = first
            first = self._below_comments(first)
            magic = _CELL_MAGIC.match(lines[first] or "") if first > above else None
            if magic and magic["name"] not in _OWN:
                magic = None  # IPython refuses it there; ours are taken, as they always were
        if magic:
            self._cell_magic(first, magic["name"], magic["rest"].strip())
        else:
            self._python(start)

    def _below_comments(self, first: int) -> int:
        lines = self.prepared.lines
        while first < len(lines) and (not (text := (lines[first] or "").strip()) or text.startswith("#")):
            first += 1
        return min(first, len(lines) - 1)

    # cell magics

    def _cell_magic(self, number: int, name: str, rest: str) -> None:
        prepared = self.prepared
        for above in range(number + 1):
            prepared.lines[above] = None
        if name in _OWN:
            self._own_magic(number, name, rest)
        elif name in vocabulary.BODY_STAYS and not rest.endswith("?"):
            prepared.note(number + 1, "magic-dropped", f"%%{name} is left out, its cell stays", severity="info")
            self.read(number + 1)
        else:
            self._foreign(number, name)

    def _foreign(self, number: int, name: str) -> None:
        prepared = self.prepared
        prepared.role, prepared.reason = "foreign", f"%%{name} holds no Python of this notebook"
        hint = ""
        if name not in vocabulary.BODY_GOES:
            hint = "should it be Python, take the magic away"
        elif name in {"writefile", "file"}:
            hint = "a job has no such file: give it as an input, or write it in Python"
        elif name in {"bash", "sh", "script", "system", "sx", "cmd"}:
            hint = "%mlrun cmd puts a command into the image"
        prepared.note(number + 1, "cell-magic-dropped", f"%%{name} and its cell are left out", hint=hint)
        prepared.lines = [None] * len(prepared.lines)

    def _own_magic(self, number: int, spelling: str, rest: str) -> None:
        prepared = self.prepared
        command, _, arguments = rest.partition(" ")
        if spelling == "nuclio" and command.lower() == "handler":
            self._handler(number, arguments.strip())
            return
        body = [line or "" for line in prepared.lines[number + 1 :]]
        role, action, mark = self._command(number, spelling, rest)
        if role == "function" or role is None:
            prepared.mark = mark
            self.read(number + 1)
            return
        prepared.lines = [None] * len(prepared.lines)
        if role == "run":
            prepared.role, prepared.reason = "run", "%%mlrun run: it is run as it stands, not part of a function"
        elif role == "live":
            prepared.role, prepared.reason = "live", f"%%{spelling} {command} acts in the notebook only"
        else:
            prepared.role, prepared.reason = "setting", f"%%{spelling} {command} says something about the function"
            prepared.actions.append(Action(number + 1, spelling, action[0], action[1], body))

    def _command(
        self, number: int, spelling: str, rest: str
    ) -> tuple[Literal["function", "run", "setting", "live"] | None, tuple[str, str], FunctionMark | None]:
        if spelling == "nuclio":
            command, _, arguments = rest.partition(" ")
            role: Literal["setting", "live"] = "live" if command.lower() in LIVE["nuclio"] else "setting"
            return role, (command.lower(), arguments), None
        try:
            found = marks.parse_cell_command(rest)
        except SettingError as error:
            self.prepared.note(number + 1, error.code, str(error), severity="error", hint=error.hint, always=True)
            return None, ("", ""), None
        if found.mark:
            found.mark.line = number + 1
        return found.role, (found.command, found.arguments), found.mark

    # lines

    def _python(self, start: int) -> None:
        prepared = self.prepared
        found = scan("\n".join(line or "" for line in prepared.lines[start:]))
        end = len(prepared.lines)
        for line in found.lines:
            if line.kind != "code" and line.kind != "blank":
                self.decide(line._replace(first=line.first + start, last=line.last + start))
                if _is_foreign(line):
                    end = line.last + start
                    break
        prepared.lines[end:] = [None] * (len(prepared.lines) - end)  # what it governs is no Python
        self._comments(found._replace(comments=[each for each in found.comments if each.line + start <= end]), start)

    def _comments(self, found: Scan, start: int) -> None:
        prepared = self.prepared
        comments = [comment._replace(line=comment.line + start) for comment in found.comments]
        prepared.markers = find_markers(comments)
        prepared.always.extend(near_markers(comments, prepared.cell))
        for marker in prepared.markers:
            if marker.word != "handler":
                prepared.lines[marker.line - 1] = None
            if marker.word == "return":
                prepared.note(
                    marker.line, "return-outside-handler", "'return' marks a line of a %%nuclio handler cell only"
                )
        for comment in comments:
            if comment.alone and is_commented_magic(comment.text):
                prepared.lines[comment.line - 1] = None

    def decide(self, line: LogicalLine) -> None:
        """Apply the policy to one line that is IPython's."""
        prepared = self.prepared
        head, escaped = line.text[: line.column], _joined(line.text[line.column :])
        if line.kind == "help":
            ruling = magics.Ruling("dropped", code="help", message="a question to IPython is left out")
            head = line.text[: len(line.text) - len(line.text.lstrip())]
        elif line.kind == "assign":
            ruling = magics.rule_value(_joined(head).strip(), escaped)
            head = head[: len(head) - len(head.lstrip())]
        else:
            ruling = magics.rule(escaped)
        for number in range(line.first, line.last + 1):
            prepared.lines[number - 1] = None
        if ruling.fate == "setting":
            self._setting(line.first, *ruling.command)
        elif ruling.fate == "requirement":
            prepared.installs.append(Install(line.first, ruling.requirements))
        if ruling.text:
            prepared.lines[line.first - 1] = head + ruling.text
        elif head:
            prepared.lines[line.first - 1] = f"{head}pass"
        if ruling.message:
            prepared.note(line.first, ruling.code, ruling.message, severity=ruling.severity, hint=ruling.hint)

    def _setting(self, line: int, spelling: str, command: str, arguments: str) -> None:
        if not command or command.lower() in LIVE[spelling]:
            return
        self.prepared.actions.append(Action(line, spelling, command.lower(), arguments, []))

    # %%nuclio handler

    def _handler(self, number: int, name: str) -> None:
        prepared = self.prepared
        prepared.handler = name
        self._python(number + 1)
        prepared.notes = [note for note in prepared.notes if note.code != "return-outside-handler"]
        prepared.always = [note for note in prepared.always if "return'" not in note.message]
        wrap(prepared, number)


def _is_foreign(line: LogicalLine) -> bool:
    """A cell magic below the first line, whose text would not be Python where IPython took it."""
    magic = _CELL_MAGIC.match(line.text, line.column) if line.kind == "escape" else None
    return magic is not None and magic["name"] not in _OWN and magic["name"] not in vocabulary.BODY_STAYS


def _joined(text: str) -> str:
    """A line whose continuations are one line."""
    if "\n" not in text:
        return text.rstrip()
    *parts, last = text.split("\n")
    return " ".join(
        [part.rstrip()[:-1].rstrip() if part.rstrip().endswith("\\") else part for part in parts] + [last.strip()]
    )
