"""Two services at one folder: the second says which one is there, and ends nobody's runs (R27)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.db.liveness import identity
from mlrun_jupyter.db.query import RunQuery
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.run import RunKey


def serve(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mlrun_jupyter", "db", "-p", "0", "-d", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_second_service_for_a_folder_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    db = open_db(str(tmp_path))
    alive = JournalRecord(1, "open", RunKey("p", "u"), 1, 1.0, {"run": {"status": {"state": "running"}}})
    db.apply(identity().writer, [alive])
    first = serve(tmp_path)
    try:
        assert first.stdout is not None
        assert "http://127.0.0.1" in first.stdout.readline()
        second = serve(tmp_path)
        said, _ = second.communicate(timeout=120)
        assert second.returncode not in (0, None)
        assert str(first.pid) in said
        assert "Traceback" not in said
        assert db.count_runs(RunQuery(project="p")) == {"running": 1}
        print(json.dumps({"id": "R27", "said": said.strip()[:200]}))
    finally:
        first.terminate()
        first.communicate(timeout=60)
        close_all()
