from __future__ import annotations

import json
import re

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.views import mime
from mlrun_jupyter.views.run import run_view
from mlrun_jupyter.views.sweep import sweep_view


def big(iterations: int) -> RunRecord:
    run = RunRecord()
    run.spec.hyperparams, run.spec.selector = {"eta": [1]}, "min.loss"
    head = ["state", "iter", "param.eta", "param.kind", "output.loss"]
    rows = [["completed", n, n % 11, "ab"[n % 2], (n * 7919) % iterations] for n in range(1, iterations + 1)]
    run.status.iterations = [head, *rows]
    return run


def test_the_best_comes_first_and_failed_ones_last(sweep: RunRecord) -> None:
    view = sweep_view(sweep)
    assert view is not None
    assert [row.iteration for row in view.rows] == [2, 4, 1, 3]
    assert [row.best for row in view.rows] == [True, False, False, False]
    assert (view.total, view.recorded, view.done, view.failed) == (6, 4, 3, 1)


def test_only_parameters_that_differ_get_a_column(sweep: RunRecord) -> None:
    view = sweep_view(sweep)
    assert view is not None and view.params == ["eta"] and view.results == ["accuracy", "loss"]


def test_what_the_record_says_is_best_is_best(sweep: RunRecord) -> None:
    sweep.status.results["best_iteration"] = 4
    view = sweep_view(sweep)
    assert view is not None and view.best == 4 and view.rows[0].iteration == 4


def test_without_a_selector_a_result_of_known_direction_decides(sweep: RunRecord) -> None:
    sweep.spec.selector = ""
    view = sweep_view(sweep)
    assert view is not None and (view.metric, view.direction, view.best) == ("accuracy", "max", 2)


def test_nothing_is_best_where_nobody_knows_the_direction() -> None:
    run = RunRecord()
    run.status.iterations = [
        ["state", "iter", "param.a", "output.rows"],
        ["completed", 1, 1, 5],
        ["completed", 2, 2, 9],
    ]
    view = sweep_view(run)
    assert view is not None and view.best is None and [row.iteration for row in view.rows] == [1, 2]


def test_nan_never_wins(sweep: RunRecord) -> None:
    sweep.status.iterations[1][4] = float("nan")
    view = sweep_view(sweep)
    assert view is not None and view.best == 2 and view.rows[-2].iteration == 1


def test_children_know_more_than_the_table(sweep: RunRecord) -> None:
    children = []
    for number, state in ((1, "completed"), (2, "running")):
        child = RunRecord.from_dict({"status": {"start_time": "2026-01-01T00:00:00+00:00", "state": state}})
        child.metadata.iteration, child.spec.parameters = number, {"eta": number / 10}
        child.status.end_time = "2026-01-01T00:00:01.500000+00:00" if state == "completed" else ""
        children.append(child)
    view = sweep_view(sweep, children)
    assert view is not None
    assert (view.recorded, view.running, view.rows[0].duration) == (2, 1, 1.5)


def test_a_plain_run_and_an_iteration_are_no_sweeps(run: RunRecord, sweep: RunRecord) -> None:
    assert sweep_view(run) is None
    sweep.metadata.iteration = 3
    assert sweep_view(sweep) is None


def test_a_sweep_that_has_not_begun_says_how_many_there_will_be() -> None:
    run = RunRecord()
    run.spec.hyperparams = {"a": [1, 2, 3], "b": [4, 5]}
    view = sweep_view(run)
    assert view is not None and (view.total, view.rows) == (6, [])
    run.spec.strategy = "list"
    other = sweep_view(run)
    assert other is not None and other.total == 3


def test_a_thousand_iterations_are_cut_visibly() -> None:
    view = run_view(big(1000))
    bundle = mime.bundle(view)
    html, data = bundle["text/html"], bundle[mime.mime_type("run")]
    assert "200 of 1,000 drawn" in html and "… and 992 more iterations" in html
    assert "… and 992 more iterations" in bundle["text/plain"]
    assert len(data["sweep"]["values"]) == 1000 and len(data["sweep"]["rows"]) == 8
    assert len(html) < 40_000 and len(json.dumps(data)) < 120_000
    assert html.count("<tr") < 20 and len(re.findall(r"M50 ", html)) == 201  # 200 lines, and the post at their start


def test_ten_thousand_iterations_keep_the_best(sweep: RunRecord) -> None:
    view = sweep_view(big(10_000))
    assert view is not None and view.recorded == 10_000 and len(view.values) == 1000
    assert view.rows[0].results[0].value == 0


def swept(amount: int) -> RunRecord:
    """``eta`` decides, ``seed`` is noise, ``half`` matters a little; #7 has no result."""
    run = RunRecord()
    run.spec.hyperparams, run.spec.selector = {"eta": [1]}, "max.score"
    head = ["state", "iter", "param.eta", "param.seed", "param.half", "output.score"]
    rows = [
        ["completed", n, n % 5, (n * 7919) % 997, n % 2, None if n == 7 else float(10 * (n % 5) + n % 2)]
        for n in range(1, amount + 1)
    ]
    run.status.iterations = [head, *rows]
    return run


def test_each_improvement_is_told_in_order() -> None:
    view = sweep_view(swept(60))
    assert view is not None
    assert [(each.iteration, each.value) for each in view.improvements] == [(1, 11), (2, 20), (3, 31), (4, 40), (9, 41)]


def test_the_parameter_that_decides_has_the_largest_influence_and_noise_has_none() -> None:
    view = sweep_view(swept(60))
    assert view is not None
    assert view.influences[0].name == "eta" and view.influences[0].share > 0.95
    assert {each.name for each in view.influences} <= {"eta", "half"}


def test_of_few_iterations_no_influence_is_told() -> None:
    view = sweep_view(swept(7))
    assert view is not None and view.influences == []


def test_page_and_text_tell_the_influences_alike() -> None:
    bundle = mime.bundle(run_view(swept(60)))
    told = bundle["application/vnd.mlrun-jupyter.run+json"]["sweep"]["influences"]
    assert f"score goes with eta {told[0]['text']}" in bundle["text/plain"]
    page = bundle["text/html"]
    assert "Best so far" in page and "Influence" in page and told[0]["text"] in page
