"""Bytes first, whole and hashed; then a record; nothing is overwritten, nothing is kept twice."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlrun_jupyter import artifacts, datastore
from mlrun_jupyter.artifacts import Artifact, DirArtifact, LinkArtifact, durable
from mlrun_jupyter.artifacts.vault import Vault
from mlrun_jupyter.errors import (
    InvalidArgumentError,
    NotFoundError,
    StoreUnavailableError,
    UnknownArgumentError,
    UnsafeError,
)

OTHER = "fedcba9876543210fedcba9876543210"


def _files(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".objects" not in path.parts
    )


def _objects(folder):
    return [path for path in (folder / ".objects").rglob("*") if path.is_file()]


def test_the_record_says_what_and_where(log, tmp_path):
    record = log(
        Artifact("model", body=b"abc is 123", local_path="model.txt", labels={"framework": "xgboost"}, description="d"),
        tag="v1",
    )
    target = tmp_path / "out" / "train" / "01234567" / "model.txt"
    assert target.read_bytes() == b"abc is 123"
    assert record.spec.target_path == str(target)
    assert (record.metadata.hash, record.spec.size) == (hashlib.sha256(b"abc is 123").hexdigest(), 10)
    assert (record.metadata.key, record.spec.db_key, record.metadata.tag) == ("model", "train_model", "v1")
    assert (record.metadata.tree, record.metadata.project) == ("0123456789abcdef0123456789abcdef", "iris")
    assert record.metadata.labels == {"framework": "xgboost"}
    assert record.spec.producer == {"kind": "run", "name": "train", "uri": "iris/0123456789abcdef0123456789abcdef"}
    assert record.spec.format == "txt"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"body": "x"}, "k"),
        ({"body": "x", "format": "json"}, "k.json"),
        ({"body": "x", "local_path": "sub/a.txt"}, "sub/a.txt"),
        ({"body": "x", "local_path": "./a.txt"}, "a.txt"),
        ({"body": "x", "local_path": "/abs/a.txt"}, "a.txt"),
        ({"body": "x", "local_path": "../up/a.txt"}, "a.txt"),
        ({"body": "x", "local_path": "~/a.txt"}, "a.txt"),
        ({"body": "x", "local_path": "C:\\d\\a.txt"}, "a.txt"),
    ],
)
def test_names_of_stored_files(log, tmp_path, arguments, name):
    log(Artifact("k", **arguments))
    assert _files(tmp_path / "out") == [f"train/01234567/{name}"]


def test_bodies_of_every_kind(log):
    import array

    for body, expected in (
        ("ü", "ü".encode()),
        (bytearray(b"1"), b"1"),
        (memoryview(b"1"), b"1"),
        (array.array("b", [1, 2]), b"\1\2"),
        (b"", b""),
    ):
        assert Path(log(Artifact("k", body=body)).spec.target_path).read_bytes() == expected
    for body in (object(), 3, {"a": 1}, "\ud800"):
        with pytest.raises(InvalidArgumentError, match="'k'"):
            log(Artifact("k", body=body))


def test_no_run_and_no_iteration_overwrites_another(log, tmp_path):
    paths = {
        log(Artifact("m", body=b"1")).spec.target_path,
        log(Artifact("m", body=b"2"), uid=OTHER).spec.target_path,
        log(Artifact("m", body=b"3"), iteration=1).spec.target_path,
        log(Artifact("m", body=b"4"), iteration=2).spec.target_path,
        log(Artifact("m", body=b"5"), name="other run").spec.target_path,
    }
    assert {Path(path).read_bytes() for path in paths} == {b"1", b"2", b"3", b"4", b"5"}
    assert "other-run/01234567/m" in _files(tmp_path / "out")


def test_versions_within_a_run_keep_their_bytes(log):
    first, second = (
        log(Artifact("m", body=b"1", local_path="m.tar.gz")),
        log(Artifact("m", body=b"2", local_path="m.tar.gz")),
    )
    again = log(Artifact("m", body=b"1", local_path="m.tar.gz"))
    assert Path(first.spec.target_path).read_bytes() == b"1"
    assert Path(second.spec.target_path).read_bytes() == b"2"
    assert second.spec.target_path.endswith(".tar.gz")
    assert again.spec.target_path == first.spec.target_path
    assert again.metadata.uid == first.metadata.uid != second.metadata.uid


def test_identical_bytes_are_kept_once(log, tmp_path):
    data = os.urandom(100_000)
    one, two = log(Artifact("a", body=data)), log(Artifact("b", body=data), uid=OTHER)
    assert Path(one.spec.target_path).samefile(two.spec.target_path)
    assert len(_objects(tmp_path / "out")) == 1
    Path(one.spec.target_path).unlink()
    assert Path(two.spec.target_path).read_bytes() == data


def test_a_damaged_object_is_not_taken_for_its_bytes(log, tmp_path):
    log(Artifact("a", body=b"good"))
    _objects(tmp_path / "out")[0].write_bytes(b"evil")
    assert Path(log(Artifact("b", body=b"good")).spec.target_path).read_bytes() == b"good"


def test_garbage_is_what_no_version_names(log, tmp_path):
    one, two = log(Artifact("a", body=b"1")), log(Artifact("b", body=b"2"))
    vault = Vault(str(tmp_path / "out"))
    assert vault.clean() == 0
    Path(one.spec.target_path).unlink()
    assert vault.clean() == 1
    assert vault.clean() == 0
    assert Path(two.spec.target_path).read_bytes() == b"2"


def test_templates_in_the_path(log, tmp_path):
    record = log(Artifact("m", body=b"1"), out_path=f"{tmp_path}/{{{{run.project}}}}/{{{{run.uid}}}}/x")
    assert record.spec.target_path == f"{tmp_path}/iris/0123456789abcdef0123456789abcdef/x/m"
    with pytest.raises(InvalidArgumentError, match="did you mean run"):
        log(Artifact("m", body=b"1"), out_path="/tmp/{{run.uuid}}")


def test_a_file_is_copied_and_its_absence_told(log, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "roc.png").write_bytes(b"png")
    record = log(Artifact("roc", local_path="plots/roc.png"))
    (tmp_path / "plots" / "roc.png").write_bytes(b"changed later")
    assert Path(record.spec.target_path).read_bytes() == b"png"
    assert record.spec.src_path == "plots/roc.png"
    with pytest.raises(NotFoundError, match="no such file"):
        log(Artifact("roc", local_path="plots/rac.png"))
    with pytest.raises(InvalidArgumentError, match="neither a body nor a file"):
        log(Artifact("roc"))
    with pytest.raises(InvalidArgumentError, match="folder"):
        log(Artifact("roc", local_path="plots"))


def test_a_file_that_the_handler_wrote_in_place(log, tmp_path):
    folder = tmp_path / "out" / "train" / "01234567"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("mine")
    record = log(Artifact("report", local_path="report.html"))
    assert record.spec.target_path == str(folder / "report.html")
    assert record.metadata.hash == hashlib.sha256(b"mine").hexdigest()


def test_data_that_stays_where_it_is(log):
    record = log(Artifact("far", target_path="s3://bucket/data.csv"), upload=False)
    assert (record.spec.target_path, record.metadata.hash, record.spec.size) == ("s3://bucket/data.csv", "", None)
    assert log(Artifact("far", target_path="s3://bucket/other.csv"), upload=False).metadata.uid != record.metadata.uid


def test_an_exact_target_is_replaced(log, tmp_path):
    target = tmp_path / "exact" / "m.bin"
    for body in (b"1", b"2"):
        record = log(Artifact("m", body=body, target_path=str(target)))
        assert target.read_bytes() == body
        assert record.spec.target_path == str(target)


def test_folders(log, tmp_path):
    source = tmp_path / "src"
    (source / "deep" / "er").mkdir(parents=True)
    (source / "a.txt").write_text("1")
    (source / "deep" / "er" / "b.txt").write_text("2")
    (source / "out").symlink_to("/etc")
    (source / "passwd").symlink_to("/etc/passwd")
    record = log(DirArtifact("stuff", local_path=source))
    assert _files(tmp_path / "out") == ["train/01234567/stuff/a.txt", "train/01234567/stuff/deep/er/b.txt"]
    assert (record.kind, record.spec.size) == ("dir", 2)
    same = log(DirArtifact("stuff", local_path=source))
    assert (same.spec.target_path, same.metadata.hash) == (record.spec.target_path, record.metadata.hash)
    (source / "a.txt").write_text("changed")
    other = log(DirArtifact("stuff", local_path=source))
    assert other.spec.target_path != record.spec.target_path
    assert Path(record.spec.target_path, "a.txt").read_text() == "1"
    assert Path(other.spec.target_path, "a.txt").read_text() == "changed"
    with pytest.raises(NotFoundError):
        log(DirArtifact("stuff", local_path=tmp_path / "missing"))


def test_links_have_no_bytes(log):
    record = log(LinkArtifact("best", link_iteration=3))
    assert record.spec.extra == {"link_iteration": 3}
    assert record.metadata.hash == ""


NO_KEYS = ["", "a/b", "../x", "a b", ".hidden", "x" * 256, "a\0", "-x", "ключ"]


@pytest.mark.parametrize("key", NO_KEYS)
def test_keys_have_a_grammar(log, tmp_path, key):
    with pytest.raises(InvalidArgumentError):
        log(Artifact(key, body=b"x"))
    assert not (tmp_path / "out").exists()


def test_local_paths_cannot_leave(log, tmp_path):
    for path in ("a/../../x", "a\\..\\x", "a/%2e%2e/x", "a\nb"):
        try:
            log(Artifact("k", body=b"x", local_path=path))
        except UnsafeError:
            continue
    assert all(path.startswith("train/01234567/") for path in _files(tmp_path / "out"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_unknown_arguments_are_refused_with_the_nearest():
    with pytest.raises(UnknownArgumentError, match="did you mean labels"):
        artifacts.of("k", body=b"", lables={"a": 1})


def test_small_files_wait_for_the_recorder(log):
    durable.sync_pending()
    log(Artifact("a", body=b"1"))
    log(DirArtifact("b", local_path=Path(__file__).parent))
    waiting = durable.pending()
    assert waiting > 2
    assert durable.sync_pending() == waiting
    assert durable.pending() == 0


def test_with_full_durability_nothing_waits(log, full, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(fd) or real(fd))
    durable.sync_pending()
    log(Artifact("a", body=b"1"))
    assert durable.pending() == 0
    assert len(synced) >= 3  # the bytes, the name, the object's name


def test_a_failed_sync_is_never_told_as_success(log, monkeypatch):
    log(Artifact("a", body=b"1"))

    def fail(_fd):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            durable.sync_pending()
    assert durable.pending() == 1


def test_many_files_are_synced_at_once(log, monkeypatch):
    durable.sync_pending()
    for number in range(100):
        log(Artifact("a", body=b"%d" % number))

    def fail(_fd):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(durable, "_sync_system", fail)
        with pytest.raises(OSError, match="Input/output"):
            durable.sync_pending()
    assert durable.pending() == 100
    assert durable.sync_pending() == 100
    with monkeypatch.context() as patch:
        patch.setattr(durable, "_sync_system", lambda _fd: False)
        for number in range(100):
            log(Artifact("b", body=b"%d" % number))
        assert durable.sync_pending() == 100


def test_a_full_disk_is_told_and_leaves_nothing(log, tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(StoreUnavailableError, match="no space is left"):
        log(Artifact("a", body=b"1"))
    assert _files(tmp_path) == []


@pytest.mark.parametrize("error", [1, 18, 38, 95])
def test_file_systems_without_links(log, tmp_path, monkeypatch, error):
    def refuse(*_args, **_options):
        raise OSError(error, "no")

    monkeypatch.setattr(os, "link", refuse)
    first, second = log(Artifact("a", body=b"1")), log(Artifact("a", body=b"2"))
    assert Path(first.spec.target_path).read_bytes() == b"1"
    assert Path(second.spec.target_path).read_bytes() == b"2"


@pytest.mark.parametrize("place", ["file", "memory"])
def test_a_killed_upload_is_never_visible(tmp_path, place):
    """Killed at many places of a large artifact: no readable name exists, and nothing is left after cleaning."""
    code = """
