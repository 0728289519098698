"""Drift from what is recorded of two versions."""

from __future__ import annotations

from typing import Any

import pytest

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.views.drift import drift


def version(**columns: Any) -> ArtifactRecord:
    spec = {"header": list(columns), "length": 100}
    return ArtifactRecord.from_dict({"kind": "dataset", "spec": spec, "status": {"stats": columns}})


def verdicts(old: ArtifactRecord, new: ArtifactRecord) -> dict[str, str]:
    return {each.name: each.verdict for each in drift(old, new).columns}


def test_it_says_what_reading_the_data_would_say() -> None:
    numpy, pyarrow = pytest.importorskip("numpy"), pytest.importorskip("pyarrow")
    from mlrun_jupyter.artifacts.stats import describe
    from mlrun_jupyter.artifacts.stats import drift as of_data

    random = numpy.random.default_rng(1)

    def table(shift: float, share: float) -> Any:
        return pyarrow.table(
            {
                "same": random.normal(0, 1, 5000),
                "moved": random.normal(shift, 1, 5000),
                "kind": random.choice(["a", "b"], 5000, p=[share, 1 - share]),
                "few": random.choice([0, 1, 2], 5000, p=[share, 0.9 - share, 0.1]),
            }
        )

    old, new = table(0, 0.5), table(1, 0.75)
    told = drift(version(**describe(old)), version(**describe(new)))
    exact = of_data.drift(old, new)
    for column in told.columns:
        assert column.verdict == exact[column.name]["verdict"], (column.name, column.psi, exact[column.name])
    assert told.columns[0].name == "moved" and told.columns[0].about.startswith("mean +")


def test_columns_that_came_and_went_and_changed_their_type_are_told() -> None:
    old = version(a={"type": "integer"}, b={"type": "text"}, gone={})
    new = version(a={"type": "text"}, b={"type": "text"}, fresh={})
    assert verdicts(old, new) == {"a": "changed", "gone": "removed", "fresh": "added", "b": "unknown"}


@pytest.mark.parametrize(
    "stats",
    [
        {"hist": [[1, 2], [0, 1]]}, {"hist": [[], []]}, {"hist": [[0, 0], [0, 1, 2]]}, {"hist": [[1, 1], [2, 1, 0]]},
        {"top": [["a"], 3, None]}, {"top": "a"}, {"hist": "no"}, {"hist": [[3], [1, 1]]}, {"mean": "x", "std": 0},
    ],
)  # fmt: skip
def test_statistics_that_make_no_sense_give_no_verdict_of_drift(stats: dict[str, Any]) -> None:
    assert verdicts(version(x=stats), version(x=stats))["x"] in ("unknown", "none")
