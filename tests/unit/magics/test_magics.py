"""Cells with magics, as a shell runs them."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import IPython
import pytest

from mlrun_jupyter import get_run_db
from mlrun_jupyter.runs.lists import ArtifactList, FunctionList, RunList
from mlrun_jupyter.runs.run import Run
from mlrun_magics import commands

TRAIN = """%%mlrun
def train(context, depth: int = 3, eta: float = 0.3, name="x"):
    print("depth is", depth)
    context.log_result("accuracy", depth * eta)
"""


def state_of(ip: Any) -> dict[str, Any]:
    """What an extension can change in a shell."""
    return {
        "line": dict(ip.magics_manager.magics["line"]),
        "cell": dict(ip.magics_manager.magics["cell"]),
        "registry": dict(ip.magics_manager.registry),
        "events": {name: list(callbacks) for name, callbacks in ip.events.callbacks.items()},
        "transforms": list(ip.input_transformers_cleanup),
        "matchers": list(ip.Completer.custom_matchers),
        "names": {name for name in ip.user_ns if not name.startswith("_")},
    }


# loading


def test_loading_twice_is_loading_once_and_unloading_leaves_the_shell_as_it_was(bare) -> None:
    bare.run("%load_ext storemagic")  # IPython loads its own part of this when it is first used
    before = copy.copy(state_of(bare.ip))
    bare.run("%load_ext mlrun_jupyter")
    loaded = state_of(bare.ip)
    bare.run("%reload_ext mlrun_magics")
    bare.run("%load_ext mlrun_magics")
    after = state_of(bare.ip)
    assert [len(after[key]) for key in after] == [len(loaded[key]) for key in loaded]
    assert len(after["transforms"]) == len(before["transforms"]) + 1
    bare.run("%unload_ext mlrun_magics")
    assert state_of(bare.ip) == before


def test_a_nuclio_magic_that_was_there_comes_back(bare) -> None:
    def nuclio(line: str) -> str:
        return f"the other one: {line}"

    bare.ip.register_magic_function(nuclio, "line")
    bare.run("%load_ext mlrun_jupyter")
    bare.run("%unload_ext mlrun_jupyter")
    assert bare.run("%nuclio cmd ls").value == "the other one: cmd ls"


def test_two_shells_have_nothing_in_common(shell) -> None:
    shell.run(TRAIN)
    other = type(shell)(shell._capture)
    other.run("%load_ext mlrun_jupyter")
    assert list(other.run("%mlrun show").value) == []
    other.close()


# marking


def test_a_marked_cell_runs_as_any_cell(shell) -> None:
    outcome = shell.run("%%mlrun\nimport asyncio\nawait asyncio.sleep(0)\nx = !echo hi\nprint(x[0])\n40 + 2")
    assert (outcome.error, outcome.value, outcome.out) == (None, 42, "hi\nOut[2]: 42\n")


def test_an_error_in_a_marked_cell_is_the_users_own_at_its_own_line(shell) -> None:
    outcome = shell.run("%%mlrun\nx = 1\n1 / 0\n")
    assert isinstance(outcome.error, ZeroDivisionError)
    assert outcome.error.__traceback__.tb_next.tb_lineno == 3
    assert "mlrun_magics" not in outcome.out + outcome.err


def test_other_cell_magics_go_with_the_mark(shell) -> None:
    assert "Wall time" in shell.run("%%mlrun\n%%time\ndef train(context): pass\n").out
    assert shell.run("%%capture\n%%mlrun score\ndef score(context): pass\n").error is None
    assert {each.name for each in shell.run("%mlrun show").value} == {"train", "score"}


def test_what_is_marked_is_shown_with_version_and_diagnostics(shell) -> None:
    shell.run("import math\nK = 2")
    shell.run("%%mlrun trainer --requirements numpy\ndef train(context):\n    return math.sqrt(K)", cell_id="a")
    (found,) = shell.run("%mlrun show").value
    assert (found.name, found.handler, found.version) == ("trainer", "train", 1)
    assert found.requirements == ["numpy"] and found.cells == ["In [3]"]
    shell.run("%%mlrun trainer\ndef train(context):\n    return math.sqrt(9)", cell_id="a")
    (found,) = shell.run("%mlrun show").value
    assert (found.version, found.cells) == (2, ["In [5]"])


def test_a_cell_that_could_not_run_is_forgotten(shell) -> None:
    shell.run("%%mlrun\ndef train(context): ...", cell_id="a")
    shell.red("%mlrun rnu")
    shell.run("x = = 1", cell_id="a")
    (found,) = shell.run("%mlrun show").value
    assert (found.handler, found.version, found.error) == ("train", 1, "")


@pytest.mark.skipif(IPython.version_info[:2] < (9, 16), reason="this IPython keeps a cell's metadata to itself")
def test_tags_and_metadata_mark_without_magic_text(shell) -> None:
    shell.run("def train(context): ...", cell_id="a", cell_meta={"tags": ["mlrun:train"]})
    shell.run("def score(context): ...", cell_id="b", cell_meta={"mlrun": {"function": "score"}})
    shell.run("def other(context): ...", cell_id="c", cell_meta={"tags": ["slides"]})
    assert [each.name for each in shell.run("%mlrun show").value] == ["train", "score"]


def test_sections_that_comments_mark_are_shown_as_well(shell) -> None:
    shell.run("# mlrun: start-code train\nK = 2\ndef train(context): ...\n# mlrun: end-code train", cell_id="a")
    shell.run("text = '# mlrun: start-code other'", cell_id="b")
    (found,) = shell.run("%mlrun show").value
    assert (found.name, found.version, found.cells) == ("train", 1, ["In [2]"])
    assert "K = 2" in shell.run("%mlrun convert train").value.code


def test_an_older_shell_without_cell_metadata_is_served(shell) -> None:
    from types import SimpleNamespace

    from mlrun_magics.magics import MlrunMagics

    magics = MlrunMagics.of(shell.ip)
    assert magics is not None
    magics._cell_begins(SimpleNamespace(raw_cell="x = 1", cell_id=None, silent=False, store_history=True))
    assert magics.book.here.source == "x = 1"


# running


def test_a_function_of_the_notebook_runs_and_the_run_is_returned(shell) -> None:
    shell.run(TRAIN)
    outcome = shell.run("run = %mlrun run train -p depth=4 -p eta={0.25 * 2} -p name=$missing")
    assert outcome.out == "depth is 4\n"
    run = shell.names["run"]
    assert isinstance(run, Run) and run.results == {"accuracy": 2.0}
    assert run.spec.parameters["name"] == "$missing"


def test_variables_keep_their_type(shell) -> None:
    shell.run(
        "def show(context, rows: list, frame=None):\n    context.log_results({'n': len(rows), 'kind': type(frame).__name__})"
    )
    shell.run("import pandas as pd\nrows = [1, 2, 3]\nframe = pd.DataFrame({'a': rows})")
    run = shell.run("%mlrun run show -p rows=$rows -p frame=$frame").value
    assert run.results == {"n": 3, "kind": "DataFrame"}


def test_a_sweep_chooses_the_best(shell) -> None:
    shell.run(TRAIN)
    sweep = shell.run("%mlrun run train -x depth=[3, 5] -x eta=[0.1,0.3] --selector max.accuracy").value
    assert len(sweep.iterations()) == 4 and sweep.results["best_iteration"] == 4


def test_a_marked_function_is_run_by_its_own_name(shell) -> None:
    shell.run(
        "%%mlrun trainer\ndef helper(x): return x\n\ndef fit(context, depth=1):\n    context.log_result('d', depth)"
    )
    assert shell.run("%mlrun run trainer -p depth=7").value.results == {"d": 7}


def test_a_file_runs_from_a_cell(shell) -> None:
    Path("job.py").write_text("def handler(context, x=1):\n    context.log_result('y', x + 1)\n")
    assert shell.run("%mlrun run job.py --handler handler -p x=4").value.results == {"y": 5}


def test_a_failed_run_is_one_red_line_and_a_record(shell) -> None:
    shell.run("def fail(context):\n    print('before')\n    raise ValueError('no luck')")
    outcome = shell.run("%mlrun run fail")
    assert "Traceback" not in outcome.err
    assert outcome.err.strip().splitlines()[-1].startswith("UsageError: run 'fail' failed: ValueError: no luck")
    (run,) = get_run_db().list_runs("fail")
    assert (run.state(), run.log_text()) == ("error", "before\n")
    assert "raise ValueError" in run.status.traceback


def test_lists_logs_and_comparisons_are_objects(shell) -> None:
    shell.run(TRAIN)
    shell.run("%mlrun run train -p depth=1\n%mlrun run train -p depth=2")
    assert isinstance(shell.run("%mlrun runs").value, RunList)
    assert isinstance(shell.run("%mlrun artifacts").value, ArtifactList)
    assert isinstance(shell.run("%mlrun functions").value, FunctionList)
    assert shell.run("%mlrun logs train").out == "depth is 2\n"
    assert "depth" in repr(shell.run("%mlrun compare --name train").value)
    assert shell.run("%mlrun rerun train -p depth=9").value.spec.parameters["depth"] == 9
    assert "is over already" in shell.run("%mlrun abort train").value
    assert shell.run("%mlrun show train accuracy").value == pytest.approx(2.7)


def test_a_semicolon_keeps_a_result_from_being_shown(shell) -> None:
    shell.run(TRAIN)
    assert shell.run("%mlrun run train;").out == "depth is 3\n"


def test_a_quiet_notebook_shows_what_was_asked_for_only(shell, monkeypatch) -> None:
    monkeypatch.setenv("LEVEL", "before")
    shell.run(TRAIN)
    shell.run("%mlrun config set display.auto False;")
    assert shell.run("%mlrun env LEVEL=info").out == ""
    assert shell.run("%%mlrun run --name quiet\ncontext.log_result('x', 1)").out == ""
    assert shell.run("%mlrun run train;").out == "depth is 3\n"
    assert "completed  quiet" in shell.run("%mlrun show quiet").out
    shell.run("def fail(context): raise ValueError('no luck')")
    outcome = shell.run("%mlrun run fail")
    assert outcome.out == "" and outcome.err.count("\n") == 1


# a cell as a run


def test_a_cell_runs_as_a_run_of_its_own(shell) -> None:
    outcome = shell.run(
        "%%mlrun run --name explore -p lr=0.5 --result acc --label team=a\n"
        "print('lr is', lr)\nacc = lr * 2\ncontext.log_metric('loss', 1.0)\nacc"
    )
    assert (outcome.error, outcome.value) == (None, 1.0)
    assert "completed" in outcome.out and "explore" in outcome.out
    (run,) = get_run_db().list_runs("=explore")
    assert run.results == {"acc": 1.0} and run.log_text().startswith("lr is 0.5\n")
    assert run.metadata.labels["team"] == "a" and run.metrics()["loss"]["last"] == 1.0
    assert "context" not in shell.names and shell.names["acc"] == 1.0


def test_a_variable_named_context_comes_back(shell) -> None:
    shell.run("context = 'mine'")
    shell.run("%%mlrun run\ncontext.log_result('x', 1)")
    assert shell.names["context"] == "mine"


def test_an_exception_in_a_cell_is_recorded_and_shown_as_usual(shell) -> None:
    outcome = shell.run("%%mlrun run --name bad\n1 / 0")
    assert isinstance(outcome.error, ZeroDivisionError)
    (run,) = get_run_db().list_runs("=bad")
    assert run.state() == "error" and run.error == "ZeroDivisionError: division by zero"
    import sys

    assert type(sys.stdout).__module__ != "mlrun_jupyter.tracking.output"


def test_a_cell_with_await_runs_as_a_run(shell) -> None:
    outcome = shell.run("%%mlrun run --name later\nimport asyncio\nawait asyncio.sleep(0)\ncontext.log_result('x', 2)")
    assert outcome.error is None
    (run,) = get_run_db().list_runs("=later")
    assert (run.state(), run.results) == ("completed", {"x": 2})


def test_open_figures_become_plots_of_the_run(shell) -> None:
    shell.run("import matplotlib\nmatplotlib.use('agg')")
    shell.run(
        "%%mlrun run --name plots --figures\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure()\nplt.plot([2, 1])"
    )
    (run,) = get_run_db().list_runs("=plots")
    assert [entry["metadata"]["key"] for entry in run.status.artifacts] == ["figure_1", "figure_2"]
    assert run.artifact("figure_1").get()[:4] == b"\x89PNG"
    shell.run("plt.close('all')")


def test_a_result_that_is_missing_fails_the_cell(shell) -> None:
    shell.run("accuracy = 1")
    outcome = shell.run("%%mlrun run --name none --result accuracyy\nx = 1")
    assert str(outcome.error) == "the cell left no variable 'accuracyy': did you mean accuracy?"
    (run,) = get_run_db().list_runs("=none")
    assert run.state() == "error"


# settings, live


def test_settings_act_here_and_are_checked(shell, monkeypatch) -> None:
    monkeypatch.setenv("LEVEL", "before")
    monkeypatch.setenv("OTHER", "before")
    monkeypatch.setenv("THIRD", "before")
    shell.run("%mlrun env LEVEL=info")
    shell.run("%mlrun env -c OTHER=x")
    shell.run("%%mlrun env\n# a comment\nTHIRD=3")
    assert [os.environ[name] for name in ("LEVEL", "OTHER", "THIRD")] == ["info", "before", "3"]
    Path("vars.env").write_text("LEVEL=from file\n")
    assert shell.run("%mlrun env_file vars.env").out == "LEVEL set from vars.env\n"
    assert os.environ["LEVEL"] == "from file"
    assert shell.run("%mlrun cmd echo hi").out.strip() == "hi"
    assert shell.run("%mlrun cmd -c echo hi").out == ""
    assert "not installed here: no-such-package" in shell.run("%mlrun requirements numpy no-such-package").out
    assert shell.run('%mlrun config spec.image = "me/train"').out == "for the function: spec.image = 'me/train'\n"
    assert "nothing is mounted here" in shell.run("%mlrun mount -t pvc /data claim").out


def test_settings_of_the_kernel_are_read_and_set(shell) -> None:
    from mlrun_jupyter import config

    assert "default_project = default" in shell.run("%mlrun config").out
    assert shell.run("%mlrun config set display.rows 7").out.endswith("display.rows = 7\n")
    assert config.current().display.rows == 7
    assert shell.run("%mlrun config get display.rows").value == "7"


# conversion


def test_a_function_is_converted_exported_and_rendered_without_being_saved(shell) -> None:
    shell.run("import math\n%mlrun env LEVEL=info")
    shell.run(
        "%%mlrun trainer --base-image python:3.12 --requirements numpy\ndef train(context, x=4): return math.sqrt(x)"
    )
    conversion = shell.run("%mlrun convert trainer").value
    assert "import math" in conversion.code and "%" not in conversion.code
    assert "needs    numpy" in conversion.report()
    assert set(conversion._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert shell.run("%mlrun convert -o train.py").value.files == ["train.py"]
    assert "math.sqrt" in Path("train.py").read_text()
    shell.run("%mlrun export trainer -o f.yaml --kind job")
    assert "name: trainer" in Path("f.yaml").read_text()
    assert shell.run("%mlrun build trainer").value.startswith("FROM python:3.12\n")
    assert "kind: nuclio" in shell.run("%mlrun deploy trainer --kind nuclio").value


# help


def test_help_is_told_with_examples(shell) -> None:
    overview = shell.run("%mlrun help").out
    assert all(f"  {name} " in overview for name in commands.names())
    assert "%mlrun run -x depth" in shell.run("%mlrun help run").out
    assert shell.run("%mlrun run?").out == shell.run("%mlrun run --help").out == shell.run("%mlrun help run").out
    assert shell.run("%mlrun?").out == shell.run("%mlrun").out == overview


@pytest.mark.parametrize("name", [*commands.names(), "function"])
def test_every_command_has_help(shell, name) -> None:
    outcome = shell.run(f"%mlrun help {name}")
    assert (outcome.error is None and f"mlrun {name}" in outcome.out) or name in ("help", "function")


def test_conversion_knows_every_command_so_that_a_notebook_with_it_converts() -> None:
    from mlrun_jupyter.notebook.settings import EXPORTED, LIVE

    assert set(commands.names()) - {"version"} <= EXPORTED | LIVE["mlrun"]


# the older spelling


def test_the_older_spelling_acts_and_says_once_what_the_new_form_is(shell, monkeypatch) -> None:
    monkeypatch.setenv("A", "before")
    first = shell.run("%nuclio env A=1").out
    assert "%mlrun env does the same" in first and os.environ["A"] == "1"
    assert shell.run("%nuclio env A=2").out == "A is set\n"
    assert "echo" not in shell.run("%%nuclio cmd\necho one\necho two").out.replace("older spelling", "")
    assert shell.run('%nuclio config kind = "job"').error is None
    assert shell.run("%%nuclio handler score\nx = 3\nx + 1").out.count(": 4\n") == 1
    assert "config" in shell.run("%nuclio help").out
    shell.run("%%mlrun\ndef train(context): ...")
    assert "def train" in shell.run("%nuclio show").value.code
    assert "did you mean config?" in shell.red("%nuclio cofnig kind = 1")
    assert "text stands in double quotes" in shell.red("%nuclio config kind = job")
