from __future__ import annotations

import math
from typing import Any

import pytest

from mlrun_jupyter.db import open_db
from mlrun_jupyter.model.journal import OBJECT, JournalRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.compare import compare, fields, kept
from mlrun_jupyter.views import mime
from mlrun_jupyter.views.compare import code_changes
from mlrun_jupyter.views.format import MINUS


def run(name: str = "train", uid: str = "", **spec: Any) -> RunRecord:
    record = RunRecord.from_dict({"metadata": {"name": name, "uid": uid or "ab" * 16}})
    record.spec.parameters = spec.get("parameters", {})
    record.status.results = spec.get("results", {})
    record.metadata.labels = spec.get("labels", {})
    record.status.extra = spec.get("extra", {})
    record.spec.selector = spec.get("selector", "")
    return record


def differing(*runs: RunRecord, **options: Any) -> dict[str, list[Any]]:
    return {field.name: field.values for field in fields(runs, **options) if field.differs}


def test_only_what_differs() -> None:
    runs = [run(parameters={"eta": 0.1, "depth": 3}), run(parameters={"eta": 0.3, "depth": 3})]
    assert differing(*runs) == {"eta": [0.1, 0.3]}
    assert [field.name for field in fields(runs)] == ["eta", "depth"]


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        (1, 1.0, False),
        (True, 1, True),
        (math.nan, math.nan, False),
        (None, math.nan, True),
        ([1, {"a": 2}], [1, {"a": 2}], False),
        ("1", 1, True),
    ],
)
def test_what_is_the_same(one: Any, other: Any, differs: bool) -> None:
    assert bool(differing(run(parameters={"x": one}), run(parameters={"x": other}))) is differs


def test_a_missing_value_differs_from_none() -> None:
    assert differing(run(parameters={"x": None}), run()) == {"x": [None, None]}


def test_values_that_do_not_compare_are_told_apart() -> None:
    import numpy as np

    same = [run(results={"m": np.zeros(3)}), run(results={"m": np.zeros(3)})]
    assert differing(*same) == {}
    assert "m" in differing(same[0], run(results={"m": np.ones(3)}))


def test_fields_are_left_out_by_name_section_and_pattern() -> None:
    runs = [run(parameters={"seed": n, "eta": n}, labels={"a": str(n), "b": str(n)}) for n in (1, 2)]
    assert list(differing(*runs, exclude=["seed", "labels.*"])) == ["eta"]


def test_who_ran_it_is_no_difference() -> None:
    assert differing(run(labels={"host": "a", "owner": "x"}), run(labels={"host": "b", "owner": "y"})) == {}


def test_code_and_packages() -> None:
    runs = [run(extra={"code": "3be1f0aa11", "git": {"commit": "c" * 40}}), run(extra={"code": "a91c22bb"})]
    assert differing(*runs) == {"code": ["3be1f0aa", "a91c22bb"], "commit": ["cccccccc", None]}
    environments = [
        {"python": "3.11", "packages": {"a": "1", "b": "2"}},
        {"python": "3.11", "packages": ["a==1", "b==3"]},
    ]
    assert differing(run(), run(), environments=environments) == {"b": ["2", "3"]}


def test_the_best_is_marked_and_the_others_are_measured_by_it() -> None:
    runs = [run(results={"accuracy": accuracy, "loss": loss}) for accuracy, loss in ((0.973, 0.081), (0.967, 0.079))]
    accuracy, loss = compare(runs).view.shown
    assert (accuracy.best, accuracy.deltas) == (0, ["", f"{MINUS}0.006"])
    assert (loss.best, loss.deltas) == (1, ["+0.002", ""])


def test_without_a_direction_the_first_is_the_measure_and_none_is_best() -> None:
    (rows,) = compare([run(results={"rows": 100}), run(results={"rows": 150})]).view.shown
    assert (rows.best, rows.deltas) == (None, ["", "+50"])


def test_the_selector_says_what_is_better() -> None:
    runs = [run(results={"rows": 100}, selector="min.rows"), run(results={"rows": 150}, selector="min.rows")]
    assert compare(runs).view.shown[0].best == 0


def test_identical_runs_say_so() -> None:
    runs = [run(parameters={"a": 1}), run(parameters={"a": 1})]
    assert "no difference in 1 field" in repr(compare(runs))
    assert [field.name for field in compare(runs, hide_identical=False).view.shown] == ["a"]


@pytest.mark.parametrize("amount", [0, 1, 2, 7, 100, 150])
def test_any_number_of_runs(amount: int) -> None:
    runs = [run(uid=f"{n:032x}", parameters={"eta": n}, results={"loss": 1 / (n + 1)}) for n in range(amount)]
    found = compare(runs)
    bundle = mime.bundle(found.view)
    assert len(found.view.runs) == min(amount, 100)
    assert ("… and 50 more runs" in bundle["text/html"]) == (amount == 150) == ("… and 50 more runs" in repr(found))


def test_a_frame_of_the_comparison() -> None:
    frame = compare([run(uid="a" * 32, parameters={"x": 1}), run(uid="b" * 32, parameters={"x": 2})]).to_df()
    assert frame.loc["parameters.x"].tolist() == [1, 2] and list(frame.columns) == ["train aaaaaa", "train bbbbbb"]


def test_code_and_packages_are_compared_as_far_as_the_store_has_them() -> None:
    db, objects = open_db("memory://compared"), []
    for at in (1, 2):
        objects.append({"kind": "code", "hash": f"code{at}", "body": {"source": f"def train():\n    return {at}\n"}})
        packages = {"numpy": f"{at}.0", "pandas": "2"}
        objects.append({"kind": "environment", "hash": f"env{at}", "body": {"packages": packages}})
    db.apply("writer", [JournalRecord(seq, OBJECT, None, 0, 0.0, each) for seq, each in enumerate(objects, start=1)])
    runs = [run(uid=f"{at}" * 32, extra={"code": f"code{at}", "environment": f"env{at}"}) for at in (1, 2)]
    environments, codes = kept([db, db], runs)
    view = compare(runs, environments=environments, codes=codes).view
    assert [field.name for field in view.shown if field.section == "environment"] == ["numpy"]
    bundle = mime.bundle(view)
    for line in ("-    return 1", "+    return 2"):
        assert line in view.changes[0].diff and line in bundle["text/html"] and line in bundle["text/plain"]
    assert kept([None, None], runs) == ([{}, {}], ["", ""])


def test_a_long_change_of_code_says_how_much_is_left_out() -> None:
    old, new = ("\n".join(f"{name}{line}" for line in range(500)) for name in "ab")
    [change] = code_changes([old, new])
    assert len(change.diff.splitlines()) == 400 and change.more == 1001 - 400
