"""What the magics cost a notebook: loading them, cells that are not theirs, cells that are, and completion."""

from __future__ import annotations

import statistics
from typing import Any
from uuid import uuid4

from measure import in_turn, report, scratch, seconds

PLAIN = "\n".join(f"y{number} = {number}" for number in range(50)) + "\n"
RUNS = 10_000


def shell() -> Any:
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    HistoryManager.enabled = False
    return InteractiveShell()


def cells(with_magics: Any, bare: Any) -> None:
    for figure, cell, target in (
        ("unmarked cell of 50 lines", PLAIN, "at most 0.1 ms over the floor"),
        ("marked cell of 50 lines", f"%%mlrun\n{PLAIN}", "at most 2 ms over the floor"),
    ):
        ours, floor = in_turn(
            lambda cell=cell: with_magics.run_cell(cell, store_history=True, cell_id="a"),
            lambda: bare.run_cell(PLAIN, store_history=True, cell_id="a"),
            repeat=301,
        )
        report(figure, ours * 1e3, floor * 1e3, "ms", floor_is="without the extension", target=target)


def completion(ip: Any) -> None:
    from IPython.core.completer import provisionalcompleter

    from mlrun_jupyter import get_run_db
    from mlrun_jupyter.model.run import RunRecord

    db = get_run_db()
    for number in range(RUNS):
        metadata = {"name": f"train{number % 50}", "uid": uuid4().hex, "project": "default"}
        db.store_run(RunRecord.from_dict({"metadata": metadata, "status": {"state": "completed"}}))
    ip.run_cell("def train(context, depth: int = 3): ...")
    for text in ("%mlrun ru", "%mlrun run train -p d", "%mlrun logs train4", "%mlrun logs nothing"):
        with provisionalcompleter():
            times = [seconds(lambda text=text: list(ip.Completer.completions(text, len(text)))) for _ in range(30)]
        report(f"completing {text!r}", statistics.median(times) * 1e3, 0, "ms", target=f"at most 30 ms, {RUNS} runs")


def main() -> None:
    with scratch():
        ip, bare = shell(), shell()
        bare.run_cell("%load_ext storemagic")  # IPython loads its own part of this when it is first used
        took = seconds(lambda: ip.run_cell("%load_ext mlrun_jupyter"))
        report("%load_ext mlrun_jupyter", took * 1e3, 0, "ms", target="at most 25 ms")
        cells(ip, bare)
        completion(ip)


if __name__ == "__main__":
    main()
