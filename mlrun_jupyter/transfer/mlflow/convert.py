"""What MLflow says of a run, in our terms. Pure but for looking at the files of artifacts.

===========================  =========================================================
MLflow                       here
===========================  =========================================================
experiment                   project: its name as a name (``iris study``: ``iris-study``)
parameter (always text)      parameter: a number where it reads as one
metric                       metric with its points, and a result: the last value
tag                          label
``mlflow.user``              label ``owner``
``mlflow.note.content``      annotation ``description``
``mlflow.parentRunId``       label ``parent``
``mlflow.*``                 annotation of that name
FINISHED, FAILED, KILLED     completed, error, aborted
file or folder of artifacts  artifact of that name; a logged model is one of kind ``model``
===========================  =========================================================

Deleted runs and experiments, registered models, traces and evaluation data stay behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from mlrun_jupyter.artifacts import content
from mlrun_jupyter.artifacts.folder import files_of
from mlrun_jupyter.artifacts.vault import folder_digest
from mlrun_jupyter.model import states, times
from mlrun_jupyter.model.artifact import ArtifactMetadata, ArtifactRecord, ArtifactSpec, link
from mlrun_jupyter.model.project import ProjectMetadata, ProjectRecord, ProjectSpec
from mlrun_jupyter.model.run import RunRecord, RunStatus
from mlrun_jupyter.model.task import TaskMetadata, TaskSpec
from mlrun_jupyter.safety import files
from mlrun_jupyter.safety.names import MAX_KEY, is_name, normalise
from mlrun_jupyter.transfer.items import Artifact, Curve, Run

_STATES: Final = {
    "FINISHED": states.COMPLETED,
    "FAILED": states.ERROR,
    "KILLED": states.ABORTED,
    "RUNNING": states.RUNNING,
    "SCHEDULED": states.CREATED,
}
_NUMBERS: Final = ("", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
"""Of the form of files, which writes states as numbers from 1 (running) on."""
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}")
_MODEL: Final = "MLmodel"
"""The file that makes a folder a model."""


class Experiment(msgspec.Struct, frozen=True):
    """One experiment; times in milliseconds since 1970."""

    id: str
    name: str
    created: int = 0
    note: str = ""

    @property
    def project(self) -> str:
        return self.name if is_name(self.name) else normalise(self.name or f"experiment-{self.id}")

    def record(self) -> ProjectRecord:
        labels = {} if self.project == self.name else {"experiment": self.name}
        return ProjectRecord(
            metadata=ProjectMetadata(name=self.project, annotations=labels, created=_iso(self.created)),
            spec=ProjectSpec(description=self.note),
        )


class Told(msgspec.Struct, frozen=True):
    """What MLflow keeps of a run besides points; times in milliseconds since 1970."""

    id: str
    name: str
    status: str | int
    start: int | None
    end: int | None
    user: str
    artifacts: str
    params: Mapping[str, str]
    tags: Mapping[str, str]


def run_of(experiment: Experiment, told: Told, curves: Mapping[str, Curve], found: list[Artifact]) -> Run:
    """The run with its points; ``curves`` are its metrics by name, ``found`` its artifacts."""
    labels, annotations = _labels(told.tags)
    owner = told.tags.get("mlflow.user") or told.user
    name = told.name or told.tags.get("mlflow.runName") or told.id[:8]
    status = _NUMBERS[told.status] if isinstance(told.status, int) and 0 < told.status < 6 else str(told.status)
    record = RunRecord(
        metadata=TaskMetadata(
            name=name if is_name(name) else normalise(name),
            uid=told.id,
            project=experiment.project,
            labels={"kind": "mlflow", **({"owner": owner} if owner else {}), **labels},
            annotations=annotations if is_name(name) else {"run_name": name, **annotations},
        ),
        spec=TaskSpec(parameters={key: _value(text) for key, text in told.params.items()}),
        status=RunStatus(
            state=_STATES.get(status, states.ERROR),
            start_time=_iso(told.start),
            end_time=_iso(told.end),
            results={key: curve.values[-1] for key, curve in curves.items() if curve.values},
            metrics={key: {} for key in curves},
            artifacts=[link(each.record.to_dict()) for each in found],
        ),
    )
    return Run(record, iter(curves.values()))


def artifacts_of(experiment: Experiment, told: Told, folder: Path) -> Iterator[Artifact]:
    """Each file or folder at the top of a run's artifacts; ``folder`` is where a relative address starts.

    What lies elsewhere than on this machine is left out.
    """
    place = local(told.artifacts, folder)
    if place is None or not place.is_dir():
        return
    run_name = told.name or told.tags.get("mlflow.runName") or told.id[:8]
    for path in sorted(place.iterdir()):
        held: content.Content
        if path.is_symlink():
            continue
        if path.is_dir():
            within = files_of(path)
            held = content.Folder(within)
            digest = folder_digest({name: files.hash_file(each.path) for name, each in within.items()})
        elif path.is_file():
            held, digest = content.Source(str(path)), files.hash_file(path)
        else:
            continue
        key = path.name if is_name(path.name, max_length=MAX_KEY) else normalise(path.name, max_length=MAX_KEY)
        model = path.is_dir() and (path / _MODEL).is_file()
        record = ArtifactRecord(
            kind="model" if model else "dir" if path.is_dir() else "artifact",
            metadata=ArtifactMetadata(
                key=key, project=experiment.project, tree=told.id, hash=digest.sha256, uid=_version(told.id, key)
            ),
            spec=ArtifactSpec(
                target_path=str(path),
                format="dir" if path.is_dir() else path.suffix.lstrip(".").lower(),
                db_key=normalise(f"{run_name}_{key}", max_length=MAX_KEY),
                size=digest.size,
                producer={"kind": "run", "name": run_name, "uri": f"{experiment.project}/{told.id}"},
            ),
        )
        yield Artifact(record, ("latest",), held)


def local(address: str, folder: Path) -> Path | None:
    """The path on this machine that an address of artifacts means, None for one elsewhere.

    A store that was moved as a whole is found below ``folder``, whatever the address says.
    """
    if "://" in address and not address.startswith("file://"):
        return None
    path = Path(unquote(urlsplit(address).path) if address.startswith("file:") else address)
    if not path.is_absolute():
        path = folder / path
    if path.is_dir():
        return path
    for count in (3, 4):  # <experiment>/<run>/artifacts, with or without the name of the folder in front
        moved = folder.joinpath(*path.parts[-count:])
        if len(path.parts) >= count and ".." not in path.parts and moved.is_dir():
            return moved
    return None


def _labels(tags: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    labels, annotations = {}, {}
    for name, value in tags.items():
        if name == "mlflow.note.content":
            annotations["description"] = value
        elif name == "mlflow.parentRunId":
            labels["parent"] = value
        elif name.startswith("mlflow."):
            if name not in ("mlflow.user", "mlflow.runName"):
                annotations[name] = value
        else:
            labels[name] = value
    return labels, annotations


def _value(text: str) -> Any:
    """A number where the text is one, so that it can be compared with."""
    if _INTEGER.fullmatch(text):
        return int(text)
    with contextlib.suppress(ValueError):
        number = float(text)
        if math.isfinite(number) and "_" not in text:
            return number
    return text


def _iso(milliseconds: int | None) -> str:
    return times.iso(milliseconds / 1e3) if milliseconds else ""


def _version(run: str, key: str) -> str:
    return hashlib.sha1(f"mlflow/{run}/{key}".encode(), usedforsecurity=False).hexdigest()
