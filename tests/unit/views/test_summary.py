from __future__ import annotations

from typing import Any

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.views.summary import page, summary


def run(spec: dict[str, Any] | None = None, **status: Any) -> RunRecord:
    document = {"metadata": {"uid": "a1", "name": "train", "project": "p"}, "spec": spec or {}, "status": status}
    return RunRecord.from_dict(document)


def test_the_result_that_decides_comes_first() -> None:
    found = summary(run({"selector": "max.accuracy"}, state="completed", results={"loss": 0.1, "accuracy": 0.9}))
    assert [entry.name for entry in found.results] == ["accuracy", "loss"]


def test_a_sweep_says_how_far_it_is_and_what_is_best() -> None:
    spec = {"hyperparams": {"eta": [1, 2, 3]}, "selector": "max.accuracy"}
    found = summary(run(spec, state="running", progress=[2, 3], results={"accuracy": 0.97, "best_iteration": 2}))
    assert found.sweep is not None and found.sweep.best is not None
    assert (found.sweep.done, found.sweep.total, found.sweep.best.text, found.live) == (2, 3, "0.97", True)
    assert "best_iteration" not in [entry.name for entry in found.results]


def test_a_run_that_goes_on_says_how_far_it_is_in_its_own_words() -> None:
    told = "2 of 3, 1 failed, best accuracy 0.97 (#2), 1 s left"
    assert summary(run(state="running", status_text=told)).message == told
    assert summary(run(state="completed", status_text=told)).message == ""


def test_an_error_is_one_line() -> None:
    assert summary(run(state="error", error="ValueError: a\nb")).error == "ValueError: a↵b"


def test_time_goes_on_until_the_end() -> None:
    going = run(state="running", start_time="1970-01-01T00:00:10+00:00")
    ended = run(state="completed", start_time="1970-01-01T00:00:10+00:00", end_time="1970-01-01T00:00:12+00:00")
    assert (summary(going, now=15.0).duration, summary(ended, now=99.0).duration) == (5.0, 2.0)


def test_a_page_shows_the_columns_asked_for_and_offers_the_others() -> None:
    rows = [run({"parameters": {"eta": 0.3}}, results={"loss": 0.25}), run(results={"loss": 0.5})]
    found = page(rows, columns=["results.loss", "params.eta", "nothing.x"])
    assert [[cell.text for cell in row.values] for row in found.rows] == [["0.25", "0.3", ""], ["0.50", "", ""]]
    assert found.offered == ["results.loss", "params.eta"]


def test_hostile_values_stay_small_and_on_one_line() -> None:
    found = summary(run(state="completed", results={"x" * 999: "y\x1b[31m\n" * 9999}))
    assert len(found.results[0].name) == 200 and len(found.results[0].cell.text) <= 24
    assert "\x1b" not in found.results[0].cell.text and "\n" not in found.results[0].cell.text
