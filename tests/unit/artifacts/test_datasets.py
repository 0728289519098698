"""Data sets of every origin and oddity: written, described, read back; never a lost run."""

import datetime
import decimal
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import pandas as hpd

from mlrun_jupyter import datastore
from mlrun_jupyter.artifacts import DatasetArtifact, table_files
from mlrun_jupyter.artifacts.preview import rows_of
from mlrun_jupyter.artifacts.stats import streaming
from mlrun_jupyter.artifacts.tables import to_arrow, unique
from mlrun_jupyter.errors import DataError, InvalidArgumentError, NotFoundError, UnknownArgumentError
from mlrun_jupyter.model import values

FRAME = pd.DataFrame({"name": ["Jason", "Molly", None], "age": [42, 52, 36], "score": [25.5, None, 57.0]})


def test_the_record_of_a_data_set(log):
    record = log(DatasetArtifact("mydf", df=FRAME, stats=True, label_column="name"))
    assert (record.kind, record.spec.format, record.spec.viewer) == ("dataset", "parquet", "table")
    assert record.spec.target_path.endswith("/mydf.parquet")
    more = record.spec.extra
    assert (more["length"], more["header"], more["label_column"]) == (3, ["name", "age", "score"], "name")
    assert [field["name"] for field in more["schema"]["fields"]] == ["name", "age", "score"]
    assert record.status.preview == [["Jason", 42, 25.5], ["Molly", 52, None], [None, 36, 57.0]]
    assert record.status.stats["age"]["mean"] == pytest.approx(FRAME["age"].mean())
    assert record.status.stats["score"]["nulls"] == 1
    assert [each[:2] for each in record.status.stats["name"]["balance"]] == [["Jason", 1], ["Molly", 1]]
    values.encode(record.to_dict())
    pd.testing.assert_frame_equal(datastore.resolve(record.spec.target_path).as_df(), FRAME)


ORIGINS = {
    "pandas": FRAME,
    "polars": pl.from_pandas(FRAME),
    "polars, lazy": pl.from_pandas(FRAME).lazy(),
    "arrow": pa.Table.from_pandas(FRAME),
    "arrow batch": pa.RecordBatch.from_pandas(FRAME),
    "arrow reader": pa.Table.from_pandas(FRAME).to_reader,
    "duckdb": duckdb.from_df(FRAME),
    "mappings": FRAME.astype(object).where(FRAME.notna(), None).to_dict("records"),
    "columns": {"name": ["Jason", "Molly", None], "age": [42, 52, 36], "score": [25.5, None, 57.0]},
}


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS)
def test_every_origin_gives_the_same(log, origin):
    record = log(DatasetArtifact("d", df=origin() if callable(origin) else origin))
    assert (record.spec.extra["length"], record.spec.extra["header"]) == (3, ["name", "age", "score"])
    assert record.status.stats["score"]["mean"] == pytest.approx(41.25)
    assert datastore.resolve(record.spec.target_path).as_df().shape == (3, 3)


def test_dask_frames(log):
    import dask.dataframe as dd

    assert log(DatasetArtifact("d", df=dd.from_pandas(FRAME, npartitions=2))).spec.extra["length"] == 3


@pytest.mark.parametrize("format", ["parquet", "pq", "csv", "tsv", "jsonl", "arrow"])
def test_every_format_is_read_back(log, format):
    record = log(DatasetArtifact("d", df=FRAME, format=format))
    read = datastore.resolve(record.spec.target_path).as_df()
    pd.testing.assert_frame_equal(read, FRAME, check_dtype=False)


def test_the_index_is_kept_or_left(log):
    frame = FRAME.set_index("name")
    assert log(DatasetArtifact("d", df=frame)).spec.extra["header"] == ["age", "score", "name"]
    assert log(DatasetArtifact("e", df=frame, index=False)).spec.extra["header"] == ["age", "score"]
    assert log(DatasetArtifact("f", df=frame, format="csv", index=False)).spec.extra["header"] == ["age", "score"]


def test_arguments_are_checked(log):
    with pytest.raises(UnknownArgumentError, match="did you mean stats"):
        DatasetArtifact("d", df=FRAME, stat=True)
    with pytest.raises(InvalidArgumentError, match="did you mean parquet"):
        DatasetArtifact("d", df=FRAME, format="parqet")
    with pytest.raises(InvalidArgumentError, match="needs data"):
        log(DatasetArtifact("d"))
    with pytest.raises(InvalidArgumentError, match="not a table"):
        log(DatasetArtifact("d", df=object()))
    with pytest.raises(InvalidArgumentError, match="did you mean name"):
        log(DatasetArtifact("d", df=FRAME, label_column="nam"))
    assert log(DatasetArtifact("d", df=FRAME, stats=False)).status.stats == {}
    assert len(log(DatasetArtifact("d", df=FRAME, preview=1)).status.preview) == 1


