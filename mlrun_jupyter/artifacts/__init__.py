"""What a run keeps besides its numbers: files, folders, data sets, models, charts and plots, each with its record.

Example
-------
::

    from mlrun_jupyter.artifacts import ChartArtifact

    chart = ChartArtifact("chart", header=["epoch", "loss"])
    chart.add_row([1, 0.5])
    context.log_artifact(chart)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlrun_jupyter.artifacts.base import Artifact
    from mlrun_jupyter.artifacts.chart import ChartArtifact
    from mlrun_jupyter.artifacts.dataset import DatasetArtifact
    from mlrun_jupyter.artifacts.document import CodeArtifact, DocumentArtifact, HTMLArtifact, TableArtifact
    from mlrun_jupyter.artifacts.durable import sync_pending
    from mlrun_jupyter.artifacts.figure import BokehArtifact, PlotArtifact, PlotlyArtifact
    from mlrun_jupyter.artifacts.folder import DirArtifact, LinkArtifact
    from mlrun_jupyter.artifacts.log import write
    from mlrun_jupyter.artifacts.make import of
    from mlrun_jupyter.artifacts.model import ModelArtifact
    from mlrun_jupyter.artifacts.producer import Producer
    from mlrun_jupyter.artifacts.registry import get_model, update_model
    from mlrun_jupyter.artifacts.removal import collect, delete, delete_data

_HOMES = {
    "Artifact": "base",
    "BokehArtifact": "figure",
    "ChartArtifact": "chart",
    "CodeArtifact": "document",
    "DatasetArtifact": "dataset",
    "DirArtifact": "folder",
    "DocumentArtifact": "document",
    "HTMLArtifact": "document",
    "LinkArtifact": "folder",
    "ModelArtifact": "model",
    "PlotArtifact": "figure",
    "PlotlyArtifact": "figure",
    "Producer": "producer",
    "TableArtifact": "document",
    "collect": "removal",
    "delete": "removal",
    "delete_data": "removal",
    "get_model": "registry",
    "of": "make",
    "sync_pending": "durable",
    "update_model": "registry",
    "write": "log",
}

__all__ = [
    "Artifact",
    "BokehArtifact",
    "ChartArtifact",
    "CodeArtifact",
    "DatasetArtifact",
    "DirArtifact",
    "DocumentArtifact",
    "HTMLArtifact",
    "LinkArtifact",
    "ModelArtifact",
    "PlotArtifact",
    "PlotlyArtifact",
    "Producer",
    "TableArtifact",
    "collect",
    "delete",
    "delete_data",
    "get_model",
    "of",
    "sync_pending",
    "update_model",
    "write",
]


def __getattr__(name: str) -> Any:
    """Loaded when first asked for: a run that logs one file needs no chart."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
