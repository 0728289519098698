"""A notebook, a file or a function as a Python module object, whose tracebacks name cell and line."""

from __future__ import annotations

import ast
import contextlib
import linecache
import os
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.functions.code import read_code
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.notebook.source_map import Location, SourceMap

if TYPE_CHECKING:
    from mlrun_jupyter.notebook.cells import Notebook

_FLAGS: Final = 0x1FF0000
"""The bits of a code object that ``from __future__`` sets."""


def function_to_module(
    code: Any = "", workdir: str = "", secrets: Mapping[str, str] | None = None, *, name: str = ""
) -> types.ModuleType:
    """Load code as a module, to call its functions here.

    Parameters
    ----------
    code
        A ``.py`` or ``.ipynb`` file, a ``function.yaml``, ``db://`` or ``hub://`` address, or a function object. Empty: the
        notebook that this runs in.
    workdir
        The folder that the code is executed in, and that its imports are looked up in.
    secrets
        Credentials, for code at an address.
    name
        The function whose marked code is wanted, where a notebook holds several.

    Raises
    ------
    ConversionError
        A notebook that no module can hold.
    NotFoundError, InvalidArgumentError
        No such file or function, or one without code.

    Whatever the code raises comes through, its traceback in terms of the notebook.

    Example
    -------
    ::

        module = function_to_module("train.ipynb")
        module.train(context, depth=3)
    """
    record = getattr(code, "record", code)
    if isinstance(record, FunctionRecord):
        return _record_module(record, workdir, secrets)
    text = os.fspath(code) if code else ""
    if text.startswith(("db://", "hub://", "store://", "git://")) or Path(text).suffix.lower() in (".yaml", ".yml"):
        from mlrun_jupyter.functions import importer

        return _record_module(importer.load(text, secrets=secrets), workdir, secrets)
    return _code_module(text, workdir, secrets, name)


def load_code(
    code: str, *, name: str, source_map: SourceMap | None = None, cells: Mapping[int, str] | None = None, file: str = ""
) -> types.ModuleType:
    """Execute code in a new module.

    Parameters
    ----------
    name
        The module's ``__name__``.
    source_map
        Where its lines were written: functions and tracebacks then name the notebook's cells.
    cells
        Sources of the cells by their index, for what a traceback shows.
    file
        The module's ``__file__``, and the file of code that no notebook is behind.

    Example
    -------
    >>> load_code("def f():\\n    return 7\\n", name="demo").f()
    7
    """
    module = types.ModuleType(name)
    module.__file__ = file or f"<{name}>"
    tree = ast.parse(code, filename=module.__file__)
    if source_map is None or not source_map.segments:
        _show(module.__file__, code)
        exec(compile(tree, module.__file__, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what it is for
        return module
    flags = 0
    for part, filename in _parts(tree, source_map):
        compiled = compile(part, filename, "exec", flags, dont_inherit=True)
        flags |= compiled.co_flags & _FLAGS
        exec(compiled, module.__dict__)  # noqa: S102 - what it is for
    for number, source in (cells or {}).items():
        _show(cell_name(source_map.source, number), source)
    return module


def cell_name(source: str, cell: int) -> str:
    """What a cell is called in tracebacks.

    Example
    -------
    >>> cell_name("train.ipynb", 3)
    '<train.ipynb cell 3>'
    """
    return f"<{source or 'notebook'} cell {cell}>"


def _record_module(record: FunctionRecord, workdir: str, secrets: Mapping[str, str] | None) -> types.ModuleType:
    code = record.code
    if not code:
        if not record.spec.command:
            raise InvalidArgumentError("the function has neither code nor a command", where=record.metadata.name)
        return _code_module(record.spec.command, workdir or record.spec.workdir, secrets, "")
    document = record.status.extra.get("source_map")
    source_map = SourceMap.from_dict(document) if isinstance(document, dict) else None
    name = (record.metadata.name or "function").replace("-", "_")
    with _folder(workdir or record.spec.workdir):
        return load_code(code, name=name, source_map=source_map)


def _code_module(text: str, workdir: str, secrets: Mapping[str, str] | None, name: str) -> types.ModuleType:
    from mlrun_jupyter.notebook.extract import extract

    notebook, path = read_code(text, secrets)
    extracted = extract(notebook, name, with_doc=False)
    cells = {} if notebook.cells and notebook.cells[0].line else _sources(notebook)
    source_map = extracted.source_map if cells else None
    module_name = Path(notebook.name or "notebook").stem.replace("-", "_").replace(" ", "_")
    with _folder(workdir or (str(Path(path).parent) if path and "://" not in path else "")):
        return load_code(extracted.code, name=module_name, source_map=source_map, cells=cells, file=path)


def _sources(notebook: Notebook) -> dict[int, str]:
    return {cell.index: cell.source for cell in notebook.code_cells}


def _parts(tree: ast.Module, source_map: SourceMap) -> Iterator[tuple[ast.Module, str]]:
    """Runs of statements of one cell, their lines counted as in the cell."""
    group: list[ast.stmt] = []
    where = ""
    for number, node in enumerate(tree.body):
        place = source_map.locate(node.lineno)
        if number and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a text by itself does nothing, and at the head of a part it would be the docstring
        filename = _filename(source_map, place)
        if group and filename != where:
            yield ast.Module(body=group, type_ignores=[]), where
            group = []
        where = filename
        if place is not None:
            _move(node, source_map)
        group.append(node)
    if group:
        yield ast.Module(body=group, type_ignores=[]), where


def _filename(source_map: SourceMap, place: Location | None) -> str:
    return cell_name(source_map.source, place.cell) if place is not None else f"<{source_map.source or 'notebook'}>"


def _move(node: ast.AST, source_map: SourceMap) -> None:
    """Count the lines of a statement as its cell does; lines may be missing between them."""
    for part in ast.walk(node):
        line = getattr(part, "lineno", None)
        if line is None:
            continue
        place, end = source_map.locate(line), source_map.locate(getattr(part, "end_lineno", None) or line)
        if place is not None:
            part.lineno = place.line  # type: ignore[attr-defined] # it has one
            part.end_lineno = max(place.line, end.line if end is not None else place.line)  # type: ignore[attr-defined] # as above


def _show(filename: str, source: str) -> None:
    """Let tracebacks and ``inspect`` find the lines; an entry without a time is never dropped."""
    linecache.cache[filename] = (len(source), None, [line + "\n" for line in source.split("\n")], filename)


@contextlib.contextmanager
def _folder(workdir: str) -> Iterator[None]:
    """Execute in a folder, imports found in it; both as before afterwards."""
    if not workdir:
        yield
        return
    folder = str(Path(workdir).expanduser().resolve())
    if not Path(folder).is_dir():
        raise InvalidArgumentError("there is no such folder", where=f"workdir {workdir!r}")
    before = Path.cwd()
    sys.path.insert(0, folder)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
