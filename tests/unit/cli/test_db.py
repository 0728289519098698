"""``mlrun db``: what it does with stores, as its caller sees it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from mlrun_jupyter.db import close_all, open_db
from mlrun_jupyter.db.query import ALL_PROJECTS, RunQuery
from mlrun_jupyter.service.access import TokenBook

MLFLOW = Path(__file__).parents[1] / "transfer" / "mlflow" / "mlruns"


@pytest.fixture
def two_runs(mlrun, training) -> list[str]:
    for value in (1, 2):
        mlrun("run", "training.py", "--handler", "train", "--name", "train", "-p", f"p1={value}")
    return [run.metadata.uid for run in open_db().list_runs(RunQuery(project=ALL_PROJECTS)).rows]


def test_projects_travel_by_file(mlrun, two_runs, tmp_path) -> None:
    done = mlrun("db", "export", "runs.gz", "-p", "default")
    assert done.code == 0 and "2 runs" in done.out and Path("runs.gz").exists()
    taken = mlrun("db", "import", "runs.gz", "--db", str(tmp_path / "other"))
    assert taken.code == 0 and "2 runs" in taken.out
    assert "there already: 2" in mlrun("db", "import", "runs.gz", "--db", str(tmp_path / "other")).out
    names = mlrun("get", "runs", "--db", str(tmp_path / "other"), "-o", "name").out.split()
    assert names == [f"train@{uid}" for uid in two_runs]


def test_stores_of_mlflow_are_taken_in(mlrun, tmp_path) -> None:
    shutil.copytree(MLFLOW, "mlruns")
    done = mlrun("db", "import", "./mlruns")
    assert done.code == 0 and "3 runs" in done.out and "2 artifacts" in done.out
    assert "0.95" in mlrun("runs", "-p", "iris-study").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["import", "none.gz"], "no such file"),
        (["import", "."], "not a store of MLflow's"),
        (["export", "x.gz", "-p", "nope"], "no such project"),
        (["prune"], "no rule of retention"),
        (["prune", "age=9"], "not an age"),
        (["prune", "agee=9d"], "did you mean age"),
        (["prune", "state=running", "age=9d"], "not a state that a run ends in"),
        (["prune", "project=x"], "needs an age or a number to keep"),
        (["restore", "none.db"], "no such file"),
        (["token", "rotate", "bob"], "no token of that name"),
        (["migrate", "-d", "nowhere"], "there is no store"),
        (["--retention", "age=x"], "not an age"),
    ],
)
def test_mistakes_are_one_line(mlrun, words, told) -> None:
    done = mlrun("db", *words)
    assert done.code in (1, 2) and told in done.err and len(done.err.strip().splitlines()) == 1, done
    assert not done.out


def test_a_backup_is_put_back(mlrun, two_runs, tmp_path) -> None:
    mlrun("db", "backup", "copy.db")
    mlrun("run", "training.py", "--handler", "train", "--name", "later")
    close_all()
    refused = mlrun("db", "restore", "copy.db")
    assert refused.code == 2 and "there is a store already" in refused.err
    done = mlrun("db", "restore", "copy.db", "--replace")
    assert done.code == 0 and "kept as" in done.out
    assert mlrun("get", "runs", "-o", "name").out.split() == [f"train@{uid}" for uid in two_runs]
    kept = Path(re.findall(r"kept as (\S+)", done.out)[0])
    assert kept.exists() and Path("copy.db").exists()
    elsewhere = mlrun("db", "restore", "copy.db", "-d", str(tmp_path / "elsewhere"))
    assert elsewhere.code == 0 and "kept" not in elsewhere.out
    assert "2 runs" in mlrun("runs", "--db", str(tmp_path / "elsewhere")).out


@pytest.mark.parametrize("content", [b"", b"no store", b"SQLite format 3\0" + b"\0" * 500])
def test_what_is_no_backup_replaces_nothing(mlrun, two_runs, content) -> None:
    Path("bad.db").write_bytes(content)
    done = mlrun("db", "restore", "bad.db", "--replace")
    assert done.code == 1 and "no store" in done.err
    assert "2 runs" in mlrun("runs").out


def test_a_store_moves_to_another_one(mlrun, two_runs, tmp_path, postgres) -> None:
    target = postgres.database("moved")
    done = mlrun("db", "migrate", "--to", target)
    assert done.code == 0 and "2 runs" in done.out and "s3cret" not in done.out
    moved = open_db(target)
    here = open_db()
    for uid in two_runs:
        (there,) = moved.list_runs(RunQuery(project=ALL_PROJECTS, uid=uid)).rows
        (mine,) = here.list_runs(RunQuery(project=ALL_PROJECTS, uid=uid)).rows
        assert there.status.results == mine.status.results
        assert moved.read_log(there.key) == here.read_log(mine.key) != b""
        assert [each["spec"] for each in there.status.artifacts] == [each["spec"] for each in mine.status.artifacts]
    assert "tables of this version" in mlrun("db", "migrate").out
    assert mlrun("db", "migrate", "--to", str(tmp_path / "db")).code == 2


def test_old_runs_go_and_others_stay(mlrun, two_runs) -> None:
    older = two_runs[1]
    open_db().update_run(
        open_db().list_runs(RunQuery(project=ALL_PROJECTS, uid=older)).rows[0].key,
        {"status.start_time": "2020-01-01T00:00:00+00:00", "status.end_time": "2020-01-01T00:01:00+00:00"},
    )
    assert "1 runs and 0 artifacts would be deleted" in mlrun("db", "prune", "age=30d", "-n").out
    assert "2 runs" in mlrun("runs").out
    assert "1 runs and 0 artifacts were deleted" in mlrun("db", "prune", "age=30d").out
    assert mlrun("get", "runs", "-o", "name").out.split() == [f"train@{two_runs[0]}"]


def test_tokens_are_rotated(mlrun, tmp_path) -> None:
    book = TokenBook(tmp_path / "db" / "service")
    old = mlrun("db", "token", "add", "ann", "-g", "iris=write").out.strip()
    new = mlrun("db", "token", "rotate", "ann").out.strip()
    assert book.find(old) is None
    assert json.dumps(dict(book.find(new).grants)) == '{"iris": "write"}'
    owner = book.token_file.read_text()
    done = mlrun("db", "token", "rotate")
    assert str(book.token_file) in done.out and book.token_file.read_text() != owner
    assert book.token_file.read_text().strip() not in done.out
