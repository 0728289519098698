"""The magics in a real kernel: run, complete, inspect, interrupt."""

from __future__ import annotations

import re

import pytest

RUN = "application/vnd.mlrun-jupyter.run+json"
TRAIN = """%%mlrun
def train(context, depth: int = 3, eta: float = 0.1):
    print("depth is", depth)
    context.log_result("accuracy", depth * eta)
"""


def plain(lines: list[str]) -> list[str]:
    """Without colours."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]


def test_a_run_shows_its_card_to_every_front_end(kernel) -> None:
    assert kernel.run(TRAIN).status == "ok"
    reply = kernel.run("%mlrun run train -p depth=4")
    (bundle,) = reply.bundles
    assert set(bundle) == {RUN, "text/html", "text/plain"}
    assert "completed" in bundle["text/plain"] and bundle[RUN]["name"] == "train"
    assert reply.stream() == "depth is 4\n"


def test_a_sweep_shows_its_card_from_its_beginning_and_in_one_place(kernel) -> None:
    reply = kernel.run(
        "from mlrun_jupyter import new_task, run_local\n"
        "run_local(new_task('s', hyperparams={'x': [1, 2]}), handler=lambda context, x: None)"
    )
    begun, ended = [bundle[RUN] for bundle in reply.bundles]
    assert (begun["state"], ended["state"]) == ("running", "completed")
    assert begun["uid"] == ended["uid"]
    assert len({each["transient"]["display_id"] for each in reply.outputs if "data" in each}) == 1
    (again,) = kernel.run(
        "run_local(new_task('s', hyperparams={'x': [1]}), handler=lambda context, x: None).show()"
    ).bundles[2:]
    assert again[RUN]["state"] == "completed"


def test_a_slip_is_one_red_line_and_the_reply_an_error_without_an_old_traceback(kernel) -> None:
    kernel.run("1 / 0")
    reply = kernel.run("%mlrun rnu")
    assert reply.error == "UsageError: %mlrun has no command 'rnu': did you mean run?"
    assert reply.stream("stderr") == f"{reply.error}\n"
    assert reply.traceback == [reply.error] and not reply.bundles


def test_a_failed_run_shows_its_card_above_the_red_line(kernel) -> None:
    kernel.run("def fail(context):\n    raise ValueError('no luck')")
    reply = kernel.run("%mlrun run fail")
    (bundle,) = reply.bundles
    assert 'raise ValueError("no luck")' in bundle["text/plain"].replace("'", '"')
    assert reply.stream("stderr").count("\n") == 1 and "ValueError: no luck" in reply.stream("stderr")


def test_a_cell_is_a_run_with_its_figures(kernel) -> None:
    reply = kernel.run(
        "%%mlrun run --name plots --figures --result n\n"
        "%matplotlib inline\nimport matplotlib.pyplot as plt\n"
        "plt.plot([1, 2])\nplt.show()\nfig, ax = plt.subplots()\nax.bar([1], [2])\nn = 2\n"
    )
    assert reply.status == "ok", reply.error
    assert [set(bundle) >= {"image/png"} for bundle in reply.bundles].count(True) == 2
    assert kernel.run("%mlrun show plots n").bundles[0]["text/plain"] == "2"
    listed = kernel.run("print(*[each['metadata']['key'] for each in (%mlrun show plots).status.artifacts])")
    assert listed.status == "error"  # a magic is no expression in the middle of a line
    kernel.run("run = %mlrun show plots")
    assert (
        kernel.run("print(*[each['metadata']['key'] for each in run.status.artifacts])").stream()
        == "figure_1 figure_2\n"
    )


def test_tags_of_a_cell_arrive_with_the_request_and_mark_it(kernel) -> None:
    kernel.run("def score(context, x=1): ...", cellId="c1", tags=["mlrun:score"])
    assert "score  version 1" in kernel.run("%mlrun show", cellId="c2").bundles[0]["text/plain"]
    kernel.run("def score(context, x=2): ...", cellId="c1", tags=["mlrun:score"])
    assert "score  version 2" in kernel.run("%mlrun show", cellId="c2").bundles[0]["text/plain"]
    kernel.run("def score(context, x=2): ...", cellId="c1", tags=[])
    assert "nothing is marked" in kernel.run("%mlrun show", cellId="c2").bundles[0]["text/plain"]


def test_a_slip_in_a_call_shows_the_readers_own_line_and_none_of_ours(kernel) -> None:
    reply = kernel.run("from mlrun_jupyter import run_local\n\nrun_local(handler=print, pramas={})")
    place, told = plain(reply.traceback)
    assert place.startswith("Cell In[") and place.endswith("line 3\n    run_local(handler=print, pramas={})")
    assert told == "UnknownArgumentError: run_local has no argument 'pramas': did you mean params?"


def test_a_run_that_failed_in_a_call_shows_where_the_readers_code_raised(kernel) -> None:
    kernel.run("from mlrun_jupyter import run_local\ndef fail(context):\n    raise ValueError('no luck')")
    shown = plain(kernel.run("run_local(handler=fail)").traceback)
    assert [line.partition("\n")[2].strip() for line in shown] == [
        "raise ValueError('no luck')", "", "", "run_local(handler=fail)", "",
    ]  # fmt: skip
    assert shown[1] == "ValueError: no luck" and shown[-1].startswith("RunError: run 'fail' failed")


# completion and inspection


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("%mlrun ru", ["run", "runs"]),
        ("%mlrun help lo", ["logs"]),
        ("%mlrun run tra", ["train"]),
        ("run = %mlrun run tra", ["train"]),
        ("%mlrun run train -p ", ["depth=3", "eta=0.1"]),
        ("%mlrun run train -p depth=4 -x e", ["eta=["]),
        ("%mlrun run train --sel", ["--selector"]),
        ("%mlrun run train --strategy g", ["grid", "gp"]),
        ("%%mlrun trainer --base", ["--base-image"]),
        ("%%mlrun r", ["run", "requirements"]),
        ("%%mlrun run --na", ["--name"]),
        ("%mlrun get ar", ["artifacts"]),
        ("%mlrun project def", ["default"]),
        ("%mlrun run --task ta", ["task.yaml"]),
        ("%mlrun export tra", ["train"]),
        ("%mlrun build ta", ["task.yaml"]),
        ("%mlrun convert tr", ["train"]),
        ("%mlrun config get httpdb.ho", ["httpdb.host"]),
        ("%mlrun nothing here", ["here"]),
        ("x = 1\n%mlrun run tra", ["train"]),
    ],
)
def test_what_can_stand_at_the_cursor_is_suggested(kernel, code, expected) -> None:
    kernel.run(TRAIN)
    kernel.run(
        "open('task.yaml', 'w').close()\nfrom mlrun_jupyter import get_run_db\nget_run_db().store_project('default')"
    )
    assert kernel.complete(code) == expected


def test_runs_and_artifacts_are_suggested_by_name(kernel) -> None:
    kernel.run(TRAIN)
    kernel.run("run = %mlrun run train --name suggested -x depth=[1,2]\nprint(run.uid()[:8])")
    uid = kernel.run("print(run.uid()[:8])").stream().strip()
    assert kernel.complete("%mlrun logs sugg") == [f"suggested@{uid}"]
    assert kernel.complete("%mlrun artifacts sugg") == ["suggested_iteration_results"]
    assert kernel.complete("%mlrun runs sugg") == ["suggested"]
    assert kernel.complete("%mlrun show suggested it") == ["iteration_results"]


def test_completing_evaluates_nothing(kernel) -> None:
    kernel.run("calls = []\ndef train(context, x=1): ...")
    kernel.complete("%mlrun run train -p x={calls.append(1)} --na")
    assert kernel.run("calls").bundles[0]["text/plain"] == "[]"


def test_the_magic_is_explained_where_the_cursor_is(kernel) -> None:
    assert "Track, sweep and move notebook code" in kernel.inspect("%mlrun")
    assert "%mlrun run TARGET -p depth=4" in kernel.run("%mlrun?").stream()


# interrupting


def test_an_interrupt_ends_a_run_in_one_line(kernel) -> None:
    kernel.run("import time\ndef slow(context):\n    print('begun', flush=True)\n    time.sleep(60)")
    identity = kernel.send("%mlrun run slow")
    kernel.wait_for_output("begun")
    kernel.manager.interrupt_kernel()
    reply = kernel.wait(identity)
    assert reply.error.startswith("UsageError: interrupted") and reply.stream("stderr").count("\n") == 1
    assert kernel.run("run = %mlrun show slow\nprint(run.state())").stream() == "aborted\n"


def test_an_interrupt_ends_a_sweep_as_a_whole(kernel) -> None:
    kernel.run("import time\ndef slow(context, x):\n    print('begun', flush=True)\n    time.sleep(60)")
    identity = kernel.send("%mlrun run slow --name sweep -x x=[1,2,3]")
    kernel.wait_for_output("begun")
    kernel.manager.interrupt_kernel()
    assert kernel.wait(identity).error.startswith("UsageError: interrupted")
    assert kernel.run("run = %mlrun show sweep\nprint(run.state())").stream() == "aborted\n"


def test_an_interrupt_ends_a_cell_that_is_a_run(kernel) -> None:
    identity = kernel.send("%%mlrun run --name cell-slow\nimport time\nprint('begun', flush=True)\ntime.sleep(60)")
    kernel.wait_for_output("begun")
    kernel.manager.interrupt_kernel()
    assert kernel.wait(identity).error.startswith("KeyboardInterrupt")
    assert kernel.run("run = %mlrun show cell-slow\nprint(run.state())").stream() == "aborted\n"
    assert kernel.run("print('context' in globals())").stream() == "False\n"


def test_open_is_a_link_for_the_readers_browser_and_starts_none_beside_the_kernel(kernel) -> None:
    kernel.run("import webbrowser, click\nwebbrowser.open = click.launch = None  # a call would fail")
    kernel.run(TRAIN)
    kernel.run("run = %mlrun run train;")
    (bundle,) = kernel.run("%mlrun open train").bundles
    assert "no service runs for this store" in bundle["text/plain"]
    assert 'data-commandlinker-command="mlrun-jupyter:open-run"' in bundle["text/html"]
    assert kernel.run("print(run.uid())").stream().strip() in bundle["text/html"]
