"""Programs are started from lists, with the environment intact, and end with everything that they started."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, RunError, UnsafeError
from mlrun_jupyter.safety import processes

PY = sys.executable


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_output_code_and_input():
    finished = processes.run([PY, "-c", "import sys; print(sys.stdin.read()); sys.exit(3)"], stdin="text")
    assert finished == (3, "text\n", "")


def test_metacharacters_are_data(tmp_path):
    text = f"; touch {tmp_path}/canary; $(touch {tmp_path}/canary) `touch {tmp_path}/canary`\n&& touch canary"
    finished = processes.run([PY, "-c", "import sys; sys.stdout.write(sys.argv[1])", text], cwd=tmp_path)
    assert finished.stdout == text
    assert not list(tmp_path.iterdir())


def test_environment_is_kept_added_to_and_taken_away(monkeypatch):
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("GONE", "1")
    code = "import os; print(os.environ.get('KEPT'), os.environ.get('GONE'), os.environ.get('NEW'))"
    assert processes.run([PY, "-c", code], env={"NEW": "x", "GONE": None}).stdout == "1 None x\n"
    assert os.environ["GONE"] == "1"


@pytest.mark.parametrize("env", [{"": "x"}, {"A=B": "x"}, {"A": "x\0y"}, {"A\0": "x"}])
def test_unusable_environment_is_refused(env):
    with pytest.raises(UnsafeError):
        processes.run([PY, "-V"], env=env)


@pytest.mark.parametrize("arguments", ["ls -l", b"ls", [], [""], ["ls", "a\0b"]])
def test_no_shell_strings(arguments):
    with pytest.raises(InvalidArgumentError):
        processes.start(arguments)


def test_missing_program_and_folder(tmp_path):
    with pytest.raises(NotFoundError, match="no such program: no-such-program-here"):
        processes.run(["no-such-program-here"])
    with pytest.raises(NotFoundError, match="no such folder"):
        processes.run([PY, "-V"], cwd=tmp_path / "missing")


def test_a_file_that_is_no_program(tmp_path):
    file = tmp_path / "data"
    file.write_bytes(b"\x00\x01")
    with pytest.raises(InvalidArgumentError):
        processes.run([file])
    file.chmod(0o755)
    with pytest.raises(InvalidArgumentError):
        processes.run([file])


def test_check_shows_the_last_lines():
    with pytest.raises(RunError, match=r"exit code 4.*deeper reason") as caught:
        processes.run([PY, "-c", "import sys; print('deeper reason', file=sys.stderr); sys.exit(4)"], check=True)
    assert "print(" not in caught.value.message


def test_timeout_ends_the_tree(tmp_path):
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
open({str(tmp_path / "pid")!r}, 'w').write(str(child.pid))
time.sleep(60)
"""
    with pytest.raises(RunError, match="did not finish within 1 s"):
        processes.run([PY, "-c", code], timeout=1)
    assert not _alive(int((tmp_path / "pid").read_text()))


STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = '''
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[1] == "session": os.setsid()
os.write(1, str(os.getpid()).encode() + bytes([10]))
time.sleep(60)
'''
for how in ("same", "session"):
    subprocess.Popen([sys.executable, '-c', code, how])
os.write(1, str(os.getpid()).encode() + bytes([10]))
time.sleep(60)
"""


def test_a_stubborn_tree_with_its_own_sessions_is_ended():
    process = processes.start([PY, "-c", STUBBORN], stdout=processes.PIPE)
    pids = [int(process.stdout.readline()) for _ in range(3)]
    assert all(_alive(pid) for pid in pids)
    assert processes.end_tree(process.pid, grace=0.2, deadline=5)
    assert not any(_alive(pid) for pid in pids)
    process.wait()
    process.stdout.close()


def test_an_orphan_of_the_session_is_ended():
    code = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
print(child.pid, flush=True)
"""
    process = processes.start([PY, "-c", code], stdout=processes.PIPE)
    pid = int(process.stdout.readline())
    process.wait()
    process.stdout.close()
    assert _alive(pid)
    assert processes.end_tree(process.pid)
    assert not _alive(pid)


def test_polite_end_lets_the_program_clean_up(tmp_path):
    code = f"""
import signal, sys, time
def bye(*_):
    open({str(tmp_path / "cleaned")!r}, 'w').close(); sys.exit(0)
signal.signal(signal.SIGTERM, bye); print('ready', flush=True)
time.sleep(60)
"""
    process = processes.start([PY, "-c", code], stdout=processes.PIPE)
    process.stdout.readline()
    assert processes.end_tree(process.pid)
    process.stdout.close()
    process.wait()
    assert (tmp_path / "cleaned").exists()


def test_ending_twice_and_ending_oneself():
    process = processes.start([PY, "-c", "pass"])
    process.wait()
    assert processes.end_tree(process.pid)
    for pid in (0, 1, -5, os.getpid()):
        with pytest.raises(UnsafeError):
            processes.end_tree(pid)


def test_a_bystander_lives():
    bystander = subprocess.Popen([PY, "-c", "import time; time.sleep(60)"], start_new_session=True)
    process = processes.start([PY, "-c", "import time; time.sleep(60)"])
    time.sleep(0.05)
    assert processes.end_tree(process.pid)
    process.wait()
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_interrupted_run_leaves_nothing(tmp_path):
    pid = tmp_path / "pid"
    child = tmp_path / "child.py"
    child.write_text(
        "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w'), flush=True); time.sleep(60)"
    )
    code = f"""
import os, pathlib, signal, sys, threading, time
from mlrun_jupyter.safety import processes
pid = pathlib.Path({str(pid)!r})
def interrupt():
    while not (pid.exists() and pid.read_text().strip()):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    processes.run([sys.executable, {str(child)!r}, pid])
except KeyboardInterrupt:
    print('interrupted')
"""
    assert processes.run([PY, "-c", code], timeout=30).stdout == "interrupted\n"
    assert not _alive(int(pid.read_text()))
