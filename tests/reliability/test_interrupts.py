"""An interrupt at every place where the interpreter can raise one (R7): runs end, locks are free, records are there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

FULL = os.environ.get("MLRUN_TEST_TIER") == "full"
POINTS = 4000 if FULL else 80

SCRIPT = """
import dis, json, os, random, signal, sys
from pathlib import Path
import mlrun_jupyter
from mlrun_jupyter import get_run_db, run_local

OURS = str(Path(mlrun_jupyter.__file__).parent)
AFTER = {dis.opmap[name] for name in ("CALL", "CALL_FUNCTION_EX", "RESUME", "JUMP_BACKWARD") if name in dis.opmap}
acknowledged = []

def handler(context):
    for number in range(3):
        context.log_result(f"r{number}", number)
        acknowledged.append((context.run.metadata.uid, f"r{number}"))
        context.log_metric("m", number)
    context.commit()
    context.log_artifact("note", body="x")
    context.log_result("last", 1)
    acknowledged.append((context.run.metadata.uid, "last"))

class Interrupter:
    '''Sends SIGINT before the instruction that follows the ``at``-th call or jump of our own code.'''

    def __init__(self, at):
        self.at, self.seen, self.before = at, 0, {}

    def __call__(self, frame, event, arg):
        code = frame.f_code
        if not code.co_filename.startswith(OURS) or code.co_qualname == "Tee.flush":
            return None  # a finalizer flushes, too, and there the interpreter swallows interrupts
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            before = self.before.get(frame)
            self.before[frame] = code.co_code[frame.f_lasti]
            if before in AFTER:
                self.seen += 1
                if self.seen == self.at:
                    signal.raise_signal(signal.SIGINT)
        elif event == "return":
            self.before.pop(frame, None)
        return self

def attempt(at):
    interrupter = Interrupter(at)
    sys.settrace(interrupter)
    try:
        run_local(handler=handler)
    except KeyboardInterrupt:
        return interrupter.seen, "interrupted"
    finally:
        sys.settrace(None)
    return interrupter.seen, "went through" if interrupter.seen >= at else "not reached"

run_local(handler=handler)
places, _ = attempt(0)
points = random.Random(7).sample(range(1, places + 1), min(places, int(sys.argv[1])))
outcomes = [attempt(at)[1] for at in points]
run_local(handler=handler)
db = get_run_db()
runs = {run.uid(): (run.status.state, sorted(run.results)) for run in db.list_runs()}
print(json.dumps({"places": places, "outcomes": outcomes, "acknowledged": acknowledged, "runs": runs}))
"""


def test_an_interrupt_at_any_place_leaves_a_run_that_ended_and_a_process_that_goes_on(tmp_path: Path) -> None:
    script = tmp_path / "interrupted.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), str(POINTS)],
        env={**os.environ, "MLRUN_DBPATH": str(tmp_path / "store")},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["places"] > 300
    assert set(found["outcomes"]) - {"not reached"} == {"interrupted"}
    ended = {state for state, _results in found["runs"].values()}
    assert ended == {"aborted", "completed"}
    missing = [(uid, key) for uid, key in found["acknowledged"] if key not in found["runs"].get(uid, ("", []))[1]]
    assert missing == []
    print(json.dumps({"id": "R7 places", "n": len(found["outcomes"]), "of": found["places"], "lost": 0, "seed": 7}))
