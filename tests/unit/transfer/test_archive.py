"""Projects go into a file and out of it again, whole; a file that is damaged or hostile brings nothing."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery, FunctionQuery, RunQuery
from mlrun_jupyter.errors import ConflictError, DataError, MlrunError, NotFoundError, StoreVersionError, UnsafeError
from mlrun_jupyter.service.background import serving
from mlrun_jupyter.transfer import archive
from mlrun_jupyter.transfer.archive import ArchiveSource
from mlrun_jupyter.transfer.intake import take
from mlrun_jupyter.transfer.store import StoreSource

Store = Callable[..., RunDB]


def seen(db: RunDB) -> dict[str, Any]:
    """All that a store holds but what the store itself writes: where bytes lie, and when it wrote."""
    runs = {}
    for run in db.list_runs(RunQuery(project=ALL_PROJECTS, iterations=True)).rows:
        document = run.to_dict()
        document["status"].pop("last_update", None)
        for entry in document["status"].get("artifacts", []):
            entry["spec"].pop("target_path", None)
        document["log"] = db.read_log(run.key)
        document["curves"] = {
            name: (list(track.steps), list(track.times), [repr(value) for value in track.values])
            for name in run.status.metrics
            for track in [db.read_series(run.key, name)]
        }
        runs[str(run.key)] = repr(document)
    artifacts = {}
    for tag in db.list_artifact_tags(ALL_PROJECTS):
        for each in db.list_artifacts(ArtifactQuery(project=ALL_PROJECTS, tag=tag)).rows:
            place = Path(each.spec.target_path)
            files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
            content = [path.read_bytes() for path in files]
            artifacts[tag, each.metadata.project, each.spec.db_key, each.metadata.iter] = each.metadata.uid, content
    functions = {
        (tag, each.metadata.name): each.metadata.hash
        for tag in db.list_function_tags(ALL_PROJECTS)
        for each in db.list_functions(FunctionQuery(project=ALL_PROJECTS, tag=tag)).rows
    }
    order = [run.metadata.uid for run in db.list_runs(RunQuery(project="iris")).rows]
    return {"runs": runs, "artifacts": artifacts, "functions": functions, "order": order}


def exported(db: RunDB, path: Path, *projects: str) -> Path:
    source = StoreSource(db, projects)
    archive.write(source, path, [each.metadata.name for each in source.projects])
    return path


def test_what_goes_in_comes_out(full: RunDB, store: Store, tmp_path: Path) -> None:
    path = exported(full, tmp_path / "all.gz")
    other = store("other")
    taken = take(ArchiveSource(path), other)
    assert (taken.projects, taken.runs, taken.there) == (2, 7, 0)
    assert seen(other) == seen(full)
    for run in other.list_runs(RunQuery(project=ALL_PROJECTS)).rows:
        code = run.status.extra.get("code")
        assert code is None or other.read_object(code) == full.read_object(code)
        for entry in run.status.artifacts:
            assert Path(entry["spec"]["target_path"]).exists()
            assert "other" in entry["spec"]["target_path"]


def test_taking_it_again_changes_nothing(full: RunDB, store: Store, tmp_path: Path) -> None:
    path, other = exported(full, tmp_path / "all.gz"), store("other")
    take(ArchiveSource(path), other)
    before = seen(other)
    again = take(ArchiveSource(path), other)
    assert (again.projects, again.functions, again.artifacts, again.runs) == (0, 0, 0, 0)
    assert seen(other) == before


def test_a_load_that_was_killed_goes_on(
    full: RunDB, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After every write that it makes, the worst moment being just after."""
    path, other = exported(full, tmp_path / "all.gz"), store("other")
    writes = ("apply", "store_run", "store_artifact", "store_function", "store_project", "forget_writer")
    real = {name: getattr(other, name) for name in writes}
    for allowed in range(400):
        calls = [0]
        with monkeypatch.context() as patch:
            for name in writes:

                def limited(*given: Any, call: Any = real[name], allowed: int = allowed, **named: Any) -> Any:
                    result = call(*given, **named)
                    calls[0] += 1
                    if calls[0] > allowed:
                        raise KeyboardInterrupt
                    return result

                patch.setattr(other, name, limited)
            try:
                take(ArchiveSource(path), other)
                break
            except KeyboardInterrupt:
                continue
    assert allowed > 5
    assert seen(other) == seen(full)


