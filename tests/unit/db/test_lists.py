"""What lists of runs mean: the same in every store, as :mod:`mlrun_jupyter.db.query` says."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mlrun_jupyter.db.paging import token
from mlrun_jupyter.db.query import Comparison, RunQuery, labels
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model.run import RunKey, new_uid


def names(page: Any) -> list[str]:
    return [run.metadata.name for run in page.rows]


def listed(db: Any, **query: Any) -> list[str]:
    query.setdefault("project", "p")
    if "where" in query:
        query["where"] = tuple(Comparison.parse(text) for text in query["where"])
    if "labels" in query:
        query["labels"] = labels(query["labels"])
    return names(db.list_runs(RunQuery(**query)))


def add(writer: Any, name: str, *, project: str = "p", uid: str = "", iteration: int = 0, **more: Any) -> RunKey:
    given = more.pop("labels", {})
    key = RunKey(project, uid or new_uid(), iteration)
    return writer.run(key, metadata={"name": name, "labels": given}, **more)


def test_newest_first_by_arrival(db: Any, writer: Any) -> None:
    for name in "abc":
        add(writer, name, status={"start_time": f"20{99 - ord(name) % 10}-01-01T00:00:00+00:00"})
    assert listed(db) == ["c", "b", "a"]
    assert listed(db, sort=("start",)) == listed(db, sort=("-start",))[::-1]


def test_projects(db: Any, writer: Any) -> None:
    add(writer, "a")
    add(writer, "b", project="q")
    add(writer, "c", project="default")
    add(writer, "d")
    assert listed(db) == ["d", "a"]
    assert listed(db, project="") == ["c"]
    assert listed(db, project="*") == ["d", "c", "b", "a"]
    assert listed(db, project="none") == []
    assert listed(db, project="*", limit=3) == ["d", "c", "b"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("train", ["Train", "retrain", "train"]),
        ("=train", ["train"]),
        ("tr*", ["Train", "train"]),
        ("?rain", ["Train", "train"]),
        ("T_%", ["t_%"]),
        ("_", ["t_%"]),
        ("%", ["t_%"]),
        ("[ae]", ["x[ae]y"]),
        ("*[ae]*", ["x[ae]y"]),
        ("ÉTÉ", ["été"]),
        ("=Nul\0", ["Nul\0"]),
        ("none", []),
    ],
)
def test_names(db: Any, writer: Any, pattern: str, found: list[str]) -> None:
    for name in ("train", "retrain", "Train", "t_%", "x[ae]y", "été", "Nul\0"):
        add(writer, name)
    assert listed(db, name=pattern) == found


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ("owner=ann", ["b", "a"]),
        ("owner!=ann", ["d", "c"]),
        ("owner~=NN", ["b", "a"]),
        ("owner", ["c", "b", "a"]),
        (["owner=ann", "env=dev"], ["a"]),
        (["owner=ann", "env!=dev"], ["b"]),
        ("owner=%", []),
        ("owner=", ["c"]),
        ("nobody", []),
        ("nobody!=x", ["d", "c", "b", "a"]),
    ],
)
def test_labels(db: Any, writer: Any, conditions: Any, found: list[str]) -> None:
    add(writer, "a", labels={"owner": "ann", "env": "dev"})
    add(writer, "b", labels={"owner": "ann"})
    add(writer, "c", labels={"owner": ""})
    add(writer, "d")
    assert listed(db, labels=conditions) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (["results.x > 1"], ["huge", "inf", "two"]),
        (["results.x >= 1"], ["huge", "inf", "two", "one"]),
        (["results.x < 1"], ["minus"]),
        (["results.x <= 1", "results.x > -5"], ["one", "minus"]),
        (["results.x = 2"], ["two"]),
        (["results.x == 2.0"], ["two"]),
        (["results.x != 2"], ["huge", "truth", "text", "inf", "one", "minus"]),
        (["results.x = text"], ["text"]),
        (["results.x = '2'"], []),
        (["results.x > a"], ["text"]),
        (["results.x = True"], ["truth"]),
        (["results.x = true"], ["truth"]),
        (["results.y > 0"], []),
        (["params.x > 0"], []),
    ],
)
def test_comparisons(db: Any, writer: Any, where: list[str], found: list[str]) -> None:
    values = {
        "minus": -1,
        "one": 1,
        "two": 2.0,
        "nan": math.nan,
        "inf": math.inf,
        "text": "text",
        "none": None,
        "list": [2],
        "truth": True,
        "huge": 10**400,
    }
    for name, value in values.items():
        add(writer, name, results={"x": value})
    add(writer, "absent")
    assert listed(db, where=where) == found


def test_comparisons_of_parameters_and_metrics(db: Any, writer: Any) -> None:
    key = writer.open(metadata={"name": "a"}, spec={"parameters": {"depth": 3}})
    writer.add(key, "metric", [5, {"loss": 0.5}]).add(key, "metric", [4, {"loss": 9.0}]).close(key).send()
    add(writer, "b", spec={"parameters": {"depth": 4}})
    assert listed(db, where=["params.depth >= 3"]) == ["b", "a"]
    assert listed(db, where=["params.depth >= 3", "metrics.loss < 1"]) == ["a"]
    assert listed(db, where=["metrics.loss > 1"]) == []


def test_long_texts_and_large_integers_are_told_apart(db: Any, writer: Any) -> None:
    same = "x" * 200
    add(writer, "a", results={"t": same + "a", "n": 2**60 + 1}, labels={"l": same + "a"})
    add(writer, "b", results={"t": same + "b", "n": 2**60}, labels={"l": same + "b"})
    add(writer, "c", results={"t": same + "a", "n": 2**60 - 1}, labels={"l": same + "c"})
    assert listed(db, where=[f"results.t = '{same}b'"]) == ["b"]
    assert listed(db, where=[f"results.t > '{same}a'"]) == ["b"]
    assert listed(db, where=[f"results.t = '{same}'"]) == []
    assert listed(db, labels=f"l={same}c") == ["c"]
    assert listed(db, sort=("results.t",)) == ["c", "a", "b"]
    assert listed(db, sort=("-results.t",)) == ["b", "c", "a"]
    assert listed(db, sort=("results.n",)) == ["c", "b", "a"]
    assert listed(db, sort=("-results.n",)) == ["a", "b", "c"]
    page = db.list_runs(RunQuery(project="p", sort=("results.t",), limit=1))
    assert listed(db, sort=("results.t",), after=page.after) == ["a", "b"]


def test_states_and_counts(db: Any, writer: Any) -> None:
    for name, state in (("a", "completed"), ("b", "error"), ("c", "running"), ("d", "completed")):
        add(writer, name, state=state)
    assert listed(db, states=("completed",)) == ["d", "a"]
    assert listed(db, states=("error", "running", "nonsense")) == ["c", "b"]
    assert listed(db, states=("nonsense",)) == []
    assert db.count_runs(RunQuery(project="p")) == {"completed": 2, "error": 1, "running": 1}
    assert db.count_runs(RunQuery(project="p", name="a")) == {"completed": 1}


def test_times_include_from_and_exclude_to(db: Any, writer: Any, clock: Any) -> None:
    for minute in range(4):
        add(writer, f"{minute}", status={"start_time": f"2026-01-01T00:0{minute}:00+00:00"})
    first = 1767225600.0
    assert listed(db, start_from=first + 60, start_to=first + 180) == ["2", "1"]
    moment = db.list_runs(RunQuery(project="p")).rows[2].status.last_update
    from mlrun_jupyter.model.times import seconds

    assert listed(db, update_from=seconds(moment)) == ["3", "2", "1"]
    assert listed(db, update_to=seconds(moment)) == ["0"]


def test_iterations_only_when_asked(db: Any, writer: Any) -> None:
    uid = new_uid()
    add(writer, "parent", uid=uid)
    for iteration in (1, 2):
        add(writer, f"child{iteration}", uid=uid, iteration=iteration, results={"x": iteration})
    add(writer, "other", results={"x": 1.5})
    assert listed(db) == ["other", "parent"]
    assert listed(db, iterations=True) == ["other", "child2", "child1", "parent"]
    assert listed(db, uid=uid) == ["parent"]
    assert listed(db, uid=uid, iterations=True) == ["child2", "child1"]
    assert listed(db, iterations=True, sort=("-results.x",)) == ["child2", "other", "child1", "parent"]
    assert listed(db, iterations=True, sort=("-results.x",), limit=2) == ["child2", "other"]


SORTS = {
    "start": ["a", "b", "c", "d", "e", "f"],
    "-start": ["f", "e", "d", "c", "b", "a"],
    "update": ["a", "b", "c", "d", "e", "f"],
    "name": ["a", "b", "c", "d", "e", "f"],
    "-name": ["f", "e", "d", "c", "b", "a"],
    "state": ["d", "c", "b", "f", "e", "a"],
    "results.x": ["e", "d", "a", "c", "f", "b"],
    "-results.x": ["c", "a", "e", "d", "f", "b"],
}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_sorts_and_their_pages(db: Any, writer: Any, sort: str, limit: int) -> None:
    values = {"a": 7, "b": math.nan, "c": "text", "d": 1, "e": 1.0, "f": None}
    states = {"a": "error", "e": "error", "f": "error"}
    for minute, (name, value) in enumerate(values.items()):
        start = {"start_time": f"2026-01-01T00:0{minute}:00+00:00"}
        add(writer, name, results={"x": value}, status=start, state=states.get(name, "completed"))
    expected = SORTS[sort]
    found, after = [], ""
    while True:
        page = db.list_runs(RunQuery(project="p", sort=(sort,), limit=limit, after=after))
        assert len(page.rows) <= limit
        found += names(page)
        after = page.after
        if not after:
            break
    if sort == "state":
        expected = ["d", "c", "b", "f", "e", "a"]
    assert found == expected


def test_several_keys(db: Any, writer: Any) -> None:
    for name, x, y in (("a", 1, 1), ("b", 2, 1), ("c", 1, 2), ("d", 2, 2), ("e", 1, 1)):
        add(writer, name, results={"x": x, "y": y})
    expected = ["b", "d", "e", "a", "c"]
    assert listed(db, sort=("-results.x", "results.y")) == expected
    page = db.list_runs(RunQuery(project="p", sort=("-results.x", "results.y"), limit=3))
    assert names(page) == expected[:3]
    assert listed(db, sort=("-results.x", "results.y"), after=page.after) == expected[3:]


def test_pages_neither_repeat_nor_hide(db: Any, writer: Any) -> None:
    for name in "abcdef":
        add(writer, name)
    page = db.list_runs(RunQuery(project="p", limit=2))
    add(writer, "g")
    db.delete_runs(RunQuery(project="p", name="=e"))
    second = db.list_runs(RunQuery(project="p", limit=2, after=page.after))
    third = db.list_runs(RunQuery(project="p", limit=2, after=second.after))
    assert names(page) + names(second) + names(third) == ["f", "e", "d", "c", "b", "a"]
    assert third.after == ""


def test_pages_of_a_large_sweep(db: Any, writer: Any) -> None:
    count = 2100
    for uid in ("u", "other"):
        for number in range(1, count + 1 if uid == "u" else 3):
            key = RunKey("p", uid, number)
            writer.open(key, metadata={"name": uid}, status={"state": "running", "results": {"x": number * 7 % count}})
            writer.close(key)
    writer.send()

    def read(**query: Any) -> list[int]:
        found, after = [], ""
        while True:
            page = db.list_runs(RunQuery(project="p", uid="u", iterations=True, limit=900, after=after, **query))
            found += [run.metadata.iteration for run in page.rows]
            after = page.after
            if not after:
                return found

    assert read() == list(range(count, 0, -1))
    assert read(sort=("results.x",)) == sorted(range(1, count + 1), key=lambda each: (each * 7 % count, -each))
    assert read(sort=("name",), where=(Comparison("results.x", "<", 7),)) == list(range(count, 0, -300))


def test_what_cannot_be_asked_is_told(db: Any) -> None:
    for query in (
        RunQuery(sort=("size",)),
        RunQuery(sort=("results.",)),
        RunQuery(after="no token"),
        RunQuery(after="eA"),
        RunQuery(after=token([1, 2, 3])),
        RunQuery(after=token([[1], 2]), sort=("state",)),
        RunQuery(after=token(["x", 2.5]), sort=("state",)),
        RunQuery(limit=-1),
    ):
        with pytest.raises(InvalidArgumentError):
            db.list_runs(query)
    assert db.list_runs(RunQuery(limit=0)).rows == []


@pytest.mark.parametrize("sort", ["start", "update", "name", "state", "results.x", "-results.x", "params.y"])
@pytest.mark.parametrize("value", [None, 7, 2.5, "text", "2026-01-01T00:00:00+00:00", 10**30])
def test_a_token_of_another_list_does_no_harm(db: Any, writer: Any, sort: str, value: Any) -> None:
    add(writer, "a", results={"x": 1})
    add(writer, "b", results={"x": "y"})
    assert set(listed(db, sort=(sort,), after=token([value, 1]))) <= {"a", "b"}
