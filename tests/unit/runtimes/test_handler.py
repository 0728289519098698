import asyncio
import os
from pathlib import Path

import pytest

import mlrun_jupyter as mlrun
from mlrun_jupyter import get_run_db, new_task, run_local
from mlrun_jupyter.errors import HandlerError, InvalidArgumentError, RunError, UnknownArgumentError
from mlrun_jupyter.runtimes.handler import find

pytestmark = pytest.mark.usefixtures("db")


def train(context, depth: int = 4, eta=0.3):
    print("training with", depth)
    context.log_result("accuracy", depth * eta)


def test_a_handler_runs_here_and_is_tracked(capsys):
    run = run_local(handler=train, params={"depth": 5})
    assert run.state() == "completed"
    assert run.results == {"accuracy": 1.5}
    assert run.name == "train"
    assert run.log_text() == "training with 5\n"
    assert capsys.readouterr().out == "training with 5\n"
    assert run.metadata.labels["owner"]


def test_the_store_has_it_at_once():
    run = run_local(handler=train, params={"depth": 5})
    assert [each.uid() for each in get_run_db().list_runs("train")] == [run.uid()]


def test_a_task_is_a_template_that_runs_do_not_change():
    task = new_task("named", params={"depth": 2}, handler=train, labels={"a": "b"})
    before = task.to_json()
    first, second = run_local(task), run_local(task, params={"depth": 3})
    assert (first.results, second.results) == ({"accuracy": 0.6}, {"accuracy": pytest.approx(0.9)})
    assert first.uid() != second.uid()
    assert first.name == "named"
    assert first.metadata.labels["a"] == "b"
    assert task.to_json() == before


def test_what_the_code_raises_is_the_runs_error_and_the_cause_of_ours():
    def broken(context):
        context.log_result("before", 1)
        raise ValueError("no such depth")

    with pytest.raises(RunError, match="ValueError: no such depth") as caught:
        run_local(handler=broken)
    run = caught.value.run
    assert isinstance(caught.value.__cause__, ValueError)
    assert run.refresh().status.state == "error"
    assert run.results == {"before": 1}
    assert "no such depth" in run.status.traceback


def test_a_call_that_does_not_fit_records_nothing():
    with pytest.raises(HandlerError, match="did you mean depth"):
        run_local(handler=train, params={"dept": 1})
    assert len(get_run_db().list_runs()) == 0


def test_a_misspelt_argument_is_told():
    with pytest.raises(UnknownArgumentError, match="did you mean params"):
        run_local(handler=train, pramas={"eta": 0.3})


@pytest.mark.parametrize("value", [0, False, "", [], 0.0, "text", {"a": 1}])
def test_returned_values_are_results_falsy_ones_too(value):
    assert run_local(handler=lambda: value).results == {"return": value}


def test_returned_values_get_the_names_that_the_task_gives():
    run = run_local(handler=lambda: (0.9, 0.1), returns=["accuracy", "loss"])
    assert run.results == {"accuracy": 0.9, "loss": 0.1}


def test_a_handler_that_returns_nothing_has_no_result():
    assert run_local(handler=lambda: None).results == {}


def test_async_handlers_run_with_and_without_a_loop():
    async def work(context, x=1):
        await asyncio.sleep(0)
        return x

    assert run_local(handler=work).results == {"return": 1}

    async def inside():
        return run_local(handler=work, params={"x": 2}).results

    assert asyncio.run(inside()) == {"return": 2}


def test_a_run_within_a_run_keeps_its_own_log():
    def inner():
        print("inner")

    def outer():
        print("outer")
        return run_local(handler=inner).uid()

    run = run_local(handler=outer)
    assert run.log_text() == "outer\ninner\n"
    assert get_run_db().read_run(run.results["return"]).log_text() == "inner\n"


def test_the_code_finds_its_context_by_itself():
    def work():
        mlrun.get_or_create_ctx("x").log_result("found", True)

    assert run_local(handler=work).results == {"found": True}


def test_the_working_folder_is_the_one_asked_for_and_put_back(tmp_path):
    before = Path.cwd()
    assert run_local(handler=os.getcwd, workdir=str(tmp_path)).results == {"return": str(tmp_path)}
    assert Path.cwd() == before


def test_inputs_arrive_as_the_handler_asks(tmp_path):
    (tmp_path / "a.txt").write_text("hello")

    def work(item, path: Path, text="", *, text_hint: str):
        return [item.get(), path.read_text(), Path(text).read_text(), Path(text_hint).read_text()]

    given = dict.fromkeys(("item", "path", "text", "text_hint"), str(tmp_path / "a.txt"))
    run = run_local(handler=lambda item, path: None, inputs={"item": given["item"], "path": given["path"]})
    assert run.state() == "completed"
    found = run_local(handler=work, inputs=given).results["return"]
    assert [each if isinstance(each, str) else str(each) for each in found][1:] == ["hello"] * 3


def test_an_exit_with_zero_is_no_failure():
    def leave():
        raise SystemExit(0)

    assert run_local(handler=leave).state() == "completed"


def test_code_and_environment_are_kept_by_hash():
    run = run_local(handler=train)
    status = run.refresh().status.extra
    assert "training with" in run.db.read_object(status["code"])["body"]["source"]
    environment = run.db.read_object(status["environment"])["body"]
    assert environment["python"].startswith("3.")
    assert "msgspec" in environment["packages"]


def test_a_run_is_run_again_with_other_parameters():
    first = run_local(handler=train, params={"depth": 2})
    again = first.rerun(params={"depth": 3})
    assert again.results == {"accuracy": pytest.approx(0.9)}
    assert again.metadata.labels["rerun-of"] == first.uid()


def test_a_malformed_name_is_refused():
    with pytest.raises(InvalidArgumentError, match="name"):
        run_local(handler=train, name="not a name!")


class Trainer:
    def fit(self, depth=1):
        return depth


def test_handlers_are_found_by_name_in_classes_and_parts():
    names = {"Trainer": Trainer, "train": train, "os": os, "number": 3}
    assert find(names, "train") is train
    assert find(names, "os.getcwd") is os.getcwd
    assert run_local(handler=find(names, "Trainer::fit"), params={"depth": 3}).results == {"return": 3}
    for name, told in (
        ("trian", "did you mean train"),
        ("number", "no function but a int"),
        ("os.getcw", "did you mean getcwd"),
    ):
        with pytest.raises(HandlerError, match=told):
            find(names, name)


def test_the_decorator_names_what_a_handler_returns():
    @mlrun.handler(labels={"team": "growth"}, outputs=["accuracy", "loss"])
    def decorated(depth: int = 1):
        return depth * 0.5, depth * 0.1

    run = run_local(handler=decorated, params={"depth": "2"})
    assert run.results == {"accuracy": 1.0, "loss": 0.2}
    assert run.metadata.labels["team"] == "growth"
    assert decorated(4) == (2.0, 0.4)
