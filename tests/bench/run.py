"""Run the benchmarks (all, or those named) and print one table: ours, the floor of this machine, and the ratio."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def rows(script: Path) -> list[dict[str, object]]:
    """The figures that a script prints; its other output passes through."""
    done = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, timeout=1800)
    figures = []
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            figures.append(json.loads(line))
        else:
            print(line)
    if done.returncode:
        figures.append({"figure": f"{script.name} ended with {done.returncode}"})
    return figures


def cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float | int) else str(value or "")


def main(names: list[str]) -> int:
    scripts = [HERE / f"bench_{name}.py" for name in names] or sorted(HERE.glob("bench_*.py"))
    columns = ("figure", "ours", "floor", "unit", "ratio", "floor_is", "target")
    table = [columns]
    failed = False
    for script in scripts:
        print(f"bench: {script.stem}", file=sys.stderr)
        for row in rows(script):
            failed |= "ours" not in row
            table.append(tuple(cell(row.get(column)) for column in columns))
    widths = [max(len(row[index]) for row in table) for index in range(len(columns))]
    for row in table:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
