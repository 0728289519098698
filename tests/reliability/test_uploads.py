"""Artifacts on their way through the service: killed at any offset, or where its disk is full (R21, R8)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mlrun_jupyter import config, run_local
from mlrun_jupyter.db import open_db, opening
from mlrun_jupyter.db.query import ArtifactQuery, RunQuery
from mlrun_jupyter.errors import RunError
from mlrun_jupyter.safety.files import PARTIAL
from mlrun_jupyter.service.background import serving
from mlrun_jupyter.tracking import tracker

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
SIZE = 20_000_000
OFFSETS = [SIZE * number // 50 for number in range(50)] if FULL else [SIZE // 2]

UPLOAD = """
    import os, sys
    from mlrun_jupyter import run_local
    from mlrun_jupyter.datastore import pieces

    import contextlib

    opened = pieces.of

    @contextlib.contextmanager
    def ending(source, progress=None, **options):
        with opened(source, progress, **options) as (size, body):
            def taken():
                left = int(sys.argv[2])
                for piece in body:
                    yield piece[:left]
                    if left < len(piece):
                        os.kill(os.getpid(), 9)
                    left -= len(piece)
            yield size, taken()

    def work(context):
        context.log_result("before", 1)
        context.log_artifact("first", body=b"whole")
        pieces.of = ending
        context.log_artifact("big", local_path=sys.argv[1])

    run_local(handler=work, name="killed")
"""


@pytest.fixture
def service(tmp_path, monkeypatch):
    """A service with a folder for artifacts, which this process and others track at."""
    store = opening._embedded(tmp_path / "store")
    (tmp_path / "artifacts").mkdir()
    with serving(store, artifact_path=str(tmp_path / "artifacts")) as running:
        monkeypatch.setenv("MLRUN_DBPATH", running.address)
        below = f"{running.url}/api/native/v1/projects/{{{{run.project}}}}/files"  # as from another machine
        monkeypatch.setenv("MLRUN_ARTIFACT_PATH", below)
        config.reset()
        yield running
        tracker.close_all()
    store.close()


def stored(folder: Path) -> dict[str, int]:
    """Sizes by name, without what waits to be gone on with."""
    found = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(PARTIAL)]
    return {path.name: path.stat().st_size for path in found}


def test_a_killed_upload_is_never_visible(service, tmp_path):
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(SIZE))
    for offset in OFFSETS:
        command = [sys.executable, "-c", textwrap.dedent(UPLOAD), str(path), str(offset)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
        assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    db = open_db()
    db.recover()
    found = db.list_runs(RunQuery(limit=100)).rows
    assert len(found) == len(OFFSETS)
    for run in found:
        assert run.status.results == {"before": 1}
        assert [each["metadata"]["key"] for each in run.status.artifacts] == ["first"]
    assert {each.metadata.key for each in db.list_artifacts(ArtifactQuery(tag="*")).rows} == {"first"}
    assert set(stored(tmp_path / "artifacts")) == {"first"}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_service_whose_disk_is_full_says_so(service, tmp_path):
    folder = tmp_path / "artifacts"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=True)
    try:

        def work(context):
            context.log_artifact("small", body=b"fits")
            context.log_artifact("big", body=os.urandom(8_000_000))

        with pytest.raises(RunError, match="no room") as caught:
            run_local(handler=work, name="full")
        run = caught.value.run.refresh()
        assert (run.state(), [each["metadata"]["key"] for each in run.status.artifacts]) == ("error", ["small"])
        assert stored(folder) == {"small": 4}
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_bytes_and_tables_come_back_through_the_service(service, tmp_path):
    def work(context):
        context.log_artifact("notes", body="some text")
        context.log_dataset("points", [{"x": 1}, {"x": 2}])

    run = run_local(handler=work, name="whole")
    assert run.artifact("notes").get(encoding="utf-8") == "some text"
    assert run.artifact("points").as_df()["x"].tolist() == [1, 2]
    assert set(stored(tmp_path / "artifacts")) == {"notes", "points.parquet"}
