"""The module made of pieces of cells, line for line as they were written."""

from __future__ import annotations

import ast
import re
from typing import Final, NamedTuple

from mlrun_jupyter.notebook.diagnostics import Diagnostics
from mlrun_jupyter.notebook.entrypoints import first_line
from mlrun_jupyter.notebook.pieces import Piece
from mlrun_jupyter.notebook.source_map import Draft, SourceMap

HEADER: Final = "# Made by mlrun_jupyter from "
DISPLAY: Final = ["try:", "    from IPython.display import display", "except ImportError:", "    display = print"]
"""``display`` is there in every notebook, and must not end a job that has no IPython."""

BROKEN: Final = (SyntaxError, ValueError, RecursionError, MemoryError)

_COOKIE: Final = re.compile(r"([ \t\f]*#.*?coding[:=][ \t]*)([-\w.]+)")
_COMMENT_LINE: Final = re.compile(r"[ \t\f]*(?:#.*)?$")
_FUTURE: Final = re.compile(r"^from[ \t]+__future__[ \t]+import\b", re.MULTILINE)


class Block(NamedTuple):
    """A piece as it stands in the module: lines ``first`` to ``last``; ``rows`` are (line of the cell, text)."""

    piece: Piece
    rows: list[tuple[int, str]]
    first: int = 0
    last: int = 0

    def text(self) -> str:
        return "\n".join([text for _line, text in self.rows])


class Module(NamedTuple):
    """Code, and where it comes from."""

    code: str
    source_map: SourceMap
    blocks: list[Block]


def write_module(
    pieces: list[Piece], source: str, found: Diagnostics, *, display: bool = False, verbatim: str = ""
) -> Module:
    """Put the pieces one below the other, a blank line between, under a line that names the source.

    ``verbatim``: the text of a file that is a module already; only where its lines come from is written down.
    """
    blocks = [block for block in [_block(piece, trim=not verbatim) for piece in pieces] if block.rows]
    futures = [] if verbatim else _hoist_futures(blocks, found)
    blocks = [block for block in blocks if block.rows]
    draft = Draft()
    header = "" if verbatim else _header(blocks, source)
    if header:
        draft.add([header, ""])
    docstring = _docstring(blocks) if futures or display else None
    if docstring is not None:
        blocks[:1] = docstring
    written: list[Block] = []
    for number, block in enumerate(blocks):
        if number == (docstring is not None):
            _write_prelude(draft, futures, display=display)
        if written:
            draft.add([""])
        first = len(draft.lines) + 1
        _write(draft, block)
        written.append(block._replace(first=first, last=len(draft.lines)))
    if not blocks or (docstring is not None and len(blocks) == 1):
        _write_prelude(draft, futures, display=display)
    code = as_utf8("\n".join(draft.lines).rstrip("\n") + "\n")
    if verbatim:
        code = as_utf8(verbatim)
    return Module(code, SourceMap(source, draft.segments), written)


def as_utf8(code: str) -> str:
    """Code whose first lines name no other encoding: whatever it was read as, it is kept as UTF-8."""
    head = code.split("\n", 2)
    for number, line in enumerate(head[:2]):
        match = _COOKIE.match(line)
        if match and match[2].lower().replace("_", "-") not in {"utf-8", "utf8"}:
            head[number] = f"{match[1]}utf-8{line[match.end() :]}"
        if not _COMMENT_LINE.match(line):
            break
    return "\n".join(head)


# writing


def _header(blocks: list[Block], source: str) -> str:
    """Names the source; code that came out of a conversion keeps the line that it has."""
    if blocks and blocks[0].rows[0][1].startswith(HEADER):
        return ""
    return f"{HEADER}{re.sub(r'[^ -~]', '?', source) if not source.isprintable() else source}" if source else ""


