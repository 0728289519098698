"""VS Code's kernel: it names the notebook's file in a variable, and cells by addresses of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

SOURCES = [
    "import math\nFACTOR = 2",
    "%%mlrun\ndef train(context, x=4):\n    return math.sqrt(x) * FACTOR",
    "%mlrun show",
]
Cell = Callable[..., str]


@pytest.fixture
def notebook(kernel, tmp_path) -> Path:
    path = tmp_path / "train.ipynb"
    save(path, SOURCES)
    kernel.client.execute(f"__vsc_ipynb_file__ = {str(path)!r}", silent=True, reply=True, timeout=60)
    return path


def save(path: Path, sources: list[str]) -> None:
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources]), path)


@pytest.fixture
def cell(kernel, notebook) -> Cell:
    """Run a cell of the notebook, as it stands or edited, and tell what it shows."""

    def run(number: int, source: str = "") -> str:
        address = f"vscode-notebook-cell:{notebook}#W{number}sZmlsZQ%3D%3D"
        reply = kernel.run(source or SOURCES[number], cellId=address)
        assert reply.status == "ok", reply.error
        return reply.stream() + "".join(each["text/plain"] for each in reply.bundles)

    return run


def test_a_marked_cell_is_shown_converted_and_run(cell) -> None:
    cell(0)
    cell(1)
    assert cell(2).splitlines()[0].startswith("train  version 1") and "not in the saved" not in cell(2)
    assert "import math" in cell(2, "%mlrun convert") and "FACTOR = 2" in cell(2, "%mlrun convert")
    assert "completed" in cell(2, "%mlrun run train -p x=9")


def test_an_edited_cell_is_a_new_version_before_it_is_saved(cell) -> None:
    cell(0)
    cell(1)
    cell(1, SOURCES[1].replace("FACTOR", "FACTOR + 1"))
    assert cell(2).splitlines()[0].startswith("train  version 2")
    assert "FACTOR + 1" in cell(2, "%mlrun convert")
    cell(1)  # as it was before
    assert cell(2).splitlines()[0].startswith("train  version 1")


def test_a_marked_cell_that_was_deleted_is_told_and_one_that_lost_its_mark_is_forgotten(cell, notebook) -> None:
    cell(0)
    cell(1)
    save(notebook, [SOURCES[0], SOURCES[2]])
    assert "not in the saved notebook: In [" in cell(2)
    cell(1, SOURCES[1].partition("\n")[2])
    assert "nothing is marked yet" in cell(2)


def test_a_mark_without_a_function_is_told(cell) -> None:
    assert cell(1, "%%mlrun\nx = 1") == ""
    assert "no function stands in it" in cell(2)
