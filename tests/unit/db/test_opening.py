"""From an address to a store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter import config
from mlrun_jupyter.db import close_all, open_db, opening
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.memory import MemoryStore
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.errors import InvalidArgumentError, StoreUnavailableError
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey


def test_every_store_keeps_the_contract(db: Any) -> None:
    assert isinstance(db, RunDB)


def test_spellings_of_a_folder_are_one_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    db = open_db(str(tmp_path / "x"))
    for url in ("./x", "x", "x/", "~/x", f"file://{tmp_path}/x", f"file://localhost{tmp_path}/y/../x"):
        assert open_db(url) is db
    assert open_db("./") is not db
    assert db.url == str(tmp_path / "x")
    assert open_db(db.address) is db
    assert db.spool == tmp_path / "x" / "mlrun.db-journals"
    assert db.artifact_path == str(tmp_path / "x" / "artifacts")


def test_a_closed_store_leaves_no_file_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in ("a", "b", "a"):
        store = opening._embedded(tmp_path / name)
        store.apply("w", [JournalRecord(1, "open", RunKey("p", name), 1, 1.0, {"run": {}})])
        store.close()
        store.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_default_is_the_setting_then_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_db().url == str(Path("~/.mlrun/db").expanduser())
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "set"))
    config.reset()
    assert open_db().url == str(tmp_path / "set")


def test_memory_stores_have_names() -> None:
    assert isinstance(open_db("memory://a"), MemoryStore)
    assert open_db("memory://a") is open_db("memory://a")
    assert open_db("memory://a") is not open_db("memory://b")
    assert open_db("memory://a").spool is None


@pytest.mark.parametrize("url", ["s3://bucket", "mysql://u:secret@h/d", "file://host/x"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidArgumentError) as told:
        open_db(url)
    assert "secret" not in str(told.value)


def test_a_database_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(StoreUnavailableError) as told:
        open_db("postgresql://user:secret@127.0.0.1:1/none")
    assert "secret" not in str(told.value)
    assert "user:***@127.0.0.1:1" in str(told.value)


def test_a_postgresql_store_hides_its_password(empty_postgres: Any) -> None:
    db = open_db(empty_postgres.url)
    assert "s3cret" not in db.url
    assert open_db(db.address) is db
    assert db.spool is not None
    assert "s3cret" not in str(db.spool)
    assert db.spool.parent == Path("~/.mlrun/spool").expanduser()


def test_a_closed_store_is_opened_anew(tmp_path: Path) -> None:
    db = open_db(str(tmp_path))
    opening.close(db)
    assert open_db(str(tmp_path)) is not db
    close_all()


def test_a_forked_child_has_connections_of_its_own(tmp_path: Path) -> None:
    code = """
import os, sys
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey
def add(db, writer):
    for seq in range(1, 51):
        key = RunKey("p", f"{writer}{seq}")
        db.apply(writer, [JournalRecord(seq, "open", key, 1, 0.0, {"run": {}})])
        db.read_run(key)
db = open_db(sys.argv[1])
add(db, "before")
children = []
for number in range(3):
    pid = os.fork()
    if pid == 0:
        add(db if number else open_db(sys.argv[1]), f"child{number}-")
        sys.exit(0)
    children.append(pid)
add(db, "parent")
assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
print(len(db.list_runs(RunQuery(project="p")).rows))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "250"


def test_leaving_the_process_leaves_no_log_behind(tmp_path: Path) -> None:
    code = "import sys; from mlrun_jupyter.db import open_db; open_db(sys.argv[1]).list_projects()"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlrun.db", "mlrun.db-lock"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to drop to an unprivileged user")
@pytest.mark.parametrize("log", [False, True])
def test_a_folder_that_cannot_be_written_is_read(tmp_path: Path, log: bool) -> None:
    folder = Path("/tmp") / f"mlrun-readonly-{os.getpid()}-{log}"
    folder.mkdir()
    try:
        db = opening._embedded(folder)
        db.apply("w", [JournalRecord(1, "open", RunKey("p", "u"), 1, 0.0, {"run": {"metadata": {"name": "there"}}})])
        if not log:
            db.close()
        code = """
import sys
sys.path.insert(0, sys.argv[2])
from mlrun_jupyter.db import open_db
from mlrun_jupyter.errors import StoreUnavailableError
from mlrun_jupyter.model.run import RunKey
db = open_db(sys.argv[1])
print(db.read_run(RunKey("p", "u")).metadata.name)
try:
    db.append_log(RunKey("p", "u"), b"x")
except StoreUnavailableError as error:
    print(error)
"""
        root = str(Path(__file__).parents[3])
        command = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            sys.executable,
            "-c",
            code,
            str(folder),
            root,
        ]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HOME": "/"})
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == "there"
        assert f"read-only ({folder})" in done.stdout
        assert len(done.stdout.splitlines()) == 2
        db.close()
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def test_a_database_that_was_killed_is_used_again_when_it_is_back(empty_postgres: Any) -> None:
    db = opening._postgres(empty_postgres.url)
    records = [JournalRecord(seq, "open", RunKey("p", f"u{seq}"), 1, 0.0, {"run": {}}) for seq in (1, 2)]
    db.apply("w", records[:1], durable=True)
    empty_postgres.process.send_signal(signal.SIGQUIT)
    empty_postgres.process.wait(30)
    for use in (lambda: db.apply("w", records), lambda: db.list_projects()):
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            use()
    empty_postgres.restart()
    assert db.apply("w", records) == 2
    assert db.count_runs(RunQuery(project="p")) == {"created": 2}
    db.close()
