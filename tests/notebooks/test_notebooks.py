"""The notebooks of the project, executed as a reader would; what they leave is looked at."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mlrun_jupyter import get_run_db

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def executed(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    """The notebook after all its cells ran, in a folder and on a store of its own."""
    monkeypatch.setenv("MLRUN_DBPATH", str(folder / "db"))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    work = folder / "work"
    work.mkdir()
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(work)}}).execute()
    assert not list(work.iterdir())
    return notebook


def texts(notebook: nbformat.NotebookNode, cell: str) -> str:
    """What a cell printed and showed, as text."""
    (found,) = [each for each in notebook.cells if each.id == cell]
    return "\n".join(each.get("text") or each["data"].get("text/plain", "") for each in found.outputs)


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)
def test_notebooks_are_saved_as_they_are_read_first(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not [cell for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]
    assert all(not re.fullmatch(r"[0-9a-f]{8}.*", cell.id) for cell in notebook.cells)
    assert str(Path.home()) not in path.read_text()


def test_the_quickstart_does_what_it_tells(tmp_path, monkeypatch) -> None:
    notebook = executed(NOTEBOOKS / "quickstart.ipynb", tmp_path, monkeypatch)
    again, sweep, run = get_run_db(str(tmp_path / "db")).list_runs()
    assert [each.name for each in (run, sweep, again)] == ["train", "train-eta", "train-from-file"]
    assert run.outputs["accuracy"] == again.outputs["accuracy"] > 0.9
    assert len(run.metric("test_loss")[0]) == 40
    assert {each["metadata"]["key"] for each in run.status.artifacts} == {"predictions", "model", "importance"}
    assert [each.spec.parameters for each in sweep.iterations()] == [{"eta": 0.01}, {"eta": 0.05}, {"eta": 0.2}]
    assert sweep.results["best_iteration"] == 2
    assert "iteration 2: {'eta': 0.05}" in texts(notebook, "best")
    assert "eta" in texts(notebook, "compare") and "def train" in texts(notebook, "convert")
    assert texts(notebook, "from-file").endswith("True")
    assert not [each for cell in notebook.cells for each in cell.get("outputs", []) if each.get("name") == "stderr"]