import os, sys
from mlrun_jupyter import artifacts
from mlrun_jupyter.artifacts.content import Stream
class Slow(artifacts.Artifact):
    def content(self):
        def write(file):
            for step in range(20):
                file.write(b"x" * 100_000)
                if step == int(sys.argv[2]):
                    os.kill(os.getpid(), 9)
        return Stream(write)
artifacts.write(Slow("big"), producer=artifacts.Producer(name="r", uid="a" * 32, project="p"), out_path=sys.argv[1])
"""
    out = str(tmp_path / "out") if place == "file" else "memory://out"
    for step in range(0, 20, 4):
        done = subprocess.run([sys.executable, "-c", code, out, str(step)])
        assert done.returncode == -signal.SIGKILL
        assert not _files(tmp_path)
    Vault(str(tmp_path / "out")).clean()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_many_writers_of_one_key(log):
    """16 threads, 50 versions each: every record's bytes are its own, whatever the others do."""
    records = []

    def work(number):
        for version in range(50):
            body = f"{number}:{version % 25}".encode() * 100
            record = log(Artifact("m", body=body))
            records.append((record, body))
            assert Path(record.spec.target_path).read_bytes() == body

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records) == 800
    assert len({record.metadata.uid for record, _body in records}) == 400
    for record, body in records:
        assert Path(record.spec.target_path).read_bytes() == body
        assert record.metadata.hash == hashlib.sha256(body).hexdigest()


