"""What the README tells a newcomer to type does what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_quickstart_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))
    cells = [nbformat.v4.new_code_cell(text.strip()) for text in blocks("python")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    arguments = ["--IPKernelApp.log_level=ERROR"]
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}, extra_arguments=arguments
    ).execute()
    from mlrun_jupyter import get_run_db

    runs = get_run_db().list_runs()
    assert [run.name for run in runs] == ["train"] * 3
    assert {run.state() for run in runs} == {"completed"}
    assert runs[1].results["best_iteration"] > 0


def test_every_command_that_is_named_exists(tmp_path: Path) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("mlrun ")]
    for verb in sorted({line.split()[1] for line in lines}):
        done = subprocess.run(
            [sys.executable, "-m", "mlrun", verb, "--help"], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, f"mlrun {verb}: {done.stderr}"


def test_every_magic_that_is_named_exists(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `%mlrun ([^|]*)\|", README, re.MULTILINE)
    words = {word for row in rows for word in re.findall(r"(?:^|`)([a-z_]+)\b", row)} - {"help"}
    assert len(words) > 10
    lines = [
        "from IPython.testing.globalipapp import start_ipython",
        "ip = start_ipython()",
        "ip.run_line_magic('load_ext', 'mlrun')",
    ]
    lines += [f"ip.run_line_magic('mlrun', 'help {word}')" for word in sorted(words)]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