UTC = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
ODD = {
    "mixed types": pd.DataFrame({"a": [1, "x", None, 2.5]}),
    "mixed, nested": pd.DataFrame({"a": [{"x": 1}, [1], None]}),
    "duplicate names": pd.DataFrame([[1, 2, 3]], columns=["a", "a", "a_1"]),
    "names that are no text": pd.DataFrame({1: [1], (2, 3): [2], None: [3], 4.5: [4]}),
    "nested": pd.DataFrame({"a": [[1, 2], None], "b": [{"x": 1}, {"y": 2}]}),
    "empty": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": [], "b": pd.Series([], dtype="datetime64[ns]")}),
    "all null": pd.DataFrame({"a": [None, None], "b": [np.nan, np.nan], "c": [pd.NaT, pd.NaT]}),
    "not finite": pd.DataFrame({"a": [np.nan, np.inf, -np.inf, 1]}),
    "huge integers": pd.DataFrame({"a": [2**80, -(2**80)], "b": [2**63, 2**64 - 1]}),
    "zones": pd.DataFrame({"a": [UTC, pd.Timestamp("2026", tz="Asia/Kathmandu"), None]}),
    "zones and none": pd.DataFrame({"a": [UTC, UTC.replace(tzinfo=None)]}, dtype=object),
    "old and far dates": pd.DataFrame({"a": [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]}),
    "complex": pd.DataFrame({"a": [1 + 2j, 0]}),
    "objects": pd.DataFrame({"a": [object(), ValueError("x")]}),
    "bytes": pd.DataFrame({"a": [b"\xff\x00", None]}),
    "decimals": pd.DataFrame({"a": [decimal.Decimal("1.1"), decimal.Decimal("1e30"), None]}),
    "intervals": pd.DataFrame({"a": pd.interval_range(0, 2)}),
    "periods": pd.DataFrame({"a": pd.period_range("2026", periods=2, freq="M")}),
    "categories": pd.DataFrame({"a": pd.Categorical(["x", None, "x"]), "b": pd.Categorical([1, 2, 1])}),
    "durations": pd.DataFrame({"a": pd.to_timedelta([1, 2, None], unit="s")}),
    "sparse": pd.DataFrame({"a": pd.arrays.SparseArray([0, 0, 1])}),
    "nullable": pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": pd.array([True, None], dtype="boolean")}),
    "columns of levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])),
    "rows of levels": pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "x"), (2, "y")])),
    "an odd index": pd.DataFrame({"a": [1, 2]}, index=[object(), "x"]),
    "surrogates": pd.DataFrame({"a": pd.Series(["\ud800", "fine"], dtype=object)}),
    "long text": pd.DataFrame({"a": ["x" * 100_000]}),
    "formulas": pd.DataFrame({"a": ["=1+1", "+x", "@y", "-z"]}),
    "array": np.zeros((3, 2)),
    "array, 3 dimensions": np.zeros((2, 2, 2)),
    "records": np.zeros(2, dtype=[("p", "f4"), ("q", "i8")]),
    "masked": np.ma.masked_array([1, 2], [True, False]),
    "ragged rows": [[1], [2, 3]],
    "ragged mappings": [{"a": 1}, {"b": "x"}, {}],
    "mappings of mixed values": [{"a": 1}, {"a": "x"}],
    "keys that are no text": [{1: 2}, {1: 3}],
    "plain values": [1, "x", None],
    "nothing": [],
    "empty structs": [{"a": {}}, {"a": {}}],
    "duplicate in duckdb": duckdb.sql("select 1 a, 2 a"),
    "polars, odd": pl.DataFrame({"a": [pl.Series([1, 2]), None], "b": [b"x", None], "c": [datetime.time(1), None]}),
    "polars, categories": pl.DataFrame({"d": ["x", "y"]}).with_columns(pl.col("d").cast(pl.Categorical)),
    "no columns": pd.DataFrame(index=[1, 2, 3]),
}  # fmt: skip


