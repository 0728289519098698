"""A function of a notebook is run again when the notebook is long gone."""

import pytest
from jupyter_client.manager import start_new_kernel

from mlrun_jupyter import config, get_run_db
from mlrun_jupyter.tracking import tracker

CELLS = [
    "import math\nprint('exploring')",
    "FACTOR = 3\n\ndef scaled(x):\n    return math.sqrt(x) * FACTOR",
    "def train(context, depth: int = 4):\n    context.log_result('score', scaled(depth))",
    "from mlrun_jupyter import run_local\nrun = run_local(handler=train, params={'depth': 16})",
]


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    config.reset()
    yield
    tracker.close_all()


def test_the_code_comes_with_what_it_needs_and_runs_in_another_process(store):
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        for cell in CELLS:
            assert client.execute_interactive(cell, timeout=60, output_hook=lambda _: None)["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    first = get_run_db().list_runs("train")[0]
    assert first.results == {"score": 12.0}
    module = first.db.read_object(first.status.extra["code"])["body"]["module"]
    assert "import math" in module
    assert "exploring" not in module
    again = first.rerun(params={"depth": 4})
    assert again.results == {"score": 6.0}
    assert again.metadata.labels["rerun-of"] == first.uid()
