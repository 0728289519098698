"""What each kind keeps and tells."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlrun_jupyter import artifacts
from mlrun_jupyter.artifacts import (
    ChartArtifact,
    CodeArtifact,
    DocumentArtifact,
    HTMLArtifact,
    ModelArtifact,
    PlotArtifact,
    PlotlyArtifact,
    TableArtifact,
    packagers,
)
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, UnknownArgumentError
from mlrun_jupyter.safety.documents import load_yaml

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def _read(record):
    return Path(record.spec.target_path).read_text()


def _offline(page):
    return not re.search(r"""(?:src|href|url\()\s*=?\s*["']?(?:https?:)?//""", page)


@pytest.mark.parametrize(
    "kind", ["line", "LineChart", "area", "column", "BarChart", "scatter", "pie", "histogram", "stepped", "heatmap"]
)
def test_charts_of_every_kind_need_no_network(log, kind):
    chart = ChartArtifact(
        "chart", header=["Epoch", "Accuracy", "Loss"], chart=kind, title="T <1>", options={"vAxis": {"title": "v"}}
    )
    chart.labels = {"type": "roc"}
    for i in range(1, 8):
        chart.add_row([i, i / 20 + 0.75, 0.30 - i / 20])
    record = log(chart)
    page = _read(record)
    assert (record.kind, record.spec.viewer, record.spec.format) == ("chart", "chart", "html")
    assert _offline(page)
    assert "<svg" in page
    assert "T &lt;1&gt;" in page
    assert page.count("<script") == 1  # the data, as JSON
    assert record.spec.extra["header"] == ["Epoch", "Accuracy", "Loss"]
    assert (
        json.loads(re.search(r'<script type="application/vnd.vegalite[^>]*>(.*?)</script>', page)[1])
        == record.spec.extra["vega_lite"]
    )
    assert len(record.spec.extra["vega_lite"]["data"]["values"]) == 7


ODD_ROWS = {
    "nothing": [],
    "texts": [["a", 1], ["b", 2]],
    "dates": [["2026-01-01", 1], ["2026-02-01", None]],
    "one point": [[1, 1]],
    "constant": [[1, 5], [2, 5]],
    "not finite": [[1, float("nan")], [2, float("inf")], [3, 1]],
    "huge": [[1, 1e308], [2, -1e308], [3, 10**400]],
    "tiny": [[0, 5e-324], [1, 0]],
    "text where a number is expected": [[1, "x"], [2, 3]],
    "numpy": [[np.int64(1), np.float32(2)]],
    "short rows": [[1], [2, 3]],
    "many": [[i, i % 7] for i in range(5000)],
}


@pytest.mark.parametrize("rows", ODD_ROWS.values(), ids=ODD_ROWS)
@pytest.mark.parametrize("kind", ["line", "column", "pie", "histogram", "scatter", "area", "heatmap"])
def test_odd_rows_are_drawn_as_far_as_they_go(log, rows, kind):
    page = _read(log(ChartArtifact("c", rows, ["x", "y"], chart=kind)))
    assert not re.search(r'(?:points|x|y|cx|cy|d|width|height)="[^"]*(?:nan|inf)', page)


def test_markup_in_a_chart_is_text(log):
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    page = _read(
        log(
            ChartArtifact(
                "c", [[evil, 1]], [evil, evil], title=evil, chart="column", options={"colors": ['"><script>']}
            )
        )
    )
    assert page.count("<script") == 1
    assert "<img" not in page


def test_broken_charts_are_told(log):
    with pytest.raises(InvalidArgumentError, match="did you mean line"):
        log(ChartArtifact("c", [[1, 2]], chart="lin"))
    with pytest.raises(InvalidArgumentError, match="3 values, the header 2"):
        log(ChartArtifact("c", [[1, 2, 3]], ["a", "b"]))
    with pytest.raises(InvalidArgumentError, match="a row of a chart is a list"):
        log(ChartArtifact("c", [5], ["a"]))
    with pytest.raises(UnknownArgumentError):
        ChartArtifact("c", heder=["x"])


def _figure():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2, 3])
    return figure


