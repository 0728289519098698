"""A module as the compiler sees it: its mistakes, each at its cell and line, its names and its functions."""

from __future__ import annotations
import __future__

import ast
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from mlrun_jupyter.notebook.diagnostics import Diagnostic, Diagnostics
from mlrun_jupyter.notebook.entrypoints import FoundFunction, find_functions, first_line, stray_marks
from mlrun_jupyter.notebook.module import BROKEN, Block, Module
from mlrun_jupyter.notebook.names import Names, read_module_names, stars
from mlrun_jupyter.notebook.source_map import Location

_CHUNK: Final = 40
_FUTURES: Final = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


class Checked(msgspec.Struct):
    """What the compiler says about a module: its names, its functions, and whether it imports ``*``."""

    names: Names
    functions: list[FoundFunction]
    star: bool


def check_module(module: Module, found: Diagnostics) -> Checked:
    """Read the module with the compiler; every mistake is told at its cell and line.

    Some cells at a time, since a tree of a thousand cells costs more than twenty trees of fifty.
    """
    checked = Checked(Names(set(), set(), set(), set(), set()), [], star=False)
    lines = module.code.split("\n")
    flags = 0
    with _quiet():
        try:
            for first, last, blocks in _chunks(module.blocks, len(lines)):
                text = "\n".join(lines[first - 1 : last])
                tree = ast.parse(text)
                broken = _crossing(tree, blocks, first - 1)
                if broken is not None:
                    found.add(broken)
                    continue
                code = compile(tree, "module", "exec", flags, dont_inherit=True)
                flags |= code.co_flags & _FUTURES
                _add_chunk(checked, tree, text, first - 1)
                _tell_strays(stray_marks(tree, text, first - 1), module, found)
        except BROKEN as error:
            if not _each_block(module.blocks, found):
                _tell(error, module.source_map.locate, found)
    return checked


def _chunks(blocks: list[Block], length: int) -> Iterator[tuple[int, int, list[Block]]]:
    """(first line, last line, blocks) of parts of the module, together all of it."""
    start = 1
    for number in range(0, len(blocks), _CHUNK):
        part = blocks[number : number + _CHUNK]
        last = part[-1].last if number + _CHUNK < len(blocks) else length
        yield start, last, part
        start = last + 1
    if not blocks:
        yield 1, length, []


def _tell_strays(lines: list[int], module: Module, found: Diagnostics) -> None:
    for line in lines:
        place = module.source_map.locate(line)
        if place is not None:
            found.add(
                Diagnostic(
                    code="handler-without-function",
                    message="'handler' marks no function",
                    cell=place.cell,
                    cell_id=place.cell_id,
                    line=place.line,
                    hint="put it right above the def, at the start of its line",
                )
            )


def _add_chunk(checked: Checked, tree: ast.Module, text: str, offset: int) -> None:
    checked.names.update(read_module_names(tree, text))
    checked.functions.extend(find_functions(tree, text, offset))
    checked.star = checked.star or bool(stars(tree))


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


def _crossing(tree: ast.Module, blocks: list[Block], offset: int) -> Diagnostic | None:
    """A statement that begins in one block and ends in another: each was broken, and only together they parse."""
    number = 0
    for node in tree.body:
        line = first_line(node) + offset
        while number < len(blocks) - 1 and line > blocks[number].last:
            number += 1
        if (
            number < len(blocks)
            and blocks[number].first <= line <= blocks[number].last
            and (node.end_lineno or 0) + offset > blocks[number].last
        ):
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
