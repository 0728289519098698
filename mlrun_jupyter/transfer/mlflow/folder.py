"""MLflow's form of files: ``mlruns/<experiment>/<run>/`` with ``meta.yaml``, ``params/``, ``metrics/``, ``tags/``, ``artifacts/``.

A parameter or tag is a file with its value; a metric is a file with a line ``milliseconds value step`` for each point.
Names with ``/`` are folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mlrun_jupyter.errors import DataError
from mlrun_jupyter.safety import documents
from mlrun_jupyter.transfer.intake import file_name
from mlrun_jupyter.transfer.items import Curve, Item
from mlrun_jupyter.transfer.mlflow.convert import Experiment, Told, artifacts_of, run_of

_META: Final = "meta.yaml"
_LARGEST: Final = 2**20
"""Bytes of a file that holds one value."""


class FolderSource:
    """The folder ``mlruns``."""

    own = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = f"mlflow.{file_name(path)}"

    def items(self) -> Iterator[Item]:
        for folder in sorted(path.parent for path in self._path.glob(f"*/{_META}")):
            meta = _meta(folder)
            if meta.get("lifecycle_stage", "active") != "active":
                continue
            experiment = Experiment(
                id=folder.name,
                name=str(meta.get("name") or ""),
                created=_number(meta.get("creation_time")) or 0,
                note=_texts(folder / "tags").get("mlflow.note.content", ""),
            )
            runs = [each for each in self._runs(folder) if each[0].get("lifecycle_stage", "active") == "active"]
            if not runs and experiment.id == "0":
                continue  # the one that is always there
            yield experiment.record()
            for told, place in sorted(runs, key=lambda each: _number(each[0].get("start_time")) or 0):
                yield from self._run(experiment, told, place)

    def _runs(self, folder: Path) -> Iterator[tuple[dict[str, Any], Path]]:
        for path in folder.glob(f"*/{_META}"):
            yield _meta(path.parent), path.parent

    def _run(self, experiment: Experiment, meta: dict[str, Any], place: Path) -> Iterator[Item]:
        told = Told(
            id=str(meta.get("run_id") or meta.get("run_uuid") or place.name),
            name=str(meta.get("run_name") or ""),
            status=meta["status"] if isinstance(meta.get("status"), int) else str(meta.get("status")),
            start=_number(meta.get("start_time")),
            end=_number(meta.get("end_time")),
            user=str(meta.get("user_id") or ""),
            artifacts=str(meta.get("artifact_uri") or place / "artifacts"),
            params=_texts(place / "params"),
            tags=_texts(place / "tags"),
        )
        found = list(artifacts_of(experiment, told, self._path))
        yield from found
        curves = {name: _curve(name, path) for name, path in _files(place / "metrics")}
        yield run_of(experiment, told, curves, found)


def _meta(folder: Path) -> dict[str, Any]:
    path = folder / _META
    value = documents.load_yaml(path.read_bytes(), where=str(path))
    if not isinstance(value, dict):
        raise DataError("not a file of MLflow's", where=str(path))
    return value


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files below a folder by their paths; links are left alone."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder).as_posix(), path


def _texts(folder: Path) -> dict[str, str]:
    found = {}
    for name, path in _files(folder):
        with path.open("rb") as file:
            found[name] = file.read(_LARGEST).decode(errors="replace")
    return found


def _curve(name: str, path: Path) -> Curve:
    curve = Curve(name, [], [], [])
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            curve.times.append(int(words[0]) / 1e3)
            curve.values.append(float(words[1]))
            curve.steps.append(int(words[2]) if len(words) > 2 else 0)
        except (ValueError, IndexError):
            raise DataError("not a metric of MLflow's", where=f"{path}, line {number}") from None
    return curve


def _number(value: Any) -> int | None:
    """A time as the file has it: a number, or digits as text."""
    if isinstance(value, (int, float)):
        return int(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
