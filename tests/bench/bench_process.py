"""What a run as a process costs, a file's and a notebook's; and whether 500 runs in one process leave anything behind."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from measure import in_turn, report, scratch
from nbclient import NotebookClient

CELLS = ["x = 1", "y = x + 1", "def f(a):\n    return a * 2", "z = f(y)", "print(z)"]


def program(*arguments: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def quiet(action: Callable[[], object]) -> Callable[[], object]:
    def call() -> object:
        with contextlib.redirect_stdout(io.StringIO()):
            return action()

    return call


def executed(notebook: str) -> Callable[[], object]:
    return lambda: NotebookClient(nbformat.read(notebook, as_version=4)).execute()


def memory() -> float:
    """Mebibytes that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def five_hundred(run_local: Any) -> None:
    def tiny(context: Any, x: int = 1) -> None:
        context.log_result("x", x)

    for _ in range(100):
        run_local(handler=tiny)
    before = memory()
    for _ in range(500):
        run_local(handler=tiny)
    report("memory after 500 more runs, grown by", memory() - before, 0.0, "MiB", target="flat: 20")


def main() -> None:
    with scratch():
        from mlrun_jupyter import run_local
        from mlrun_jupyter.tracking import tracker

        Path("trivial.py").write_text("pass\n")
        cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), "trivial.ipynb")

        file = quiet(lambda: run_local(command="trivial.py"))
        ours, plain = in_turn(file, program("-c", "pass"), repeat=11)
        report("trivial file as a run", ours * 1e3, plain * 1e3, "ms", floor_is="python -c pass", target="+120 ms")
        notebook = quiet(lambda: run_local(command="trivial.ipynb"))
        ours, plain = in_turn(notebook, program("-c", "\n".join(CELLS)), repeat=11)
        report("notebook of 5 cells, converted", ours * 1e3, plain * 1e3, "ms", floor_is="python -c", target="200 ms")
        faithful = quiet(lambda: run_local(command="trivial.ipynb", mode="notebook"))
        ours, plain = in_turn(faithful, executed("trivial.ipynb"), repeat=5)
        report("the same, cell by cell", ours * 1e3, plain * 1e3, "ms", floor_is="nbclient", target="1.2 x nbclient")
        five_hundred(run_local)
        tracker.close_all()


if __name__ == "__main__":
    main()