def test_plots(log):
    figure = _figure()
    for body in (figure, figure.axes[0], PNG, b"\xff\xd8\xff0", b"<svg></svg>"):
        page = _read(log(PlotArtifact("p", body=body, title="<T>")))
        assert _offline(page)
        assert "base64," in page
        assert "<T>" not in page
    assert (
        Path(log(artifacts.of("q", body=figure, local_path="q.png")).spec.target_path).read_bytes().startswith(PNG[:8])
    )
    assert "<svg" in _read(log(artifacts.of("r", body=figure, format="svg")))
    assert artifacts.of("s", body=figure).kind == artifacts.of("s", body=PNG).kind == "plot"
    with pytest.raises(InvalidArgumentError, match="not a picture"):
        log(PlotArtifact("p", body=object()))


def test_interactive_figures(log):
    import altair
    import plotly.graph_objects as go

    page = _read(log(PlotlyArtifact("p", figure=go.Figure(go.Scatter(x=[1], y=[2])))))
    assert "Plotly.newPlot" in page
    assert not re.search(r'<script[^>]*src="http', page)
    chart = altair.Chart(pd.DataFrame({"x": [1]})).mark_point().encode(x="x:Q")
    record = log(artifacts.of("a", body=chart))
    assert record.kind == "plotly"
    assert not re.search(r'<script[^>]*src="http', _read(record))


def test_pages_code_documents_and_tables(log):
    assert log(HTMLArtifact("h", body="<b>x</b>")).spec.target_path.endswith("/h.html")
    assert _read(log(artifacts.of("s", body=pd.DataFrame({"a": [1]}).style))).count("<table") == 1
    assert log(CodeArtifact("c", body="x = 1")).spec.target_path.endswith("/c.py")
    assert log(DocumentArtifact("d", body="# T")).kind == "document"
    record = log(TableArtifact("t", df=pd.DataFrame({"a": [1, 2], "b": ["x", "y,z"]}, index=[5, 6])))
    assert _read(record) == '"a","b"\n1,"x"\n2,"y,z"\n'
    assert (record.spec.extra["header"], record.status.preview) == (["a", "b"], [[1, "x"], [2, "y,z"]])
    assert _read(log(TableArtifact("u", df=[[1, 2]], header=["p", "q"]))) == '"p","q"\n1,2\n'


def test_models_of_bytes_files_and_folders(log, tmp_path):
    record = log(
        ModelArtifact(
            "m",
            body=b"weights",
            model_file="w.bin",
            metrics={"acc": np.float32(0.5)},
            parameters={"d": 3},
            framework="own",
        )
    )
    folder = Path(record.spec.target_path)
    assert sorted(path.name for path in folder.iterdir()) == ["model_spec.yaml", "w.bin"]
    assert load_yaml((folder / "model_spec.yaml").read_text())["metrics"] == {"acc": 0.5}
    assert (record.spec.extra["model_file"], record.spec.extra["framework"], record.spec.size) == (
        "w.bin",
        "own",
        record.spec.size,
    )
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "a.bin").write_bytes(b"1")
    (tmp_path / "saved" / "b.bin").write_bytes(b"2")
    by_file = log(ModelArtifact("f", model_file="a.bin", model_dir=tmp_path / "saved", extra_data={"note.txt": b"hi"}))
    assert sorted(path.name for path in Path(by_file.spec.target_path).iterdir()) == [
        "a.bin",
        "model_spec.yaml",
        "note.txt",
    ]
    by_folder = log(ModelArtifact("g", model_dir=tmp_path / "saved"))
    assert sorted(path.name for path in Path(by_folder.spec.target_path).iterdir()) == [
        "a.bin",
        "b.bin",
        "model_spec.yaml",
    ]
    with pytest.raises(NotFoundError):
        log(ModelArtifact("h", model_file="missing.bin"))
    with pytest.raises(InvalidArgumentError, match="cannot be written"):
        log(ModelArtifact("i", body=object()))
    with pytest.raises(InvalidArgumentError, match="needs data"):
        log(ModelArtifact("j"))


