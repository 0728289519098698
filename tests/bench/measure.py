"""How speed is measured: ours and the floor in turn, in one process, a median of each, and their ratio.

A script ``bench_NAME.py`` calls :func:`report` for each of its figures; ``run.py`` makes the table.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Work in a folder, and with a home, that is removed afterwards."""
    before, home = Path.cwd(), os.environ.get("HOME", "")
    with tempfile.TemporaryDirectory(prefix="mlrun-bench-", ignore_cleanup_errors=True) as name:
        os.chdir(name)
        os.environ["HOME"] = name
        try:
            yield Path(name)
        finally:
            os.chdir(before)
            os.environ["HOME"] = home


def seconds(action: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def in_turn(ours: Callable[[], object], floor: Callable[[], object], *, repeat: int = 7) -> tuple[float, float]:
    """Median seconds of both, called one after the other ``repeat`` times; a first call of each is not counted."""
    ours(), floor()
    pairs = [(seconds(ours), seconds(floor)) for _ in range(repeat)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def report(figure: str, ours: float, floor: float, unit: str, *, floor_is: str = "", target: str = "") -> None:
    """Print one figure as a JSON line; ``target`` is what the project has set itself, in words."""
    ratio = round(ours / floor, 3) if floor else None
    row = {"figure": figure, "ours": ours, "floor": floor, "unit": unit, "ratio": ratio, "floor_is": floor_is}
    print(json.dumps({**row, "target": target, "load": round(os.getloadavg()[0], 1)}), flush=True)
