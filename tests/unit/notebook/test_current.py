"""Which notebook this is, and what of it is not saved."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.notebook.current import find_current
from mlrun_jupyter.notebook.unsaved import Ran


def write(path: Path, *sources: str) -> Path:
    cells = [
        {"cell_type": "code", "id": f"c{number}", "source": source, "metadata": {}, "outputs": []}
        for number, source in enumerate(sources, 1)
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def sources(found: Any) -> list[str]:
    return [cell.source for cell in found.notebook.code_cells]


def test_a_named_file_counts_before_everything(tmp_path: Path) -> None:
    file, other = write(tmp_path / "a.ipynb", "a = 1"), write(tmp_path / "b.ipynb", "b = 1")
    found = find_current(str(file), environ={"JUPYTER_NOTEBOOK_FILE_NAME": str(other)})
    assert (found.how, sources(found)) == ("given", ["a = 1"])


def test_the_environment_the_editor_and_the_session_name_a_file(tmp_path: Path) -> None:
    file = str(write(tmp_path / "a.ipynb", "a = 1"))
    ways = [
        ({"JUPYTER_NOTEBOOK_FILE_NAME": file}, {}, "environment"),
        ({}, {"__vsc_ipynb_file__": file}, "vscode"),
        ({"JPY_SESSION_NAME": file}, {}, "session"),
    ]
    for environ, variables, how in ways:
        found = find_current(environ=environ, variables=variables)
        assert (found.how, found.path, sources(found)) == (how, file, ["a = 1"])


def test_a_session_named_by_the_servers_path_is_found_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.ipynb", "a = 1")
    monkeypatch.chdir(tmp_path)
    assert find_current(environ={"JPY_SESSION_NAME": "work/deep/a.ipynb"}).path == "a.ipynb"


def test_servers_are_asked_by_kernel_the_newest_first(tmp_path: Path) -> None:
    runtime, root = tmp_path / "run", tmp_path / "root"
    runtime.mkdir()
    root.mkdir()
    file = write(root / "my notebook.ipynb", "a = 1")
    (runtime / "jpserver-1.json").write_text("{broken")
    (runtime / "jpserver-2.json").write_text(
        json.dumps({"url": "http://localhost:1/", "token": "t1", "root_dir": "/x"})
    )
    (runtime / "nbserver-3.json").write_text(
        json.dumps({"url": "http://localhost:2/base/", "token": "t2", "notebook_dir": str(root)})
    )
    os.utime(runtime / "nbserver-3.json", (1, 1))
    asked = []

    def fetch(address: str, token: str) -> bytes:
        asked.append((address, token))
        if ":1/" in address:
            raise ConnectionRefusedError
        return json.dumps(
            [{"path": "my notebook.ipynb", "kernel": {"id": "k1"}}, {"path": "b", "kernel": None}]
        ).encode()

    environ = {"JUPYTER_RUNTIME_DIR": str(runtime)}
    found = find_current(environ=environ, kernel_id="k1", fetch=fetch)
    assert (found.how, found.path) == ("server", str(file))
    assert asked == [("http://localhost:1/api/sessions", "t1"), ("http://localhost:2/base/api/sessions", "t2")]
    with pytest.raises(NotFoundError):
        find_current(environ=environ, kernel_id="k2", fetch=fetch)


def test_live_cells_count_before_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "a.ipynb", "a = 1")
    found = find_current(str(file), live=[{"cell_type": "code", "source": "a = 2"}])
    assert (found.how, sources(found), found.notebook.name, found.warnings) == ("live", ["a = 2"], "a.ipynb", [])


def test_without_a_file_what_was_run_is_the_notebook() -> None:
    found = find_current(environ={}, variables={"In": ["", "a = 1", "b = 2", "a = 1"]})
    assert (found.how, sources(found)) == ("history", ["b = 2", "a = 1"])
    assert [warning.code for warning in found.warnings] == ["unsaved-notebook"]


def test_without_anything_it_is_told() -> None:
    with pytest.raises(NotFoundError, match="filename="):
        find_current(environ={}, variables={})


def test_a_file_that_holds_what_was_run_is_fresh(tmp_path: Path) -> None:
    file = write(tmp_path / "a.ipynb", "a = 1\n", "b = 2")
    found = find_current(str(file), variables={"In": ["", "a = 1", "b = 2  "]})
    assert (sources(found), found.warnings) == (["a = 1\n", "b = 2"], [])


def saved_at(path: Path, second: float) -> str:
    os.utime(path, (second, second))
    return str(path)


def test_cells_that_were_run_and_not_saved_take_their_places_by_id(tmp_path: Path) -> None:
    file = saved_at(write(tmp_path / "a.ipynb", "a = 1", "b = 2"), 100)
    executed = [Ran("b = 3", "c2", 200), Ran("a = 1", "c1", 201), Ran("c = 4", "new", 202)]
    found = find_current(file, executed=executed)
    assert sources(found) == ["a = 1", "b = 3", "c = 4"]
    assert str(found.warnings[0]).startswith("a.ipynb is not saved: cell 2 is taken as it was run; what was run")


def test_what_was_edited_or_deleted_and_then_saved_is_as_the_file_has_it(tmp_path: Path) -> None:
    file = saved_at(write(tmp_path / "a.ipynb", "a = 1", "b = 2"), 300)
    executed = [Ran("a = 0", "c1", 200), Ran("print('gone')", "gone", 201), Ran("b = 3", "c2", 400)]
    found = find_current(file, executed=executed, variables={"In": ["", "b = 1"]}, since=2)
    assert sources(found) == ["a = 1", "b = 3"]
    assert "cell 2 is taken as it was run" in found.warnings[0].message
    found = find_current(saved_at(Path(file), 500), executed=executed)
    assert (sources(found), found.warnings) == (["a = 1", "b = 2"], [])


def test_what_a_cell_was_before_does_not_come_back(tmp_path: Path) -> None:
    file = write(tmp_path / "a.ipynb", "import os", "def train(context, eta=0.2):\n    return eta")
    found = find_current(
        str(file), variables={"In": ["def train(context, eta=0.1):\n    return eta", *sources_of(file)]}
    )
    assert (sources(found), found.warnings) == (sources_of(file), [])


def sources_of(file: Path) -> list[str]:
    return [cell["source"] for cell in json.loads(file.read_text())["cells"]]


def test_what_ran_before_the_magics_were_loaded_counts_too(tmp_path: Path) -> None:
    file = saved_at(write(tmp_path / "a.ipynb", "import os", "%load_ext mlrun_jupyter", "b = os"), 100)
    listed = ["", "import os, sys", "%load_ext mlrun_jupyter", "b = os", "b = sys"]
    found = find_current(file, variables={"In": listed}, executed=[Ran("b = sys", "c3", 200)], since=3)
    assert sources(found) == ["import os, sys", "%load_ext mlrun_jupyter", "b = sys"]


def test_cells_that_were_run_and_not_saved_take_their_places_by_likeness(tmp_path: Path) -> None:
    file = write(tmp_path / "a.ipynb", "import os", "def train(context, eta=0.1):\n    return eta")
    found = find_current(
        str(file), variables={"In": ["def train(context, eta=0.2):\n    return eta", "print('quite another')"]}
    )
    assert sources(found) == ["import os", "def train(context, eta=0.2):\n    return eta", "print('quite another')"]
    assert "matched by text" in found.warnings[0].message and "quite another" in found.warnings[0].message
    assert found.warnings[0].hint == "save it, then convert again"
