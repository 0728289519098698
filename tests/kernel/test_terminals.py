"""The magics where there is no page to show anything on: IPython in a terminal, and Jupyter console."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pexpect: Any = pytest.importorskip("pexpect")

TRAIN = (
    "%%mlrun\ndef train(context, depth: int = 3):\n"
    "    print('depth ' + 'is', depth)\n    context.log_result('accuracy', depth / 10)"
)
TIMEOUT = 60


class Terminal:
    """A program with a prompt ``In [1]:``, typed into as a person does."""

    def __init__(self, folder: Path, *module: str) -> None:
        environment = {
            **os.environ,
            "HOME": str(folder),
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "MLRUN_DBPATH": str(folder / "db"),
            "TERM": "xterm",
            "NO_COLOR": "1",
            "PROMPT_TOOLKIT_NO_CPR": "1",  # nobody answers where the cursor is
        }
        self._program = pexpect.spawn(
            sys.executable, ["-m", *module], env=environment, cwd=str(folder), timeout=TIMEOUT, encoding="utf-8",
            dimensions=(60, 120),
        )  # fmt: skip
        self._number = 0
        self._wait()

    def _wait(self) -> None:
        self._number += 1
        self._program.expect(rf"In \[(\x1b\[[\d;]*m)*{self._number}")

    def run(self, text: str, expected: str) -> None:
        """Paste a cell, have it run by Esc and Enter, and wait until it says ``expected``."""
        self._program.send(f"\x1b[200~{text}\x1b[201~\x1b\r")
        self._program.expect(expected)
        self._wait()

    def complete(self, text: str, rest: str) -> None:
        """Type a line and Tab; wait until ``rest`` is written behind it, and take the line back."""
        self._program.send(f"{text}\t")
        self._program.expect_exact(rest)
        self._program.send("\x03")

    def close(self) -> None:
        self._program.close(force=True)


@pytest.fixture(params=[("IPython", "--no-banner"), ("jupyter_console",)], ids=["ipython", "jupyter-console"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    pytest.importorskip(request.param[0])
    program = Terminal(tmp_path, *request.param)
    yield program
    program.close()


def test_a_session_in_a_terminal(terminal) -> None:
    terminal.run("%load_ext mlrun_jupyter\nprint('load' + 'ed')", "loaded")
    terminal.run(f"{TRAIN}\nprint('mark' + 'ed')", "marked")
    terminal.run("run = %mlrun run train -p depth=4", "depth is 4")
    terminal.run("run", "completed  train")
    terminal.run("%mlrun run trian", r"UsageError: there is no function 'trian': did you mean train\?")
    terminal.run("%%mlrun run --name by-hand --result n\nn = context.name", "completed  by-hand")
    terminal.run("%mlrun runs", "2 runs")
    terminal.run("%mlrun show", "train  version 1")
    terminal.complete("%mlrun run train -p de", "pth=")
