"""Notebooks of every make: the module compiles, keeps the order, and keeps exactly the cells that are in."""

from __future__ import annotations

import ast
import contextlib
import os
import warnings
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlrun_jupyter.errors import ConversionError, MlrunError
from mlrun_jupyter.notebook.cells import parse_ipynb
from mlrun_jupyter.notebook.extract import extract
from mlrun_jupyter.notebook.percent import parse_py

MANY = settings(
    max_examples=10_000 if os.environ.get("MLRUN_TEST_TIER") == "full" else 250,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

VALUES = st.sampled_from(
    [
        "1",
        "[\n  1,\n  # inside\n  2]",
        "'# mlrun: ignore'",
        '"""\n# mlrun: start-code\n%nuclio cmd x\n!ls\n"""',
        "'''\n# nuclio: end-code\n'''",
        "1 + \\\n  2",
        "(lambda a: a % 2)(3)",
        "'why?'",
        "f'{1!r}'",
        "r'\\d'",
        "1 if True else 2  # why?",
        "[i\n     % 2 for i in range(3)]",
        "{'a': '#', 'b': \"it's\"}",
        "b'%time'",
        "3 != 4",
        "not 1",
    ]
)
NOISE = st.sampled_from(
    [
        "",
        "# a comment",
        "#",
        "%matplotlib inline",
        "!ls -l",
        '!echo "don\'t"',
        "len?",
        "%load_ext x",
        "!pip install \\\n  pandas",
        "   ",
        "\f",
        "# see %nuclio in the docs",
    ]
)


@st.composite
def statement(draw: st.DrawFn, name: str) -> str:
    value = draw(VALUES)
    form = draw(st.integers(0, 5))
    if form == 0:
        return f"if True:\n    !ls\n    {name} = 1"
    if form == 1:
        return f"def {name}(a, b=2):\n    # inner\n    return a"
    if form == 2:
        return f"class {name}:\n    x = '''\n    # mlrun: ignore\n    '''"
    if form == 3:
        return f"for _ in '':\n    pass\n{name} = 0"
    return f"{name} = {value}"


@st.composite
def cell(draw: st.DrawFn, number: int) -> tuple[str, list[str]]:
    """A cell's source, and the names that it binds in order."""
    names = [f"n{number}_{index}" for index in range(draw(st.integers(0, 3)))]
    parts: list[str] = []
    for name in names:
        parts += [draw(NOISE), draw(statement(name))]
    parts.append(draw(NOISE))
    return "\n".join(parts), names


@st.composite
def notebook(draw: st.DrawFn) -> list[tuple[str, list[str]]]:
    return [draw(cell(number)) for number in range(draw(st.integers(1, 6)))]


def bound(code: str) -> list[str]:
    names = []
    for node in ast.parse(code).body:
        for part in ast.walk(node):
            if isinstance(part, (ast.FunctionDef, ast.ClassDef)) or (
                isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            ):
                name = part.id if isinstance(part, ast.Name) else part.name
                if name.startswith("n") and name[1:2].isdigit():
                    names.append(name)
    return names


def names_of(cells: list[tuple[str, list[str]]]) -> list[str]:
    return [name for _source, names in cells for name in names]


def compiles(code: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(code, "module", "exec")


@MANY
@given(notebook(), st.lists(st.booleans(), min_size=6, max_size=6), st.sampled_from(["mlrun", "nuclio"]))
def test_exactly_the_cells_that_are_not_ignored_are_kept_in_order(
    cells: list[tuple[str, list[str]]], ignored: list[bool], prefix: str
) -> None:
    sources = [
        f"# {prefix}: ignore\n{source}" if skip else source
        for (source, _names), skip in zip(cells, ignored, strict=False)
    ]
    code = extract(sources).code
    compiles(code)
    assert bound(code) == names_of([cell for cell, skip in zip(cells, ignored, strict=False) if not skip])


@MANY
@given(notebook(), st.data())
def test_exactly_what_sections_delimit_is_kept(cells: list[tuple[str, list[str]]], data: st.DataObject) -> None:
    """Markers between cells: a simple machine says what is inside."""
    sources: list[str] = []
    kept: list[str] = []
    inside = False
    for number, (source, names) in enumerate(cells):
        toggled = not number or data.draw(st.booleans())
        inside = (not inside) if toggled else inside
        marker = f"# mlrun: {'start' if inside else 'end'}-code f\n" if toggled else ""
        sources.append(marker + source)
        kept += names if inside else []
    code = extract(sources, "f").code
    compiles(code)
    assert bound(code) == kept


@MANY
@given(notebook())
def test_converting_a_module_again_changes_nothing(cells: list[tuple[str, list[str]]]) -> None:
    code = extract([source for source, _names in cells]).code
    assert extract(parse_py(code, name="x.py")).code == code


@MANY
@given(notebook())
def test_every_line_of_the_module_is_the_line_of_the_cell_that_the_map_names(
    cells: list[tuple[str, list[str]]],
) -> None:
    sources = [source for source, _names in cells]
    function = extract(sources)
    for number, line in enumerate(function.code.split("\n"), 1):
        place = function.source_map.locate(number)
        if place is not None and line.strip() != "pass":
            assert sources[place.cell - 1].split("\n")[place.line - 1] == line
        assert place is not None or not line.strip()


@MANY
@given(notebook(), st.integers(0, 5))
def test_marked_code_comes_with_what_it_needs_and_no_more(cells: list[tuple[str, list[str]]], number: int) -> None:
    names = names_of(cells)
    wanted = names[number % len(names)] if names else ""
    sources = [source for source, _names in cells]
    function = extract([*sources, f"%%mlrun function f\ndef f():\n    return {wanted or 1}"])
    compiles(function.code)
    left_behind = any(found.code == "needs-unmarked-work" for found in function.warnings)
    assert bound(function.code) == ([wanted] if wanted and not left_behind else [])


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@MANY
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "cells": st.lists(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "cell_type": st.sampled_from(["code", "markdown", "raw"]) | ANY,
                        "source": st.text() | st.lists(st.text()) | ANY,
                        "metadata": ANY | st.fixed_dictionaries({"tags": ANY}),
                        "id": ANY,
                    },
                ),
                max_size=4,
            )
            | ANY,
            "worksheets": ANY,
            "metadata": ANY | st.fixed_dictionaries({"kernelspec": ANY, "language_info": ANY}),
            "nbformat": st.integers(0, 6) | ANY,
        },
    )
)
def test_any_document_is_converted_or_told(document: dict[str, Any]) -> None:
    import json

    with contextlib.suppress(MlrunError):
        compiles(extract(parse_ipynb(json.dumps(document))).code)


TEXT = """% ! ? # ' " ( ) [ ] { } = == : ; , / %% mlrun nuclio function run handler start-code end-code ignore config cmd env def
class if else import from await async x f 1 . é 😀 -- @ pip install --kind lambda time ''' \\"""
WORDS = TEXT.split()
PIECES = st.sampled_from([*WORDS, '"""', "\n", "\t", "\f", "\0", "\r", "\u2028"])


@MANY
@given(st.lists(st.lists(PIECES, max_size=25), max_size=4), st.sampled_from(["", "x", "f"]))
def test_any_text_is_converted_or_told(cells: list[list[str]], name: str) -> None:
    for glue in ("", " "):
        sources = [glue.join(parts) for parts in cells]
        try:
            code = extract(sources, name).code
        except ConversionError as error:
            assert any(found.severity == "error" for found in error.diagnostics)
        else:
            compiles(code)
