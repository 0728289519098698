"""The exporter as nbconvert and JupyterLab use it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbconvert.utils.exceptions import ConversionException

from mlrun_jupyter.notebook.exporter import MlrunExporter


def notebook(*sources: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def test_the_result_is_the_module_and_what_there_is_to_know() -> None:
    cells = ["import os", "%%mlrun function train --kind job\n%pip install pandas\ndef train(): return os"]
    code, resources = MlrunExporter().from_notebook_node(notebook(*cells), {"metadata": {"name": "my nb"}})
    assert code == "# Made by mlrun_jupyter from my nb.ipynb\n\nimport os\n\ndef train(): return os\n"
    assert resources["output_extension"] == ".py"
    summary = resources["mlrun"]
    assert (summary["kind"], summary["handler"], summary["requirements"]) == ("job", "train", ["pandas"])
    assert [cell["fate"] for cell in summary["cells"]] == ["brought", "in"]


def test_files_are_exported(tmp_path: Path) -> None:
    file = tmp_path / "a.ipynb"
    nbformat.write(notebook("a = 1\n!ls"), file)
    code, _resources = MlrunExporter(ignored_tags="x").from_filename(str(file))
    assert code == "# Made by mlrun_jupyter from a.ipynb\n\na = 1\n"


def test_every_problem_is_in_the_message() -> None:
    with pytest.raises(ConversionException) as caught:
        MlrunExporter().from_notebook_node(notebook("a = (", "%nuclio config a = b"))
    assert "cell 2 line 1: invalid value of a" in str(caught.value)
    with pytest.raises(ConversionException, match=r"(?s)cell 1 line 1.*cell 2 line 1"):
        MlrunExporter().from_notebook_node(notebook("a = (", "b = )"))


def test_the_function_is_chosen_by_option() -> None:
    cells = ["%%mlrun function a\nx = 1", "%%mlrun function b\ny = 1"]
    code, _resources = MlrunExporter(function="b").from_notebook_node(notebook(*cells))
    assert "y = 1" in code and "x = 1" not in code
    assert MlrunExporter.export_from_notebook == "MLRun job"
