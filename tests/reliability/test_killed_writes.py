"""A process is killed while it writes a large artifact: nobody ever sees a part of one (R21)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.db.query import ArtifactQuery, RunQuery

POINTS = range(50) if os.environ.get("MLRUN_TEST_TIER") == "full" else range(0, 50, 20)
PIECE = 400_000  # 50 of them are 20 MB

UPLOAD = """
import os, sys
from mlrun_jupyter import artifacts, run_local
from mlrun_jupyter.artifacts.content import Stream

class Large(artifacts.Artifact):
    def content(self):
        def write(file):
            for number in range(50):
                file.write(bytes([number]) * PIECE)
                if number == int(sys.argv[1]):
                    os.kill(os.getpid(), 9)
        return Stream(write)

run_local(handler=lambda context: context.log_artifact(Large("large")), name="upload")
""".replace("PIECE", str(PIECE))


def upload(store: str, point: int, folder: Path) -> int:
    env = {**os.environ, "MLRUN_DBPATH": store, "TMPDIR": str(folder)}
    return subprocess.run([sys.executable, "-c", UPLOAD, str(point)], env=env, cwd=folder, timeout=120).returncode


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    yield str(tmp_path / "store")
    close_all()


def test_an_artifact_is_whole_or_not_there_wherever_its_writer_is_killed(address: str, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for point in POINTS:
        assert upload(address, point, scratch) == -signal.SIGKILL
    db = open_db(address)
    assert upload(address, 50, scratch) == 0
    (whole,) = db.list_artifacts(ArtifactQuery(project="*", tag="*")).rows
    assert whole.spec.size == 50 * PIECE
    db.recover()
    states = [each.status.state for each in db.list_runs(RunQuery(project="*")).rows]
    assert sorted(states) == ["completed", *["error"] * len(POINTS)]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith("mlrun.db")]
    large = {
        path.relative_to(tmp_path).as_posix(): path.stat().st_size for path in files if path.stat().st_size > 10_000
    }
    print(json.dumps({"id": "R21", "n": len(POINTS), "large": large}))
    assert set(large.values()) == {50 * PIECE}
