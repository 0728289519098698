"""Code as a module, its tracebacks in the notebook's terms."""

from __future__ import annotations

import inspect
import json
import sys
import traceback
from pathlib import Path

import pytest

from mlrun_jupyter import code_to_function, import_function
from mlrun_jupyter.errors import ConversionWarning, InvalidArgumentError, RunError
from mlrun_jupyter.functions.convert import code_to_record
from mlrun_jupyter.functions.exporter import export
from mlrun_jupyter.functions.module import function_to_module


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


CELLS = [
    '"""About."""\nfrom __future__ import annotations\nimport os',
    "%matplotlib inline\n\ndef divide(a: Nothing,\n           b=0):\n    !ls\n    # by b\n    return a / b",
    "'a text'\nclass Model:\n    def fit(self):\n        return divide(1)",
]


def notebook(*sources: str) -> str:
    cells = [{"cell_type": "markdown", "source": "# Title", "metadata": {}}]
    cells += [{"cell_type": "code", "source": text, "metadata": {}} for text in sources]
    Path("train.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    return "train.ipynb"


def test_tracebacks_name_cell_and_line_and_show_it() -> None:
    module = function_to_module(notebook(*CELLS))
    with pytest.raises(ZeroDivisionError) as caught:
        module.Model().fit()
    frames = traceback.extract_tb(caught.value.__traceback__)[-2:]
    assert [(frame.filename, frame.lineno, frame.line) for frame in frames] == [
        ("<train.ipynb cell 4>", 4, "return divide(1)"),
        ("<train.ipynb cell 3>", 7, "return a / b"),
    ]
    assert "return a / b" in inspect.getsource(module.divide)
    assert module.__doc__ == "About."


def test_a_stored_function_names_its_cells_too() -> None:
    record, _ = code_to_record("t", filename=notebook(*CELLS), kind="job")
    with pytest.raises(ZeroDivisionError) as caught:
        function_to_module(record).divide(1)
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (frame.filename, frame.lineno) == ("<train.ipynb cell 3>", 7)


def test_errors_while_the_module_is_made_name_the_cell() -> None:
    with pytest.raises(KeyError) as caught:
        function_to_module(notebook("x = {}", "y = 1\nx['a']"))
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (frame.filename, frame.lineno) == ("<train.ipynb cell 3>", 2)


def test_python_files_function_files_and_functions_are_loaded() -> None:
    Path("code.py").write_text("def f():\n    return __file__\n")
    assert function_to_module("code.py").f() == "code.py"
    record, _ = code_to_record("t", filename=notebook("def g():\n    return 7"), kind="job")
    export(record, "f.yaml")
    assert function_to_module("f.yaml").g() == 7
    record.spec.build.functionSourceCode, record.spec.command = "", "code.py"
    assert function_to_module(record).f() == "code.py"


def test_code_is_executed_in_its_folder_and_nothing_stays_behind(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "beside_it.py").write_text("x = 5")
    (tmp_path / "deep" / "code.py").write_text("import os, beside_it\nwhere = os.getcwd()\nx = beside_it.x")
    before = Path.cwd(), list(sys.path)
    module = function_to_module("deep/code.py")
    assert (module.where, module.x) == (str(tmp_path / "deep"), 5)
    assert (Path.cwd(), sys.path) == before
    sys.modules.pop("beside_it")
    with pytest.raises(InvalidArgumentError, match="no such folder"):
        function_to_module("deep/code.py", workdir="nowhere")


def test_a_function_of_several_is_chosen_by_name() -> None:
    path = notebook("%%mlrun function a\ndef f(): return 'a'", "%%mlrun function b\ndef f(): return 'b'")
    assert function_to_module(path, name="b").f() == "b"


@pytest.mark.parametrize("door", ["converted", "stored", "function.yaml"])
def test_a_failing_job_is_told_by_cell_and_line(door: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.warns(ConversionWarning, match="'ls' is left out"):
        function = code_to_function("t", filename=notebook(*CELLS), kind="job")
    if door == "stored":
        function = import_function(function.save(tag="v1"))
    elif door == "function.yaml":
        function.export("function.yaml")
        function = import_function("function.yaml")
    with pytest.raises(RunError, match=r"ZeroDivisionError: .* \(train\.ipynb cell 3 line 7\)") as caught:
        function.run(handler="divide", params={"a": 1}, local=True)
    log = caught.value.run.log_text()  # type: ignore[union-attr] # it is recorded
    assert 'File "<train.ipynb cell 3>", line 7, in divide' in log
    assert "t.py" not in log
    assert log in capfd.readouterr().err