@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl", "arrow"])
@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_odd_data_is_kept(log, data, format):
    record = log(DatasetArtifact("d", df=data, format=format))
    document = values.decode(values.encode(record.to_dict()))
    json.dumps(document["spec"], allow_nan=False)
    assert len(set(record.spec.extra.get("header", []))) == len(record.spec.extra.get("header", []))
    if format == "parquet":
        assert len(datastore.resolve(record.spec.target_path).as_df(df_module="pyarrow")) == record.spec.extra.get(
            "length", 0
        )
    elif record.spec.extra.get("header") and format != "csv":
        assert len(datastore.resolve(record.spec.target_path).as_df()) == record.spec.extra["length"]


def test_what_was_changed_is_noted(log):
    notes = log(DatasetArtifact("d", df=ODD["mixed types"])).spec.extra["notes"]
    assert notes["a"].startswith("kept as text")
    assert unique(["a", "a", "a_1"]) == ["a", "a_2", "a_1"]


def test_thousands_of_columns(log):
    frame = pd.DataFrame(np.zeros((5, 5000)), columns=[f"c{i}" for i in range(5000)])
    record = log(DatasetArtifact("wide", df=frame))
    assert len(record.spec.extra["header"]) == 5000
    assert len(record.status.preview[0]) == 100
    assert len(record.status.stats) == 1000
    assert len(values.encode(record.to_dict())) < 2_000_000


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    hpd.data_frames(
        [
            hpd.column("f", dtype=float),
            hpd.column("i", dtype=int),
            hpd.column("b", dtype=bool),
            hpd.column(
                "s", elements=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), dtype=object
            ),
            hpd.column(
                "o",
                elements=st.none() | st.integers() | st.text("ab", max_size=2) | st.floats() | st.booleans(),
                dtype=object,
            ),
        ]
    )
)
def test_any_frame_comes_back(log, frame):
    record = log(DatasetArtifact("any", df=frame, index=False))
    values.encode(record.to_dict())
    read = datastore.resolve(record.spec.target_path).as_df()
    assert len(read) == len(frame) == record.spec.extra["length"]
    for name in ("f", "i", "b"):
        np.testing.assert_array_equal(read[name].to_numpy(), frame[name].to_numpy())


@pytest.mark.parametrize("format", ["csv", "parquet", "jsonl", "arrow", "tsv"])
def test_files_are_kept_as_they_are(log, tmp_path, format):
    source = Path(log(DatasetArtifact("made", df=FRAME, format=format)).spec.target_path)
    path = tmp_path / f"mine{source.suffix}"
    path.write_bytes(source.read_bytes())
    record = log(DatasetArtifact("d", df=path))
    assert Path(record.spec.target_path).read_bytes() == path.read_bytes()
    assert (record.spec.extra["length"], record.spec.format) == (3, format)
    assert record.status.stats["age"]["max"] == 52
    converted = log(DatasetArtifact("e", local_path=str(path), format="parquet"))
    assert datastore.resolve(converted.spec.target_path).as_df().shape == (3, 3)


def test_broken_files_are_typed_errors(log, tmp_path):
    broken = {
        "a.parquet": b"PAR1junk",
        "b.csv": b'a,b\n"1',
        "c.arrow": b"junk",
        "d.jsonl": b"{broken",
        "e.csv": b"\xff\xfe\x00\x01\x00,\x00",
    }
    for name, data in broken.items():
        (tmp_path / name).write_bytes(data)
        try:
            log(DatasetArtifact("d", df=str(tmp_path / name)))
        except DataError as error:
            assert name in str(error)
    (tmp_path / "f.xyz").write_bytes(b"")
    with pytest.raises(InvalidArgumentError, match="no table format"):
        log(DatasetArtifact("d", df=str(tmp_path / "f.xyz")))
    (tmp_path / "train.csv").write_text("a\n1\n")
    with pytest.raises(NotFoundError, match=r"did you mean train\.csv"):
        log(DatasetArtifact("d", df=str(tmp_path / "trian.csv")))
    with pytest.raises(DataError):
        log(DatasetArtifact("d", df=str(tmp_path / "a.parquet")))


