"""Code in archives and repositories: converted, imported, loaded and run."""

from __future__ import annotations

import json
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mlrun_jupyter import code_to_function, function_to_module, import_function, new_function, run_local
from mlrun_jupyter.errors import ConversionError, DataError, NotFoundError, RunError, UnsafeError
from mlrun_jupyter.functions.convert import code_to_record

TRAIN = "from beside import depth\n\n\ndef train(context):\n    context.log_result('depth', depth)\n"
FILES = {
    "jobs/train.py": TRAIN,
    "jobs/beside.py": "depth = 7\n",
    "jobs/function.yaml": "kind: local\nmetadata: {name: deep}\nspec: {command: train.py, default_handler: train}\n",
    "nb.ipynb": json.dumps(
        {
            "cells": [{"cell_type": "code", "source": "%%mlrun function go\ndef go(context, n=1):\n    return n / 0"}],
            "nbformat": 4,
        }
    ),
    "function.yaml": "kind: local\nmetadata: {name: nb}\nspec: {command: nb.ipynb, default_handler: go}\n",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        path = tmp_path / "repo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def zipped(_folder: Path) -> str:
    with zipfile.ZipFile("code.zip", "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    return "code.zip#"


def tarred(_folder: Path) -> str:
    with tarfile.open("code.tar.gz", "w:gz") as archive:
        for name in FILES:
            archive.add(f"repo/{name}", name)
    return "code.tar.gz#"


def fetched(folder: Path) -> str:
    from mlrun_jupyter.datastore.resolve import resolve

    zipped(folder)
    resolve("memory://sources/code.zip").put(Path("code.zip").read_bytes())
    return "memory://sources/code.zip#"


def committed(folder: Path) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@x"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run(["git", *identity, *arguments], cwd=folder / "repo", check=True, capture_output=True)
    return f"git+file://{folder}/repo#main:"


Make = Callable[[Path], str]
EVERYWHERE = pytest.mark.parametrize("make", [zipped, tarred, fetched, committed])


@EVERYWHERE
def test_notebooks_and_files_in_sources_are_converted(make: Make, folder: Path) -> None:
    base = make(folder)
    record, _ = code_to_record(filename=f"{base}nb.ipynb")
    assert (record.metadata.name, record.kind, "def go" in record.code) == ("go", "job", True)
    assert record.spec.build.code_origin == f"{base}nb.ipynb"
    record, _ = code_to_record(filename=f"{base}jobs/train.py", kind="job")
    assert (record.metadata.name, record.code) == ("train", TRAIN)
    with pytest.raises(NotFoundError, match=r"did you mean jobs/train\.py"):
        code_to_record(filename=f"{base}jobs/trian.py", kind="job")


@EVERYWHERE
def test_what_runs_from_a_source_finds_what_lies_beside_it(make: Make, folder: Path) -> None:
    base = make(folder)
    for function in (
        code_to_function(filename=f"{base}jobs/train.py", kind="local", embed_code=False),
        new_function(kind="local", command="jobs/train.py", source=base.rstrip("#:")),
        import_function(f"{base}jobs"),
        import_function(f"{base}jobs/function.yaml"),
    ):
        assert function.spec.build.source == base.rstrip("#:")
        assert function.spec.command == "jobs/train.py"
        assert function.run(handler="train").output("depth") == 7
    assert run_local(command=f"{base}jobs/train.py", handler="train").output("depth") == 7
    assert sorted(path.name for path in folder.iterdir() if "mlrun" in path.name and "db" not in path.name) == []


def test_a_notebook_of_a_source_is_told_by_its_cells(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    base = zipped(folder)
    for function in (import_function(base.rstrip("#")), code_to_function(filename=f"{base}nb.ipynb", kind="local")):
        with pytest.raises(RunError, match="ZeroDivisionError"):
            function.run(handler="go")
        assert 'File "<nb.ipynb cell 1>", line 3, in go' in capfd.readouterr().err
    with pytest.raises(ZeroDivisionError):
        function_to_module(f"{base}nb.ipynb").go(None)


def test_sources_that_are_none_are_told(folder: Path) -> None:
    Path("bad.zip").write_text("no archive")
    with zipfile.ZipFile("evil.zip", "w") as archive:
        archive.writestr("../out.py", "x = 1")
    with zipfile.ZipFile("broken.zip", "w") as archive:
        archive.writestr("a.py", "def f(:")
    with pytest.raises(DataError, match="not a readable archive"):
        code_to_record(filename="bad.zip#a.py", kind="job")
    with pytest.raises(UnsafeError):
        code_to_record(filename="evil.zip#out.py", kind="job")
    with pytest.raises(UnsafeError):
        code_to_record(filename=f"{zipped(folder)}../repo/nb.ipynb", kind="job")
    with pytest.raises(ConversionError, match="line 1"):
        code_to_record(filename="broken.zip#a.py", kind="job")
    with pytest.raises(NotFoundError, match=r"none\.zip"):
        code_to_record(filename="none.zip#a.py", kind="job")
    with pytest.raises(NotFoundError, match=r"it holds no 'b\.py'"):
        new_function(kind="local", command="b.py", source="broken.zip").run(local=True)
