"""More than anybody can want is refused at once, by its count, and takes no memory (R29)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlrun_jupyter import get_run_db

MEASURED = """
import json, time
from itertools import count
from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.tracking.usage import own_peak

def handler(context, a=0, b=0, c=0):
    raise SystemExit("it ran")

run_local(handler=lambda context: None)  # what is loaded once does not count
before, began = own_peak(), time.process_time()
try:
    run_local(new_task("sweep", TASK), handler=handler)
except InvalidArgumentError as error:
    print(json.dumps({"said": str(error), "cpu": round(time.process_time() - began, 3), "bytes": own_peak() - before}))
"""
BILLION = "hyper_params={name: range(1000) for name in 'abc'}"
ENDLESS = "hyper_params={'a': count()}"
ROWS = "param_file='rows.csv'"


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (BILLION, "1,000,000,000 combinations"),
        (ENDLESS, "cannot be counted|more than"),
        (ROWS, "1,000,000 combinations"),
    ],
)
def test_a_sweep_that_is_too_large_is_refused_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str, said: str
) -> None:
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    (tmp_path / "rows.csv").write_text("a,b\n" + "3,0.25\n" * 1_000_000)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.replace("TASK", task)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    print(json.dumps({"id": "R29", **found}))
    assert re.search(said, found["said"])
    assert 0 <= found["bytes"] <= 50_000_000
    assert len(get_run_db(str(tmp_path / "store")).list_runs()) == 1
