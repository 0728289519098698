"""From what a handler logs or returns to the kind of artifact that keeps it."""

from __future__ import annotations

import os
from typing import Any

from mlrun_jupyter.artifacts import figure
from mlrun_jupyter.artifacts.base import Artifact
from mlrun_jupyter.artifacts.chart import ChartArtifact
from mlrun_jupyter.artifacts.dataset import DatasetArtifact
from mlrun_jupyter.artifacts.document import CodeArtifact, HTMLArtifact
from mlrun_jupyter.artifacts.folder import DirArtifact
from mlrun_jupyter.artifacts.model import ModelArtifact
from mlrun_jupyter.errors import InvalidArgumentError

_FRAMES = ("pandas", "polars", "pyarrow", "duckdb", "dask", "modin", "cudf")


def of(item: str | Artifact, body: Any = None, **arguments: Any) -> Artifact:
    """The artifact for a key and a body, or the artifact itself with the arguments set.

    Parameters
    ----------
    item
        The key, or an artifact that was made already.
    body
        Data, text, a figure, a frame or a model; None: the file or folder at ``local_path``.
    arguments
        Attributes of the kind: ``local_path, viewer, format, labels, target_path, title`` ...; empty ones are left out.

    Raises
    ------
    UnknownArgumentError
        The kind has no such attribute; names the nearest.

    Example
    -------
    >>> of("notes", body="text").kind, of("plots", local_path="/tmp").kind
    ('artifact', 'dir')
    """
    if isinstance(item, Artifact):
        if body is not None:
            item.set(body=body)
        item.set(**{name: value for name, value in arguments.items() if value not in (None, "")})
        return item
    if not isinstance(item, str):
        raise InvalidArgumentError(
            f"an artifact or its key is logged, not {type(item).__name__}", hint="log_artifact('name', body=...)"
        )
    given = {name: value for name, value in arguments.items() if value not in (None, "")}
    return _made(item, body, given)


def _made(key: str, body: Any, given: dict[str, Any]) -> Artifact:
    if body is None:
        path = os.path.expanduser(os.fspath(given.get("local_path", "")))  # noqa: PTH111 - text, as artifacts hold it
        made: Artifact = DirArtifact(key) if path and os.path.isdir(path) else Artifact(key)  # noqa: PTH112
    elif figure.is_picture(body):
        wanted = os.path.splitext(os.fspath(given.get("local_path", "")))[1]  # noqa: PTH122 - as above
        raw = isinstance(body, (bytes, bytearray)) and wanted not in (".html", "")
        made = Artifact(key, body) if raw else figure.PlotArtifact(key, body)
    elif figure.is_interactive(body):
        made = figure.PlotlyArtifact(key, body)
    elif _is_frame(body):
        made = DatasetArtifact(key, body)
    elif not isinstance(body, (str, bytes, bytearray)) and callable(getattr(body, "_repr_html_", None)):
        made = HTMLArtifact(key, body)
    else:
        made = Artifact(key, body)
    made.set(**given)
    return made


def _is_frame(body: Any) -> bool:
    module = type(body).__module__.partition(".")[0]
    return module in _FRAMES and any(
        hasattr(body, name) for name in ("ndim", "collect", "to_arrow", "__arrow_c_stream__", "compute")
    )


CLASSES: dict[str, type[Artifact]] = {
    "artifact": Artifact,
    "dir": DirArtifact,
    "plot": figure.PlotArtifact,
    "plotly": figure.PlotlyArtifact,
    "chart": ChartArtifact,
    "dataset": DatasetArtifact,
    "model": ModelArtifact,
    "code": CodeArtifact,
    "html": HTMLArtifact,
}
"""Kinds that a task's ``returns`` may name."""
