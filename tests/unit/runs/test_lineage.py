import pandas as pd
import pytest

import mlrun_jupyter as mlrun
from mlrun_jupyter.errors import NotFoundError


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Two runs of one producer, whose versions differ."""
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "store"))

    def make(context, rows: int):
        context.log_dataset("data", df=pd.DataFrame({"x": range(rows), "y": ["a"] * rows}))
        context.log_artifact("notes", body=f"rows: {rows}\nend\n")

    return [mlrun.run_local(handler=make, params={"rows": rows}) for rows in (100, 150)]


def test_who_made_it_what_from_and_who_has_read_it(made):
    def train(context, data: pd.DataFrame):
        context.log_artifact("model", body=f"{len(data)}")

    reader = mlrun.run_local(handler=train, inputs={"data": made[0].outputs["data"]})
    again = mlrun.run_local(handler=train, inputs={"data": made[0].artifact("data").uri})
    newest = mlrun.run_local(handler=train, inputs={"data": "store://datasets/default/make_data"})
    found = made[0].artifact("data").lineage()
    assert found.producer.uid() == made[0].uid()
    assert found.sources == []
    assert [run.uid() for run in found.used_by] == [again.uid(), reader.uid()]
    assert [run.uid() for run in made[1].artifact("data").lineage().used_by] == [newest.uid()]
    model = reader.artifact("model")
    assert model.lineage().sources == [made[0].artifact("data").uri]
    assert model["spec"]["sources"] == [{"name": "data", "path": made[0].artifact("data").uri}]
    told = str(found).splitlines()
    assert told[0] == f"made by make@{made[0].uid()[:8]}"
    assert told[1:] == [f"read by train@{run.uid()[:8]}" for run in (again, reader)]


def test_two_versions_beside_one_another(made):
    first, second = (run.artifact("data") for run in made)
    told = second.diff()
    assert told == second.diff(first) == second.diff(first.uri)
    assert told["length"] == [100, 150]
    assert told["stats"]["x"]["max"] == [99, 149]
    assert "-rows: 100\n+rows: 150\n end" in made[1].artifact("notes").diff()["text"]
    drifted = second.drift()
    assert drifted["x"]["verdict"] == "large" and drifted["y"]["psi"] == 0
    with pytest.raises(NotFoundError, match="no version before"):
        first.diff()


def test_lineage_outlives_the_producer(made):
    mlrun.get_run_db().del_run(made[0].uid())
    found = made[0].artifact("data").lineage()
    assert found.producer is None
    assert str(found) == "made by no run that is here"


def test_an_artifact_is_deleted_with_its_data_or_without(made, tmp_path):
    db = mlrun.get_run_db()
    first, second = (run.artifact("data") for run in made)
    db.del_artifact("make_data", tree=first["metadata"]["tree"])
    assert not first.item.exists()
    assert second.item.exists()
    db.del_artifacts("data", keep_data=True)
    assert second.item.exists()
    with pytest.raises(NotFoundError):
        db.del_artifact("make_data", tag="*")
