from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mlrun_jupyter import config
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.runs.lists import ArtifactList, FunctionList, RunList

LISTS = [RunList, ArtifactList, FunctionList]


def run(number: int = 1, **results: Any) -> RunRecord:
    return RunRecord.from_dict(
        {
            "metadata": {
                "name": "train",
                "uid": f"{number:032x}",
                "project": "p",
                "labels": {"kind": "local", "team": "a"},
            },
            "spec": {"parameters": {"eta": number / 10}, "inputs": {"data": "x.csv"}},
            "status": {
                "state": "completed",
                "start_time": "2026-11-23T10:00:00+00:00",
                "results": results or {"loss": 1 / number},
                "artifacts": [
                    {
                        "kind": "model",
                        "metadata": {"key": "m", "project": "p", "tree": "t"},
                        "spec": {"db_key": "train_m"},
                    },
                    {"key": "older"},
                ],
            },
        }
    )


@pytest.mark.parametrize("kind", LISTS)
def test_an_empty_list_can_do_everything(kind: Any, capsys: pytest.CaptureFixture[str]) -> None:
    empty = kind()
    empty.show()
    assert capsys.readouterr().out == f"no {kind.__name__.removesuffix('List').lower()}s\n"
    assert empty.to_rows() == [list(kind.columns)]
    assert list(empty.to_df().columns) == list(kind.columns) and len(empty.to_df()) == 0
    assert empty.to_objects() == [] and len(empty[:3]) == 0
    assert "text/html" in empty._repr_mimebundle_()


def test_an_empty_list_of_runs_compares_and_flattens() -> None:
    assert len(RunList().to_df(flat=True)) == 0
    assert "0 runs" in repr(RunList().compare())


def test_showing_twice_shows_the_same_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    runs = RunList([run(1), run(2)])
    before = [each.to_dict() for each in runs]
    runs.show()
    first = capsys.readouterr().out
    frame = runs.to_df()
    runs.show()
    assert capsys.readouterr().out == first
    assert runs.to_df().equals(frame) and [each.to_dict() for each in runs] == before


def test_rows_hold_values_as_they_are_recorded() -> None:
    head, row = RunList([run(2)]).to_rows()
    cells = dict(zip(head, row, strict=True))
    assert cells["parameters"] == {"eta": 0.2} and cells["results"] == {"loss": 0.5} and cells["kind"] == "local"
    assert cells["artifacts"] == ["m", "older"] and cells["artifact_uris"] == ["store://models/p/train_m@t"]


def test_a_frame_cannot_change_the_record() -> None:
    runs = RunList([run()])
    runs.to_df()["parameters"][0]["eta"] = 99
    runs.to_rows()[1][head_index("results")]["loss"] = 99
    assert runs[0].spec.parameters == {"eta": 0.1} and runs[0].status.results == {"loss": 1.0}


def head_index(name: str) -> int:
    return RunList.columns.index(name)


def test_a_flat_frame_has_a_column_for_each_parameter_result_and_label() -> None:
    frame = RunList([run(1), run(2, loss=0.3, accuracy=0.9)]).to_df(flat=True)
    assert frame["param.eta"].tolist() == [0.1, 0.2]
    assert frame["output.loss"].tolist() == [1.0, 0.3] and frame["output.accuracy"].isna().tolist() == [True, False]
    assert frame["label.team"].tolist() == ["a", "a"]
    assert not {"parameters", "results", "labels"} & set(frame.columns)
    assert frame["output.loss"].dtype.kind == "f"


def test_items_may_be_objects_records_or_documents() -> None:
    runs = RunList([run(), SimpleNamespace(record=run(2)), run(3).to_dict()])
    assert [record.spec.parameters["eta"] for record in runs.records] == [0.1, 0.2, 0.3]
    with pytest.raises(TypeError, match="not a RunRecord: int"):
        RunList([3]).show()


def test_objects_come_from_the_factory() -> None:
    runs = RunList([run()], factory=lambda record: SimpleNamespace(record=record))
    assert runs.to_objects()[0].record is runs[0]
    assert RunList([run()]).to_objects()[0].spec.parameters == {"eta": 0.1}


def test_a_slice_is_a_list_of_its_kind() -> None:
    part = RunList([run(1), run(2), run(3)])[1:]
    assert type(part) is RunList and len(part) == 2 and part.compare().view.runs


def test_the_setting_says_how_many_rows_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    config.current().set("display.rows", 2)
    RunList([run(number) for number in range(1, 6)]).show()
    assert "… and 3 more runs" in capsys.readouterr().out
    RunList([run(number) for number in range(1, 6)]).show(limit=5)
    assert "more" not in capsys.readouterr().out


def test_compare_shows_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    runs = RunList([run(1), run(2)])
    assert capsys.readouterr().out == ""
    found = runs.compare(exclude="eta", show=True)
    assert [field.name for field in found.view.shown] == ["loss"]
    assert "loss" in capsys.readouterr().out


def test_artifacts_and_functions_have_their_columns() -> None:
    artifact = ArtifactRecord.from_dict(
        {
            "kind": "model",
            "metadata": {"key": "m", "project": "p", "hash": "h", "tree": "t"},
            "spec": {"db_key": "train_m"},
        }
    )
    function = FunctionRecord.from_dict(
        {"kind": "job", "metadata": {"name": "f"}, "spec": {"build": {"base_image": "py"}}}
    )
    artifacts = ArtifactList([artifact]).to_df().iloc[0]
    assert (artifacts["key"], artifacts["hash"], artifacts["uri"]) == ("m", "h", "store://models/p/train_m@t")
    functions = FunctionList([function]).to_df().iloc[0]
    assert (functions["name"], functions["kind"], functions["image"]) == ("f", "job", "py")