@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl", "arrow"])
def test_large_files_are_streamed(log, tmp_path, monkeypatch, format):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"x": draw.normal(size=200_000), "n": draw.integers(0, 50, 200_000), "t": [f"user{i}" for i in range(200_000)]}
    )
    frame.loc[::10, "x"] = np.nan
    whole = log(DatasetArtifact("whole", df=frame, format=format))
    monkeypatch.setattr(table_files, "IN_MEMORY", 0)
    monkeypatch.setattr(streaming, "SAMPLE_BYTES", 500_000)
    record = log(DatasetArtifact("streamed", df=whole.spec.target_path, label_column="n"))
    assert record.spec.extra["length"] == 200_000
    assert record.status.preview == whole.status.preview
    found, exact = record.status.stats, whole.status.stats
    assert 0 < found["x"]["sampled"] < 200_000
    for name in ("count", "nulls", "min", "max", "mean", "std"):
        assert found["x"][name] == pytest.approx(exact["x"][name])
    assert found["x"]["50%"] == pytest.approx(exact["x"]["50%"], abs=0.05)
    assert found["n"]["distinct"] == 50
    assert found["t"]["distinct"] == pytest.approx(200_000, rel=0.01)
    assert sum(found["n"]["hist"][0]) == pytest.approx(200_000, rel=0.01)
    assert sum(share for _value, _count, share in found["n"]["balance"]) == pytest.approx(1)
    if format != "parquet":
        converted = log(DatasetArtifact("converted", df=whole.spec.target_path, format="parquet"))
        assert len(datastore.resolve(converted.spec.target_path).as_df()) == 200_000


def test_many_repeated_values_are_many_in_memory_and_not_read_at_once(log, tmp_path, monkeypatch):
    rows, columns = 40_000, 1_200
    path = tmp_path / "wide.parquet"
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int8)), pa.array([1.5]))
    wide = pa.table([pa.array(np.arange(rows)), *[same] * (columns - 1)], names=[f"c{at}" for at in range(columns)])
    pq.write_table(wide, path)
    assert path.stat().st_size < 4_000_000 < 100_000_000 < streaming.held(str(path), "parquet")
    seen = []
    monkeypatch.setattr(table_files, "IN_MEMORY", 100_000_000)
    monkeypatch.setattr(streaming, "rows_of", lambda table, count: seen.append(table.nbytes) or rows_of(table, count))
    record = log(DatasetArtifact("wide", df=str(path)))
    assert record.spec.extra["length"] == rows and len(record.spec.extra["header"]) == columns
    assert len(record.status.stats) == streaming.MAX_COLUMNS and record.status.stats["c0"]["max"] == rows - 1
    assert len(record.status.preview) == 20 and max(seen) < 80_000_000


def test_without_statistics_only_the_beginning_of_a_parquet_file_is_read(log, tmp_path, monkeypatch):
    path = tmp_path / "plain.parquet"
    pd.DataFrame({f"c{at}": np.arange(1000) for at in range(150)}).to_parquet(path)
    monkeypatch.setattr(table_files.Opened, "_read", None)
    record = log(DatasetArtifact("plain", df=str(path), stats=False))
    assert record.spec.extra["length"] == 1000 and len(record.spec.extra["header"]) == 150
    assert [len(row) for row in record.status.preview] == [100] * 20
    assert record.status.preview[3][:2] == [3, 3] and not record.status.stats
    with pytest.raises(InvalidArgumentError, match="no column 'x'"):
        log(DatasetArtifact("other", df=str(path), stats=False, label_column="x"))


@pytest.mark.parametrize("stats", [True, False])
def test_columns_whose_names_begin_alike_keep_apart(log, tmp_path, monkeypatch, stats):
    path = tmp_path / "alike.parquet"
    pq.write_table(pa.table({"a": [1, 2], "b": [3, 4], "a.1": [5, 6], "y": [0, 1]}), path)
    monkeypatch.setattr(table_files, "IN_MEMORY", 0)
    monkeypatch.setattr(streaming, "MAX_COLUMNS", 2)
    monkeypatch.setattr(table_files, "SHOWN_COLUMNS", 2)
    record = log(DatasetArtifact("alike", df=str(path), stats=stats, label_column="y"))
    assert record.spec.extra["header"] == ["a", "b", "a.1", "y"]
    assert set(record.status.stats) == ({"a", "b", "y"} if stats else set())
    assert record.status.preview == ([[1, 3, 0], [2, 4, 1]] if stats else [[1, 3], [2, 4]])


def test_series_and_values():
    assert to_arrow(pd.Series([1, 2], name="x")).table.column_names == ["x"]
    assert to_arrow(pl.Series("z", [1])).table.column_names == ["z"]
    with pytest.raises(DataError, match="different lengths"):
        to_arrow({"a": [1], "b": [1, 2]})
    with pytest.raises(InvalidArgumentError, match="single value"):
        to_arrow(np.array(3))
