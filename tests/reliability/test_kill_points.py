"""A process is killed at each of its system calls in turn; nothing that it acknowledged is missing afterwards (R3)."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("ledger", Path(__file__).with_name("ledger.py"))
ledger_of = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(ledger_of)

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
ITERATIONS = "50" if FULL else "12"
POINTS = {
    "write": range(1, 200, 2) if FULL else range(1, 60, 4),
    "pwrite64": range(1, 80) if FULL else range(1, 40, 4),
    "fdatasync": range(1, 12) if FULL else range(1, 4),
    "unlink": range(1, 8) if FULL else range(1, 4),
    "rename": range(1, 8) if FULL else range(1, 4),
    "ftruncate": range(1, 4) if FULL else range(1, 2),
}

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def kill_at(call: str, number: int) -> tuple[str, ...]:
    inject = f"inject={call}:signal=KILL:when={number}"
    return ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject)


@pytest.mark.parametrize("call", POINTS)
def test_nothing_acknowledged_is_lost_wherever_the_process_is_killed(tmp_path, call):
    found = {}
    for number in POINTS[call]:
        folder = tmp_path / str(number)
        folder.mkdir()
        ledger = ledger_of.run(folder, ITERATIONS, under=kill_at(call, number))
        if broken := ledger_of.violations(folder, ledger):
            found[number] = broken
    assert found == {}


def test_a_process_that_nobody_kills_acknowledges_everything(tmp_path):
    ledger = ledger_of.run(tmp_path, ITERATIONS)
    assert len(ledger) == 2 * int(ITERATIONS) + 1
    assert ledger_of.violations(tmp_path, ledger) == []


def test_the_ledger_sees_a_store_that_acknowledges_too_early(tmp_path):
    found = []
    for number in range(3, 60, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        ledger = ledger_of.run(folder, ITERATIONS, "--acknowledge-before-writing", under=kill_at("write", number))
        found += ledger_of.violations(folder, ledger)
        if found:
            break
    assert found
