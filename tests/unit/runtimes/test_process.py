import resource
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from mlrun_jupyter import new_function, new_task, run_local
from mlrun_jupyter.errors import ConflictError, HandlerError, InvalidArgumentError, NotFoundError, RunError
from mlrun_jupyter.safety import processes

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def script(tmp_path):
    def write(code, name="job.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(code))
        return str(path)

    return write


def test_a_script_records_through_its_context(script, capsys):
    path = script(
        """
        from mlrun import get_or_create_ctx
        context = get_or_create_ctx("ignored")
        p1 = context.get_param("p1", 1)
        context.log_result("accuracy", p1 * 2)
        context.log_metric("loss", 0.5)
        print("hello from the child")
        """
    )
    run = run_local(new_task(params={"p1": 5}), command=path)
    assert run.state() == "completed"
    assert run.results == {"accuracy": 10}
    assert run.metrics()["loss"]["count"] == 1
    assert run.name == "job"
    assert "hello from the child" in run.log_text()
    assert "hello from the child" in capsys.readouterr().out


def test_a_script_that_knows_nothing_of_tracking_is_a_run_all_the_same(script):
    run = run_local(command=script("import sys; print('out'); print('err', file=sys.stderr)"))
    assert run.state() == "completed"
    assert sorted(run.log_text().split()) == ["err", "out"]


def test_arguments_follow_the_file(script):
    path = script("import sys; print(sys.argv[1:])")
    assert "['--fast', '3']" in run_local(command=f"{path} --fast", args=["3"]).log_text()


def test_a_handler_of_a_file_is_called_with_what_the_task_gives(script):
    path = script(
        """
        def train(context, depth: int = 1):
            context.log_result("depth", depth)
            return depth * 2
        """
    )
    run = run_local(command=path, handler="train", params={"depth": "4"})
    assert run.results == {"depth": 4, "return": 8}


def test_an_exception_of_the_script_is_the_runs_error(script):
    path = script("import mlrun\nmlrun.get_or_create_ctx('x').log_result('before', 1)\nraise ValueError('broken here')")
    with pytest.raises(RunError, match="broken here") as caught:
        run_local(command=path)
    run = caught.value.run
    assert (run.status.state, run.status.reason) == ("error", "exception")
    assert "line 3" in run.status.traceback
    assert run.refresh().results == {"before": 1}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit(3)", "exit 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "signal 15"),
        ("import os; os._exit(7)", "exit 7"),
    ],
)
def test_the_way_a_process_ends_is_told(script, code, reason):
    with pytest.raises(RunError) as caught:
        run_local(command=script(code))
    assert caught.value.run.status.reason == reason


