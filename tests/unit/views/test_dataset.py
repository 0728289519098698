from __future__ import annotations

from typing import Any

import pytest

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.views import mime
from mlrun_jupyter.views.dataset import artifact_view


def table(columns: int, **stats: Any) -> ArtifactRecord:
    names = [f"c{number}" for number in range(columns)]
    document = {"kind": "dataset", "spec": {"header": names, "length": 10}, "status": {"stats": stats}}
    return ArtifactRecord.from_dict(document)


def test_five_thousand_columns_are_cut_visibly() -> None:
    bundle = mime.bundle(artifact_view(table(5000)))
    assert "… and 4,960 more columns" in bundle["text/html"] and "… and 4,960 more columns" in bundle["text/plain"]
    data = bundle[mime.mime_type("dataset")]
    assert len(data["columns"]) == 200 and data["more"] == 4800


@pytest.mark.parametrize(
    "stats",
    [
        {"hist": [[1, 2], [0, 1, 2]], "unique": 2, "count": 9},
        {"histogram": {"counts": [1, 2], "edges": [0, 1, 2]}, "distinct": 2, "nulls": 1},
    ],
)
def test_both_spellings_of_statistics_are_read(stats: dict[str, Any]) -> None:
    column = artifact_view(table(1, c0=stats)).columns[0]
    assert (column.histogram, column.distinct, column.nulls) == ([1, 2], 2, 1)


@pytest.mark.parametrize(
    "stats", [None, 3, "x", [], {"hist": 5}, {"hist": [[None], "a"]}, {"count": -5}, {"mean": "x", "min": None}]
)
def test_statistics_that_do_not_fit_are_left_out(stats: Any) -> None:
    assert mime.bundle(artifact_view(table(1, c0=stats)))["text/html"]


def test_an_artifact_that_is_no_table_shows_its_facts() -> None:
    model = ArtifactRecord.from_dict(
        {
            "kind": "model",
            "metadata": {"key": "m"},
            "spec": {"size": 84_000, "framework": "xgboost", "metrics": {"auc": 0.9}},
        }
    )
    bundle = mime.bundle(artifact_view(model))
    assert mime.mime_type("artifact") in bundle
    for shown in ("84 kB", "xgboost", "auc"):
        assert shown in bundle["text/html"] and shown in bundle["text/plain"]


def test_a_model_shows_metrics_columns_and_what_matters_most() -> None:
    spec = {
        "metrics": {"auc": 0.93},
        "inputs": [{"name": "age", "value_type": "int"}, {"name": "income"}],
        "outputs": [{"name": "left"}],
        "feature_weights": [0.2, -0.8],
    }
    model = ArtifactRecord.from_dict({"kind": "model", "metadata": {"key": "m"}, "spec": spec})
    view = artifact_view(model)
    assert view.model is not None
    assert [(each.name, each.share) for each in view.model.importance] == [("income", 1.0), ("age", 0.25)]
    bundle = mime.bundle(view)
    for shown in ("0.93", "income", "-0.8", "left", "age int"):
        assert shown in bundle["text/html"] and shown in bundle["text/plain"]
