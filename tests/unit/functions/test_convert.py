"""Functions out of notebooks and files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter import config
from mlrun_jupyter.errors import ConversionError, InvalidArgumentError, NotFoundError, UnknownArgumentError
from mlrun_jupyter.functions.convert import code_to_record, embed, requirements_of
from mlrun_jupyter.model.function import FunctionRecord


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def notebook(*sources: str, path: str = "train.ipynb") -> str:
    cells = [{"cell_type": "code", "id": f"c{i}", "source": text, "metadata": {}} for i, text in enumerate(sources)]
    Path(path).write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


TRAIN = "def train(context, eta=0.1):\n    '''Train.'''\n    return eta"


def test_a_notebook_becomes_a_function_that_carries_its_code() -> None:
    record, extracted = code_to_record("My Trainer", filename=notebook("import os", TRAIN), kind="job", image="a/b")
    assert extracted is not None
    assert (record.kind, record.metadata.name, record.spec.image) == ("job", "my-trainer", "a/b")
    assert base64.b64decode(record.spec.build.functionSourceCode).decode() == extracted.code == record.code
    assert list(record.spec.entry_points) == ["train"]
    assert (record.spec.default_handler, record.spec.build.origin_filename) == ("train", "train.ipynb")


def test_all_arguments_end_up_in_the_document() -> None:
    record, _ = code_to_record(
        "t", "p", "v1", notebook(TRAIN), "train", "dask", "a/b",
        description="d", categories=["c"], labels={"l": "1"}, with_doc=False, requirements=["pandas"],
    )  # fmt: skip
    metadata, spec = record.metadata, record.spec
    assert (metadata.project, metadata.tag, metadata.categories, metadata.labels) == ("p", "v1", ["c"], {"l": "1"})
    assert (spec.description, spec.entry_points, spec.default_handler) == ("d", {}, "train")


def test_requirements_make_the_image_the_one_to_build_on() -> None:
    record, _ = code_to_record(
        "t", filename=notebook("%pip install pandas", TRAIN), kind="job", image="a/b", requirements=["numpy"]
    )
    assert (record.spec.image, record.spec.build.base_image) == ("", "a/b")
    assert record.spec.build.requirements == ["pandas", "numpy"]


def test_settings_of_the_notebook_are_copied() -> None:
    cells = [
        '%nuclio config kind = "job"\n%nuclio config spec.image = "x/y"\n%nuclio config spec.build.baseImage = "z"',
        "%nuclio env A=1\n%nuclio cmd -c apt update\n%nuclio mount -t pvc /d claim\n%nuclio config spec.replicas = 2",
        '%nuclio config metadata.labels.a = "b"\n%nuclio config spec.handler = "nb:go"',
        "def go(): pass\ndef other(): pass",
    ]
    record, _ = code_to_record("t", filename=notebook(*cells))
    spec = record.spec
    assert (record.kind, spec.image, spec.build.base_image, spec.default_handler) == ("job", "x/y", "z", "go")
    assert spec.env == [{"name": "A", "value": "1"}]
    assert spec.build.commands == ["apt update"]
    assert spec.extra["replicas"] == 2
    assert spec.extra["volumes"] == [{"name": "fs", "persistentVolumeClaim": {"claimName": "claim"}}]
    assert spec.extra["volume_mounts"] == [{"name": "fs", "mountPath": "/d"}]
    assert record.metadata.labels == {"a": "b"}


def test_the_kind_is_asked_for() -> None:
    with pytest.raises(InvalidArgumentError, match="please specify the function kind"):
        code_to_record("t", filename=notebook(TRAIN))
    with pytest.raises(InvalidArgumentError, match=r"unsupported runtime.*did you mean job"):
        code_to_record("t", filename=notebook(TRAIN), kind="jop")
    with pytest.raises(InvalidArgumentError, match="unsupported runtime"):
        code_to_record("t", filename=notebook(TRAIN), kind="job:x")


def test_a_marked_cell_is_a_job() -> None:
    record, _ = code_to_record(filename=notebook("%%mlrun function train\n" + TRAIN))
    assert (record.kind, record.metadata.name, record.spec.default_handler) == ("job", "train", "train")


def test_runtime_is_the_old_name_of_kind() -> None:
    record, _ = code_to_record("xgb_train", filename=notebook(TRAIN), runtime="nuclio:mlrun")
    assert (record.kind, record.metadata.name) == ("nuclio", "xgb-train")
    assert record.spec.extra["function_kind"] == "mlrun"
    with pytest.raises(InvalidArgumentError, match="old name"):
        code_to_record("t", filename=notebook(TRAIN), runtime="job", kind="dask")


def test_nuclio_functions_carry_the_whole_nuclio_document() -> None:
    record, _ = code_to_record(
        "t", filename=notebook("%nuclio env A=1\n%nuclio config spec.maxReplicas = 3", TRAIN), kind="nuclio"
    )
    base = record.spec.extra["base_spec"]
    assert (base["apiVersion"], base["kind"], base["metadata"]["name"]) == ("nuclio.io/v1", "Function", "t")
    assert (base["spec"]["handler"], base["spec"]["maxReplicas"]) == ("t:train", 3)
    assert base["spec"]["env"] == [{"name": "A", "value": "1"}]
    assert base["spec"]["build"]["functionSourceCode"] == record.spec.build.functionSourceCode


def test_code_may_stay_in_its_file() -> None:
    Path("train.py").write_text(TRAIN)
    record, _ = code_to_record("t", filename="train.py", kind="job", embed_code=False)
    assert (record.spec.command, record.spec.build.functionSourceCode) == ("train.py", "")
    record, _ = code_to_record("t", filename=notebook(TRAIN), kind="job", embed_code=False, code_output=".")
    assert record.spec.command == "t.py"
    assert TRAIN in Path("t.py").read_text()
    with pytest.raises(InvalidArgumentError, match="code_output"):
        code_to_record("t", filename=notebook(TRAIN), kind="job", embed_code=False)
    with pytest.raises(InvalidArgumentError, match="for notebooks"):
        code_to_record("t", filename="train.py", kind="job", code_output="x.py")


def test_a_python_file_is_taken_as_it_is() -> None:
    Path("my train.py").write_text("import os\n\n\n\n" + TRAIN)
    record, _ = code_to_record(filename="my train.py", kind="local")
    assert record.code == "import os\n\n\n\n" + TRAIN
    assert record.metadata.name == "my-train"


def test_other_languages_run_on_nuclio() -> None:
    Path("f.go").write_text("package main")
    record, extracted = code_to_record("g", filename="f.go", kind="nuclio", handler="Handle")
    assert (extracted, record.code) == (None, "package main")
    assert record.spec.extra["base_spec"]["spec"]["runtime"] == "golang"
    assert record.spec.extra["base_spec"]["spec"]["handler"] == "g:Handle"
    with pytest.raises(InvalidArgumentError, match="nuclio"):
        code_to_record("g", filename="f.go", kind="job")


def test_a_function_file_is_imported() -> None:
    Path("function.yaml").write_text("kind: job\nmetadata: {name: a}\nspec: {image: x}")
    record, extracted = code_to_record("b", "p", filename="function.yaml", labels={"x": "1"})
    assert extracted is None
    assert (record.kind, record.metadata.name, record.metadata.project, record.spec.image) == ("job", "b", "p", "x")


def test_variables_of_files_are_merged_and_missing_files_told() -> None:
    Path("a.env").write_text("A=1\n# no\n\nB = x=y\n")
    record, extracted = code_to_record(
        "t", filename=notebook("%nuclio env_file a.env\n%nuclio env_file b.env", TRAIN), kind="job"
    )
    assert record.spec.env == [{"name": "A", "value": "1"}, {"name": "B", "value": "x=y"}]
    assert extracted is not None
    assert "env-file-missing" in [found.code for found in extracted.diagnostics]


def test_variables_are_read_from_the_notebooks_folder_only(tmp_path: Path) -> None:
    Path("secret.env").write_text("A=secret")
    Path("deep").mkdir()
    Path("deep/link.env").symlink_to(tmp_path / "secret.env")
    Path("deep/own.env").write_text("B=1")
    commands = [
        f"%nuclio env_file {name}" for name in (tmp_path / "secret.env", "../secret.env", "link.env", "own.env")
    ]
    record, extracted = code_to_record(
        "t", filename=notebook("\n".join(commands), TRAIN, path="deep/t.ipynb"), kind="job"
    )
    assert record.spec.env == [{"name": "B", "value": "1"}]
    assert extracted is not None
    assert [found.code for found in extracted.diagnostics].count("env-file-refused") == 3


def test_nothing_is_written_when_something_is_wrong() -> None:
    with pytest.raises(InvalidArgumentError):
        code_to_record("x" * 100, filename=notebook(TRAIN), kind="job", code_output="out.py")
    with pytest.raises(InvalidArgumentError):
        code_to_record("t", filename="train.ipynb", kind="job", code_output="out.txt")
    assert sorted(path.name for path in Path().iterdir()) == ["train.ipynb"]


def test_a_moved_cell_makes_no_new_version() -> None:
    one, _ = code_to_record("t", filename=notebook("import os", TRAIN), kind="job")
    two, _ = code_to_record("t", filename=notebook("", "import os", "%matplotlib inline", TRAIN), kind="job")
    assert one.content_hash() == two.content_hash()
    assert one.status.extra["source_map"] != two.status.extra["source_map"]


def test_ignored_tags_are_an_argument_a_setting_and_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "source": f"{tag} = 1", "metadata": {"tags": [tag]}} for tag in ("a", "b", "c", "d")
    ]
    Path("t.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    monkeypatch.setenv("NUCLIO_IGNORED_TAGS", "c")
    monkeypatch.setenv("MLRUN_IGNORED_NOTEBOOK_TAGS", "b")
    config.reset()
    record, _ = code_to_record("t", filename="t.ipynb", kind="job", ignored_tags="a")
    assert record.code.split("\n\n")[1] == "d = 1\n"


def test_mistakes_of_the_call_are_told() -> None:
    with pytest.raises(UnknownArgumentError, match="did you mean image"):
        code_to_record("t", filename=notebook(TRAIN), imgae="x")
    with pytest.raises(NotFoundError, match=r"did you mean train\.ipynb"):
        code_to_record("t", filename="tran.ipynb", kind="job")
    with pytest.raises(InvalidArgumentError, match="not a notebook"):
        code_to_record("t", filename="train.txt", kind="job")
    with pytest.raises(ConversionError):
        code_to_record("t", filename=notebook("a = ("), kind="job")
    with pytest.raises(InvalidArgumentError, match="does not fit"):
        code_to_record("t", filename=notebook("%nuclio config spec.image = [1]", TRAIN), kind="job")


def test_requirements_may_be_a_file() -> None:
    Path("r.txt").write_text("# about\npandas>=2  # frames\n\nnumpy \\\n  <3\n")
    assert requirements_of("r.txt") == ["pandas>=2", "numpy    <3"]
    record, _ = code_to_record(
        "t", filename=notebook(TRAIN), kind="job", requirements="r.txt", requirements_file="r.txt"
    )
    assert record.spec.build.requirements == ["pandas>=2", "numpy    <3"]
    for text in ("-r other.txt\n", "pandas=>2\n"):
        Path("r.txt").write_text(text)
        with pytest.raises(InvalidArgumentError, match=r"r\.txt"):
            requirements_of("r.txt")
    with pytest.raises(NotFoundError):
        requirements_of("none.txt")


def test_code_is_put_into_a_function() -> None:
    record = FunctionRecord(kind="job")
    embed(record, body=TRAIN)
    assert (record.code, list(record.spec.entry_points)) == (TRAIN, ["train"])
    embed(record, from_file=notebook("def other(): pass"))
    assert list(record.spec.entry_points) == ["other"]
    with pytest.raises(InvalidArgumentError):
        embed(record)
    with pytest.raises(ConversionError):
        embed(record, body="def f(:")


def test_damaged_code_is_told() -> None:
    record = FunctionRecord(kind="job")
    for code in ("%%%", "gICA"):
        record.spec.build.functionSourceCode = code
        with pytest.raises(InvalidArgumentError, match="damaged"):
            _ = record.code


def test_the_origin_is_the_commit_and_never_a_password() -> None:
    git = Path(".git")
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs" / "heads" / "main").write_text("a" * 40 + "\n")
    (git / "config").write_text(
        '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://me:secret@host/r.git\n\tfetch = x\n'
    )
    Path("sub").mkdir()
    record, _ = code_to_record("t", filename=notebook(TRAIN, path="sub/train.ipynb"), kind="job")
    assert record.spec.build.code_origin == f"https://host/r.git#{'a' * 40}:sub/train.ipynb"
    (git / "refs" / "heads" / "main").unlink()
    (git / "packed-refs").write_text(f"# pack\n{'b' * 40} refs/heads/main\n")
    record, _ = code_to_record("t", filename="sub/train.ipynb", kind="job")
    assert record.spec.build.code_origin.split("#")[1].startswith("b" * 40)
    (git / "HEAD").write_text("c" * 40)
    record, _ = code_to_record("t", filename="sub/train.ipynb", kind="job")
    assert "#" + "c" * 40 in record.spec.build.code_origin
