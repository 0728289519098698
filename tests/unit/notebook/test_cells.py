"""Reading notebooks of every format, and telling what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mlrun_jupyter.errors import ConversionError, InvalidArgumentError, NotFoundError
from mlrun_jupyter.notebook.cells import from_cells, from_mapping, parse_ipynb
from mlrun_jupyter.notebook.extract import extract
from mlrun_jupyter.notebook.reading import read_notebook


def document(*cells: Any, **fields: Any) -> bytes:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields}).encode()


def code(source: Any, **fields: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **fields}


def test_sources_may_be_text_or_lines() -> None:
    notebook = parse_ipynb(document(code("a = 1\nb = 2"), code(["c = 3\n", "d = 4"])))
    assert [cell.source for cell in notebook.cells] == ["a = 1\nb = 2", "c = 3\nd = 4"]


def test_nbformat_3_keeps_cells_in_worksheets() -> None:
    cells = [
        {"cell_type": "markdown", "source": "# x", "metadata": {}},
        {"cell_type": "code", "input": ["a = 1\n", "b = 2"], "language": "python", "outputs": [], "collapsed": False},
    ]
    data = json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "x"}, "worksheets": [{"cells": cells}]})
    assert [cell.source for cell in parse_ipynb(data).code_cells] == ["a = 1\nb = 2"]


def test_nbformat_2_is_read_as_3_is() -> None:
    data = json.dumps({"nbformat": 2, "worksheets": [{"cells": [{"cell_type": "code", "input": "a = 1"}]}]})
    assert extract(parse_ipynb(data)).code == "a = 1\n"


def test_every_version_that_nbformat_writes_is_read() -> None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("a = 1"), nbformat.v4.new_markdown_cell("x")])
    for version in (3, 4):
        data = nbformat.writes(nbformat.convert(book, version))
        assert [cell.source for cell in parse_ipynb(data).code_cells] == ["a = 1"]
    assert [cell.source for cell in from_mapping(book).code_cells] == ["a = 1"]


def test_ids_are_kept_and_made_where_they_are_missing() -> None:
    notebook = parse_ipynb(document(code("a", id="one"), code("a"), code("a"), code("b", id="one")))
    ids = [cell.id for cell in notebook.cells]
    assert ids[0] == "one"
    assert len(set(ids)) == 4
    moved = parse_ipynb(document({"cell_type": "markdown", "source": "new"}, code("a")))
    assert moved.cells[1].id == ids[1]


def test_outputs_that_only_python_can_write_are_no_obstacle() -> None:
    data = (
        b'{"cells": [{"cell_type": "code", "source": "a = 1", "outputs": [{"x": NaN, "y": -Infinity}]}], "nbformat": 4}'
    )
    assert extract(parse_ipynb(data)).code == "a = 1\n"


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert parse_ipynb(b"\xef\xbb\xbf" + document(code("a = 1"))).cells[0].source == "a = 1"


def test_live_cells_may_be_texts_or_cells() -> None:
    notebook = from_cells(["a = 1", code(["b = ", "2"]), {"cell_type": "markdown", "source": "x"}])
    assert [(cell.index, cell.kind, cell.source) for cell in notebook.cells] == [
        (1, "code", "a = 1"),
        (2, "code", "b = 2"),
        (3, "markdown", "x"),
    ]


BROKEN = [
    (b"", "empty", 0),
    (b"{", "not valid JSON", 1),
    (b'{"cells": [\n{"cell_type": "code",,}]}', "not valid JSON", 2),
    (b"[]", "not a notebook", 0),
    (b"{}", "no cells", 0),
    (b'{"cells": 3}', "not a notebook", 0),
    (b'{"cells": [{"source": 3}]}', "not a notebook", 0),
    (b'{"cells": [], "nbformat": 5}', "nbformat 5", 0),
    (b'{"cells": [], "nbformat": 1}', "nbformat 1", 0),
    (b'{"cells": [], "nbformat": "4"}', "nbformat '4'", 0),
    (b'{"cells": [], "nbformat": 3}', "nbformat 3", 0),
    (b"\xff\xfe{\x00}\x00", "UTF-8", 1),
    (b'{"cells": [{"source": "\xff"}]}', "UTF-8", 1),
    (b'{"a":' + b"[" * 100_000, "not valid JSON", 0),
    (b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x", "not valid JSON", 1),
    (b"import os\n", "not valid JSON", 1),
]


@pytest.mark.parametrize(("data", "message", "line"), BROKEN, ids=[str(case[0][:40]) for case in BROKEN])
def test_what_is_no_notebook_is_told(data: bytes, message: str, line: int) -> None:
    with pytest.raises(ConversionError, match=message) as caught:
        parse_ipynb(data, name="x.ipynb")
    assert "x.ipynb" in str(caught.value)
    assert [found.line for found in caught.value.diagnostics] == [line]


def test_hints_name_the_usual_causes() -> None:
    with pytest.raises(ConversionError, match="merge conflict"):
        parse_ipynb(b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x")
    with pytest.raises(ConversionError, match=r"name it \.py"):
        parse_ipynb(b"import os\n")


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "ir", "language": "R"}},
        {"language_info": {"name": "julia"}},
        {"kernelspec": {"language": "python"}, "language_info": {"name": "scala"}},
    ],
)
def test_another_kernels_notebook_is_refused(metadata: dict[str, Any]) -> None:
    with pytest.raises(ConversionError, match="not Python") as caught:
        extract(parse_ipynb(document(code("x <- 1"), metadata=metadata)))
    assert [found.code for found in caught.value.diagnostics] == ["wrong-language"]


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "x", "language": "python"}},
        {"language_info": {"name": "ipython"}},
        {"kernelspec": 3},
    ],
)
def test_python_by_any_name_is_taken(metadata: dict[str, Any]) -> None:
    assert extract(parse_ipynb(document(code("x = 1"), metadata=metadata))).code == "x = 1\n"


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "train.ipynb").write_bytes(document())
    with pytest.raises(NotFoundError, match=r"did you mean train\.ipynb\?"):
        read_notebook(tmp_path / "trian.ipynb")


def test_paths_that_are_no_files_are_told(tmp_path: Path) -> None:
    loop = tmp_path / "loop.ipynb"
    loop.symlink_to(tmp_path / "pool.ipynb")
    (tmp_path / "pool.ipynb").symlink_to(loop)
    with pytest.raises((InvalidArgumentError, NotFoundError)):
        read_notebook(loop)
    (tmp_path / "folder.ipynb").mkdir()
    for path in (tmp_path / "folder.ipynb", tmp_path / "x.txt", "a\0b.ipynb"):
        with pytest.raises(InvalidArgumentError):
            read_notebook(path)


def test_percent_files_have_cells(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text(
        "# ---\n# jupyter: x\n# ---\n# %%\nimport os\n\n# %% [markdown]\n# # Title\n\n# %% tags=['mlrun-ignore']\nx = 1\n"
        "# %% plot\n# %matplotlib inline\n# !pip install pandas\ny = '''\n# %% no cell\n'''\n"
    )
    function = extract(file)
    assert function.code.split("\n\n", 1)[1] == "import os\n\n# %matplotlib inline\ny = '''\n# %% no cell\n'''\n"
    assert function.requirements == ["pandas"]
    assert [report.fate for report in function.cells] == ["in", "text", "ignored", "in"]


def test_problems_of_files_are_told_by_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text("# %%\nx = 1\n\n# %%\ny = zoo\nz = = 3\n")
    with pytest.raises(ConversionError, match=r"train\.py line 6"):
        extract(file)


def test_plain_python_files_are_taken_as_they_are(tmp_path: Path) -> None:
    text = '#!/usr/bin/env python\n"""Doc."""\nimport os  # system\n\n\n\ndef f():\n\treturn os\n'
    file = tmp_path / "train.py"
    file.write_text(text)
    function = extract(file)
    assert function.code == text
    assert function.source_map.describe(8) == "train.py line 8"


def test_mistakes_in_plain_python_files_are_told_by_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    for text in ("\n\nx = = 1\n", "\n\nx = (\n", "\n\nreturn 1\n"):
        file.write_text(text)
        with pytest.raises(ConversionError, match=r"train\.py line 3"):
            extract(file)


def test_files_in_another_encoding_say_so_themselves(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_bytes("# -*- coding: latin-1 -*-\nx = 'ä'\n".encode("latin-1"))
    assert "x = 'ä'" in extract(file).code
    file.write_bytes("x = 'ä'\n".encode("latin-1"))
    with pytest.raises(ConversionError, match="UTF-8"):
        extract(file)


def test_an_encoding_line_of_a_cell_cannot_garble_the_module(tmp_path: Path) -> None:
    function = extract(["# coding: latin-1\nx = 'ä€'"])
    module = tmp_path / "m.py"
    module.write_text(function.code, encoding="utf-8")
    names: dict[str, Any] = {}
    exec(compile(module.read_bytes(), str(module), "exec"), names)
    assert names["x"] == "ä€"
