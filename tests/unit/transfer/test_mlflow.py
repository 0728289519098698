"""MLflow's stores, as its version 3.17 wrote them: what they hold is found here afterwards."""

from __future__ import annotations

import math
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from mlrun_jupyter.db.base import RunDB
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery, Comparison, RunQuery
from mlrun_jupyter.errors import DataError, NotFoundError
from mlrun_jupyter.transfer import mlflow
from mlrun_jupyter.transfer.intake import take
from mlrun_jupyter.transfer.mlflow.convert import Experiment, Told, run_of

HERE = Path(__file__).parent / "mlflow"
Store = Callable[..., RunDB]


@pytest.fixture(params=["folder", "database"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that was moved here from another place."""
    if request.param == "folder":
        shutil.copytree(HERE / "mlruns", tmp_path / "mlruns")
        return str(tmp_path)
    database = tmp_path / "mlflow.db"
    connection = sqlite3.connect(database)
    connection.executescript((HERE / "mlflow.sql").read_text())
    (uid,) = connection.execute("SELECT run_uuid FROM runs WHERE name = 'parent'").fetchone()
    connection.close()
    (source,) = HERE.glob("mlruns/*/*/artifacts/notes.txt")
    shutil.copytree(source.parent, tmp_path / "mlartifacts" / "1" / uid / "artifacts")
    return f"sqlite:///{database}"


def test_runs_with_all_that_was_logged(old: str, store: Store) -> None:
    taken = take(mlflow.opened(old), db := store("new"))
    assert (taken.projects, taken.runs, taken.artifacts, taken.lost) == (1, 3, 2, 0)
    runs = {run.metadata.name: run for run in db.list_runs(RunQuery(project="iris-study")).rows}
    assert list(runs) == ["broken", "child", "parent"]  # newest first, and none that was deleted
    parent = runs["parent"]
    assert parent.spec.parameters == {"depth": 4, "eta": 0.1, "kind": "gbm"}
    assert parent.metadata.labels == {"kind": "mlflow", "owner": "ann", "team": "ops"}
    assert parent.metadata.annotations["description"] == "first try"
    assert (parent.status.results["accuracy"], parent.status.results["loss"]) == (0.93, 0.2)
    assert math.isnan(parent.status.results["bad"])
    loss = db.read_series(parent.key, "loss")
    assert (list(loss.steps), list(loss.values)) == ([0, 1, 2, 3, 4], [1.0, 0.5, 1 / 3, 0.25, 0.2])
    assert loss.times[0] > 1.7e9
    assert [runs[name].status.state for name in runs] == ["error", "completed", "completed"]
    assert runs["child"].metadata.labels["parent"] == parent.metadata.uid
    assert parent.status.start_time < parent.status.end_time
    good = RunQuery(project="iris-study", where=(Comparison.parse("results.accuracy > 0.94"),))
    assert [run.metadata.name for run in db.list_runs(good).rows] == ["child"]


def test_its_artifacts_lie_here(old: str, store: Store, tmp_path: Path) -> None:
    take(mlflow.opened(old), db := store("new"))
    found = {each.metadata.key: each for each in db.list_artifacts(ArtifactQuery(project=ALL_PROJECTS)).rows}
    assert {key: each.kind for key, each in found.items()} == {"notes.txt": "artifact", "data": "dir"}
    assert Path(found["notes.txt"].spec.target_path).read_text() == "hello\n"
    assert (Path(found["data"].spec.target_path) / "table.csv").read_text() == "a,b\n1,2\n"
    (run,) = db.list_runs(RunQuery(project=ALL_PROJECTS, name="=parent")).rows
    assert [entry["metadata"]["key"] for entry in run.status.artifacts] == ["data", "notes.txt"]
    assert all(str(tmp_path / "new") in entry["spec"]["target_path"] for entry in run.status.artifacts)


def test_the_project_says_what_it_was_called(old: str, store: Store) -> None:
    take(mlflow.opened(old), db := store("new"))
    (project,) = db.list_projects()
    assert (project.metadata.name, project.metadata.annotations) == ("iris-study", {"experiment": "iris study"})


def test_taking_it_again_brings_what_is_new_only(old: str, store: Store) -> None:
    take(mlflow.opened(old), store("new"))
    again = take(mlflow.opened(old), store("new"))
    assert (again.runs, again.artifacts, again.there) == (0, 0, 5)


def test_the_old_store_is_left_as_it_is(old: str, store: Store, tmp_path: Path) -> None:
    def state() -> dict[str, bytes]:
        files = (path for path in tmp_path.rglob("*") if path.is_file() and "new" not in path.parts)
        return {str(path): path.read_bytes() for path in files}

    before = state()
    take(mlflow.opened(old), store("new"))
    assert state() == before


def test_what_is_no_such_store_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        mlflow.opened(str(tmp_path / "none"))
    with pytest.raises(DataError, match="mlruns"):
        mlflow.opened(str(tmp_path))
    (tmp_path / "text").write_text("text")
    with pytest.raises(DataError):
        mlflow.opened(str(tmp_path / "text"))
    sqlite3.connect(tmp_path / "other.db").executescript("create table runs (x)")
    with pytest.raises(DataError, match="experiments"):
        mlflow.opened(f"sqlite:///{tmp_path / 'other.db'}")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (3, "completed"),
        (4, "error"),
        (5, "aborted"),
        (1, "running"),
        (2, "created"),
        ("KILLED", "aborted"),
        ("?", "error"),
    ],
)
def test_states(status: str | int, state: str) -> None:
    told = Told("u", "n", status, 1000, 2000, "", "", {}, {})
    assert run_of(Experiment("1", "e"), told, {}, []).record.status.state == state


@pytest.mark.parametrize(
    ("text", "value"), [("4", 4), ("-0.5", -0.5), ("1e-3", 0.001), ("nan", "nan"), ("1_0", "1_0"), ("", ""), ("a", "a")]
)
def test_parameters_that_read_as_numbers_are_numbers(text: str, value: object) -> None:
    told = Told("u", "n", "FINISHED", None, None, "", "", {"p": text}, {})
    assert run_of(Experiment("1", "e"), told, {}, []).record.spec.parameters == {"p": value}


def test_links_among_artifacts_lead_nowhere(store: Store, tmp_path: Path) -> None:
    shutil.copytree(HERE / "mlruns", tmp_path / "mlruns")
    (tmp_path / "secret").write_text("secret")
    (folder,) = (path.parent for path in tmp_path.glob("mlruns/*/*/artifacts/notes.txt"))
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "data" / "link").symlink_to(tmp_path / "secret")
    take(mlflow.opened(str(tmp_path)), store("new"))
    assert not [path for path in (tmp_path / "new").rglob("*") if path.is_file() and path.read_bytes() == b"secret"]
