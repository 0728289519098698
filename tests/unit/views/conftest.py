from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.run import RunRecord


def curve(*values: float) -> SimpleNamespace:
    return SimpleNamespace(steps=list(range(len(values))), values=list(values), count=len(values))


def document(**changes: Any) -> dict[str, Any]:
    """A run with everything; ``changes`` go into its status."""
    return {
        "metadata": {
            "name": "train",
            "uid": "7f3a9c0211aa4bd0b1c2d3e4f5061728",
            "project": "iris",
            "labels": {"kind": "local", "framework": "xgboost"},
            "annotations": {"notebook": "/home/ann/quickstart.ipynb", "cell": "4"},
        },
        "spec": {
            "parameters": {"eta": 0.3, "max_depth": 4, "booster": "gbtree"},
            "inputs": {"data": "data/iris.csv"},
        },
        "status": {
            "state": "completed",
            "start_time": "2026-11-23T14:02:11.100000+00:00",
            "end_time": "2026-11-23T14:02:13.510000+00:00",
            "results": {"accuracy": 0.97333, "loss": 0.0812, "verdict": "good"},
            "artifacts": [
                {
                    "kind": "dataset",
                    "metadata": {"key": "flowers"},
                    "spec": {"size": 6100, "length": 150, "header": ["a", "b"]},
                },
                {"kind": "model", "metadata": {"key": "booster"}, "spec": {"size": 84_000, "framework": "xgboost"}},
            ],
            **changes,
        },
    }


@pytest.fixture
def run() -> RunRecord:
    return RunRecord.from_dict(document())


@pytest.fixture
def dataset() -> ArtifactRecord:
    return ArtifactRecord.from_dict(
        {
            "kind": "dataset",
            "metadata": {"key": "flowers", "hash": "9c41" * 16, "tag": "v1", "labels": {"source": "sklearn"}},
            "spec": {
                "size": 6100,
                "length": 150,
                "format": "parquet",
                "target_path": "/data/flowers.parquet",
                "header": ["petal", "species"],
                "schema": {"fields": [{"name": "petal", "type": "float"}, {"name": "species", "type": "string"}]},
            },
            "status": {
                "preview": [[5.1, "setosa"], [None, "virginica"]],
                "stats": {
                    "petal": {
                        "count": 148,
                        "mean": 3.758,
                        "std": 1.765,
                        "min": 1.0,
                        "max": 6.9,
                        "unique": 43,
                        "hist": [[1, 5, 9, 2], [1.0, 2.5, 4.0, 5.5, 6.9]],
                    },
                    "species": {"count": 150, "unique": 2, "top": ["setosa", "virginica"]},
                },
            },
        }
    )


@pytest.fixture
def sweep() -> RunRecord:
    head = ["state", "iter", "param.eta", "param.seed", "output.accuracy", "output.loss"]
    rows = [
        ["completed", 1, 0.1, 7, 0.90, 0.30],
        ["completed", 2, 0.2, 7, 0.95, 0.20],
        ["error", 3, 0.3, 7, None, None],
        ["completed", 4, 0.4, 7, 0.93, 0.10],
    ]
    run = RunRecord.from_dict(document(iterations=[head, *rows], progress=[4, 6], artifacts=[]))
    run.spec.hyperparams, run.spec.selector = {"eta": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}, "max.accuracy"
    return run
