"""What went wrong in a run, and where: read from the error and the traceback that its record keeps."""

from __future__ import annotations

import re

import msgspec

from mlrun_jupyter.model.run import RunStatus
from mlrun_jupyter.views.format import cut, lines

MAX_MESSAGE = 2_000
MAX_TRACEBACK = 60
"""Lines of a traceback that are kept, half of them from each end."""
_HEAD = re.compile(r"^([A-Za-z_][\w.]*)(?:: ?(.*))?$", re.DOTALL)
_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_CELL = re.compile(r"^\s*Cell In\[(?P<cell>\d+)\], line (?P<line>\d+)(?:, in (?P<function>[^(]+))?")
_CELL_FILE = re.compile(r"^<(?:ipython-input-|[^<>]*\bcell )(\d+)")
_KERNEL_FILE = re.compile(r"[/\\]ipykernel_\d+[/\\]\d+\.py$")
_LIBRARY = re.compile(r"[/\\](?:site-packages|dist-packages|lib[/\\]python3[\d.]*|mlrun_jupyter)[/\\]|^<frozen ")
_OURS = re.compile(r"[/\\]mlrun_jupyter[/\\]")
"""Where this package refuses something before any code of the user runs, its own line says nothing to them."""


class ErrorView(msgspec.Struct):
    """``where`` is ``cell 4, line 7, in train`` as far as it is known, ``source`` the line of code, ``reason`` why the run
    ended when no exception of its code did it (``lost``, ``signal 9``, ``oom`` ...)."""

    type: str
    message: str
    where: str = ""
    source: str = ""
    reason: str = ""
    traceback: list[str] = []
    traceback_lines: int = 0


def error_view(status: RunStatus) -> ErrorView | None:
    """None when nothing went wrong."""
    if not status.error and not status.traceback and status.state != "error":
        return None
    told = "" if status.reason in _ENDS else status.status_text  # how far it was is no reason
    message = status.error or told or _ended(status.reason)
    head = _HEAD.match(message.strip())
    kind, text = "", message
    if head and (head[1][0].isupper() or "." in head[1]):
        kind, text = head[1], head[2] or ""
    rows = lines(status.traceback)
    where, source = locate(rows)
    where = cut(str(status.extra.get("where") or where), 200)  # whoever ran it may know the cell
    return ErrorView(
        type=cut(kind.rpartition(".")[2]),
        message="\n".join(lines(text[:MAX_MESSAGE])) + ("…" if len(text) > MAX_MESSAGE else ""),
        where=where,
        source=source,
        reason="" if status.reason in ("exception", "") else cut(status.reason),
        traceback=_middle_out(rows),
        traceback_lines=len(rows),
    )


_ENDS = {
    "lost": "the process that ran this went away without a word",
    "oom": "the machine ran out of memory and ended the process",
    "timeout": "the run took longer than it was allowed to",
    "killed": "the process was killed",
}
"""Reasons that nobody was left to explain."""


def _ended(reason: str) -> str:
    return _ENDS.get(reason, f"the run ended: {reason}" if reason else "the run failed without a message")


def locate(traceback: list[str]) -> tuple[str, str]:
    """``(where, source line)`` of the innermost frame that is the user's own code, or of the innermost one.

    Example
    -------
    >>> locate(['  File "train.py", line 7, in fit', '    raise ValueError(x)'])
    ('train.py, line 7, in fit', 'raise ValueError(x)')
    """
    own, last = None, None
    for index, row in enumerate(traceback):
        match = _CELL.match(row) or _FRAME.match(row)
        if match:
            last = index, match
            if not _LIBRARY.search(match.groupdict().get("file") or ""):
                own = last
    found = own or (None if last is None or _OURS.search(last[1].groupdict().get("file") or "") else last)
    if found is None:
        return "", ""
    index, match = found
    following = traceback[index + 1].strip() if index + 1 < len(traceback) else ""
    source = "" if _FRAME.match(following) or following.startswith("^") else following
    if arrow := next((row for row in traceback[index + 1 : index + 12] if row.startswith("---->")), ""):
        source = re.sub(r"^-+> ?\d+ ?", "", arrow).strip()  # the way IPython marks it
    return _place(match), source[:200]


def _place(match: re.Match[str]) -> str:
    groups = match.groupdict()
    function = (groups.get("function") or "").strip()
    if "cell" in groups:
        place = f"cell {groups['cell']}"
    else:
        cell = _CELL_FILE.match(groups["file"])
        in_kernel = _KERNEL_FILE.search(groups["file"])  # the kernel's name for a cell says nothing to its reader
        place = f"cell {cell[1]}" if cell else "notebook" if in_kernel else re.split(r"[/\\]", groups["file"])[-1]
    inside = f", in {function}" if function and not function.startswith("<") else ""
    return f"{place}, line {groups['line']}{inside}"


def _middle_out(rows: list[str]) -> list[str]:
    if len(rows) > MAX_TRACEBACK:
        half = MAX_TRACEBACK // 2
        rows = [*rows[:half], f"… {len(rows) - 2 * half:,} lines …", *rows[-half:]]
    return [row if len(row) <= 400 else row[:399] + "…" for row in rows]
