from __future__ import annotations

from bs4 import BeautifulSoup

from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.views import mime
from mlrun_jupyter.views.runs import runs_view


def test_an_empty_list_says_so() -> None:
    bundle = mime.bundle(runs_view([]))
    assert bundle["text/plain"] == "no runs" and "no runs" in bundle["text/html"]


def test_rows_beyond_the_limit_are_counted(run: RunRecord) -> None:
    bundle = mime.bundle(runs_view([run] * 1000, limit=50))
    assert "… and 950 more runs" in bundle["text/html"] and "… and 950 more runs" in bundle["text/plain"]
    assert bundle["text/html"].count("<tr") == 52 and len(bundle[mime.mime_type("runs")]["rows"]) == 50


def test_the_names_that_most_runs_have_get_columns(run: RunRecord) -> None:
    other = run.copy()
    other.status.results = {f"rare{number}": number for number in range(20)} | {"accuracy": 0.5}
    view = runs_view([run, run, other])
    keys = [column.key for column in view.columns]
    assert (
        "results.accuracy" in keys
        and "params.eta" in keys
        and len([key for key in keys if key.startswith("results")]) == 6
    )
    assert len(view.hidden) == 17 and all(name.startswith("results.rare") for name in view.hidden)


def test_a_failed_run_tells_its_error_in_place_of_results(run: RunRecord) -> None:
    failed = run.copy()
    failed.status.state, failed.status.error, failed.status.results = "error", "ValueError: bad", {}
    page = BeautifulSoup(mime.bundle(runs_view([run, failed]))["text/html"], "html.parser")
    told = page.select_one(".mc-told")
    assert told.get_text() == "ValueError: bad" and told["colspan"] == "3"
    widths = {sum(int(cell.get("colspan", 1)) for cell in row.find_all(["td", "th"])) for row in page.find_all("tr")}
    assert len(widths) == 1


def test_an_error_beside_results_has_a_column(run: RunRecord) -> None:
    empty, failed = run.copy(), run.copy()
    for each in (empty, failed):
        each.status.state, each.status.error = "error", "ValueError: bad"
    empty.status.results = {}
    page = BeautifulSoup(mime.bundle(runs_view([run, failed, empty]))["text/html"], "html.parser")
    assert "error" in [cell.get_text() for cell in page.thead.find_all("th")]
    widths = {sum(int(cell.get("colspan", 1)) for cell in row.find_all(["td", "th"])) for row in page.find_all("tr")}
    assert len(widths) == 1


def test_projects_and_iterations_get_columns_when_they_differ(run: RunRecord) -> None:
    other = run.copy()
    other.metadata.project, other.metadata.iteration = "other", 3
    assert {"project", "iter"} <= {column.key for column in runs_view([run, other]).columns}
    assert not {"project", "iter"} & {column.key for column in runs_view([run, run]).columns}


def test_text_tells_an_error_below_its_run(run: RunRecord) -> None:
    run.status.state, run.status.error = "error", "ValueError: " + "bad " * 20
    lines = mime.bundle(runs_view([run]))["text/plain"].split("\n")
    assert lines[2].strip().startswith("✕ error") and lines[3].strip().startswith("ValueError: bad bad")
    assert len(lines) == 4


def test_the_number_of_the_best_iteration_is_no_result_to_list(run: RunRecord) -> None:
    run.status.results = {"best_iteration": 3, "loss": 0.1}
    assert [column.key for column in runs_view([run]).columns if column.group == "results"] == ["results.loss"]
