"""From a notebook to a function: code, settings, requirements, entry points, and what was left out and why.

Nothing is executed, and nothing but the notebook is read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mlrun_jupyter.notebook import parameters as notebook_parameters
from mlrun_jupyter.notebook import requirements as pip
from mlrun_jupyter.notebook import settings as notebook_settings
from mlrun_jupyter.notebook.annotations import IGNORE_TAGS
from mlrun_jupyter.notebook.cells import PYTHON, Notebook, from_cells
from mlrun_jupyter.notebook.check import Checked, check_module, paused_collection
from mlrun_jupyter.notebook.diagnostics import Diagnostic, Diagnostics
from mlrun_jupyter.notebook.entrypoints import choose
from mlrun_jupyter.notebook.extracted import ExtractedFunction
from mlrun_jupyter.notebook.marks import apply_mark
from mlrun_jupyter.notebook.module import BROKEN, Module, write_module
from mlrun_jupyter.notebook.names import BUILTINS, IPYTHON, Names, first_use, read_names
from mlrun_jupyter.notebook.parameters import Parameter
from mlrun_jupyter.notebook.pieces import Mode, Piece, Selection, normalize_name, same_name, select
from mlrun_jupyter.notebook.prepared import Prepared
from mlrun_jupyter.notebook.reading import read_notebook
from mlrun_jupyter.notebook.report import CellReport, report_cells
from mlrun_jupyter.notebook.settings import SettingError, Settings
from mlrun_jupyter.notebook.transform import prepare


def extract(
    notebook: Notebook | str | Path | Iterable[str | Mapping[str, Any]],
    name: str = "",
    *,
    ignored_tags: str | Iterable[str] = "",
    handler: str = "",
    with_doc: bool = True,
    scan_imports: bool = False,
) -> ExtractedFunction:
    """Take a function out of a notebook.

    Parameters
    ----------
    notebook
        A file (``.ipynb``, ``.py``), a notebook that was read, or a live list of cells.
    name
        The function: its marks, sections and tags count. Empty: the only one that is marked, nameless sections, or
        the whole notebook.
    ignored_tags
        Tags of cells to leave out, ``"a;b"`` or a list, besides ``mlrun-ignore`` and ``nuclio-ignore``.
    handler
        The function to call; found in the marked code when empty.
    with_doc
        Read entry points from the code.
    scan_imports
        Add a requirement, with the version installed here, for each import; the one thing that looks outside.

    Raises
    ------
    ConversionError
        Code that no module can hold, contradicting marks, settings that mean nothing: all problems at once in
        ``diagnostics``, each with cell, line and hint.
    NotFoundError, InvalidArgumentError
        A file that is not there or cannot be read.

    Example
    -------
    >>> function = extract(["import os\\n!ls", "def train(context, eta=0.1): ..."], "train")
    >>> print(function.code)
    import os
    <BLANKLINE>
    def train(context, eta=0.1): ...
    <BLANKLINE>
    >>> function.handler, [warning.where for warning in function.warnings]
    ('train', ['cell 1 line 2'])
    """
    with paused_collection():
        return _Extraction(_read(notebook), name, _tags(ignored_tags)).run(
            handler=handler, with_doc=with_doc, scan_imports=scan_imports
        )


def _read(notebook: Notebook | str | Path | Iterable[str | Mapping[str, Any]]) -> Notebook:
    if isinstance(notebook, Notebook):
        return notebook
    if isinstance(notebook, (str, Path)):
        return read_notebook(notebook)
    return from_cells(notebook)


def _tags(ignored: str | Iterable[str]) -> frozenset[str]:
    listed = ignored.split(";") if isinstance(ignored, str) else ignored
    return IGNORE_TAGS | {tag.strip() for tag in listed if tag.strip()}


class _Extraction:
    """The steps, and what they hand to each other."""

    def __init__(self, notebook: Notebook, name: str, ignored_tags: frozenset[str]) -> None:
        self.notebook = notebook
        self.name = name
        self.ignored_tags = ignored_tags
        self.found = Diagnostics()
        self.settings = Settings()
        self.installs: list[str] = []
        self.ignored: dict[int, str] = {}
        self.brought: dict[int, list[str]] = {}

    def run(self, *, handler: str, with_doc: bool, scan_imports: bool) -> ExtractedFunction:
        self._check_language()
        prepared = [prepare(cell) for cell in self.notebook.cells if cell.kind == "code"]
        cells = [cell for cell in prepared if not self._is_ignored(cell)]
        self._name_handlers(cells)
        self._apply_settings(cells)
        selection = select(cells, self.name, self.found)
        pieces = self._reach(cells, selection)
        self._check_markers(pieces)
        self._tell_notes(pieces)
        module, checked = self._write(pieces, cells, selection.mode)
        self.found.raise_errors(self.notebook.name)
        return self._result(
            module, checked, selection, prepared, pieces, handler=handler, with_doc=with_doc, scan_imports=scan_imports
        )

    # what counts

    def _check_language(self) -> None:
        language = self.notebook.language
        if language not in PYTHON:
            message = f"the notebook's kernel speaks {language}, not Python"
            self.found.add(Diagnostic(code="wrong-language", message=message, severity="error"))
            self.found.raise_errors(self.notebook.name)

    def _is_ignored(self, cell: Prepared) -> bool:
        tag = next((tag for tag in cell.cell.tags if tag in self.ignored_tags), "")
        if tag:
            self.ignored[cell.cell.index] = f"its tag {tag!r}"
        elif cell.ignored:
            self.ignored[cell.cell.index] = "it is marked 'ignore'"
        else:
            return False
        return True

    def _name_handlers(self, cells: list[Prepared]) -> None:
        """Handlers without a name are handler, handler_1, handler_2 ..."""
        from mlrun_jupyter.notebook.handler_cell import rename

        nameless = [cell for cell in cells if cell.handler == ""]
        for number, cell in enumerate(nameless):
            rename(cell, f"handler_{number}" if number else "handler")

    def _apply_settings(self, cells: list[Prepared]) -> None:
        for cell in cells:
            for note in cell.always:
                self.found.add(note)
            for action in cell.actions if cell.role != "run" else ():
                self._apply(cell, action.line, action.spelling, action.command, action.arguments, action.body)
            for install in cell.installs:
                self._install(cell, install.line, install.requirements)

    def _apply(self, cell: Prepared, line: int, spelling: str, command: str, arguments: str, body: list[str]) -> None:
        try:
            notes = notebook_settings.apply(self.settings, command, arguments, body, spelling=spelling)
        except SettingError as error:
            cell.note(line, error.code, str(error), severity="error", hint=error.hint, always=True)
            self.found.add(cell.always[-1])
            return
        for offset, text in notes:
            cell.note(line + offset, "setting", text, always=True)
            self.found.add(cell.always[-1])

    def _install(self, cell: Prepared, line: int, listed: tuple[str, ...]) -> None:
        wrong = False
        for requirement in listed:
            problem = pip.check(requirement)
            if problem:
                wrong = True
                cell.note(
                    line,
                    "invalid-requirement",
                    f"not a requirement: {requirement!r}",
                    severity="error",
                    hint=problem,
                    always=True,
                )
                self.found.add(cell.always[-1])
            else:
                self.installs.append(requirement)
        for note in cell.notes:
            if note.code == "install-partly" or (note.code == "install" and not wrong):
                self.found.add(note)

    # code

    def _reach(self, cells: list[Prepared], selection: Selection) -> list[Piece]:
        if selection.mode != "marked":
            return selection.pieces
        from mlrun_jupyter.notebook.reach import reach

        reached = reach(cells, selection.pieces, self.found)
        self.brought = reached.brought
        return reached.pieces

    def _check_markers(self, pieces: list[Piece]) -> None:
        """A section that begins or ends inside a statement would cut it in two."""
        from mlrun_jupyter.notebook.entrypoints import first_line

        seen: set[int] = set()
        for piece in pieces:
            cell = piece.prepared
            markers = [marker for marker in cell.markers if marker.word in {"start-code", "end-code"}]
            if not markers or id(cell) in seen:
                continue
            seen.add(id(cell))
            try:
                tree = ast.parse(cell.text())
            except BROKEN:
                continue
            for marker in markers:
                if any(first_line(node) < marker.line <= (node.end_lineno or 0) for node in tree.body):
                    cell.note(
                        marker.line,
                        "marker-inside-block",
                        f"{marker.word!r} stands inside a statement, which it would cut in two",
                        severity="error",
                        hint="put it between statements, at the start of a line",
                        always=True,
                    )
                    self.found.add(cell.always[-1])

    def _tell_notes(self, pieces: list[Piece]) -> None:
        """What the transformation has to say about lines that are part of the function."""
        spans: dict[int, list[tuple[int, int]]] = {}
        for piece in pieces:
            first, last = piece.prepared.cell.place(piece.first)[1], piece.prepared.cell.place(piece.last)[1]
            spans.setdefault(id(piece.prepared), []).append((first, last))
        for piece in pieces:
            for note in piece.prepared.notes:
                if any(first <= note.line <= last for first, last in spans[id(piece.prepared)]):
                    self.found.add(note)

    def _write(self, pieces: list[Piece], cells: list[Prepared], mode: Mode) -> tuple[Module, Checked]:
        verbatim = self._verbatim(pieces)
        module = write_module(pieces, self.notebook.name, self.found, verbatim=verbatim)
        checked = check_module(module, self.found)
        if self.found.errors:
            return module, checked
        names = checked.names
        unknown = names.uses - names.binds - names.sets - BUILTINS
        if "display" in unknown and not verbatim:
            module = write_module(pieces, self.notebook.name, Diagnostics(), display=True)
            checked = check_module(module, self.found)
            message = "'display' is imported: only a notebook has it by itself"
            self.found.add(Diagnostic(code="display", message=message, severity="info"))
        unknown.discard("display")
        if mode != "marked" and unknown and not checked.star:
            self._tell_unknown(unknown, module, cells)
        return module, checked

    def _verbatim(self, pieces: list[Piece]) -> str:
        """The text of a ``.py`` file that holds no marks and no magics: it is the module already."""
        if not self.notebook.plain or len(pieces) != 1:
            return ""
        cell = pieces[0].prepared
        return cell.cell.source if "\n".join(line or "" for line in pieces[0].lines()) == cell.cell.source else ""

    def _tell_unknown(self, names: set[str], module: Module, cells: list[Prepared]) -> None:
        outside = _binders(cells)
        for name, line in first_use(ast.parse(module.code), names):
            place = module.source_map.locate(line)
            hint = f"{outside[name]} defines it, outside the function" if name in outside else ""
            code = "ipython-name" if name in IPYTHON else "undefined-name"
            message = f"{name!r} exists only in IPython" if name in IPYTHON else f"{name!r} is used but defined nowhere"
            if name in outside:
                message = f"{name!r} is used but not defined in the function"
            self.found.add(
                Diagnostic(
                    code=code,
                    message=message,
                    cell=place.cell if place else 0,
                    cell_id=place.cell_id if place else "",
                    line=place.line if place else line,
                    hint=hint or "import or define it, or make it a parameter",
                )
            )

    def _tell_redefined(self, module: Module, checked: Checked) -> None:
        """In a notebook the later definition counts, and often it is not the one that was meant."""
        lines: dict[str, int] = {}
        for function in checked.functions:
            line = function.entry["lineno"]
            before, place = lines.get(function.name), module.source_map.locate(line)
            lines[function.name] = line
            if before is None or place is None:
                continue
            first = module.source_map.locate(before)
            self.found.add(
                Diagnostic(
                    code="redefined",
                    message=f"{function.name!r} is defined again: {first} defines it too, and this one counts",
                    cell=place.cell,
                    cell_id=place.cell_id,
                    line=place.line,
                    hint="leave one of them out with '# mlrun: ignore'",
                )
            )

    # result

    def _result(
        self,
        module: Module,
        checked: Checked,
        selection: Selection,
        prepared: list[Prepared],
        pieces: list[Piece],
        *,
        handler: str,
        with_doc: bool,
        scan_imports: bool,
    ) -> ExtractedFunction:
        mark = selection.mark
        self._tell_redefined(module, checked)
        entries = choose(checked.functions)
        config = self.settings.to_config()
        apply_mark(config, mark)
        listed = [*self.installs, *self.settings.requirements, *(mark.requirements if mark else ())]
        if scan_imports:
            known = {pip.project_name(requirement) for requirement in listed}
            listed += [item for item in pip.scan_imports(ast.parse(module.code)) if pip.project_name(item) not in known]
        requirements, overruled = pip.merge(listed)
        for before, after in overruled:
            message = f"{before} is asked for, and then {after}: the last one counts"
            self.found.add(Diagnostic(code="requirement-twice", message=message))
        name = selection.name or self.name
        chosen = handler or (mark.handler if mark else "") or self._handler(name, entries, selection, prepared)
        return ExtractedFunction(
            name=name,
            code=module.code,
            kind=(mark.kind if mark else "") or _text(config.get("kind")),
            handler=chosen,
            config=config,
            requirements=requirements,
            env_files=self.settings.env_files,
            files=self.settings.files,
            parameters=self._parameters(chosen, entries, prepared),
            entry_points=entries if with_doc else {},
            diagnostics=self.found.sorted(),
            source_map=module.source_map,
            cells=report_cells(self.notebook, prepared, pieces, self.ignored, self.brought, selection),
            mode=selection.mode,
            source=self.notebook.name,
            mark=mark,
        )

    def _handler(self, name: str, entries: dict[str, Any], selection: Selection, prepared: list[Prepared]) -> str:
        """The function that is named as the function is; else the only one that the marked cells define."""
        for entry in entries:
            if name and same_name(entry.replace("_", "-"), name.replace("_", "-")):
                return entry
        cell_handler = next((cell.handler for cell in prepared if cell.handler in entries), "")
        if cell_handler:
            return cell_handler
        if selection.mode == "marked":
            defined = [
                entry
                for entry in entries
                if any(f"def {entry}(" in (line or "") for piece in selection.pieces for line in piece.lines())
            ]
            return defined[-1] if len(defined) == 1 else ""
        return next(iter(entries)) if len(entries) == 1 else ""

    def _parameters(self, handler: str, entries: dict[str, Any], prepared: list[Prepared]) -> list[Parameter]:
        if handler in entries:
            return notebook_parameters.from_entry(entries[handler])
        tagged = [cell for cell in prepared if notebook_parameters.TAG in cell.cell.tags]
        for second in tagged[1:]:
            second.note(0, "parameters-twice", "a second cell is tagged 'parameters': the last one counts", always=True)
            self.found.add(second.always[-1])
        return notebook_parameters.from_cell(tagged[-1]) if tagged else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _binders(cells: list[Prepared]) -> dict[str, str]:
    """Which cell binds a name, for names that the function lacks."""
    found: dict[str, str] = {}
    for cell in cells:
        try:
            names: Names = read_names(cell.text())
        except BROKEN:
            continue
        number, line = cell.cell.place(1)
        for name in names.binds:
            found[name] = f"cell {number}" if number else f"line {line}"
    return found


__all__ = ["CellReport", "ExtractedFunction", "extract", "normalize_name"]
