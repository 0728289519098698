"""Notebook to function: beside reading plus joining plus compiling, and beside nbconvert's Python exporter."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Any

from measure import in_turn, report, scratch

from mlrun_jupyter.notebook.extract import extract
from mlrun_jupyter.notebook.reading import read_notebook

FLOOR = "read, join, compile, write"
TARGETS = {50: "at most 5 ms", 1_000: "at most 60 ms", 10_000: "under 512 MB, in ten times the time of 1,000"}


def cell(number: int) -> dict[str, Any]:
    if number % 5 == 4:
        return {"cell_type": "markdown", "id": f"c{number}", "metadata": {}, "source": [f"# part {number}\n", "text"]}
    source = ["import math\n", "%matplotlib inline\n", "x = 1"]
    if number:
        name = f"f{number}"
        source = [f"def {name}(a, b={number}):\n", "    return a + b\n", "\n", f"y{number} = {name}(1)"]
    return {
        "cell_type": "code",
        "id": f"c{number}",
        "metadata": {},
        "outputs": [],
        "source": source,
        "execution_count": None,
    }


def write(path: Path, cells: int, *, mark: bool = False) -> Path:
    listed = [cell(number) for number in range(cells)]
    if mark:
        source = f"%%mlrun function train\ndef train(context):\n    return [f{cells // 2 + 1}(1), f{cells - 4}(2), y1]"
        listed.append(
            {
                "cell_type": "code",
                "id": "mark",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        )
    metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    path.write_text(json.dumps({"cells": listed, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def floor(path: Path) -> None:
    """Read, join, compile, write."""
    with path.open() as file:
        document = json.load(file)
    code = "\n\n".join("".join(each["source"]) for each in document["cells"] if each["cell_type"] == "code")
    code = code.replace("%matplotlib", "#").replace("%%mlrun", "#")
    compile(code, "nb.py", "exec")
    path.with_suffix(".floor.py").write_text(code)


def ours(path: Path, name: str = "") -> None:
    path.with_suffix(".ours.py").write_text(extract(read_notebook(path), name).code)


def nbconvert(path: Path) -> None:
    from nbconvert.exporters import PythonExporter

    PythonExporter().from_filename(str(path))


def measure(folder: Path, cells: int, target: str) -> None:
    path = write(folder / f"nb{cells}.ipynb", cells)
    repeat = 3 if cells > 1_000 else 9
    mine, bare = in_turn(lambda: ours(path), lambda: floor(path), repeat=repeat)
    report(f"convert {cells:,} cells", mine * 1e3, bare * 1e3, "ms", floor_is=FLOOR, target=target)
    if cells > 1_000:
        return
    theirs, bare = in_turn(lambda: nbconvert(path), lambda: floor(path), repeat=repeat)
    report(f"nbconvert to Python, {cells:,} cells", theirs * 1e3, bare * 1e3, "ms", floor_is=FLOOR)
    marked = write(folder / f"marked{cells}.ipynb", cells, mark=True)
    mine, bare = in_turn(lambda: ours(marked, "train"), lambda: floor(marked), repeat=repeat)
    report(f"a marked function of {cells:,} cells", mine * 1e3, bare * 1e3, "ms", floor_is=FLOOR, target=target)


def main() -> None:
    with scratch() as folder:
        for cells, target in TARGETS.items():
            measure(folder, cells, target)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report("memory after 10,000 cells", peak, 0, "MB", target="under 512 MB")


if __name__ == "__main__":
    main()
