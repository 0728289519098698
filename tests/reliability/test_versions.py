"""Many processes log versions of one artifact while others read it: each version is there, none is torn (R20)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.db.query import ArtifactQuery

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
WRITERS, VERSIONS, READERS = (16, 50, 4) if FULL else (3, 10, 1)

WRITE = """
import sys
from mlrun_jupyter import new_task, run_local

def work(context, number):
    context.log_artifact("k", body=f"{sys.argv[1]}-{number} ".encode() * 5000)

for number in range(int(sys.argv[2])):
    run_local(new_task(name="same", params={"number": number}), handler=work)
"""

READ = """
import hashlib, pathlib, sys, time
from mlrun_jupyter import get_dataitem
from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.query import ArtifactQuery

db, seen, stop = open_db(sys.argv[1]), 0, pathlib.Path("stop")
while True:
    last = stop.exists()
    for version in db.list_artifacts(ArtifactQuery(project="*", tag="latest", limit=5)).rows:
        body = get_dataitem(version.spec.target_path).get()
        word = body[:body.index(b" ") + 1]
        assert body == word * 5000, "torn"
        assert hashlib.sha256(body).hexdigest() == version.metadata.hash, "another's bytes"
        seen += 1
    if last:
        break
    time.sleep(0.005)
print(seen)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    return tmp_path


def start(folder: Path, code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_versions_of_one_key_are_whole_while_they_are_written_and_read(folder: Path) -> None:
    readers = [start(folder, READ, folder / "store") for _ in range(READERS)]
    writers = [start(folder, WRITE, number, VERSIONS) for number in range(WRITERS)]
    wrote = [writer.communicate(timeout=600) for writer in writers]
    assert [error for _, error in wrote] == [""] * WRITERS
    (folder / "stop").touch()
    said = [reader.communicate(timeout=120) for reader in readers]
    assert [error for _, error in said] == [""] * READERS
    db = open_db(str(folder / "store"))
    found = db.list_artifacts(ArtifactQuery(project="*", tag="*", limit=2000)).rows
    hashes = {each.metadata.hash for each in found}
    close_all()
    print(
        json.dumps(
            {"id": "R20", "n": WRITERS * VERSIONS, "versions": len(hashes), "read": [int(out) for out, _ in said]}
        )
    )
    assert len(hashes) == len(found) == WRITERS * VERSIONS
    assert all(int(out) > 0 for out, _ in said)
