"""The texts that have the service run for good are true to its options: what they start, answers."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import httpx2
import pytest

from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.service import recipe


def line(text: str, start: str) -> str:
    return next(each.removeprefix(start) for each in text.splitlines() if each.startswith(start))


def answers(command: list[str], host: str) -> None:
    """Start it on a free port, and ask."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        told = next(line for line in process.stderr if "listens on" in line).split("listens on ")[1]
        url = told.partition(";")[0]
        assert told.strip().endswith(f"MLRUN_DBPATH=http://{host}:{url.rpartition(':')[2]}")
        assert httpx2.get(f"{url}/health", headers={"host": host}, timeout=30).status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_what_a_unit_starts_answers(tmp_path: Path) -> None:
    folder = tmp_path / "my runs"
    text = recipe.text("systemd", port=0, folder=str(folder), names=["runs.example.org"])
    answers(shlex.split(line(text, "ExecStart=")), "runs.example.org")
    assert shlex.split(line(text, "ReadWritePaths=")) == [str(folder)]
    assert (folder / "mlrun.db").exists()


def test_what_a_container_starts_answers(tmp_path: Path) -> None:
    text = recipe.text("container", port=0, names=["runs.example.org"])
    words = [*json.loads(line(text, "ENTRYPOINT ")), *json.loads(line(text, "CMD "))]
    folder = str(tmp_path / "data")
    command = [*recipe._program(), *(folder if word == "/data" else word for word in words[1:])]
    subprocess.run([*recipe._program(), "db", "token", "add", "ann", "-g", "*=write", "-d", folder], check=True)
    answers(command, "runs.example.org")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("folder", ["", "/srv/my runs", "/srv/100%", "/srv/a$b", "/var/lib/my runs"])
def test_systemd_reads_the_unit(folder: str, tmp_path: Path) -> None:
    unit = tmp_path / "mlrun-db.service"
    unit.write_text(recipe.text("systemd", port=8080, folder=folder))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_line_is_no_word(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="not a word"):
        recipe.text("systemd", port=8080, names=["x\nExecStartPre=/bin/true"])
