"""A shell of IPython with the magics in it, and a store of its own."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell


class Outcome(NamedTuple):
    error: BaseException | None
    value: Any
    out: str
    err: str


class Shell:
    """Runs cells as a front end does."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self.ip = InteractiveShell()
        self._capture = capture

    def run(self, cell: str, **options: Any) -> Outcome:
        """Run a cell and tell what came of it."""
        self._capture.readouterr()
        result = self.ip.run_cell(cell, store_history=True, **options)
        out, err = self._capture.readouterr()
        return Outcome(result.error_before_exec or result.error_in_exec, result.result, out, err)

    def red(self, cell: str) -> str:
        """The one red line of a cell that has to fail with it."""
        outcome = self.run(cell)
        assert type(outcome.error).__name__ == "UsageError", outcome
        lines = outcome.err.strip().splitlines()
        assert len(lines) == 1 and lines[0].startswith("UsageError: "), outcome
        return lines[0].removeprefix("UsageError: ")

    def close(self) -> None:
        """End the shell now, not with the process."""
        self.ip.atexit_operations()
        atexit.unregister(self.ip.atexit_operations)

    @property
    def names(self) -> dict[str, Any]:
        return self.ip.user_ns


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """A shell without the magics."""
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "db"))
    monkeypatch.setattr(HistoryManager, "enabled", False)
    monkeypatch.chdir(tmp_path)
    shell = Shell(capsys)
    yield shell
    shell.close()


@pytest.fixture
def shell(bare: Shell) -> Shell:
    assert bare.run("%load_ext mlrun_jupyter").error is None
    return bare
