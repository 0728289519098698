"""A ledger of what a process acknowledged before it was killed, held against what the store has afterwards.

The process writes a line to descriptor 3 *after* each call that has returned; the ledger is read by its parent, which
is never killed. What must hold is: acknowledged <= stored <= attempted, and every run in a final state.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

SWEEP = """
import os, sys
from mlrun_jupyter import new_task, run_local

early = "--acknowledge-before-writing" in sys.argv

def acknowledge(*words):
    os.write(3, (" ".join(map(str, words)) + "\\n").encode())

def handler(context, x):
    if early:
        acknowledge("result", context.iteration, x)
        os.sched_yield()
    context.log_result("x", x)
    if not early:
        acknowledge("result", context.iteration, x)
    context.log_metric("m", x, 0)
    acknowledge("metric", context.iteration, x)

run_local(new_task("sweep").with_hyper_params({"x": list(range(int(sys.argv[1])))}, "max.x"), handler=handler)
acknowledge("end", 0, 0)
"""


class Entry(NamedTuple):
    """One line of the ledger."""

    what: str
    iteration: int
    value: int


def run(folder: Path, *arguments: str, under: tuple[str, ...] = ()) -> list[Entry]:
    """Run the sweep in ``folder``'s store, under a program that may kill it, and return its ledger."""
    script = folder / "sweep.py"
    script.write_text(SWEEP)
    read, write = os.pipe()
    os.set_inheritable(write, True)
    command = [*under, sys.executable, str(script), *arguments]
    env = {**os.environ, "MLRUN_DBPATH": str(folder / "store"), "MLRUN_ARTIFACT_PATH": str(folder / "artifacts")}

    def third() -> None:
        os.dup2(write, 3)

    child = subprocess.Popen(
        command, env=env, pass_fds=(3, write), preexec_fn=third, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        lines = pipe.read().decode().splitlines()
    child.wait()
    return [Entry(what, int(iteration), int(value)) for what, iteration, value in map(str.split, lines)]


def violations(folder: Path, ledger: list[Entry]) -> list[str]:
    """What of the ledger the store does not have, and what it has that nobody attempted."""
    from mlrun_jupyter.db import close_all, open_db
    from mlrun_jupyter.db.query import RunQuery
    from mlrun_jupyter.model.states import TERMINAL

    db = open_db(str(folder / "store"))
    try:
        runs = {each.metadata.iteration: each for each in db.list_runs(RunQuery(project="*", iterations=True)).rows}
        found = [
            f"run {number} is {run.status.state}" for number, run in runs.items() if run.status.state not in TERMINAL
        ]
        for what, number, value in ledger:
            run = runs.get(number)
            if run is None:
                found.append(f"acknowledged {what} of run {number}: the run is missing")
            elif what == "result" and run.status.results.get("x") != value:
                found.append(f"acknowledged result {value} of run {number}: stored {run.status.results}")
            elif what == "metric" and run.status.metrics.get("m", {}).get("count") != 1:
                found.append(f"acknowledged point of run {number}: stored {run.status.metrics}")
            elif what == "end" and run.status.state != "completed":
                found.append(f"acknowledged end: stored {run.status.state}")
        found += [
            f"run {number} has a result that nobody logged: {run.status.results}"
            for number, run in runs.items()
            if number and run.status.results and run.status.results != {"x": number - 1}
        ]
        return found
    finally:
        close_all()
