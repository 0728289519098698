"""The only door to other programs: argument lists, never a shell, and no process left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, RunError, UnsafeError

Process = subprocess.Popen
TimeoutExpired = subprocess.TimeoutExpired
DEVNULL, PIPE, STDOUT = subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT


class Finished(NamedTuple):
    """How a program ended; output is text, with bytes that are no UTF-8 replaced."""

    returncode: int
    stdout: str
    stderr: str


def run(
    arguments: Sequence[str | os.PathLike[str]],
    *,
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str | None] | None = None,
    stdin: str | bytes | None = None,
    timeout: float | None = None,
    check: bool = False,
) -> Finished:
    """Run a program to its end and return what it printed.

    Parameters
    ----------
    arguments
        Program and arguments; a list, since a text would need a shell.
    cwd
        Its folder; this process's by default.
    env
        Added to this process's environment; None as a value takes a variable away.
    stdin
        What it reads; nothing by default.
    timeout
        Seconds after which its whole process tree is ended.
    check
        Raise for a return code other than 0.

    Raises
    ------
    NotFoundError
        No such program or folder.
    UnsafeError
        An argument that no program can be given (a NUL character).
    RunError
        The time is over, or with ``check`` the program failed: the end of its error output is in the message.

    Example
    -------
    >>> import sys
    >>> run([sys.executable, "-c", "print('hello')"]).stdout
    'hello\\n'
    """
    process = start(arguments, cwd=cwd, env=env, stdin=DEVNULL if stdin is None else PIPE, stdout=PIPE, stderr=PIPE)
    name = Path(os.fspath(arguments[0])).name
    try:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        out, err = process.communicate(data, timeout=timeout)
    except subprocess.TimeoutExpired:
        end_tree(process.pid)
        process.communicate()
        raise RunError(f"{name} did not finish within {timeout:g} s", where=_shown(arguments)) from None
    except BaseException:  # an interrupt must not leave the program running
        end_tree(process.pid)
        process.wait()
        raise
    finished = Finished(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))
    if check and finished.returncode:
        last = "\n".join((finished.stderr.strip() or finished.stdout.strip()).splitlines()[-5:])
        raise RunError(f"{name} failed with exit code {finished.returncode}", where=_shown(arguments), hint=last)
    return finished


def start(
    arguments: Sequence[str | os.PathLike[str]],
    *,
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str | None] | None = None,
    stdin: int | IO[Any] | None = DEVNULL,
    stdout: int | IO[Any] | None = None,
    stderr: int | IO[Any] | None = None,
    own_group: bool = True,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program and return at once; arguments, ``cwd``, ``env`` and errors as for :func:`run`.

    Parameters
    ----------
    own_group
        Give it a session of its own: Ctrl-C in the terminal does not reach it, and :func:`end_tree` ends it with
        everything that it started.
    pass_fds
        File descriptors that stay open in it.
    """
    argv = _checked(arguments)
    try:
        return subprocess.Popen(  # noqa: S603 - this is the door; the list was checked
            argv,
            cwd=cwd,
            env=environment(env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=own_group,
            pass_fds=pass_fds,
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        if cwd is not None and not Path(cwd).is_dir():
            raise NotFoundError("no such folder to run in", where=os.fspath(cwd)) from None
        raise NotFoundError(f"no such program: {argv[0]}", hint="install it, or put its folder into PATH") from error
    except PermissionError as error:
        raise InvalidArgumentError(f"not allowed to run {argv[0]}", hint=str(error)) from None
    except OSError as error:
        raise InvalidArgumentError(f"{argv[0]} cannot be started", hint=str(error)) from None


def find(program: str) -> str | None:
    """The full path of a program in PATH, or None."""
    return shutil.which(program)


def environment(additions: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This process's environment with the additions; None as a value takes a variable away.

    Raises :class:`UnsafeError` for names and values that an environment cannot hold.
    """
    env = dict(os.environ)
    for name, value in (additions or {}).items():
        if not name or "=" in name or "\0" in name or "\0" in (value or ""):
            raise UnsafeError(f"not a usable environment variable: {name!r}")
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


def end_tree(pid: int, *, grace: float = 2.0, deadline: float = 5.0) -> bool:
    """End a process, its session and all its descendants: first politely, then by force.

    Parameters
    ----------
    pid
        A process that :func:`start` gave.
    grace
        Seconds between the request (SIGTERM) and the force (SIGKILL).
    deadline
        Seconds after which the call returns in any case.

    Returns
    -------
    bool
        Whether nothing of the tree is left. A process that ended before is no error.
    """
    if pid <= 1 or pid == os.getpid():
        raise UnsafeError(f"not a process to end: {pid}")
    began = time.monotonic()
    tree = _tree(pid)
    for number in (signal.SIGTERM, signal.SIGKILL):
        _signal(tree, number)
        until = began + (grace if number == signal.SIGTERM else deadline)
        pause = 0.005
        while True:
            tree = _grown(tree)
            if not tree:
                return True
            if time.monotonic() >= until:
                break
            if number == signal.SIGKILL:
                _signal(tree, number)  # children that were born meanwhile
            time.sleep(pause)
            pause = min(pause * 1.5, 0.1)
    return False


class _Stat(NamedTuple):
    """A process as the kernel shows it; ``start`` tells it from a later one with the same number."""

    pid: int
    parent: int
    session: int
    start: int


def _tree(pid: int) -> set[_Stat]:
    """The process, its session, and the descendants of all of them, as they are now; without the dead (zombies)."""
    everybody = _processes()
    found = {each for each in everybody if pid in (each.pid, each.session)}
    children: dict[int, list[_Stat]] = {}
    for each in everybody:
        children.setdefault(each.parent, []).append(each)
    waiting = [*found, _Stat(pid, 0, 0, 0)]
    while waiting:
        for child in children.get(waiting.pop().pid, ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return {each for each in found if each.pid != os.getpid()}


def _grown(tree: set[_Stat]) -> set[_Stat]:
    """Those of the tree that still live, and what they have started since."""
    alive = {(each.pid, each.start): each for each in _processes()}
    left = {alive[key] for each in tree if (key := (each.pid, each.start)) in alive}
    for each in list(left):
        left |= _tree(each.pid)
    return left


def _signal(tree: set[_Stat], number: signal.Signals) -> None:
    for each in tree:
        try:
            os.kill(each.pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def _processes() -> list[_Stat]:
    proc = Path("/proc")
    if not (proc / "self" / "stat").exists():
        return _processes_by_psutil()
    found = []
    for name in os.listdir(proc):  # noqa: PTH208 - names only, and often
        if not name.isdigit():
            continue
        try:
            text = (proc / name / "stat").read_text(errors="replace")
        except OSError:
            continue  # ended meanwhile
        fields = text[text.rindex(")") + 2 :].split()
        if fields[0] not in "ZX":
            found.append(_Stat(int(name), int(fields[1]), int(fields[3]), int(fields[19])))
    return found


def _processes_by_psutil() -> list[_Stat]:
    """Systems without /proc; psutil comes with the notebook's kernel."""
    try:
        import psutil
    except ImportError:
        return []
    found = []
    for process in psutil.process_iter(["pid", "ppid", "create_time", "status"]):
        info = process.info
        if info["status"] != psutil.STATUS_ZOMBIE:
            try:
                session = os.getsid(info["pid"])
            except OSError:
                session = 0
            found.append(_Stat(info["pid"], info["ppid"] or 0, session, int((info["create_time"] or 0) * 1000)))
    return found


def _checked(arguments: Sequence[str | os.PathLike[str]]) -> list[str]:
    if isinstance(arguments, (str, bytes)) or not arguments:
        raise InvalidArgumentError("a program is started from a list of arguments", hint="['git', 'status']")
    argv = [os.fspath(each) for each in arguments]
    if any("\0" in each for each in argv) or not argv[0]:
        raise UnsafeError("an argument holds a NUL character, or the program has no name")
    return argv


def _shown(arguments: Sequence[str | os.PathLike[str]]) -> str:
    """Program and first argument only: the rest may be long or private."""
    return " ".join(os.fspath(each) for each in arguments[:2])
