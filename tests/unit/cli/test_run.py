"""``mlrun run``, with the options as they are documented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlrun_jupyter import get_run_db


def test_a_file_runs_with_parameters_inputs_and_secrets(mlrun, training) -> None:
    Path("infile.txt").write_text("hello")
    Path("secrets.txt").write_text("ACCESS_KEY=open-sesame\n")
    done = mlrun(
        "run", "--name", "train", "-p", "p2=5", "-i", "infile.txt=infile.txt", "-s", "file=secrets.txt", "training.py"
    )
    assert (done.code, done.err) == (0, "")
    assert "completed" in done.out and "p2 is 5" in done.out
    run = get_run_db().read_run(get_run_db().list_runs("=train")[0].uid())
    assert run.spec.parameters == {"p1": 1, "p2": 5}
    assert run.spec.inputs == {"infile.txt": "infile.txt"}
    assert run.results == {"loss": 3}
    assert "open-sesame" not in run.log_text()


def test_options_may_follow_the_file(mlrun, training) -> None:
    assert mlrun("run", "training.py", "-p", "p1=4").code == 0
    assert get_run_db().list_runs()[0].results == {"loss": 12}


def test_hyperparameters_run_every_combination(mlrun, training) -> None:
    done = mlrun(
        "run", "-x", "p1=[3,7]", "-x", "p2=[5, 2]", "--selector", "min.loss", "--handler", "train", "training.py"
    )
    assert done.code == 0
    sweep = get_run_db().list_runs()[0]
    assert [run.spec.parameters["p1"] for run in sweep.iterations()] == [3, 7, 3, 7]
    assert sweep.results["loss"] == 9


def test_a_sweep_draws_from_distributions(mlrun, training) -> None:
    words = ["-x", 'p1={"int": [3, 4]}', "-x", "p2=[true]", "--strategy", "random", "--handler", "train", "training.py"]
    assert mlrun("run", *words).code == 0
    (sweep,) = get_run_db().list_runs()
    assert sorted(run.spec.parameters["p1"] for run in sweep.iterations()) == [3, 4]
    assert {run.spec.parameters["p2"] for run in sweep.iterations()} == {True}


def test_values_are_literals_or_text(mlrun, training) -> None:
    mlrun("run", "training.py", "--handler", "train", "-p", "p1=2.5", "-p", "p2=[1, 'a']")
    assert get_run_db().list_runs()[0].spec.parameters == {"p1": 2.5, "p2": [1, "a"]}


def test_arguments_of_the_file_stand_behind_two_dashes(mlrun) -> None:
    Path("args.py").write_text("import sys\nprint('got', sys.argv[1:])\n")
    assert "got ['one', '--fast']" in mlrun("run", "args.py", "--", "one", "--fast").out


def test_the_document_is_printed_on_request(mlrun, training) -> None:
    done = mlrun("run", "training.py", "--dump", "--label", "team=growth", "--workflow", "nightly")
    assert "kind: run" in done.out and "team: growth" in done.out and "workflow: nightly" in done.out


def test_a_task_comes_from_a_file_or_the_environment(mlrun, training, monkeypatch) -> None:
    Path("task.yaml").write_text("metadata: {name: nightly}\nspec: {parameters: {p1: 8}}\n")
    assert mlrun("run", "training.py", "--handler", "train", "--task", "task.yaml").code == 0
    run = get_run_db().list_runs()[0]
    assert (run.name, run.results["loss"]) == ("nightly", 24)
    monkeypatch.setenv("MLRUN_EXEC_CONFIG", json.dumps({"spec": {"parameters": {"p1": 10}}}))
    assert mlrun("run", "training.py", "--handler", "train", "--from-env").code == 0
    assert get_run_db().list_runs()[0].results["loss"] == 30


def test_a_failed_run_is_one_line_and_exit_code_one(mlrun) -> None:
    Path("bad.py").write_text(
        "from mlrun_jupyter import get_or_create_ctx\nget_or_create_ctx('bad')\nraise ValueError('no luck')\n"
    )
    done = mlrun("run", "bad.py")
    assert done.code == 1
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("mlrun: run 'bad' failed: ValueError: no luck")
    assert get_run_db().list_runs()[0].state() == "error"


def test_debug_shows_where_an_error_comes_from(mlrun) -> None:
    with pytest.raises(Exception, match="no such file"):
        mlrun("--debug", "run", "missing.py")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run"], "there is nothing to run"),
        (["run", "missing.py"], "no such file"),
        (["run", "trainin"], "did you mean training.py?"),
        (["run", "training.py", "--parma", "p1=1"], "did you mean --param?"),
        (["run", "training.py", "--fast"], "options of a file go behind --"),
        (["run", "training.py", "-p", "p1"], "takes NAME=VALUE, not 'p1'"),
        (["run", "training.py", "-x", "p1=5"], 'write it as a list: "[5]"'),
        (["run", "training.py", "-x", "p1=[1,2"], "not a list or a distribution: '[1,2'"),
        (["run", "training.py", "-x", "p1={'unifrom': [0, 1]}"], "did you mean uniform?"),
        (["run", "training.py", "-p"], "option '-p' requires an argument"),
        (["run", "training.py", "--workers", "many"], "'many' is not a valid integer"),
        (
            ["run", "training.py", "--handler", "trian"],
            "there is no handler 'trian' (training.py): did you mean train?",
        ),
        (["run", "folder.py"], "folder.py is a folder"),
        (["run", "training.py", "--task", "none.yaml"], "cannot read none.yaml"),
        (["run", "training.py", "--from-env"], "MLRUN_EXEC_CONFIG is not set"),
        (["run", "training.py", "-r", "job"], "not a mapping"),
        (["run", "http://example.com/f"], "functions behind an address cannot be called yet"),
        (["run", "training.py", "--kind", "jobb"], "jobb"),
        (["run", "training.py", "--name", "a/b"], "a/b"),
    ],
)
def test_what_does_not_fit_is_one_line_and_nothing_runs(mlrun, training, words, told) -> None:
    Path("folder.py").mkdir()
    done = mlrun(*words)
    assert done.code in (1, 2)
    assert told in done.err
    (line,) = done.err.strip().splitlines()
    assert line.startswith("mlrun: ")
    assert not get_run_db().list_runs()


@pytest.mark.parametrize("words", [[], ["training.py"]])
def test_a_sweep_that_failed_goes_on(mlrun, tmp_path, words) -> None:
    code = (
        "from pathlib import Path\n"
        "def train(context, depth):\n"
        "    if depth == 2 and not Path(context.get_param('flag')).exists():\n"
        "        import os, signal\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    context.log_result('y', depth)\n"
    )
    Path("training.py").write_text(code)
    flag = str(tmp_path / "flag")
    options = ["--hyper-param-options", '{"max_errors": 0}', "--selector", "max.y", "-p", f"flag={flag}"]
    assert mlrun("run", "training.py", "--handler", "train", "-x", "depth=[1,2,3]", *options).code == 1
    Path(flag).touch()
    (failed,) = get_run_db().list_runs()
    assert mlrun("run", *words, "--resume", failed.uid()[:8]).code == 0
    (run,) = get_run_db().list_runs()
    assert (run.uid(), run.state(), run.results["y"]) == (failed.uid(), "completed", 3)
    assert [each.status.attempt for each in run.iterations()] == [1, 2, 1]
