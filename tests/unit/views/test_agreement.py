"""JSON, HTML and text of one view say the same, section by section."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.compare import compare
from mlrun_jupyter.views import mime, text
from mlrun_jupyter.views.artifacts import artifacts_view
from mlrun_jupyter.views.base import View
from mlrun_jupyter.views.dataset import artifact_view
from mlrun_jupyter.views.functions import functions_view
from mlrun_jupyter.views.run import run_view
from mlrun_jupyter.views.runs import runs_view

CURVE = SimpleNamespace(steps=[0, 1, 2], values=[0.5, 0.8, 0.97333])


def parts(view: View) -> tuple[dict[str, Any], Tag, str]:
    bundle = mime.bundle(view)
    return (
        bundle[mime.mime_type(view.kind)],
        BeautifulSoup(bundle["text/html"], "html.parser"),
        text.render(view, width=160),
    )


def rows_under(page: Tag, title: str) -> list[list[str]]:
    """The cells of the table below a small heading."""
    heading = next(each for each in page.select(".mc-h") if each.get_text(" ", strip=True).startswith(title))
    return [
        [cell.get_text() for cell in row.find_all(["th", "td"])] for row in heading.find_next("table").find_all("tr")
    ]


def lines_under(plain: str, title: str) -> list[str]:
    lines = plain.split("\n")
    start = lines.index(title) + 1
    end = next((index for index in range(start, len(lines)) if not lines[index].startswith("  ")), len(lines))
    return [line.strip() for line in lines[start:end]]


def test_parameters(run: RunRecord) -> None:
    data, page, plain = parts(run_view(run, defaults=["booster"]))
    expected = [[entry["name"], entry["cell"]["text"]] for entry in data["parameters"]["entries"]]
    shown = rows_under(page, "Parameters")
    assert [[name, value.removesuffix(" · default")] for name, value in shown] == expected
    assert [line.split()[:2] for line in lines_under(plain, "Parameters")] == expected
    assert shown[-1][1].endswith("default") and "gbtree · default" in plain


def test_results_are_large_or_listed_and_none_is_lost(run: RunRecord) -> None:
    data, page, plain = parts(run_view(run, series={"accuracy": CURVE}))
    large = [[kpi["name"], kpi["cell"]["text"]] for kpi in data["kpis"]]
    cells = page.select("table.mc-kpis td")
    assert [[cell.select_one(".mc-k").get_text(), cell.b.get_text()] for cell in cells] == large
    listed = rows_under(page, "Results")
    assert [name for name, _ in large] + [name for name, _ in listed] == [
        each["name"] for each in data["results"]["entries"]
    ]
    for name, value in [*large, *listed]:
        assert any(line.split()[:2] == [name, value] for line in plain.split("\n"))


def test_curves_go_with_the_results_of_their_name(run: RunRecord) -> None:
    data, page, plain = parts(run_view(run, series={"accuracy": CURVE}))
    assert [kpi["series"] for kpi in data["kpis"]] == ["accuracy", ""]
    drawn = [bool(cell.svg) for cell in page.select("table.mc-kpis td")]
    assert drawn == [True, False]
    assert next(line for line in plain.split("\n") if line.startswith("accuracy")).endswith("█")
    assert data["charted"] == ["accuracy"] and page.select_one(".mc-legend0").get_text() == "accuracy 0.9733"


def test_artifacts_and_inputs(run: RunRecord) -> None:
    data, page, plain = parts(run_view(run))
    for title, field in (("Artifacts", "artifacts"), ("Inputs", "inputs")):
        expected = [[item["key"], item["about"]] for item in data[field]["items"]]
        assert [[name.split(" ", 1)[1], about] for name, about in rows_under(page, title)] == expected
        assert [line.split(maxsplit=2)[1:] for line in lines_under(plain, title)] == expected


def test_labels(run: RunRecord) -> None:
    data, page, plain = parts(run_view(run))
    expected = [f"{each['name']}={each['cell']['text']}" for each in data["labels"]["entries"]]
    assert [tag.get_text() for tag in page.select(".mc-tag")] == expected
    assert lines_under(plain, "Labels") == ["  ".join(expected)]


@pytest.mark.parametrize(
    "state", ["created", "pending", "running", "completed", "error", "aborting", "aborted", "unknown"]
)
def test_a_state_is_a_symbol_and_a_word(run: RunRecord, state: str) -> None:
    run.status.state = state
    data, page, plain = parts(run_view(run))
    chip = page.select_one(".mc-chip").get_text()
    assert data["state"] == state and chip.endswith(f" {state}") and len(chip.split()[0]) == 1
    assert plain.startswith(chip)


def test_head(run: RunRecord) -> None:
    data, page, plain = parts(run_view(run))
    head = page.select_one(".mc-head").get_text()
    assert data["where"] == ["quickstart.ipynb, cell 4", "local"]
    for shown in ("train", "2.41 s", data["uid"][:6], *data["where"]):
        assert shown in head and shown in plain


def test_error(run: RunRecord) -> None:
    run.status.state, run.status.error = "error", "ValueError: 5 columns\nexpected"
    run.status.traceback = (
        'Traceback (most recent call last):\n  File "<cell 4>", line 7, in train\n    fit(x)\nValueError: 5'
    )
    data, page, plain = parts(run_view(run))
    error = data["error"]
    block = page.select_one(".mc-error").get_text()
    for shown in (error["type"], error["where"], error["source"], "5 columns", "expected"):
        assert shown in block and shown in plain
    assert page.select_one(".mc-error details pre").get_text() == "\n".join(error["traceback"])


def test_log(run: RunRecord) -> None:
    data, page, plain = parts(run_view(run, log="".join(f"row {number}\n" for number in range(1000))))
    assert data["log"]["skipped"] == 800 and len(data["log"]["lines"]) == 200
    assert page.find("pre").get_text().split("\n") == data["log"]["lines"]
    assert "Log 1,000 lines" in page.get_text() and "… 800 lines before" in page.get_text()
    assert lines_under(plain, "Log (1,000 lines), the last 10") == data["log"]["lines"][-10:]


def test_code_and_environment(run: RunRecord) -> None:
    function = FunctionRecord.from_dict({"metadata": {"name": "trainer", "hash": "3be1f0aa"}})
    code = {"source": "def train():\n    return 1\n", "file": "train.py"}
    data, page, plain = parts(
        run_view(run, function=function, code=code, environment={"python": "3.11.2", "packages": {"b": "2", "a": "1"}})
    )
    assert data["code"]["text"] == "def train():\n    return 1" and data["environment"]["packages"] == ["a==1", "b==2"]
    assert data["code"]["text"] in [pre.get_text() for pre in page.find_all("pre")]
    for shown in ("trainer @ 3be1f0", "3.11.2", "2 packages"):
        assert shown in page.get_text() and shown in plain


def test_progress_is_told_while_a_run_goes_on(run: RunRecord) -> None:
    run.status.state, run.status.end_time, run.status.progress = "running", "", [62, 96]
    data, page, plain = parts(run_view(run, now=1795442540.0))
    assert data["progress"] == {"done": 62.0, "total": 96.0} and data["live"]
    assert "62 / 96" in page.select_one(".mc-progress").get_text() and "62 / 96" in plain


def test_iterations(sweep: RunRecord) -> None:
    data, page, plain = parts(run_view(sweep))
    rows = [
        [cell.get_text().removeprefix("★ ") for cell in row.find_all("td")] for row in page.select(".mc-sweep tbody tr")
    ]
    expected = [
        [str(row["iteration"]), row["state"], *(cell["text"] for cell in [*row["params"], *row["results"]])]
        for row in data["sweep"]["rows"]
    ]
    assert [[row[0], row[1].split()[-1], *row[2:]] for row in rows] == expected
    table = [line.replace("★ ", "").split() for line in lines_under(plain, "Iterations")[2:]]
    assert [[row[0], row[2], *row[3:]] for row in table] == [[cell for cell in row if cell] for row in expected]
    told = "3 of 6 done · 1 failed · best accuracy 0.95 (#2)"
    assert told in page.get_text() and told in plain


def test_data_set(dataset: ArtifactRecord) -> None:
    data, page, plain = parts(artifact_view(dataset))
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.find("table").tbody.find_all("tr")]
    fields = ("nulls_text", "distinct_text", "range_text", "spread_text")
    assert rows == [
        [f"{column['name']} {column['type']}", "", *(column[field] for field in fields)] for column in data["columns"]
    ]
    assert rows[0][2:] == ["1.3 %", "43", "1.0 … 6.9", "3.76 ± 1.76"]
    for column in data["columns"]:
        line = next(line for line in plain.split("\n") if line.strip().startswith(column["name"]))
        assert all(column[field] in line for field in fields)
    assert page.find("svg") and "▁" in plain
    preview = [
        [cell.get_text() for cell in row.find_all("td")] for row in page.find_all("table")[1].tbody.find_all("tr")
    ]
    assert preview == [[cell["text"] for cell in row] for row in data["preview"]]


def lists(run: RunRecord, dataset: ArtifactRecord) -> list[View]:
    function = FunctionRecord.from_dict(
        {"kind": "job", "metadata": {"name": "trainer", "tag": "latest", "hash": "3be1f0aa11"}}
    )
    return [runs_view([run, run]), artifacts_view([dataset]), functions_view([function])]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_lists(run: RunRecord, dataset: ArtifactRecord, index: int) -> None:
    data, page, plain = parts(lists(run, dataset)[index])
    heads = [cell.get_text() for cell in page.thead.find_all("tr")[-1].find_all("th")]
    assert heads == [column["label"] for column in data["columns"]] == plain.split("\n")[1].split()
    for row, line, told in zip(page.tbody.find_all("tr"), plain.split("\n")[2:], data["rows"], strict=True):
        for cell, expected in zip(row.find_all("td"), told["cells"], strict=True):
            assert cell.get_text().endswith(expected["text"]) and expected["text"] in line


def test_comparison(run: RunRecord) -> None:
    other = run.copy()
    other.spec.parameters["eta"], other.status.results["accuracy"] = 0.1, 0.9
    data, page, plain = parts(compare([run, other]).view)
    rows = [row for row in page.tbody.find_all("tr") if row.find("td")]
    for row, field in zip(rows, data["shown"], strict=True):
        values = [cell.get_text().removeprefix("★ ") for cell in row.select("td.mc-num")]
        deltas = [cell.get_text() for cell in row.select("td.mc-delta")]
        assert row.th.get_text() == field["name"] and values == [cell["text"] for cell in field["cells"]]
        assert deltas == (field["deltas"] or ["", ""])
        line = next(line for line in plain.split("\n") if line.strip().startswith(field["name"]))
        assert all(shown in line for shown in [*values, *deltas])
    assert [field["name"] for field in data["shown"]] == ["eta", "accuracy"]
    assert "★ 0.9733" in page.get_text() and "★ 0.9733" in plain