def test_one_project_of_several(full: RunDB, store: Store, tmp_path: Path) -> None:
    other = store("other")
    take(ArchiveSource(exported(full, tmp_path / "taxi.gz", "taxi")), other)
    assert [each.metadata.name for each in other.list_projects()] == ["taxi"]
    with pytest.raises(NotFoundError, match="iris, taxi"):
        StoreSource(full, ["tacsi"])


def test_out_of_one_service_and_into_another(full: RunDB, store: Store, tmp_path: Path) -> None:
    from mlrun_jupyter.db.http import HTTPRunDB

    with serving(full) as here, serving(store("other")) as there:
        source, target = HTTPRunDB(here.address), HTTPRunDB(there.address)
        path = exported(source, tmp_path / "all.gz")
        take(ArchiveSource(path), target)
        source.close()
        target.close()
    assert seen(store("other")) == seen(full)


def test_what_is_newer_there_stays(full: RunDB, store: Store, tmp_path: Path) -> None:
    path, other = exported(full, tmp_path / "all.gz"), store("other")
    take(ArchiveSource(path), other)
    run = other.list_runs(RunQuery(project="taxi")).rows[0]
    other.update_run(run.key, {"metadata.labels.seen": "yes"})
    newest = other.read_artifact("iris", "train_notes")
    other.tag_artifact("iris", "train_notes", newest.metadata.uid, "prod")
    take(ArchiveSource(path), other)
    assert other.read_run(run.key).metadata.labels["seen"] == "yes"
    assert other.read_artifact("iris", "train_notes", tag="prod").metadata.uid == newest.metadata.uid


def test_a_run_under_way_is_told_as_lost(full: RunDB, store: Store, tmp_path: Path) -> None:
    run = full.list_runs(RunQuery(project="taxi")).rows[0].copy()
    run.metadata.uid, run.status.state, run.status.end_time = "goes-on", "running", ""
    full.store_run(run)
    assert take(ArchiveSource(exported(full, tmp_path / "all.gz")), store("other")).lost == 1
    found = store("other").read_run(run.key).status
    assert (found.state, found.reason) == ("error", "lost")


def test_no_file_is_overwritten(full: RunDB, tmp_path: Path) -> None:
    path = exported(full, tmp_path / "all.gz", "taxi")
    before = path.read_bytes()
    with pytest.raises(ConflictError):
        exported(full, path, "iris")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["all.gz"]


@pytest.mark.parametrize("cut", [1, 10, 100, 0.3, 0.5, 0.9, -1, -8, -20])
def test_what_is_cut_off_brings_nothing(full: RunDB, store: Store, tmp_path: Path, cut: float) -> None:
    path = exported(full, tmp_path / "all.gz", "taxi")
    data = path.read_bytes()
    path.write_bytes(data[: int(cut * len(data)) if 0 < cut < 1 else int(cut)])
    with pytest.raises(DataError):
        take(ArchiveSource(path), store("other"))
    assert not store("other").list_projects()


def test_a_flipped_bit_brings_nothing(full: RunDB, store: Store, tmp_path: Path) -> None:
    path = exported(full, tmp_path / "all.gz", "taxi")
    data = path.read_bytes()
    for at in range(12, len(data), max(1, len(data) // 40)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :])
        with pytest.raises(MlrunError):
            ArchiveSource(path)


def made(path: Path, *lines: dict[str, Any], head: Any = None, end: bool = True) -> Path:
    """An archive as somebody else writes it."""
    all_of_it = [head or {"archive": 1, "version": "1", "projects": []}, *lines, *([{"end": {}}] if end else [])]
    path.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in all_of_it)))
    return path


