"""The project as one of the peers of a comparison; a peer harness loads this file by its path.

The interface is the harness's: ``MODES``, ``DIST``, ``IMPORT``, ``serve`` and ``open_``, which gives an object with as many of
the measured operations as the project has. Everything goes through the front door, as a user's code would.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODES = ["sqlite", "sqlite-stored", "sqlite-full", "memory", "server"]
"""``sqlite`` is how it is used: a call returns when the journal has it. ``sqlite-stored`` and ``server`` wait, after each run,
until the store has it as well."""
DIST = ["mlrun-jupyter", "msgspec", "sqlalchemy", "pyarrow", "pandas"]
IMPORT = "import mlrun_jupyter"


def serve(folder: str, port: int) -> tuple[list[str], str, dict[str, str]]:
    """Command line, address and environment of the service."""
    command = [str(Path(sys.executable).with_name("mlrun")), "db", "-p", str(port), "-d", str(Path(folder) / "service")]
    return command, f"http://127.0.0.1:{port}", {}


class Peer:
    """One store, opened as ``mode`` says."""

    def __init__(self, mode: str, url: str | None) -> None:
        import mlrun_jupyter
        from mlrun_jupyter import config

        self.mlrun = mlrun_jupyter
        self.waits = mode in ("sqlite-stored", "server")
        settings = config.current()
        settings.dbpath = {"server": url or "", "memory": "memory://bench"}.get(mode, "./store")
        settings.durability = "full" if mode == "sqlite-full" else "relaxed"
        self.db = mlrun_jupyter.get_run_db()
        self.task = mlrun_jupyter.new_task(name="bench")

    def _call(self, handler: Callable[..., Any], **params: Any) -> Any:
        return self.mlrun.run_local(self.task, handler=handler, params=params)

    # runs

    def run(self, number: int) -> None:
        """Start, one parameter, two results, end."""
        self._call(two_results, p1=number)
        if self.waits:
            self.settle()

    def steps(self, count: int, batch: int) -> None:
        """One run that logs ``count`` points, and is in the store at the end; there is one way, so ``batch`` is no matter."""
        self._call(points, count=count)
        self.settle()

    def sweep(self, count: int) -> Any:
        """A grid of ``count`` points with a best one."""
        grid = {"p1": list(range(count))}
        run = self.mlrun.run_local(
            self.task,
            handler=distance,
            hyperparams=grid,
            selector="min.loss",
            hyper_param_options={"max_iterations": count},
        )
        self.settle()
        return run.results["loss"]

    def settle(self) -> None:
        """Wait until everything that was recorded is in the store."""
        _ = self.db.store  # whoever asks for the store reads what was written

    def close(self) -> None:
        """End the recorder and close the store, before its folder goes."""
        from mlrun_jupyter.db import opening
        from mlrun_jupyter.tracking import tracker

        tracker.close_all()
        opening.close_all()

    # queries

    def fill_one(self, document: dict[str, Any]) -> None:
        """Store one finished run."""
        uid = uuid.uuid4().hex
        run = {
            "kind": "run",
            "metadata": {"name": document["name"], "uid": uid, "project": "default", "labels": document["labels"]},
            "spec": {"parameters": document["params"]},
            "status": {"state": "completed", "results": document["metrics"]},
        }
        self.db.store_run(run, uid, "default")

    def fill_bulk(self, count: int, make: Callable[[int], dict[str, Any]]) -> None:
        for number in range(count):
            self.fill_one(make(number))

    def newest(self, count: int) -> Any:
        return self.db.list_runs(last=count)

    def filter(self, metric: str, above: float, label: str, value: str, count: int) -> Any:
        return self.db.list_runs(
            labels=f"{label}={value}", where=f"results.{metric} > {above}", sort=f"-results.{metric}", last=count
        )

    def some_id(self) -> str:
        uid: str = self.db.list_runs(last=200)[-1].uid()
        return uid

    def get(self, uid: str) -> Any:
        return self.db.read_run(uid)

    def size(self) -> int:
        """Bytes of the store."""
        return sum(path.stat().st_size for path in Path("store").rglob("*") if path.is_file())

    # data

    def artifact(self, path: str) -> None:
        self._call(keep_file, path=path)

    def dataset(self, df: Any, stats: bool) -> None:
        def keep_frame(context: Any) -> None:
            context.log_dataset("frame", df=df, format="parquet", stats=stats)

        self._call(keep_frame)


def two_results(context: Any, p1: int) -> None:
    context.log_results({"a": p1 * 2.0, "b": p1 * 3.0})


def points(context: Any, count: int) -> None:
    for step in range(count):
        context.log_metric("loss", 1 / (step + 1), step)


def distance(context: Any, p1: int) -> None:
    context.log_result("loss", float((p1 - 500) ** 2))


def keep_file(context: Any, path: str) -> None:
    context.log_artifact("file", local_path=path)


def open_(mode: str, url: str | None) -> Peer:
    return Peer(mode, url)
