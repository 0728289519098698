from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlrun_jupyter.db import open_db
from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.answers import answer

A = "a" * 32


@pytest.fixture
def db(tmp_path: Path) -> RunDB:
    store = open_db(str(tmp_path / "store"))
    document = {
        "metadata": {"uid": A, "name": "train", "project": "p"},
        "status": {"state": "running", "results": {"accuracy": 0.97}, "start_time": "2026-11-23T10:00:00+00:00"},
    }
    store.store_run(RunRecord.from_dict(document))
    return store


def asked(db: RunDB, path: str, method: str = "GET") -> Any:
    found = answer(db, method, path)
    assert found.status == 200, found
    return json.loads(found.body)


def test_paths_are_those_of_the_server(db: RunDB) -> None:
    assert asked(db, "projects") == {"names": ["p"]}
    assert asked(db, "runs?project=p&filter=accuracy%20%3E%200.9")["rows"][0]["uid"] == A
    assert asked(db, f"runs/p/{A}/0")["kpis"][0]["name"] == "accuracy"
    assert asked(db, f"runs/p/{A}/0/abort", "POST")["state"] == "aborting"
    assert asked(db, f"runs/p/{A}/0", "DELETE") == {"deleted": 1}


def test_a_log_is_read_from_an_offset_or_from_its_end(db: RunDB) -> None:
    db.append_log(db.list_runs(_all()).rows[0].key, "eins\nzwei grün\n".encode())
    assert asked(db, f"runs/p/{A}/0/log?offset=5")["text"] == "zwei grün\n"
    part = asked(db, f"runs/p/{A}/0/log?offset=-3")
    assert part["text"].endswith("n\n") and not part["final"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "runs/p/unknown/0", 404),
        ("POST", f"runs/p/{A}/0", 404),
        ("GET", "compare?runs=x", 400),
        ("GET", "runs?limit=many", 400),
        ("GET", "runs?filter=stat:x", 400),
        ("GET", "../etc/passwd", 404),
        ("GET", f"runs/p/{A}/99999999999", 404),
    ],
)
def test_questions_that_have_no_answer_get_one(db: RunDB, method: str, path: str, status: int) -> None:
    assert answer(db, method, path).status == status


@pytest.mark.parametrize(
    ("name", "body", "form"),
    [
        ("table.csv", "a,b\n1,x\n2,y\n", "table"),
        ("notes.md", "# hello", "text"),
        ("page.html", "<b>x</b>", "html"),
        ("chart.json", '{"$schema": "https://vega.github.io/schema/vega-lite/v5.json"}', "vega"),
        ("plain.json", '{"a": 1}', "text"),
        ("model.bin", "a\0b", "binary"),
        ("drawing.svg", "<svg/>", "svg"),
        ("empty.csv", "", "text"),
    ],
)
def test_content_has_a_form(db: RunDB, tmp_path: Path, name: str, body: str, form: str) -> None:
    (tmp_path / name).write_text(body)
    stored(db, tmp_path / name)
    assert asked(db, "artifacts/p/thing/content")["form"] == form


def test_an_altair_chart_that_was_kept_without_a_drawing_is_drawn_where_it_is_looked_at(
    db: RunDB, tmp_path: Path
) -> None:
    spec = '{"$schema":"https://vega.github.io/schema/vega-lite/v5.json","mark":"bar","title":"a \\u003c b"}'
    page = tmp_path / "chart.html"
    page.write_text(f'<p>x</p><script type="application/vnd.vegalite.v5+json" id="spec">{spec}</script>')
    stored(db, page)
    assert asked(db, "artifacts/p/thing/content")["form"] == "html"
    stored(db, page, kind="plotly")
    found = asked(db, "artifacts/p/thing/content")
    assert (found["form"], json.loads(found["text"])["title"]) == ("vega", "a < b")


def test_a_figure_with_its_library_inside_is_handed_over(db: RunDB, tmp_path: Path) -> None:
    page = tmp_path / "figure.html"
    page.write_text("<script>" + "x" * 5_000_000 + "</script>")
    stored(db, page, kind="plotly")
    assert asked(db, "artifacts/p/thing/content")["size"] > 5_000_000


def test_libraries_of_charts_are_given_by_name_only(db: RunDB) -> None:
    assert answer(db, "GET", "libraries/passwd").status == 404
    assert answer(db, "GET", "libraries/../page/page").status == 404
    found = answer(db, "GET", "libraries/vega")
    assert found.status == 404 if b"no such library" in found.body else b"mlrunDraw" in found.body


def test_a_large_table_is_read_page_by_page(db: RunDB, tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "big.parquet"
    pd.DataFrame({f"c{n}": range(1000) for n in range(150)}).to_parquet(path, row_group_size=100)
    stored(db, path)
    page = asked(db, "artifacts/p/thing/content?offset=450&rows=60")
    assert (page["total"], len(page["rows"]), page["more_columns"]) == (1000, 60, 50)
    assert [page["rows"][0][0]["text"], page["rows"][-1][0]["text"]] == ["450", "509"]


def test_a_folder_lists_its_files_and_gone_data_says_so(db: RunDB, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("x")
    stored(db, tmp_path / "folder", kind="dir")
    assert asked(db, "artifacts/p/thing/content")["files"] == ["a.txt"]
    stored(db, tmp_path / "nothing.csv")
    assert asked(db, "artifacts/p/thing/content")["form"] == "missing"


def stored(db: RunDB, path: Path, kind: str = "artifact") -> None:
    spec = {"target_path": str(path), "db_key": "thing"}
    record = {"kind": kind, "metadata": {"key": "thing", "project": "p", "tree": path.name}, "spec": spec}
    db.store_artifact(ArtifactRecord.from_dict(record))


def _all() -> Any:
    from mlrun_jupyter.db.query import RunQuery

    return RunQuery(project="p")


def test_versions_beyond_those_that_are_listed_are_counted(db: RunDB, tmp_path: Path) -> None:
    for number in range(503):
        stored(db, tmp_path / f"{number}.csv")
    found = asked(db, "artifacts/p/thing/versions")
    assert (len(found["rows"]), found["more"]) == (500, 3)
