"""Pages of tables: chosen, put in order, and only what is asked for."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlrun_jupyter import datastore
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.runs import rows

PEOPLE = pa.table(
    {
        "age": pa.array([41, None, 29, 63, 29, 55]),
        "name": ["Ann", "Bob", "Cy", "Dee", "Ed", None],
        "kind": pa.array(["a", "b", "a", "b", "a", "b"]).dictionary_encode(),
        "seen": pa.array([0, 1, 2, 3, 4, 5], pa.timestamp("s")),
    }
)


@pytest.fixture(params=["parquet", "csv"])
def people(request: pytest.FixtureRequest, tmp_path: Path) -> datastore.DataItem:
    path = tmp_path / f"people.{request.param}"
    if request.param == "csv":
        PEOPLE.to_pandas().to_csv(path, index=False)
    else:
        pq.write_table(PEOPLE, path, row_group_size=2)
    return datastore.resolve(str(path))


def names(item: datastore.DataItem, **given: str) -> list[object]:
    found = rows.read(item, rows.asked(given))
    return [name or None for name in found.columns[found.shown.index("name")]]  # a CSV knows no nulls among texts


def test_rows_are_put_in_order_over_all_groups_with_nulls_last(people: datastore.DataItem) -> None:
    assert names(people, sort="age", rows="3") == ["Cy", "Ed", "Ann"]
    assert names(people, sort="-age", offset="3") == ["Cy", "Ed", "Bob"]
    assert names(people, sort="-kind", rows="3") == ["Bob", "Dee", None]


@pytest.mark.parametrize(
    ("column", "condition", "found"),
    [
        ("age", "> 40", ["Ann", "Dee", None]),
        ("age", "29", ["Cy", "Ed"]),
        ("age", "null", ["Bob"]),
        ("name", "E", ["Dee", "Ed"]),
        ("kind", "= b", ["Bob", "Dee", None]),
        ("kind", "!= b", ["Ann", "Cy", "Ed"]),
    ],
)
def test_rows_are_chosen_by_what_is_typed_above_a_column(
    people: datastore.DataItem, column: str, condition: str, found: list[object]
) -> None:
    assert names(people, where=f'{{"{column}": "{condition}"}}') == found


def test_chosen_rows_say_where_they_stand_and_how_many_there_are(people: datastore.DataItem) -> None:
    read = rows.read(people, rows.asked({"where": '{"kind": "a"}', "sort": "-name", "rows": "2", "first": "1"}))
    assert (read.numbers, read.total, read.shown) == ([4, 2], 3, ["name", "kind", "seen"])


@pytest.mark.parametrize(
    "given",
    [
        {"sort": "nothing"},
        {"where": '{"age": "> old"}'},
        {"where": '{"age": "99999999999999999999999"}'},
        {"where": "age > 3"},
        {"offset": "x"},
    ],
)
def test_what_cannot_be_asked_is_said(people: datastore.DataItem, given: dict[str, str]) -> None:
    with pytest.raises(InvalidArgumentError):
        rows.read(people, rows.asked(given))


def test_a_page_far_into_a_group_is_found(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    pq.write_table(pa.table({"n": range(100_000), "back": range(100_000, 0, -1)}), path)
    item = datastore.resolve(str(path))
    assert rows.read(item, rows.asked({"offset": "70000", "rows": "2"})).columns[0] == [70_000, 70_001]
    assert rows.read(item, rows.asked({"sort": "back", "rows": "2"})).columns[0] == [99_999, 99_998]


def test_columns_whose_names_begin_alike_keep_apart(tmp_path: Path) -> None:
    path = tmp_path / "alike.parquet"
    pq.write_table(pa.table({"a": [1, 2], "b": [3, 4], "a.1": [5, 6]}), path)
    found = rows.read(datastore.resolve(str(path)), rows.asked({"columns": "2"}))
    assert (found.shown, found.columns) == (["a", "b"], [[1, 2], [3, 4]])
