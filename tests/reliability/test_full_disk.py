"""A disk that fills up in the middle of a run, and is freed again (R8)."""

from __future__ import annotations

import os
import subprocess

import pytest

from mlrun_jupyter import config, get_run_db, run_local
from mlrun_jupyter.db import close_all
from mlrun_jupyter.errors import RunError
from mlrun_jupyter.tracking import tracker

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """A file system of 8 MiB with the store on it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
    monkeypatch.setenv("MLRUN_DBPATH", str(folder / "store"))
    monkeypatch.setenv("MLRUN_ARTIFACT_PATH", str(folder / "artifacts"))
    config.reset()
    yield folder
    tracker.close_all()
    close_all()
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder, leave=0):
    with open(folder / "ballast", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
        file.truncate(max(0, file.tell() - leave))


def test_user_code_goes_on_and_everything_arrives_once_there_is_space(disk, caplog):
    run_local(handler=lambda: 1, name="before")

    def work(context):
        for number in range(200):
            if number == 50:
                fill(disk)
            context.log_result(f"r{number}", "x" * 500)
            context.log_metric("m", number, number)
        return "done"

    run = run_local(handler=work, name="during")
    assert run.results["return"] == "done"
    assert "No space left" in tracker.of(run.db).journal.trouble
    (disk / "ballast").unlink()
    assert run_local(handler=lambda: 2, name="after").state() == "completed"
    tracker.of(run.db).flush()
    found = get_run_db().list_runs("=during")[0]
    assert found.state() == "completed"
    assert len(found.results) == 201
    assert found.metrics()["m"]["count"] == 200


def test_an_artifact_that_does_not_fit_is_told_and_never_recorded(disk):
    def work(context):
        fill(disk, leave=300_000)
        context.log_artifact("big", body=os.urandom(2_000_000))

    with pytest.raises(RunError, match="space") as caught:
        run_local(handler=work)
    (disk / "ballast").unlink()
    run = caught.value.run.refresh()
    assert run.status.state == "error"
    assert run.status.artifacts == []
    assert not [path for path in (disk / "artifacts").rglob("*") if path.is_file()]


def test_a_run_does_not_start_where_it_cannot_be_recorded(disk):
    (disk / "store").mkdir()
    fill(disk)
    with pytest.raises(Exception, match="space") as caught:
        run_local(handler=lambda: 1)
    assert str(disk) in str(caught.value)
    (disk / "ballast").unlink()
    assert run_local(handler=lambda: 1).state() == "completed"
