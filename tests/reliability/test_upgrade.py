"""An upgrade that is killed, or attempted by several at once, leaves the old store or the new one (R22)."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mlrun_jupyter.db import migrations, opening
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.db.sql import schema
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
STEPS = 20
POINTS = range(STEPS) if FULL else (0, 7, 19)

SECOND = f"""
import os, signal
from alembic import op
revision = "0099"
down_revision = "{schema.HEAD}"
def upgrade():
    op.execute("ALTER TABLE projects ADD COLUMN colour TEXT")
    for step in range({STEPS}):
        if os.environ.get("KILLED_AT") == str(step):
            os.kill(os.getpid(), signal.SIGKILL)
        op.execute(f"ALTER TABLE runs ADD COLUMN extra{{step}} INTEGER DEFAULT {{step}}")
        op.execute("UPDATE runs SET updated = updated + 1")
"""

UPGRADE = """
import sys
from pathlib import Path
from mlrun_jupyter.db import migrations, open_db
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.db.sql import schema
migrations.FOLDER, schema.HEAD = Path(sys.argv[2]), "0099"
print(sum(open_db(sys.argv[1]).count_runs(RunQuery(project="p")).values()))
"""

ROWS = "SELECT uid, state, attempt, doc FROM runs ORDER BY id"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A closed store of the first revision, and the revisions beside it."""
    db = opening._embedded(tmp_path / "store")
    for number in range(1, 301):  # ended, or they would be told as lost when the upgrades take longer than a lease
        key, run = RunKey("p", f"u{number}"), {"spec": {"n": number}}
        opened = JournalRecord(2 * number - 1, "open", key, 1, 1.0, {"run": run})
        db.apply("w", [opened, JournalRecord(2 * number, "close", key, 1, 1.0, {"state": "completed"})])
    db.close()
    versions = tmp_path / "revisions" / "versions"
    versions.mkdir(parents=True)
    for path in (migrations.FOLDER / "versions").glob("[0-9]*.py"):
        (versions / path.name).write_text(path.read_text())
    (versions / "0099_next.py").write_text(SECOND)
    return tmp_path / "store"


def upgrade(store: Path, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", UPGRADE, str(store), str(store.with_name("revisions"))],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def content(path: Path) -> tuple[str, list[tuple[object, ...]]]:
    with sqlite3.connect(path) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        rows = connection.execute(ROWS).fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return revision, rows


def test_killed_at_any_point_it_is_done_the_next_time(store: Path) -> None:
    before = content(store / "mlrun.db")
    for point in POINTS:
        process = upgrade(store, KILLED_AT=str(point))
        process.communicate()
        assert process.returncode == -9
        assert content(store / "mlrun.db") == before
        assert content(store / f"mlrun.db.{schema.HEAD}.backup") == before
        assert opening._embedded(store).count_runs(RunQuery(project="p")) == {"completed": 300}
    out, error = upgrade(store).communicate()
    assert (out.strip(), error) == ("300", "")
    assert content(store / "mlrun.db") == ("0099", before[1])
    assert content(store / f"mlrun.db.{schema.HEAD}.backup") == before
    print(json.dumps({"id": "R22", "n": len(POINTS), "lost": 0, "errors": 0}))


def test_processes_upgrade_at_once(store: Path) -> None:
    before = content(store / "mlrun.db")
    processes = [upgrade(store) for _ in range(8 if FULL else 3)]
    assert [process.communicate() for process in processes] == [("300\n", "")] * len(processes)
    assert content(store / "mlrun.db") == ("0099", before[1])
    assert content(store / f"mlrun.db.{schema.HEAD}.backup") == before
