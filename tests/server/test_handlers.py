"""What the server answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.run import RunKey

Ask = Callable[..., Any]


def test_runs_are_listed_newest_first_and_page_by_page(ask: Ask, runs: list[RunKey]) -> None:
    first = ask("runs", params={"project": "p", "limit": "2", "columns": "results.accuracy"}).body
    second = ask("runs", params={"project": "p", "limit": "2", "after": first["after"]}).body
    assert [row["uid"][0] for row in first["rows"]] == ["c", "b"]
    assert [row["uid"][0] for row in second["rows"]] == ["a"] and not second["after"]
    assert [row["values"][0]["text"] for row in first["rows"]] == ["", "0.97"]


def test_projects_are_named(ask: Ask, runs: list[RunKey]) -> None:
    assert ask("projects").body == {"names": ["p"]}


def test_projects_runs_and_functions_are_told_from_a_distance(ask: Ask, runs: list[RunKey], store: RunDB) -> None:
    [project] = ask("overview").body["projects"]
    assert (project["states"], len(project["recent"])) == ({"completed": 2, "running": 1}, 3)
    assert ask("runs", "count", params={"project": "p"}).body["states"] == project["states"]
    groups = ask("runs", "groups", params={"project": "p", "by": "name"}).body["groups"]
    assert [(group["title"], group["runs"]) for group in groups] == [("etl", 1), ("train", 2)]
    store.store_function(FunctionRecord.from_dict({"metadata": {"name": "trainer", "project": "p"}}))
    [listed] = ask("functions", params={"project": "p"}).body["rows"]
    shown = ask("functions", "p", "trainer").body
    assert shown["item"]["hash"] == listed["hash"] == shown["versions"][0]["hash"]
    same = {"old": listed["hash"], "new": listed["hash"]}
    assert ask("functions", "p", "trainer", "changes", params=same).body["code"] == ""


def test_a_filter_line_is_understood_and_repeated_in_other_words(ask: Ask, runs: list[RunKey]) -> None:
    found = ask("runs", params={"project": "p", "filter": "accuracy > 0.95 state:completed"}).body
    assert [row["uid"][0] for row in found["rows"]] == ["b"]
    assert found["understood"] == ["results.accuracy > 0.95", "state completed"]


def test_a_bare_name_means_a_parameter_where_no_run_has_such_a_result(ask: Ask, runs: list[RunKey]) -> None:
    found = ask("runs", params={"project": "p", "filter": "depth = 4"}).body
    assert found["understood"] == ["params.depth = 4"] and len(found["rows"]) == 3


def test_a_filter_that_cannot_be_read_says_what_to_write(ask: Ask, runs: list[RunKey]) -> None:
    answer = ask("runs", params={"filter": "stat:running"})
    assert answer.status == 400
    assert answer.body["hint"] == "did you mean state?"


def test_a_number_that_is_none_is_refused(ask: Ask) -> None:
    assert ask("runs", params={"limit": "many"}).status == 400


def test_a_card_is_the_view_that_notebooks_show(ask: Ask, runs: list[RunKey]) -> None:
    view = ask("runs", "p", "b" * 32, "0").body
    assert (view["kind"], view["name"], view["state"]) == ("run", "train", "completed")
    assert [kpi["cell"]["text"] for kpi in view["kpis"]] == ["0.97"]


def test_a_run_that_is_not_there_is_said_to_be_missing(ask: Ask, runs: list[RunKey]) -> None:
    answer = ask("runs", "p", "f" * 32, "0")
    assert answer.status == 404 and answer.body["code"] == "NotFoundError"


def test_a_log_is_read_by_offset_and_ends_with_its_run(ask: Ask, runs: list[RunKey]) -> None:
    whole = ask("runs", "p", "a" * 32, "0", "log").body
    rest = ask("runs", "p", "a" * 32, "0", "log", params={"offset": str(whole["end"])}).body
    assert (whole["text"], whole["end"], whole["final"]) == ("grün\n", 6, True)
    assert rest["text"] == "" and rest["final"]
    assert not ask("runs", "p", "c" * 32, "0", "log").body["final"]


def test_a_part_of_a_log_never_splits_a_letter(ask: Ask, runs: list[RunKey]) -> None:
    part = ask("runs", "p", "a" * 32, "0", "log", params={"size": "3"}).body
    assert (part["text"], part["end"]) == ("gr", 2)


def test_series_of_a_run_without_metrics_are_none(ask: Ask, runs: list[RunKey]) -> None:
    assert ask("runs", "p", "a" * 32, "0", "series").body == []


def test_runs_are_compared_in_what_differs(ask: Ask, runs: list[RunKey]) -> None:
    named = ",".join(f"p/{key.uid}/0" for key in runs[:2])
    view = ask("compare", params={"runs": named}).body
    assert [field["name"] for field in view["shown"]] == ["accuracy"]
    assert view["shown"][0]["best"] == 1


def test_one_run_is_nothing_to_compare(ask: Ask, runs: list[RunKey]) -> None:
    assert ask("compare", params={"runs": f"p/{runs[0].uid}/0"}).status == 400
    assert ask("compare", params={"runs": "nonsense"}).status == 400


def test_aborting_asks_the_run_to_end(ask: Ask, runs: list[RunKey], store: RunDB) -> None:
    assert ask("runs", "p", "c" * 32, "0", "abort", method="POST").body["state"] == "aborting"
    assert store.read_run(runs[2]).status.state == "aborting"
    assert ask("runs", "p", "a" * 32, "0", "abort", method="POST").body["state"] == "completed"


def test_deleting_takes_one_run_and_no_other(ask: Ask, runs: list[RunKey], store: RunDB) -> None:
    assert ask("runs", "p", "a" * 32, "0", method="DELETE").body == {"deleted": 1}
    missing = None
    try:
        store.read_run(runs[0])
    except NotFoundError as error:
        missing = error
    assert missing is not None
    assert store.read_run(runs[1]).status.results == {"accuracy": 0.97}


def test_artifacts_come_as_data_and_never_as_pages(ask: Ask, runs: list[RunKey]) -> None:
    answer = ask("artifacts", "p", "train_notes", "content")
    assert answer.body["form"] == "html" and "<script>" in answer.body["text"]
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_an_artifact_has_a_card_and_a_place_in_the_list(ask: Ask, runs: list[RunKey]) -> None:
    assert ask("artifacts", "p", "train_notes").body["item"]["key"] == "notes"
    listed = ask("artifacts", params={"project": "p"}).body["rows"]
    assert [(row["db_key"], row["run"], row["tags"]) for row in listed] == [("train_notes", "a" * 32, ["latest"])]


def test_data_that_is_gone_is_said_to_be(ask: Ask, runs: list[RunKey], tmp_path: Path) -> None:
    (tmp_path / "notes.html").unlink()
    assert ask("artifacts", "p", "train_notes", "content").body["form"] == "missing"


def test_whoever_waits_is_told_when_something_changes(ask: Ask, runs: list[RunKey], store: RunDB) -> None:
    token = ask("changes").body["token"]
    assert ask("changes", params={"seen": token, "seconds": "0"}).body == {"token": token, "changed": False}
    store.update_run(runs[2], {"metadata.labels.seen": "yes"})
    told = ask("changes", params={"seen": token, "seconds": "10"}).body
    assert told["changed"] and told["token"] != token


def test_a_store_that_cannot_be_opened_is_said_plainly(ask: Ask, jp_serverapp: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    from mlrun_jupyter.server.access import StoreAccess
    from mlrun_jupyter.server.handler import SETTING

    access = StoreAccess(os.fspath(blocked))
    jp_serverapp.web_app.settings[SETTING], before = access, jp_serverapp.web_app.settings[SETTING]
    answer = ask("runs")
    access.close()
    before.close()
    assert answer.status == 503 and str(blocked) in answer.body["where"] + answer.body["message"]


def test_versions_of_a_data_set_are_listed_and_compared(ask: Ask, store: RunDB) -> None:
    def version(number: int) -> str:
        stats = {"x": {"count": 4, "hist": [[1, 3] if number else [3, 1], [0, 1, 2]]}}
        document = {
            "kind": "dataset",
            "metadata": {"key": "iris", "project": "p", "tree": f"run{number}", "hash": str(number)},
            "spec": {"db_key": "iris", "header": ["x"], "target_path": f"/nowhere/{number}.csv"},
            "status": {"stats": stats},
        }
        return store.store_artifact(ArtifactRecord.from_dict(document)).metadata.uid

    old, new = version(0), version(1)
    store.tag_artifact("p", "iris", old, "baseline")
    rows = ask("artifacts", "p", "iris", "versions").body["rows"]
    assert [(row["uid"], row.get("tags")) for row in rows] == [(new, ["latest"]), (old, ["baseline"])]
    told = ask("artifacts", "p", "iris", "drift", params={"old": old, "new": new}).body
    assert [(column["name"], column["verdict"]) for column in told["columns"]] == [("x", "large")]
    assert ask("artifacts", "p", "nothing", "versions").status == 404
