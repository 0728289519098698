"""Execute the quickstart notebook on a store of its own, and say in a few lines what it left there."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "quickstart.ipynb"
FOLDER = ROOT / ".make" / "demo"


def execute() -> int:
    """Execute the notebook into the folder; returns how many code cells ran."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # what it says of itself at start is not for here
    )
    try:
        client.execute()
    except CellExecutionError as error:
        where = (FOLDER / NOTEBOOK.name).relative_to(Path.cwd())
        sys.exit(f"demo: a cell of {NOTEBOOK.name} failed: {error.ename}: {error.evalue} ({where} shows where)")
    finally:
        nbformat.write(notebook, FOLDER / NOTEBOOK.name)
    return sum(cell.cell_type == "code" for cell in notebook.cells)


def brief(values: dict[str, object]) -> str:
    """The first few of a mapping, on one line."""
    texts = [f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}" for key, value in values.items()]
    return ", ".join(texts[:4])[:70]


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    os.environ["MLRUN_DBPATH"] = str(FOLDER / "db")
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    start = time.monotonic()
    cells = execute()
    took = time.monotonic() - start

    from mlrun_jupyter import get_run_db

    db = get_run_db()
    runs = db.list_runs(project="*")
    print(f"demo: {NOTEBOOK.name}: {cells} cells in {took:.0f} s, {len(runs)} runs")
    for run in reversed(runs):
        count = len(db.list_runs(uid=run.uid(), project="*", iter=True))
        times = f"{count} times" if count > 1 else ""
        print(f"  {run.state():<10} {run.name:<20} {times:<9} {brief(run.results)}")
    artifacts = {artifact.metadata.key for artifact in db.list_artifacts(project="*", tag="*")}
    print(f"  artifacts: {', '.join(sorted(artifacts)) or 'none'}")
    print(f"  executed notebook and store: {FOLDER.relative_to(Path.cwd())}")
    print("  by hand: .venv/bin/jupyter lab notebooks/quickstart.ipynb")
    if not runs or any(run.state() != "completed" for run in runs):
        sys.exit("demo: not every run completed")
    print("demo: ok")


if __name__ == "__main__":
    main()
