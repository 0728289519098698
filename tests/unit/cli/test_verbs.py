"""The other verbs: lists, logs, comparing, converting, settings."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import nbformat
import pytest
import yaml

from mlrun_jupyter import config, get_run_db, run_local
from mlrun_jupyter.cli import program

FUNCTION = """
kind: job
metadata: {name: remote-git-test, project: default, tag: latest}
spec:
  command: myfunc.py
  image_pull_policy: Always
  build:
    commands: [pip install pandas]
    base_image: mlrun/mlrun:dev
    source: git://github.com/mlrun/ci-demo.git
"""


@pytest.fixture
def two_runs(mlrun, training) -> list[str]:
    for value in (1, 2):
        mlrun("run", "training.py", "--handler", "train", "--name", "train", "-p", f"p1={value}")
    return [run.uid() for run in get_run_db().list_runs()]


def test_runs_are_listed_and_filtered(mlrun, two_runs) -> None:
    assert "2 runs" in mlrun("get", "runs").out
    assert "1 run" in mlrun("runs", "tr", "--where", "results.loss > 3").out
    names = mlrun("get", "runs", "-o", "name").out.split()
    assert names == [f"train@{uid}" for uid in two_runs]
    assert len(json.loads(mlrun("runs", "--last", "1", "-o", "json").out)) == 1


def test_a_run_is_found_by_uid_beginning_name_and_both(mlrun, two_runs) -> None:
    newest, older = two_runs
    assert yaml.safe_load(mlrun("get", "run", older).out)["metadata"]["uid"] == older
    assert yaml.safe_load(mlrun("get", "run", f"train@{older[:8]}").out)["metadata"]["uid"] == older
    assert yaml.safe_load(mlrun("get", "run", older[:12]).out)["metadata"]["uid"] == older
    assert yaml.safe_load(mlrun("get", "run", "train").out)["metadata"]["uid"] == newest


def test_logs_are_printed_from_an_offset(mlrun, two_runs) -> None:
    whole = mlrun("logs", two_runs[0]).out
    assert whole == "p2 is x\n"
    assert mlrun("logs", two_runs[0], "--offset", "3", "-w").out == whole[3:]


def test_a_run_is_shown_and_so_is_one_of_its_results(mlrun, two_runs) -> None:
    assert "completed" in mlrun("show", "train").out
    assert mlrun("show", "train", "loss").out == "6\n"


def test_runs_are_compared(mlrun, two_runs) -> None:
    out = mlrun("compare", "--name", "train").out
    assert "p1" in out and "loss" in out and "p2" not in out


def test_a_run_runs_again_with_another_parameter(mlrun, two_runs) -> None:
    assert mlrun("rerun", two_runs[0], "-p", "p1=5").code == 0
    assert get_run_db().list_runs()[0].results["loss"] == 15


def test_a_file_runs_again_with_its_arguments_or_with_others(mlrun) -> None:
    Path("words.py").write_text("import sys; print(*sys.argv[1:])")
    mlrun("run", "words.py", "one", "--", "--two")
    mlrun("rerun", "words")
    assert get_run_db().list_runs()[0].log_text() == "one --two\n"
    mlrun("rerun", "words", "--", "--three")
    assert get_run_db().list_runs()[0].log_text() == "--three\n"


def test_a_run_that_is_over_cannot_be_aborted(mlrun, two_runs) -> None:
    assert "is over already: completed" in mlrun("abort", "train").out


def test_functions_and_artifacts_are_listed(mlrun, training) -> None:
    mlrun("run", "training.py", "-x", "p1=[1,2]", "--handler", "train", "--selector", "min.loss")
    assert "iteration_results" in mlrun("get", "artifacts").out
    assert "no functions" in mlrun("get", "func").out


def test_projects_are_counted(mlrun, two_runs) -> None:
    assert "2 completed" in mlrun("project").out
    assert yaml.safe_load(mlrun("project", "default").out)["metadata"]["name"] == "default"


def test_a_function_file_is_rendered_as_an_image(mlrun) -> None:
    Path("function.yaml").write_text(FUNCTION)
    done = mlrun("build", "function.yaml", "-c", "apt-get update")
    assert done.out.splitlines()[:3] == ["FROM mlrun/mlrun:dev", "RUN pip install pandas", "RUN apt-get update"]
    assert "not built" in done.err
    assert yaml.safe_load(mlrun("deploy", "-e", "LEVEL=info").out)["spec"]["env"] == [
        {"name": "LEVEL", "value": "info"}
    ]


def test_a_notebook_is_converted(mlrun) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("import math"),
        nbformat.v4.new_code_cell("%%mlrun\ndef train(context, x=4):\n    return math.sqrt(x)"),
        nbformat.v4.new_code_cell("print('not part of it')"),
    ]
    nbformat.write(notebook, "train.ipynb")
    shown = mlrun("convert", "train.ipynb").out
    assert "import math" in shown and "def train" in shown and "not part of it" not in shown
    assert mlrun("convert", "train.ipynb", "-o", "out.py", "-f", "function.yaml").code == 0
    assert "return math.sqrt(x)" in Path("out.py").read_text()
    assert yaml.safe_load(Path("function.yaml").read_text())["kind"] == "job"
    assert "written to f2.yaml" in mlrun("export", "train.ipynb", "-o", "f2.yaml", "--kind", "nuclio").out
    assert yaml.safe_load(Path("f2.yaml").read_text())["kind"] == "nuclio"


def test_what_a_conversion_leaves_out_is_told_a_line_each(mlrun) -> None:
    Path("train.py").write_text("# %%\n%%mlrun\ndef train(context):\n    !ls\n")
    done = mlrun("build", "train.py")
    assert done.code == 0 and "shell command 'ls' is left out" in done.err
    assert all(line.startswith(("warning: ", "image ")) for line in done.err.strip().splitlines())


def test_settings_are_read_and_written(mlrun, tmp_path, monkeypatch) -> None:
    assert mlrun("config", "get", "httpdb.port").out == "8080\n"
    assert "MLRUN_HTTPDB__PORT" in mlrun("config", "set", "httpdb.port", "9000").err
    file = tmp_path / "settings.yaml"
    file.write_text("default_project: fraud\n")
    monkeypatch.setenv("MLRUN_CONFIG_FILE", str(file))
    config.reset()
    assert mlrun("config", "set", "httpdb.port", "9000").code == 0
    assert yaml.safe_load(file.read_text()) == {"default_project": "fraud", "httpdb": {"port": 9000}}
    assert "default_project = fraud" in mlrun("config").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rnu"], "there is no command 'rnu': did you mean run?"),
        (["get", "rnus"], "did you mean runs?"),
        (["get", "runs", "-t", "v1"], "runs have no tags"),
        (["get", "runs", "-o", "xml"], "'xml' is not one of 'yaml', 'json', 'name'"),
        (["get"], "missing argument 'KIND'"),
        (["logs", "nobody"], "no run 'nobody'"),
        (["logs", "0123456789abcdef0123456789abcdef"], "no run"),
        (["show", "nobody"], "no run 'nobody'"),
        (["runs", "--where", "accuracy is good"], "not a comparison"),
        (["runs", "--state", "complete"], "did you mean completed?"),
        (["compare", "--name", "nobody"], "comparing takes two runs at least"),
        (["rerun", "nobody"], "no run 'nobody'"),
        (["abort", "nobody"], "no run 'nobody'"),
        (["convert", "none.ipynb"], "no such notebook"),
        (["convert"], "which notebook?"),
        (["export", "nothing"], "there is no function 'nothing'"),
        (["build", "none.yaml"], "none.yaml"),
        (["deploy", "none.yaml"], "none.yaml"),
        (["project", "none"], "no project 'none'"),
        (["config", "get", "httpdb.prt"], "did you mean httpdb.port?"),
        (["config", "set", "httpdb.port", "many"], "cannot be 'many'"),
        (["open"], "no service runs for this store"),
        (["db", "backup", "x.db"], "there is no store"),
        (["db", "repair"], "there is no store"),
        (["db", "token", "add", "ann"], "a token needs a role"),
        (["db", "token", "remove", "bob"], "no token of that name"),
        (["db", "chekc"], "no such command 'chekc'"),
        (["db", "-p", "100000"], "not a port: 100000"),
        (["runs", "--db", "ftp://x"], "ftp://x"),
    ],
)
def test_errors_are_one_line(mlrun, words, told) -> None:
    done = mlrun(*words)
    assert done.code in (1, 2), done
    assert told in done.err and len(done.err.strip().splitlines()) == 1 and done.out == ""


@pytest.mark.parametrize("name", program.VERBS)
def test_every_verb_explains_itself_with_an_example(mlrun, name) -> None:
    done = mlrun(name, "--help")
    assert done.code == 0 and f"mlrun {name}" in done.out
    assert "Example" in done.out or name == "version"
    command = program.verb(name)
    assert isinstance(command, click.Command) and command.name == name


def test_the_program_lists_its_verbs(mlrun) -> None:
    assert "Track, sweep and move" in mlrun().out
    assert all(name in mlrun("--help").out for name in program.VERBS)
    assert mlrun("--version").out == mlrun("version").out


def test_bytes_that_nothing_names_are_removed_when_asked_for(mlrun, tmp_path) -> None:
    def make(context, text):
        context.log_artifact("notes", body=text * 1000)

    runs = [run_local(handler=make, params={"text": text}) for text in "ab"]
    get_run_db().del_artifact("make_notes", tree=runs[0].uid(), keep_data=True)
    lost, kept = (Path(run.artifact("notes")["spec"]["target_path"]) for run in runs)
    assert mlrun("gc").out.startswith("0 files removed")  # too young
    assert mlrun("gc", "-n", "--minutes", "0").out.startswith("2 files would be removed")
    assert lost.exists()
    assert mlrun("gc", "--minutes", "0").out == f"2 files removed from {tmp_path / 'db' / 'artifacts'}, 1.0 kB\n"
    assert not lost.exists() and kept.exists()
    assert "no such folder" in mlrun("gc", "--path", "nowhere").err


def test_a_folder_that_others_may_use_is_not_cleaned_unasked(mlrun, tmp_path, monkeypatch) -> None:
    folder = str(tmp_path / "db" / "artifacts")
    run = run_local(handler=lambda context: context.log_artifact("notes", body="kept"), name="notes")
    kept = Path(run.artifact("notes")["spec"]["target_path"])
    monkeypatch.setenv("MLRUN_DBPATH", str(tmp_path / "other"))
    config.reset()
    refused = mlrun("gc", "--path", folder, "--minutes", "0")
    assert "other stores" in refused.err and "--only-here" in refused.err
    assert kept.read_text() == "kept"
    assert mlrun("gc", "--path", folder, "--minutes", "0", "--only-here").code == 0
    assert not kept.exists()


def test_an_artifact_s_history_is_told(mlrun) -> None:
    run_local(handler=lambda context: context.log_artifact("notes", body="x"), name="make")
    assert "read by" not in mlrun("show", "make", "notes", "--lineage").out
    assert "no version before" in mlrun("show", "make", "notes", "--diff").err
    assert "about an artifact" in mlrun("show", "make", "--diff").err


def test_the_store_is_checked_copied_and_repaired(mlrun, two_runs, tmp_path) -> None:
    checked = mlrun("db", "check")
    assert checked.code == 0 and "the file is sound" in checked.out
    assert "2 completed" in mlrun("doctor").out
    copy = tmp_path / "copy.db"
    assert str(copy) in mlrun("db", "backup", str(copy)).out and copy.stat().st_size > 0
    assert "2 runs" in mlrun("db", "repair").out


def test_a_damaged_store_is_told_and_left_alone(mlrun, tmp_path) -> None:
    (tmp_path / "db").mkdir()
    file = tmp_path / "db" / "mlrun.db"
    file.write_bytes(b"this is no database at all" * 100)
    before = file.read_bytes()
    for words in (["db", "check"], ["doctor"], ["runs"]):
        done = mlrun(*words)
        assert done.code == 1 and "Traceback" not in done.err
    assert file.read_bytes() == before


def test_tokens_are_made_listed_and_withdrawn(mlrun) -> None:
    token = mlrun("db", "token", "add", "ann", "-g", "fraud=write", "--days", "3").out.strip()
    assert len(token) > 30
    listed = mlrun("db", "token", "list").out
    assert "ann" in listed and "fraud=write" in listed and "until" in listed and token not in listed
    assert mlrun("db", "token", "remove", "ann").code == 0
    assert mlrun("db", "token", "list").out == "no tokens but the owner's\n"


def test_the_service_serves_until_it_is_told_to_stop(mlrun, tmp_path) -> None:
    folder = tmp_path / "served"
    command = [sys.executable, "-m", "mlrun_jupyter", "db", "-p", "0", "-d", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None
        try:
            line = service.stderr.readline()
            assert "mlrun db listens on http://127.0.0.1:" in line
            path = service.stderr.readline().partition("MLRUN_HTTPDB__TOKEN_FILE=")[2].partition(",")[0]
            assert len(Path(path).read_text().strip()) > 20
            told = mlrun("db", "status", "-d", str(folder)).out
            assert f"process {service.pid}" in told
        finally:
            service.send_signal(signal.SIGINT)
            service.wait(20)
    assert "no service runs" in mlrun("db", "status", "-d", str(folder)).out
