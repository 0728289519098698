"""The program as a process: what it loads, how it ends, and what it tells a shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"IPython", "numpy", "pandas", "pyarrow", "sqlalchemy", "starlette", "tornado", "uvicorn"}


def python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def test_a_verb_loads_itself_and_nothing_heavy() -> None:
    code = "from mlrun_jupyter.cli.program import execute\nexecute(['version'])\nimport sys\nprint(*sys.modules)"
    loaded = set(python(code).splitlines()[-1].split())
    assert not loaded & HEAVY and "mlrun_jupyter.cli.run" not in loaded and "mlrun_jupyter.cli.version" in loaded


def test_loading_the_extension_loads_nothing_heavy() -> None:
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\nimport sys\n"
        "shell = InteractiveShell()\nbefore = set(sys.modules)\n"
        "import mlrun_jupyter\nmlrun_jupyter.load_ipython_extension(shell)\nprint(*(set(sys.modules) - before))"
    )
    loaded = set(python(code).split())
    assert not loaded & (HEAVY | {"click", "msgspec"}) and len(loaded) < 30


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mlrun ru", ["run", "runs"]),
        ("mlrun run --sel", ["--selector"]),
        ("mlrun run tra", ["training.py"]),
        ("mlrun get art", ["artifacts"]),
    ],
)
def test_a_shell_is_told_what_can_follow(mlrun, training, words, expected) -> None:
    listed = python(
        "from mlrun_jupyter.cli import main\nmain()",
        _MLRUN_COMPLETE="bash_complete",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    )
    assert [line.partition(",")[2] for line in listed.splitlines()] == expected


def test_ctrl_c_ends_a_run_with_one_line(mlrun) -> None:
    Path("slow.py").write_text("import time\nprint('begun', flush=True)\ntime.sleep(60)\n")
    command = [sys.executable, "-m", "mlrun_jupyter", "run", "slow.py"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read().strip().splitlines()[-1] == "mlrun: interrupted"
    assert "aborted" in mlrun("runs").out


def test_output_that_nobody_reads_is_no_error(mlrun, training) -> None:
    mlrun("run", "training.py")
    pipe = f"{sys.executable} -m mlrun_jupyter runs -o json | head -c 1 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("0", "")
