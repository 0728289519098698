"""Records that would command a terminal, on the command line in a terminal of its own."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.model.run import RunRecord

SEQUENCES = [
    "\x1b]0;title\x07", "\x1b]2;title\x1b\\", "\x1b]4;1;?\x07", "\x1b]7;file://x/\x07", "\x1b]8;;http://x\x1b\\t\x1b]8;;\x1b\\",
    "\x1b]9;note\x07", "\x1b]10;?\x07", "\x1b]52;c;aGk=\x07", "\x1b]104\x07", "\x1b]133;A\x07", "\x1b]1337;File=:eA==\x07",
    "\x1b[2J", "\x1b[3J", "\x1b[H", "\x1b[9A", "\x1b[9B", "\x1b[9C", "\x1b[9D", "\x1b[2K", "\x1b[9L", "\x1b[9M", "\x1b[9P",
    "\x1b[9@", "\x1b[9X", "\x1b[9S", "\x1b[1;3r", "\x1b[6n", "\x1b[5n", "\x1b[c", "\x1b[>c", "\x1b[21t", "\x1b[8;1;1t",
    "\x1b[?1049h", "\x1b[?25l", "\x1b[?1000h", "\x1b[?2004h", "\x1b[?5h", "\x1b[4h", "\x1b[20h", "\x1b[!p", "\x1b[b",
    "\x1bP+q544e\x1b\\", "\x1bPq#0\x1b\\", "\x1b_Gx\x1b\\", "\x1b^x\x1b\\", "\x1bXx\x1b\\", "\x1bc", "\x1b7", "\x1b8", "\x1bM",
    "\x1b#8", "\x1b(0", "\x1b=", "\x9b2J", "\x9d0;t\x9c", "\x90x\x9c", "\r", "\b\b\b", "\x07", "\x0e\x0f",
]  # fmt: skip
COMMANDS = ("get runs", "runs", "show {uid}", "logs {uid}", "get run {uid}", "compare {uid} {other}")
_SGR = re.compile(r"\x1b\[[0-9;:]*m")
_OBEYED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")
UIDS = ("a" * 32, "b" * 32)


@pytest.fixture
def store(tmp_path: Path) -> str:
    path = str(tmp_path / "store")
    db = open_db(path)
    for number, uid in enumerate(UIDS):
        said = {f"{at}{text}": f"{text}{at}" for at, text in enumerate(SEQUENCES)}
        whole = "".join(f"before{text}after " for text in SEQUENCES)
        head = {"uid": uid, "project": "default", "name": f"name{SEQUENCES[number]}", "labels": {"x": SEQUENCES[8]}}
        run = RunRecord.from_dict(
            {
                "metadata": head,
                "spec": {"parameters": said, "inputs": {"data": whole}},
                "status": {"state": "error", "error": whole, "traceback": whole, "results": {**said, "number": number}},
            }
        )
        db.store_run(run)
        db.append_log(run.key, f"{whole}\n".encode())
    close_all()
    return path


def on_a_terminal(*command: str, store: str) -> str:
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "MLRUN_DBPATH": store, "TERM": "xterm-256color", "COLUMNS": "200"}
    process = subprocess.Popen(
        [sys.executable, "-m", "mlrun_jupyter", *command], stdin=theirs, stdout=theirs, stderr=theirs, env=environ
    )
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 65536):
            written += piece
    except OSError:  # the end, as Linux tells it
        pass
    os.close(ours)
    process.wait()
    return written.decode()


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_of_a_record_commands_the_terminal(command: str, store: str) -> None:
    words = command.format(uid=UIDS[0], other=UIDS[1]).split()
    shown = _SGR.sub("", on_a_terminal(*words, store=store))
    assert "name" in shown or "before" in shown
    assert _OBEYED.findall(shown) == []
