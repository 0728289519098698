import csv
import io

import pytest

from mlrun_jupyter import new_task, run_local
from mlrun_jupyter.sweeps import table as tables
from mlrun_jupyter.sweeps.iteration import Outcome
from mlrun_jupyter.sweeps.table import IterationTable


def outcome(number, state="completed", parameters=None, **results):
    return Outcome(number, state, parameters or {"x": number}, results, [])


def filled(*outcomes):
    table = IterationTable()
    for each in outcomes:
        table.add(each)
    return table


def test_rows_stand_in_the_order_of_their_numbers_whatever_ended_first():
    table = filled(outcome(3, y=3), outcome(1, y=1), outcome(2, y=2))
    assert [line[1] for line in list(table.lines())[1:]] == [1, 2, 3]


def test_names_stand_in_the_order_in_which_the_first_iteration_has_them():
    table = filled(outcome(2, c=1, b=2), outcome(1, a=1, c=2), outcome(3, d=1))
    assert table.header == ["state", "iter", "param.x", "output.a", "output.c", "output.b", "output.d"]
    assert list(table.lines())[2] == ["completed", 2, 2, None, 1, 2, None]


def test_a_number_that_comes_again_replaces_the_row():
    table = filled(outcome(1, "aborted"), outcome(1, y=4))
    assert list(table.lines())[1:] == [["completed", 1, 1, 4]]
    assert len(table) == 1


def test_rows_beyond_memory_come_back_from_the_file(monkeypatch):
    monkeypatch.setattr(tables, "IN_MEMORY", 10)
    table = filled(*(outcome(number, y=number / 3, name="é\n") for number in range(35, 0, -1)), outcome(30, y=0.0))
    lines = list(table.lines())[1:]
    assert [line[1] for line in lines] == list(range(1, 36))
    assert lines[29] == ["completed", 30, 30, 0.0, None]
    assert lines[0] == ["completed", 1, 1, 1 / 3, "é\n"]
    assert len(table) == 35
    table.close()


def test_an_even_choice_of_many_rows():
    table = filled(*(outcome(number) for number in range(1, 101)))
    assert [row.number for row in table.rows(at_most=4)] == [1, 26, 51, 76]


@pytest.mark.parametrize("count", [5, 150])
def test_a_long_table_is_in_the_artifact_only(db, count):
    task = new_task().with_hyper_params({"x": list(range(count))}, "max.y")
    run = run_local(task, handler=lambda context, x: context.log_result("y", x))
    assert len(run.refresh().status.iterations) == (count + 1 if count <= 100 else 0)
    artifact = run.artifact("iteration_results")
    rows = list(csv.reader(io.StringIO(artifact.get().decode())))
    assert rows[0] == ["state", "iter", "param.x", "output.y"]
    assert len(rows) == count + 1
    document = artifact.to_dict() if hasattr(artifact, "to_dict") else dict(artifact)
    assert document["spec"]["header"] == rows[0]
    assert document["spec"]["length"] == count
