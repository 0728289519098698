"""Function files: written, read back, compared, found in stores and hubs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlrun_jupyter import config
from mlrun_jupyter.db import open_db
from mlrun_jupyter.errors import DataError, InvalidArgumentError, MlrunError, NotFoundError, UnsafeError
from mlrun_jupyter.functions import exporter, importer, source
from mlrun_jupyter.functions.convert import embed
from mlrun_jupyter.functions.function import Function
from mlrun_jupyter.functions.versions import code_diff, compare, versions
from mlrun_jupyter.model.function import FunctionRecord


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def function(kind: str = "job", code: str = "x = 1\n", name: str = "train") -> FunctionRecord:
    record = FunctionRecord(kind=kind)
    record.metadata.name = name
    embed(record, body=code)
    return record


# export


def test_a_written_function_is_read_back_as_it_was() -> None:
    record = function()
    record.spec.env = [{"name": "A", "value": "1e5"}]
    record.spec.extra = {"replicas": 2, "resources": {"limits": {"cpu": "1"}}}
    for target in ("function.yaml", "deep/er/f.yml", "f.json"):
        exporter.export(record, target)
        assert importer.load(target).to_dict() == exporter.stripped(record).to_dict()
        assert importer.load(target).content_hash() == record.content_hash()
    assert json.loads(Path("f.json").read_text())["kind"] == "job"


def test_a_folder_gets_a_function_yaml() -> None:
    Path("d").mkdir()
    assert exporter.export(function(), "d") == "d/function.yaml"
    assert importer.load("d").metadata.name == "train"
    assert exporter.export(function(), "") == "function.yaml"


def test_what_belongs_to_one_place_is_stripped() -> None:
    record = function()
    record.status.state = "ready"
    record.spec.env = [{"name": "V3IO_ACCESS_KEY", "value": "secret"}, {"name": "A", "value": "1"}]
    record.spec.extra = {
        "volumes": [1],
        "volume_mounts": [2],
        "x": 3,
        "base_spec": {"spec": {"env": list(record.spec.env), "volumes": [1]}},
    }
    exporter.export(record, "a.yaml")
    assert "secret" not in Path("a.yaml").read_text()
    stripped = importer.load("a.yaml")
    assert (stripped.status.state, "volumes" in stripped.spec.extra, stripped.spec.extra["x"]) == ("", False, 3)
    assert stripped.spec.env[1] == {"name": "A", "value": "1"}
    exporter.export(record, "b.yaml", strip=False)
    assert importer.load("b.yaml").to_dict() == record.to_dict()
    local = function("local")
    local.spec.extra = {"volumes": [1]}
    assert exporter.stripped(local).spec.extra == {"volumes": [1]}


def test_what_cannot_be_written_is_told_and_leaves_nothing() -> None:
    with pytest.raises(InvalidArgumentError, match="callable"):
        exporter.export(function("handler"), "f.yaml")
    with pytest.raises(InvalidArgumentError, match="no such format"):
        exporter.export(function(), "f", format="xml")
    Path("file").write_text("")
    with pytest.raises(MlrunError):
        exporter.export(function(), "file/f.yaml")
    assert sorted(path.name for path in Path().iterdir()) == ["file"]


def test_functions_are_written_to_and_read_from_addresses() -> None:
    exporter.export(function(), "memory://hub-test/f.yaml")
    assert importer.load("memory://hub-test/f.yaml").metadata.name == "train"


# import


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", InvalidArgumentError),
        ("- a", InvalidArgumentError),
        ("kind: [", InvalidArgumentError),
        ("kind: zoo\nmetadata: {name: a}", InvalidArgumentError),
        ("kind: job\nmetadata: {name: 3}", InvalidArgumentError),
        ("kind: job\nspec: {build: {commands: x}}", InvalidArgumentError),
        ("kind: !!python/object/apply:os.system [ls]", UnsafeError),
        ("a: b", InvalidArgumentError),
    ],
)
def test_documents_that_are_none_are_told(text: str, error: type[MlrunError]) -> None:
    Path("f.yaml").write_text(text)
    with pytest.raises(error, match=r"f\.yaml"):
        importer.load("f.yaml")


def test_files_that_are_none_are_told() -> None:
    Path("function.yaml").write_text("kind: job")
    Path("train.py").write_text("x = 1")
    with pytest.raises(NotFoundError, match=r"did you mean .*function\.yaml"):
        importer.load("functon.yaml")
    with pytest.raises(InvalidArgumentError, match="code_to_function"):
        importer.load("train.py")
    with pytest.raises(InvalidArgumentError):
        importer.load("")


def test_code_beside_the_document_is_meant_by_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "code.py").write_text("x = 1")
    (folder / "f.yaml").write_text("kind: local\nmetadata: {name: a}\nspec: {command: code.py}")
    assert importer.load("deep/f.yaml").spec.command == str(folder / "code.py")
    (folder / "f.yaml").write_text("kind: job\nmetadata: {name: a}\nspec: {command: code.py}")
    assert importer.load("deep/f.yaml").spec.command == "code.py"


@pytest.mark.parametrize("command", ["../secret.py", "a/../../secret.py", "link.py", "http://host/x.py"])
def test_code_beside_the_document_stays_in_its_folder(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    (tmp_path / "secret.py").write_text("x = 1")
    (folder / "link.py").symlink_to(tmp_path / "secret.py")
    (folder / "f.yaml").write_text(f"kind: local\nmetadata: {{name: a}}\nspec: {{command: {command}}}")
    with pytest.raises(UnsafeError):
        importer.load("deep/f.yaml")


def test_code_beside_a_remote_document_comes_in_it() -> None:
    from mlrun_jupyter.datastore.resolve import resolve

    resolve("memory://remote-test/d/f.yaml").put("kind: local\nmetadata: {name: a}\nspec: {command: code.py}")
    resolve("memory://remote-test/d/code.py").put("x = 1\n")
    record = importer.load("memory://remote-test/d/f.yaml")
    assert (record.code, record.spec.command) == ("x = 1\n", "")
    assert list(Path().iterdir()) == []
    resolve("memory://remote-test/d/f.yaml").put("kind: local\nmetadata: {name: a}\nspec: {command: ../code.py}")
    with pytest.raises(UnsafeError):
        importer.load("memory://remote-test/d/f.yaml")


def test_functions_come_from_a_store_by_tag_and_by_hash() -> None:
    db = open_db("memory://files-test")
    record = function()
    record.metadata.project = "p"
    first = db.store_function(record, tag="v1")
    embed(record, body="x = 2\n")
    db.store_function(record, tag="latest")
    assert importer.load("db://p/train", db=db).code == "x = 2\n"
    assert importer.load("db://p/train:v1", db="memory://files-test").code == "x = 1\n"
    assert importer.load(f"db://p/train@{first}", db=db).code == "x = 1\n"
    assert importer.load(f"db://p/train:latest@{first}", db=db).code == "x = 1\n"
    assert importer.load("store://functions/p/train:v1", db=db).code == "x = 1\n"
    assert importer.load("db://train", db=db, project="p").metadata.project == "p"
    with pytest.raises(NotFoundError):
        importer.load("db://p/other", db=db)
    with pytest.raises(InvalidArgumentError):
        importer.load("db://p/a/b/c", db=db)


# versions


def test_versions_are_listed_and_compared() -> None:
    db = open_db("memory://versions-test")
    record = function(code="def f():\n    return 1\n")
    record.metadata.project = "p"
    old = record.copy()
    db.store_function(record, tag="v1")
    embed(record, body="def f():\n    return 2\n")
    record.spec.image = "a/b"
    db.store_function(record, tag="latest")
    assert {version.hash for version in versions(db, "p", "train")} == {old.content_hash(), record.content_hash()}
    found = compare(old, record)
    assert "-    return 1\n+    return 2\n" in found.code
    assert found.fields == {"spec.image": (None, "a/b")}
    assert not compare(record, record.copy())


def test_a_function_tells_its_versions_and_what_changed() -> None:
    first = Function(function(code="def f():\n    return 1\n"))
    first.save(tag="v1")
    old = first.metadata.hash
    second = Function(function(code="def f():\n    return 2\n")).set_env("A", 1)
    assert str(second.diff()).startswith("spec.env: None -> [{'name': 'A', 'value': '1'}]\n--- train@")
    second.save()
    assert [(each.hash, each.tags) for each in second.versions()] == [
        (second.metadata.hash, ("latest",)),
        (old, ("v1",)),
    ]
    for version in ("v1", old, old[:8], first):
        assert str(second.diff(version)).endswith("-    return 1\n+    return 2")
    assert not second.diff()
    for version in ("v2", "0" * 40):
        with pytest.raises(NotFoundError):
            second.diff(version)


def test_a_diff_tells_a_missing_last_line_end() -> None:
    assert code_diff("a", "a\n").count("No newline") == 1
    assert code_diff("a\n", "a\n") == ""


# hubs


def set_hub(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MLRUN_HUB", value)
    config.reset()


def test_a_folder_is_a_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter.export(function(name="my-fn"), "hub/my_fn/function.yaml")
    exporter.export(function(name="two", code="x = 3\n"), "hub/two/1.2.0/src/function.yaml")
    set_hub(monkeypatch, f"{tmp_path}/hub;team={tmp_path}/hub")
    assert importer.load("hub://my-fn").metadata.name == "my-fn"
    assert importer.load("hub://team/my-fn:latest", project="p").metadata.project == "p"
    assert importer.load("hub://two:1.2.0").code == "x = 3\n"
    with pytest.raises(NotFoundError, match="no version 'v9'"):
        importer.load("hub://my-fn:v9")
    with pytest.raises(NotFoundError, match="did you mean my-fn"):
        importer.load("hub://my-fm")
    with pytest.raises(NotFoundError, match=r"did you mean 1\.2\.0"):
        importer.load("hub://two:1.2.1")
    with pytest.raises(InvalidArgumentError, match="did you mean team"):
        importer.load("hub://tean/two")
    for address in ("hub://../two", "hub://a/b/c", "hub://", "hub://.."):
        with pytest.raises(MlrunError):
            importer.load(address)


def test_without_a_hub_it_is_told_how_to_set_one() -> None:
    with pytest.raises(InvalidArgumentError, match="MLRUN_HUB"):
        importer.load("hub://two")


def test_a_repository_is_a_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=e@x"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path / "repo", check=True, capture_output=True)

    exporter.export(function(), "repo/train/function.yaml")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("tag", "v1")
    set_hub(monkeypatch, f"file://{tmp_path}/repo")
    assert importer.load("hub://train").code == "x = 1\n"
    exporter.export(function(code="x = 2\n"), "repo/train/function.yaml")
    git("commit", "-q", "-a", "-m", "two")
    assert importer.load("hub://train").code == "x = 2\n"
    assert importer.load("hub://train:v1").code == "x = 1\n"
    with pytest.raises(NotFoundError, match="no version 'v9'"):
        importer.load("hub://train:v9")
    set_hub(monkeypatch, f"file://{tmp_path}/none")
    with pytest.raises(DataError, match="cannot be fetched"):
        importer.load("hub://train")


# sources


@pytest.mark.parametrize("address", ["git://-x/y", "git+file://host/x", "git@-host:x"])
def test_addresses_that_are_options_or_commands_are_refused(address: str) -> None:
    for ref in ("", "#--force", "#a..b", "#-x", "#a b"):
        with pytest.raises(MlrunError), source.opened(address + ref):
            pass
    with pytest.raises(UnsafeError), source.opened("git://host/x.git#--upload-pack=touch x"):
        pass
    assert not Path("x").exists()