def test_addresses(log):
    first = log(Artifact("m", body=b"1"), out_path="memory://bucket/out")
    second = log(Artifact("m", body=b"2"), out_path="memory://bucket/out")
    assert first.spec.target_path == "memory://bucket/out/train/01234567/m"
    assert datastore.resolve(first.spec.target_path).get() == b"1"
    assert datastore.resolve(second.spec.target_path).get() == b"2"
    folder = log(DirArtifact("code", local_path=Path(__file__).parent), out_path="memory://bucket/out")
    assert Path(__file__).name in datastore.resolve(folder.spec.target_path).listdir()
    table = log(artifacts.DatasetArtifact("t", [{"a": 1}]), out_path="memory://bucket/out")
    assert datastore.resolve(table.spec.target_path).as_df().shape == (1, 1)


def test_large_known_bytes_are_not_uploaded_again(log):
    class Records:
        """The part of a run database that is asked."""

        def __init__(self):
            self.rows = []

        def list_artifacts(self, query):
            from mlrun_jupyter.db.query import Page

            return Page([row for row in self.rows if row.metadata.hash == query.hash])

    db, body = Records(), os.urandom(2 << 20)
    first = log(Artifact("m", body=body), out_path="memory://dedupe/out", db=db)
    db.rows.append(first)
    second = log(Artifact("m", body=body), out_path="memory://dedupe/out", db=db, uid=OTHER)
    assert second.spec.target_path == first.spec.target_path
    datastore.resolve(first.spec.target_path).delete()
    third = log(Artifact("m", body=body), out_path="memory://dedupe/out", db=db, uid=OTHER)
    assert datastore.resolve(third.spec.target_path).get() == body


def test_a_child_process_syncs_only_its_own(log):
    log(Artifact("a", body=b"1"))
    pid = os.fork()
    if not pid:
        os._exit(durable.pending())
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert durable.pending() == 1