def test_what_a_killed_process_acknowledged_is_kept(script):
    path = script(
        """
        import mlrun, os, signal
        mlrun.get_or_create_ctx("x").log_result("before", 1)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    with pytest.raises(RunError) as caught:
        run_local(command=path)
    run = caught.value.run.refresh()
    assert run.results == {"before": 1}
    assert run.status.reason in ("killed", "oom")


def test_a_process_that_takes_too_long_is_ended_with_its_children(script, tmp_path):
    path = script(
        f"""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
        time.sleep(60)
        """
    )
    with pytest.raises(RunError, match="longer than") as caught:
        run_local(command=path, timeout=1.5)
    assert caught.value.run.status.reason == "timeout"
    assert not alive(int((tmp_path / "pid").read_text()))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_environment_is_intact_and_the_functions_own_is_added(script, monkeypatch):
    monkeypatch.setenv("FROM_OUTSIDE", "1")
    function = new_function(
        "envs", kind="local", command=script("import os; print(os.environ['FROM_OUTSIDE'], os.environ['MINE'])")
    )
    assert function.set_env("MINE", 2).run(local=True).log_text() == "1 2\n"


def test_secrets_reach_the_child_and_nothing_else(script, tmp_path):
    path = script(
        """
        import mlrun, os, sys
        context = mlrun.get_or_create_ctx("x")
        value = context.get_secret("TOKEN")
        context.log_result("length", len(value))
        shown = open("/proc/self/environ").read() + open("/proc/self/cmdline").read()
        context.log_result("hidden", value not in shown)
        print("the token is", value)
        """
    )
    run = run_local(new_task().with_secrets("inline", {"TOKEN": "t0ps3cretvalue"}), command=path)
    assert run.results == {"length": 14, "hidden": True}
    assert "t0ps3cretvalue" not in run.log_text()
    stored = b"".join(each.read_bytes() for each in (tmp_path / "store").rglob("*") if each.is_file())
    assert b"t0ps3cretvalue" not in stored


def test_secrets_that_stand_in_the_code_are_masked_wherever_code_is_kept(tmp_path, monkeypatch):
    """In the handler's source, the file's, and what is not committed."""
    monkeypatch.chdir(tmp_path)
    code = """
    import mlrun
    TOKEN = "none"
    def train(context): return len("none")
    if __name__ == "__main__":
        secrets = [{"kind": "inline", "source": {"TOKEN": TOKEN}}]
        for how in ({"handler": train}, {"command": "job.py", "handler": "train"}):
            run = mlrun.run_local(secrets=secrets, **how)
            kept = [run.status.extra["code"], run.status.extra["git"]["diff"]]
            mlrun.get_run_db().list_runs()  # what was recorded is in the store
            print([run.db.read_object(hash)["body"] for hash in kept])
    """
    Path("job.py").write_text(textwrap.dedent(code))
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -qm a"):
        processes.run(["git", *command.split()], check=True)
    Path("job.py").write_text(Path("job.py").read_text().replace("none", "t0ps3cretvalue"))
    shown = processes.run([sys.executable, "job.py"], check=True).stdout
    assert shown.count("len(") >= 4
    assert "t0ps3cretvalue" not in shown


def test_a_run_in_a_thread_is_aborted(script, tmp_path):
    path = script(f"import time; open({str(tmp_path / 'started')!r}, 'w').close(); time.sleep(60)")
    from mlrun_jupyter import get_run_db

    def run():
        with pytest.raises(KeyboardInterrupt):
            run_local(command=path, name="long")

    thread = threading.Thread(target=run)
    thread.start()
    while not (tmp_path / "started").exists():
        time.sleep(0.05)
    assert get_run_db().list_runs("long")[0].abort(timeout=30) == "aborted"
    thread.join()


def test_a_run_is_aborted_from_another_thread_within_seconds(script, tmp_path):
    path = script(f"import time; open({str(tmp_path / 'started')!r}, 'w').close(); time.sleep(60)")
    from mlrun_jupyter import get_run_db

    def abort():
        while not (tmp_path / "started").exists():
            time.sleep(0.05)
        get_run_db().list_runs(state="running")[0].abort(timeout=0)

    thread = threading.Thread(target=abort)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run_local(command=path, name="long")
    thread.join()
    run = get_run_db().list_runs("long")[0]
    assert (run.status.state, run.status.reason) == ("aborted", "user")


def test_a_file_that_is_not_there_is_told_and_nothing_is_recorded(tmp_path, script):
    from mlrun_jupyter import get_run_db

    script("")
    with pytest.raises(NotFoundError, match=r"did you mean job\.py"):
        run_local(command=str(tmp_path / "jbo.py"))
    assert len(get_run_db().list_runs()) == 0


def test_a_handler_that_is_not_in_the_file_is_told_with_the_nearest_and_nothing_runs(script):
    with pytest.raises(HandlerError, match="did you mean train"):
        run_local(command=script("def train(): pass"), handler="trian")
    from mlrun_jupyter import get_run_db

    assert len(get_run_db().list_runs()) == 0


def test_a_handler_that_only_loading_can_tell_is_looked_for_in_the_child(script):
    with pytest.raises(RunError, match="did you mean train"):
        run_local(command=script("def train(): pass  # not trian"), handler="trian")


def test_kinds_that_need_an_engine_name_the_way_to_run_here(script):
    with pytest.raises(Exception, match="local=True"):
        new_function("x", kind="job", command=script("pass")).run()
    assert new_function("x", kind="job", command=script("pass")).run(local=True).state() == "completed"


def test_a_broken_script_prints_its_traceback_as_python_does(script, capfd):
    with pytest.raises(RunError):
        run_local(command=script("1 / 0"))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_the_interpreter_is_the_one_that_runs_this(script):
    assert run_local(command=script("import sys; print(sys.executable)")).log_text().strip() == sys.executable


def test_a_command_runs_as_it_stands():
    run = run_local(command="echo some words", mode="pass")
    assert run.log_text() == "some words\n"


def test_a_run_gets_the_uid_that_its_task_gives_and_no_other_run_gets_it(script):
    task = new_task()
    task.metadata.uid = "a" * 32
    assert run_local(task, command=script("pass")).uid() == "a" * 32
    with pytest.raises(ConflictError, match="already"):
        run_local(task, command=script("pass"))


def test_a_file_is_run_again_as_it_was_also_as_a_sweep(script):
    path = script(
        "import mlrun\ncontext = mlrun.get_or_create_ctx('x')\ncontext.log_result('y', context.get_param('x', 1) * 2)"
    )
    swept = run_local(new_task(hyperparams={"x": [1, 3]}, selector="max.y"), command=path)
    script("raise ValueError('edited since')")
    again = swept.rerun()
    assert again.results["y"] == 6
    assert again.status.extra["code"] == swept.status.extra["code"]
    assert "get_param" in again.db.read_object(again.status.extra["code"])["body"]["source"]


def test_a_file_is_run_again_with_its_arguments_in_its_folder(script, tmp_path, monkeypatch):
    path = script("import os, sys; print(sys.argv[1:], os.getcwd())")
    first = run_local(command=f"{path} --fast '1 2'", workdir=str(tmp_path))
    assert first.rerun().log_text() == first.log_text() == f"['--fast', '1 2'] {tmp_path}\n"
    assert first.rerun(args=["--slow"]).rerun().log_text().startswith("['--slow']")
    assert first.rerun(args=[]).rerun().log_text().startswith("[]")


def test_a_command_is_run_again_as_it_stands():
    first = run_local(command="echo some words", mode="pass")
    assert first.rerun().log_text() == "some words\n"


def test_an_argument_that_is_a_secret_is_not_kept_and_asked_for(script, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "t0ps3cret")
    secrets = [{"kind": "env", "source": "TOKEN"}]
    path = script("import sys; print(len(sys.argv[1]))")
    first = run_local(command=path, args=["--token=t0ps3cret"], secrets=secrets)
    assert "t0ps3cret" not in first.to_json()
    with pytest.raises(InvalidArgumentError, match="an argument held a secret"):
        first.rerun()
    assert first.rerun(args=["--token=t0ps3cret"]).log_text() == first.log_text()


@pytest.mark.parametrize("tracked", ["", "import mlrun; mlrun.get_or_create_ctx('x')\n"])
def test_the_memory_that_a_run_took_is_that_of_its_process(script, tracked):
    unit = 1 if sys.platform == "darwin" else 1024
    known = max(
        resource.getrusage(whose).ru_maxrss * unit for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    size = known + 100_000_000  # of what was no larger the system tells nothing
    large = run_local(command=script(tracked + f"x = bytearray({size}); x[::4096] = x[::4096]"))
    assert large.status.extra["usage"]["peak_memory"] > size
    small = run_local(command=script(tracked + "pass")).status.extra["usage"]
    assert small["cpu_seconds"] > 0
    assert small.get("peak_memory", 0) < 200_000_000
