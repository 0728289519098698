"""Notebooks as people write them: converted, run, and compared with what the notebook itself gives.

Each notebook's kept cells are run in IPython, cell by cell, and its module by Python alone; both must bind the same
names to the same values. Shell commands are not carried out: none of them is part of a module.
"""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter.notebook.extract import ExtractedFunction, extract
from mlrun_jupyter.notebook.reading import read_notebook

CORPUS = Path(__file__).parent / "corpus"
LEFT_OUT = {
    "shell_heavy": {"files", "folder", "out"},  # what shell commands and %%capture gave
    "matplotlib_exploration": set(),
    "tutorial": set(),
    "training_loops": set(),
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import matplotlib

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    matplotlib.use("Agg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the notebooks' own
        yield
    import matplotlib.pyplot as plt

    plt.close("all")


def in_ipython(name: str, function: ExtractedFunction) -> dict[str, Any]:
    """The variables after the cells that are in the function were run as a kernel runs them."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Offline(InteractiveShell):
        def system(self, cmd: str) -> None:
            """Nothing is carried out."""

        def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> list[str]:
            return []

        def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
            if magic_name == "time":
                return super().run_line_magic(magic_name, line, _stack_depth + 1)
            return None

    shell = Offline(config=Config({"HistoryManager": {"enabled": False}}), user_ns={"__name__": "nb"})
    shell.user_ns["display"] = print
    before = set(shell.user_ns)
    cells = {cell.id: cell for cell in read_notebook(CORPUS / f"{name}.ipynb").cells}
    for report in function.cells:
        if report.fate in {"in", "partly", "brought"}:
            shell.run_cell(cells[report.id].source, store_history=False).raise_error()
    return {key: value for key, value in shell.user_ns.items() if key not in before}


def in_python(function: ExtractedFunction) -> dict[str, Any]:
    module = types.ModuleType("nb")
    exec(compile(function.code, "nb.py", "exec", dont_inherit=True), module.__dict__)
    return {key: value for key, value in vars(module).items() if not (key.startswith("__") and key.endswith("__"))}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, (types.FunctionType, type, types.ModuleType)):
        return one.__name__ == other.__name__
    if isinstance(one, (bool, int, float, str, list, tuple, dict)):
        return bool(one == other)
    if hasattr(one, "equals"):
        return bool(one.equals(other))
    if type(one).__name__ == "ndarray":
        return one.shape == other.shape if one.dtype == object else bool((one == other).all())
    return type(one).__name__ == type(other).__name__


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_the_module_binds_what_the_notebook_binds(name: str) -> None:
    function = extract(CORPUS / f"{name}.ipynb")
    theirs, ours = in_ipython(name, function), in_python(function)
    ours.pop("display", None)
    theirs = {key: value for key, value in theirs.items() if not key.startswith("_")}
    ours.pop("_", None)
    assert set(theirs) - set(ours) == LEFT_OUT[name]
    assert set(ours) - set(theirs) == set()
    different = [key for key in ours if not same(theirs[key], ours[key])]
    assert different == []


def test_exploration_goes_in_whole() -> None:
    function = extract(CORPUS / "matplotlib_exploration.ipynb")
    assert function.warnings == []
    assert [report.fate for report in function.cells] == [
        "text",
        "in",
        "in",
        "in",
        "out",
        "text",
        "in",
        "in",
        "in",
        "in",
        "out",
    ]
    assert "# grey: print-friendly" in function.code


def test_the_marked_training_comes_with_what_it_needs_and_runs() -> None:
    from sklearn.datasets import load_iris

    function = extract(CORPUS / "sklearn_training.ipynb")
    assert (function.name, function.kind, function.handler, function.mode) == ("train", "job", "train", "marked")
    assert function.requirements == ["scikit-learn>=1.4", "pandas"]
    assert [item.name for item in function.parameters] == ["data", "depth", "trees"]
    assert function.parameters[1].doc == "Of each tree."
    assert function.warnings == []
    for left in ("matplotlib", "load_iris", "filterwarnings", "spread", "FEATURES"):
        assert left not in function.code
    names = in_python(function)
    assert sorted(names) == [
        "RandomForestClassifier",
        "SEED",
        "accuracy_score",
        "confusion_matrix",  # imported in the line of another
        "split",
        "train",
        "train_test_split",
    ]
    iris = load_iris(as_frame=True).frame.rename(columns={"target": "label"})
    results: dict[str, float] = {}
    names["train"](results, iris)
    assert results["accuracy"] > 0.85


def test_sections_of_loops_are_the_job_and_it_learns() -> None:
    function = extract(CORPUS / "training_loops.ipynb")
    assert function.mode == "sections"
    assert "x_demo" not in function.code and "plt" not in function.code
    names = in_python(function)
    assert names["accuracy"] > 0.85
    assert names["history"][-1] < names["history"][0]
    assert function.source_map.describe(function.code.split("\n").index("class ReLU(Module):") + 1).endswith(
        "cell 4 line 35"
    )


def test_shell_lines_become_requirements_or_are_told_and_nothing_of_them_is_in_the_module() -> None:
    function = extract(CORPUS / "shell_heavy.ipynb")
    assert function.requirements == ["pandas==2.2.3", "pyarrow>=15", "numpy"]
    told = {found.code for found in function.warnings}
    assert told == {"shell-dropped", "magic-dropped", "cell-magic-dropped"}
    for left in ("nvidia", "get_ipython", "bash", "writefile", "<b>", "mkdir", "$i"):
        assert left not in function.code
    assert "!ls -l\n    %time" in function.code  # of a docstring


def test_a_tutorial_keeps_its_words_and_its_order() -> None:
    function = extract(CORPUS / "tutorial.ipynb")
    names = in_python(function)
    assert function.code.index("from __future__") < function.code.index("import re")
    assert names["summary"] == {"words": 26, "different": 18, "share of 'it'": 0.115, "question": True}
    assert list(function.entry_points) == ["words", "shout"]
    assert function.entry_points["words"]["outputs"] == [{"type": "list[str]", "doc": "the words, in order"}]
    assert {found.code for found in function.diagnostics} >= {"display", "future-moved", "prompt-stripped", "help"}
