"""The module made of pieces of cells: written line for line, then read by the compiler, never executed."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from mlrun_jupyter.notebook.diagnostics import Diagnostic, Diagnostics
from mlrun_jupyter.notebook.entrypoints import first_line
from mlrun_jupyter.notebook.names import Names, read_module_names
from mlrun_jupyter.notebook.pieces import Piece
from mlrun_jupyter.notebook.source_map import Draft, SourceMap

HEADER: Final = "# Made by mlrun_jupyter from "
DISPLAY: Final = ["try:", "    from IPython.display import display", "except ImportError:", "    display = print"]
"""``display`` is there in every notebook, and must not end a job that has no IPython."""

BROKEN: Final = (SyntaxError, ValueError, RecursionError, MemoryError)

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
    """Code, where it comes from, and its tree (None when it cannot be one)."""

    code: str
    source_map: SourceMap
    blocks: list[Block]
    tree: ast.Module | None = None


def write_module(pieces: list[Piece], source: str, found: Diagnostics, *, display: bool = False) -> Module:
    """Put the pieces one below the other, a blank line between, under a line that names the source."""
    blocks = [block for block in map(_block, pieces) if block.rows]
    futures = _hoist_futures(blocks, found)
    blocks = [block for block in blocks if block.rows]
    draft = Draft()
    header = _header(blocks, source)
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
    code = "\n".join(draft.lines).rstrip("\n") + "\n"
    return Module(code, SourceMap(source, draft.segments), written)


def check_module(module: Module, found: Diagnostics) -> Module:
    """Read the module with the compiler; every mistake is told at its cell and line."""
    with _quiet():
        try:
            tree = ast.parse(module.code)
            broken = _crossing(tree, module.blocks)
            if broken is None:
                compile(tree, module.source_map.source or "module", "exec", dont_inherit=True)
                return module._replace(tree=tree)
            found.add(broken)
        except BROKEN as error:
            if not _each_block(module.blocks, found):
                _tell(error, module.source_map.locate, found)
    return module


def names_of(module: Module) -> Names:
    """The names that a checked module binds and uses."""
    assert module.tree is not None, "checked"  # noqa: S101 - for the type checker
    with _quiet():
        return read_module_names(module.tree, module.code)


@contextmanager
def paused_collection() -> Iterator[None]:
    """No garbage collection while trees are built: nothing of them is garbage, and each pass would walk all of them.

    It halves the time for a large notebook, and is over in milliseconds.
    """
    import gc

    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _quiet() -> Iterator[None]:
    """The compiler warns of odd escapes; whose notebook runs has seen that already."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# writing


def _header(blocks: list[Block], source: str) -> str:
    """Names the source; code that came out of a conversion keeps the line that it has."""
    if blocks and blocks[0].rows[0][1].startswith(HEADER):
        return ""
    return f"{HEADER}{re.sub(r'[^ -~]', '?', source) if not source.isprintable() else source}" if source else ""


def _block(piece: Piece) -> Block:
    rows = [(number, line) for number, line in enumerate(piece.lines(), piece.first) if line is not None]
    start, end = 0, len(rows)
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


# reading


def _crossing(tree: ast.Module, blocks: list[Block]) -> Diagnostic | None:
    """A statement that begins in one block and ends in another: each was broken, and only together they parse."""
    number = 0
    for node in tree.body:
        line = first_line(node)
        while number < len(blocks) - 1 and line > blocks[number].last:
            number += 1
        if number < len(blocks) and line >= blocks[number].first and (node.end_lineno or line) > blocks[number].last:
            block = blocks[number]
            cell = block.piece.prepared.cell
            place = cell.place(block.rows[line - block.first][0])
            return Diagnostic(
                code="syntax-error",
                message="a statement is not finished in its cell",
                severity="error",
                cell=place[0],
                cell_id=cell.id,
                line=place[1],
                hint="close its brackets and quotes",
            )
    return None


def _each_block(blocks: list[Block], found: Diagnostics) -> bool:
    """Read every block by itself, so that each mistake is told, not the first only."""
    told = False
    for block in blocks:
        try:
            compile(block.text() + "\n", "cell", "exec", dont_inherit=True)
        except BROKEN as error:
            told = True
            _tell(error, _locator(block), found)
    return told


def _locator(block: Block) -> Callable[[int], Any]:
    from mlrun_jupyter.notebook.source_map import Location

    cell = block.piece.prepared.cell

    def locate(line: int) -> Location:
        row = block.rows[max(0, min(line, len(block.rows)) - 1)][0]
        number, place = cell.place(row)
        return Location(number, cell.id, place)

    return locate


def _tell(error: BaseException, locate: Callable[[int], Any], found: Diagnostics) -> None:
    message, hint = _explain(error)
    place = locate(getattr(error, "lineno", None) or 1)
    found.add(
        Diagnostic(
            code="syntax-error",
            message=message,
            severity="error",
            cell=place.cell if place else 0,
            cell_id=place.cell_id if place else "",
            line=place.line if place else 0,
            hint=hint,
        )
    )


def _explain(error: BaseException) -> tuple[str, str]:
    if isinstance(error, (RecursionError, MemoryError)):
        return "the code is nested too deeply to be read", "take it apart"
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    if isinstance(error, UnicodeError):
        return "the code holds half a character (a lone surrogate)", "delete it"
    if "outside" in text and ("await" in text or "async" in text):
        return (
            f"{text}: a notebook may wait at the top level, a module cannot",
            "put it into an async function, use asyncio.run, or mark the cell '# mlrun: ignore'",
        )
    if "null bytes" in text:
        return "the code holds a NUL character", "delete it"
    if "outside function" in text:
        return f"no module can hold this: {text}", ""
    return f"no Python: {text}", ""