def _block(piece: Piece, *, trim: bool) -> Block:
    rows = [(number, line) for number, line in enumerate(piece.lines(), piece.first) if line is not None]
    start, end = 0, len(rows)
    if not trim:
        return Block(piece, rows)
    while start < end and not rows[start][1].strip():
        start += 1
    while end > start and not rows[end - 1][1].strip():
        end -= 1
    return Block(piece, rows[start:end])


def _write(draft: Draft, block: Block) -> None:
    run: list[str] = []
    begin = 0
    for line, text in block.rows:
        if run and line == begin + len(run):
            run.append(text)
            continue
        _write_run(draft, block, run, begin)
        run, begin = [text], line
    _write_run(draft, block, run, begin)


def _write_run(draft: Draft, block: Block, run: list[str], begin: int) -> None:
    if run:
        cell = block.piece.prepared.cell
        number, line = cell.place(begin)
        draft.add(run, cell=number, cell_id=cell.id, line=line)


def _write_prelude(draft: Draft, futures: list[tuple[Piece, int, str]], *, display: bool) -> None:
    if not futures and not display:
        return
    if draft.lines and draft.lines[-1].strip():
        draft.add([""])
    for piece, line, text in futures:
        cell = piece.prepared.cell
        number, place = cell.place(line)
        draft.add([text], cell=number, cell_id=cell.id, line=place)
    if futures:
        draft.add([""])
    if display:
        draft.add([*DISPLAY, ""])


def _docstring(blocks: list[Block]) -> list[Block] | None:
    """The first block in two, behind the module's docstring, when it has one."""
    if not blocks or not re.match(
        r"[rRuU]?['\"]", next((t for _n, t in blocks[0].rows if not t.startswith("#") and t.strip()), "")
    ):
        return None
    try:
        tree = ast.parse(blocks[0].text())
    except BROKEN:
        return None
    if ast.get_docstring(tree, clean=False) is None:
        return None
    end = tree.body[0].end_lineno or 1
    if len(tree.body) > 1 and first_line(tree.body[1]) <= end:
        return None
    head, tail = blocks[0].rows[:end], blocks[0].rows[end:]
    while tail and not tail[0][1].strip():
        tail = tail[1:]
    return [Block(blocks[0].piece, head), *([Block(blocks[0].piece, tail)] if tail else [])]


def _hoist_futures(blocks: list[Block], found: Diagnostics) -> list[tuple[Piece, int, str]]:
    """Take ``from __future__`` out of every block but the first statement's; it must come first in a module."""
    futures: list[tuple[Piece, int, str]] = []
    for number, block in enumerate(blocks):
        if not _FUTURE.search(block.text()):
            continue
        try:
            tree = ast.parse(block.text())
        except BROKEN:
            continue  # told when the module is checked
        moved: set[int] = set()
        other = _has_statement(blocks[:number])
        for node in tree.body:
            if not isinstance(node, ast.ImportFrom) or node.module != "__future__":
                other = other or not _is_docstring(node, tree, number)
            elif other and _alone(node, tree):
                moved.update(range(node.lineno - 1, node.end_lineno or node.lineno))
        if moved:
            for index in sorted(moved):
                line, text = block.rows[index]
                futures.append((block.piece, line, text))
            line = block.rows[min(moved)][0]
            block.piece.prepared.note(
                line, "future-moved", "'from __future__' comes first in a module: it is moved there", severity="info"
            )
            found.add(block.piece.prepared.notes.pop())
            blocks[number] = block._replace(rows=[row for index, row in enumerate(block.rows) if index not in moved])
    return futures


def _has_statement(blocks: list[Block]) -> bool:
    return any(text.strip() and not text.lstrip().startswith("#") for block in blocks for _line, text in block.rows)


def _is_docstring(node: ast.stmt, tree: ast.Module, number: int) -> bool:
    return not number and node is tree.body[0] and ast.get_docstring(tree, clean=False) is not None


def _alone(node: ast.stmt, tree: ast.Module) -> bool:
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    others = [item for item in tree.body if item is not node]
    return not any(item.lineno in lines or (item.end_lineno or item.lineno) in lines for item in others)