def test_models_of_frameworks(log):
    import xgboost
    from sklearn.linear_model import LogisticRegression

    frame = pd.DataFrame({"a": [0.0, 1, 2, 3], "b": [1.0, 0, 1, 0], "y": [0, 0, 1, 1]})
    model = LogisticRegression().fit(frame[["a", "b"]], frame["y"])
    record = log(ModelArtifact("s", body=model, training_set=frame, label_column="y"))
    assert (record.spec.extra["framework"], record.spec.extra["algorithm"]) == ("sklearn", "LogisticRegression")
    assert [each["name"] for each in record.spec.extra["inputs"]] == ["a", "b"]
    assert [each["name"] for each in record.spec.extra["outputs"]] == ["y"]
    assert record.spec.extra["feature_stats"]["a"]["mean"] == 1.5
    booster = xgboost.train({"max_depth": 2}, xgboost.DMatrix(frame[["a", "b"]], frame["y"]), 2)
    record = log(ModelArtifact("x", body=booster))
    again = xgboost.Booster(model_file=str(Path(record.spec.target_path) / "model.json"))
    assert again.num_boosted_rounds() == 2
    with pytest.raises(InvalidArgumentError, match="did you mean y"):
        log(ModelArtifact("s", body=model, training_set=frame, label_column="yy"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, {"k": 0.5}),
        (True, {"k": True}),
        ("text", {"k": "text"}),
        (np.float32(0.5), {"k": 0.5}),
        ([1, 2], {"k": [1, 2]}),
        ({"a": (1, 2)}, {"k": {"a": [1, 2]}}),
        (np.arange(3), {"k": [0, 1, 2]}),
        ("x" * 5000, "artifact"),
        (b"bytes", "artifact"),
        (list(range(1000)), "artifact"),
        (np.zeros(1000), "dataset"),
        (np.zeros((10, 10, 10)), "artifact"),
        (pd.DataFrame({"a": [1]}), "dataset"),
        (pd.Series([1, 2]), "dataset"),
        (Path(__file__), "artifact"),
        (Path(__file__).parent, "dir"),
        (PNG, "plot"),
        (ChartArtifact("own"), "chart"),
    ],
)
def test_returned_values_by_type(value, expected):
    packed = packagers.package("k", value)
    assert (packed if isinstance(packed, dict) else packed.kind) == expected


def test_returned_values_by_hint(log, tmp_path):
    (tmp_path / "m.bin").write_bytes(b"1")
    hints = {
        "dataset": [{"a": 1}],
        "model": str(tmp_path / "m.bin"),
        "file": str(tmp_path / "m.bin"),
        "json": {"a": 1},
        "html": "<b>",
        "dir": str(tmp_path),
    }
    for hint, value in hints.items():
        log(packagers.package("k", value, hint))
    assert packagers.package("k", [1] * 1000, "result") == {"k": [1] * 1000}
    with pytest.raises(InvalidArgumentError, match="did you mean dataset"):
        packagers.package("k", 1, "datset")


def test_nothing_is_pickled_unless_named(log):
    import pickle

    class Odd:
        def __reduce__(self):
            raise AssertionError("pickled")

        def __str__(self):
            return "odd"

    assert packagers.package("k", Odd()) == {"k": "odd"}
    with pytest.raises(InvalidArgumentError, match="array of objects"):
        packagers.package("k", np.array([Odd()] * 200, dtype=object))
    kept = log(packagers.package("k", {1, 2}, "object"))
    assert pickle.loads(Path(kept.spec.target_path).read_bytes()) == {1, 2}


def test_packagers_of_others(monkeypatch):
    packagers._extensions.cache_clear()
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [_Entry()] if group == packagers.GROUP else [])
    try:
        assert packagers.package("k", complex(1, 2)) == {"k_re": 1.0}
        assert packagers.package("k", 1) == {"k": 1}
    finally:
        packagers._extensions.cache_clear()


class _Entry:
    def load(self):
        return lambda key, value, hint: {f"{key}_re": value.real} if isinstance(value, complex) else None
