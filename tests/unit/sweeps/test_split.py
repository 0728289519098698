"""Inputs that are split: an iteration for each file, and what they find put together."""

from pathlib import Path

import pytest

from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, RunError
from mlrun_jupyter.sweeps.iteration import Outcome
from mlrun_jupyter.sweeps.merge import Merge


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """Six files of numbers, one of them in a folder below, one hidden and one of another kind; their folder is the current one."""
    folder = tmp_path / "data"
    (folder / "more").mkdir(parents=True)
    for number in range(5):
        (folder / f"part-{number}.txt").write_text("\n".join(map(str, range(number + 1))))
    (folder / "more" / "part-9.txt").write_text("1\n1")
    (folder / ".hidden.txt").write_text("100")
    (folder / "notes.md").write_text("100")
    monkeypatch.chdir(tmp_path)
    return folder


def count(context, part, scale=1):
    rows = [int(line) for line in part.get(encoding="utf-8").split()]
    context.log_results({"rows": len(rows), "total": sum(rows) * scale, "name": Path(part.url).name})


def run(task, **options):
    return run_local(task, handler=count, **options)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_file_of_a_list_has_an_iteration_and_the_results_are_put_together(db, parts, workers):
    files = [f"data/part-{number}.txt" for number in range(5)]
    found = run(new_task().with_input("part", files, workers=workers, merge={"rows": "sum", "total": "max"}))
    assert found.results == {"rows": 15, "total": 10}
    assert [each.results["name"] for each in found.iterations()] == [f"part-{number}.txt" for number in range(5)]
    assert [each.spec.inputs for each in found.iterations()] == [{"part": file} for file in files]
    assert found.status.iterations[1][:3] == ["completed", 1, "data/part-0.txt"]
    assert "part='data/part-0.txt'" in found.log_text()


def test_what_is_merged_stands_beside_the_best(db, parts):
    task = new_task().with_input("part", "data/part-*.txt", merge={"rows": "sum"})
    task.spec.selector = "max.total"
    assert run(task).results == {"rows": 15, "total": 10, "name": "part-4.txt", "best_iteration": 5}


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("data/part-*.txt", ["0", "1", "2", "3", "4"]),
        ("data/*-[13].txt", ["1", "3"]),
        ("data/**/part-?.txt", ["9", "0", "1", "2", "3", "4"]),
    ],
)
def test_a_pattern_is_split(db, parts, pattern, names):
    assert run(new_task().with_input("part", pattern)).results["name"] == [f"part-{name}.txt" for name in names]


def test_patterns_work_wherever_the_files_are(db):
    import fsspec

    for number in range(3):
        fsspec.filesystem("memory").pipe(f"/parts/{number}.txt", str(number).encode())
    assert run(new_task().with_input("part", "memory://parts/*.txt", merge="sum")).results["total"] == 3


def test_a_folder_is_split_when_that_is_said(db, parts):
    found = run(new_task().with_input("part", "data/more", split=True))
    assert found.results == {"rows": [2], "total": [2], "name": ["part-9.txt"]}

    def names(context, part):
        context.log_result("files", len(part.listdir()))

    assert run_local(new_task().with_input("part", "data"), handler=names).results == {"files": 8}


def test_files_are_combined_with_hyper_parameters(db, parts):
    task = new_task().with_input("part", ["data/part-1.txt", "data/part-2.txt"])
    found = run(task.with_hyper_params({"scale": [1, 10]}, "max.total"))
    assert [(each.results["name"], each.results["total"]) for each in found.iterations()] == [
        ("part-1.txt", 1), ("part-2.txt", 3), ("part-1.txt", 10), ("part-2.txt", 30),
    ]  # fmt: skip
    assert found.results == {"rows": 3, "total": 30, "name": "part-2.txt", "best_iteration": 4}


def test_a_file_with_brackets_in_its_name_is_a_file(db, parts):
    (parts / "part-[13].txt").write_text("7")
    assert run(new_task().with_input("part", "data/part-[13].txt")).results["total"] == 7
    assert run(new_task().with_input("part", ["data/part-[13].txt"])).results["total"] == [7]


def test_a_resumed_sweep_has_the_files_that_it_had(db, parts):
    def fragile(context, part):
        if part.url.endswith("2.txt"):
            raise ValueError("no")

    task = new_task().with_input("part", "data/part-*.txt")
    with pytest.raises(RunError) as caught:
        run_local(task, handler=fragile, hyper_param_options={"max_errors": 0})
    (parts / "part-00.txt").write_text("1")
    found = run(task, resume=caught.value.run.uid(), hyper_param_options={"merge": "count", "max_errors": 9})
    assert [each.spec.inputs["part"] for each in found.iterations()] == [
        f"data/part-{number}.txt" for number in range(5)
    ]


@pytest.mark.parametrize(
    ("inputs", "options", "error", "told"),
    [
        ({"part": []}, {}, NotFoundError, "no file to split"),
        ({"part": "data/none-*.txt"}, {}, NotFoundError, "no file to split"),
        ({"part": "nowhere/*.txt"}, {}, NotFoundError, "nowhere"),
        ({"part": "data"}, {"split": "prat"}, InvalidArgumentError, "no input 'prat'"),
        ({"part": ["a"], "scale": ["b", "c"]}, {}, InvalidArgumentError, "differ"),
        ({"part": ["a"]}, {"merge": "summ"}, InvalidArgumentError, "did you mean sum"),
        ({"part": ["a"]}, {"strategy": "random"}, InvalidArgumentError, "chooses"),
        ({"part": ["a"] * 1001}, {}, InvalidArgumentError, "1,001 iterations"),
    ],
)
def test_what_cannot_be_split_is_told_and_nothing_is_recorded(db, parts, inputs, options, error, told):
    from mlrun_jupyter.db.query import RunQuery

    with pytest.raises(error, match=told):
        run(new_task(), inputs=inputs, hyper_param_options=options)
    assert db.count_runs(RunQuery(project="*", iterations=True)) == {}


@pytest.mark.parametrize(
    ("how", "merged"),
    [
        ("list", {"a": [1, 2.5], "b": ["x", "y"]}),
        ("sum", {"a": 3.5}),
        ("mean", {"a": 1.75}),
        ("min", {"a": 1}),
        ("max", {"a": 2.5}),
        ("count", {"a": 2, "b": 2}),
        ({"b": "list"}, {"b": ["x", "y"]}),
        ("", {}),
    ],
)
def test_results_are_merged_in_the_order_of_the_iterations(how, merged):
    merge = Merge(how)
    merge.add(Outcome(2, "completed", {}, {"a": 2.5, "b": "y"}, []))
    merge.add(Outcome(3, "error", {}, {"a": 99}, []))
    merge.add(Outcome(1, "completed", {}, {"a": 1, "b": "x"}, []))
    assert merge.results() == merged


@pytest.mark.parametrize("how", ["sum", "mean"])
def test_infinities_are_merged_too(how):
    merge = Merge(how)
    for number, value in enumerate((float("inf"), 1, float("-inf")), 1):
        merge.add(Outcome(number, "completed", {}, {"a": value}, []))
    assert str(merge.results()) == "{'a': nan}"