def artifact(path: str, **metadata: Any) -> dict[str, Any]:
    return {
        "kind": "artifact",
        "metadata": {"key": "a", "project": "p", "uid": "u1", "hash": "0" * 64, **metadata},
        "spec": {"target_path": path, "db_key": "a"},
    }


def test_newer_forms_and_other_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(StoreVersionError, match="version 9"):
        ArchiveSource(made(tmp_path / "a.gz", head={"archive": 2, "version": "9"}))
    with pytest.raises(DataError, match="not an archive"):
        ArchiveSource(made(tmp_path / "b.gz", head={"something": "else"}))
    with pytest.raises(DataError, match="cut off"):
        ArchiveSource(made(tmp_path / "c.gz", end=False))
    (tmp_path / "d.gz").write_bytes(b"plain text")
    with pytest.raises(DataError, match="no archive"):
        ArchiveSource(tmp_path / "d.gz")
    with pytest.raises(NotFoundError):
        ArchiveSource(tmp_path / "none.gz")


@pytest.mark.parametrize(
    "line",
    [
        {"project": {"metadata": {"name": "../../etc"}}},
        {"run": {"metadata": {"project": "a/b", "uid": "u"}}},
        {"run": {"metadata": {"project": 3}}},
        {"run": []},
        {"artifact": artifact("x", project="..")},
        {"artifact": artifact("x", key="../x"), "tags": ["latest"], "files": {"": 3}},
        {"artifact": artifact("x"), "tags": ["../latest"]},
        {"artifact": artifact("x"), "files": {"../../evil": 3}},
        {"artifact": artifact("x"), "files": {"": 3}},
        {"artifact": artifact("x"), "files": {"/etc/evil": 0}},
    ],
    ids=lambda line: json.dumps(line)[:60],
)
def test_hostile_lines_are_refused_and_write_nothing_outside(line: Any, store: Store, tmp_path: Path) -> None:
    path = made(tmp_path / "evil.gz", line, {"bytes": "not base64!"})
    before = sorted(tmp_path.iterdir())
    with pytest.raises(MlrunError):
        take(ArchiveSource(path), store("store"))
    assert sorted(each for each in tmp_path.iterdir() if each.name != "store") == before
    assert not (tmp_path / "store" / "artifacts").exists()


def test_bytes_that_are_not_those_of_the_record_are_refused(store: Store, tmp_path: Path) -> None:
    sent = {"bytes": base64.b64encode(b"other").decode()}
    path = made(tmp_path / "a.gz", {"artifact": artifact("x"), "files": {"": 5}}, sent)
    with pytest.raises(DataError, match="not those"):
        take(ArchiveSource(path), store("store"))
    assert not store("store").list_artifacts(ArtifactQuery(project=ALL_PROJECTS, tag="*")).rows


def test_a_record_cannot_point_at_a_file_of_this_machine(store: Store, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    record = artifact(str(tmp_path / "secret.txt"))
    run = {"metadata": {"project": "p", "uid": "u"}, "status": {"state": "completed", "artifacts": [record]}}
    take(ArchiveSource(made(tmp_path / "a.gz", {"artifact": record, "tags": ["latest"]}, {"run": run})), store("store"))
    assert store("store").read_artifact("p", "a").spec.target_path == ""
    (kept,) = store("store").list_runs(RunQuery(project="p")).rows[0].status.artifacts
    assert kept["spec"]["target_path"] == ""


def test_a_line_without_end_is_not_read_on(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(b'{"archive": 1, "x": "')
        for _ in range(80):
            file.write(b"\0" * 2**20)
    with pytest.raises(UnsafeError, match="longer"):
        ArchiveSource(path)
