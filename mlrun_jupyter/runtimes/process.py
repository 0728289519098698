"""A file as a run: ``.py`` in a process of its own, its output streamed, its end told truthfully."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from mlrun_jupyter.errors import RunError, StoreUnavailableError
from mlrun_jupyter.model import states
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.notebook.source_map import Retelling, SourceMap
from mlrun_jupyter.runtimes.supervision import POLL, announce, environment, secrets_pipe
from mlrun_jupyter.safety import interrupts, processes
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.tracking.output import Log, Tee
from mlrun_jupyter.tracking.provenance import describe, describe_file
from mlrun_jupyter.tracking.secrets import Secrets
from mlrun_jupyter.tracking.tracker import Tracker

TAIL = 16_384
"""Characters of error output that are looked at for the reason of a failure."""
GRACE = 4.0
"""Seconds between asking a process tree to end and ending it."""
LAUNCH = ("args", "command", "mode", "workdir")
"""Fields of a run's ``spec`` that tell how its process was started."""


class Command(NamedTuple):
    """What to start: a Python file, and the handler in it to call; without a handler the file is run as a script."""

    file: Path
    handler: str = ""
    args: Sequence[str] = ()
    workdir: str = ""
    keeps_workdir: bool = True
    """Whether the folder is still there when the run is over."""
    timeout: float | None = None
    raw: bool = False
    """Run the arguments alone, without Python in front."""
    env: Mapping[str, str] = {}
    source_map: SourceMap | None = None
    """Where the file's lines were written, when a notebook is behind it."""

    def told(self, text: str) -> str:
        """Text in which places in the file are told as places in the notebook."""
        return self.source_map.retell(text, str(self.file)) if self.source_map and text else text


def describe_command(context: RunContext, command: Command) -> None:
    """Note on a run that is about to start where it runs, and the file as its code."""
    describe(context)
    spec = context.run.spec
    spec.extra = {
        **{name: value for name, value in spec.extra.items() if name not in LAUNCH},
        **_launch(command, context),
    }
    if not command.raw:
        describe_file(context, command.file)


def _launch(command: Command, context: RunContext) -> dict[str, Any]:
    """What has to be repeated to start the same again; an argument that is a secret is not kept."""
    masker = context.secrets.masker
    found: dict[str, Any] = {"workdir": str(Path(command.workdir or ".").resolve())} if command.keeps_workdir else {}
    if command.args:
        found["args"] = [masker.mask(each) for each in command.args]
    return {**found, "command": str(command.file), "mode": "pass"} if command.raw else found


def run_file(
    command: Command,
    run: RunRecord,
    tracker: Tracker,
    *,
    secrets: Secrets | None = None,
    watch: Callable[[RunContext], None] | None = None,
) -> BaseException | None:
    """Run a file as ``run`` in a child process and record how it ended; ``run`` is brought up to date.

    Whatever the child reports through its own context is recorded by the child itself, and survives its death. Returns
    a :class:`RunError` when the run did not complete. An interrupt ends the child's whole process tree, is recorded as
    ``aborted``, and is raised again.
    """
    context = RunContext(run, tracker, secrets=secrets)
    run.metadata.labels = {"kind": "local", **run.metadata.labels}
    describe_command(context, command)
    try:
        context.start()
        if watch is not None:
            watch(context)
        announce(tracker)
        context.watch_child()
        code, errors = _supervise(command, context)
        return _end(command, context, tracker, code, errors)
    except KeyboardInterrupt as error:
        context.fail(error)
        raise
    except RunError as error:
        context.finish(states.ERROR, error=str(error), reason="timeout")
        return error
    except Exception as error:
        context.fail(error)
        return error


def _supervise(command: Command, context: RunContext) -> tuple[int, str]:
    """Start the child, pass its output on, and return its exit code (negative: the signal that ended it) and the end
    of its error output."""
    with secrets_pipe(context.secrets) as pipe:
        child = processes.start(
            _arguments(command),
            cwd=command.workdir or None,
            env=_environment(command, context, pipe),
            stdout=processes.PIPE,
            stderr=processes.PIPE,
            pass_fds=[pipe],
        )
    streams = ((child.stdout, sys.stdout), (child.stderr, sys.stderr))
    tail = _Tail()
    logs = [Log(context.write_log, context.secrets.masker) for _ in streams]  # lines of the two do not mix
    pumps = [
        threading.Thread(target=_pump, args=(stream, Tee(screen, log), command, kept), daemon=True)
        for (stream, screen), log, kept in zip(streams, logs, (None, tail), strict=True)
    ]
    for pump in pumps:
        pump.start()
    try:
        code = _wait(child, command.timeout)
    except BaseException:
        with interrupts.deferred():  # a second Ctrl-C must not leave half of the tree alive
            processes.end_tree(child.pid, grace=GRACE)
            child.wait()
        raise
    finally:
        for pump in pumps:
            pump.join(timeout=2)  # a grandchild may hold the pipe open
        for log in logs:
            log.close()
    return code, tail.text


class _Tail:
    """The end of what was written."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, text: str) -> None:
        self.text = (self.text + text)[-TAIL:]


def _wait(child: processes.Process[bytes], timeout: float | None) -> int:
    end = None if timeout is None else time.monotonic() + timeout
    while threading.current_thread() is not threading.main_thread() and (end is None or end - time.monotonic() > POLL):
        with contextlib.suppress(processes.TimeoutExpired):  # another thread is interrupted between its waits only
            return child.wait(POLL)
    try:
        return child.wait(None if end is None else max(end - time.monotonic(), 0.0))
    except processes.TimeoutExpired:
        text = f"the run took longer than {timeout:g} s"
        raise RunError(text, hint="raise the time-out, or give it less to do") from None


def _pump(stream: IO[bytes], tee: Tee, command: Command, tail: _Tail | None) -> None:
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    told = Retelling(command.source_map, str(command.file)) if command.source_map else None
    going = True
    while going:
        chunk = os.read(stream.fileno(), 65536)
        going = bool(chunk)
        text = decoder.decode(chunk, not going)
        if told is not None:
            text = told.feed(text) if going else told.feed(text) + told.end()
        with contextlib.suppress(BrokenPipeError):  # nobody looks at the screen any more; the log goes on
            tee.write(text)
        if tail is not None:
            tail.add(text)
    stream.close()


def _arguments(command: Command) -> list[str]:
    if command.raw:
        return [str(command.file), *command.args]
    if command.handler:
        return [sys.executable, "-u", "-m", "mlrun_jupyter.runtimes.entry", str(command.file), command.handler]
    return [sys.executable, "-u", str(command.file), *command.args]


def _environment(command: Command, context: RunContext, pipe: int) -> dict[str, str | None]:
    found: dict[str, str | None] = {**command.env, **environment(context, secrets=pipe)}
    if command.handler:  # -m puts the working folder on the path; a script's own folder belongs there instead
        before = os.environ.get("PYTHONPATH", "")
        found["PYTHONPATH"] = os.pathsep.join(each for each in (str(command.file.parent), before) if each)
    return found


def _end(command: Command, context: RunContext, tracker: Tracker, code: int, errors: str) -> BaseException | None:
    """Close the run by the child's exit code; what the child said of its failure comes first."""
    with contextlib.suppress(StoreUnavailableError):  # what the child recorded waits, and arrives as all does
        tracker.flush()
        tracker.db.recover()  # applies the journal of a child that was killed
        context.adopt(tracker.db.read_run(context.run.key))
    status = context.run.status
    if code == 0 and not status.error:
        context.finish()
        return None
    trace = command.told(status.traceback) or _traceback(errors)
    reason = status.reason or ("exception" if code == 1 and trace else reason_of(code))
    text = status.error or (trace.strip().splitlines() or [_told(reason)])[-1]
    if command.source_map and (place := command.source_map.last_place(trace)):
        text += f" ({place})"
    context.finish(states.ERROR, error=text, reason=reason, trace=trace)
    return RunError(text, run=context.run)


def _traceback(errors: str) -> str:
    """The last traceback of a script that ended by an exception and knows nothing of tracking."""
    start = errors.rfind("Traceback (most recent call last):")
    return errors[start:] if start >= 0 else ""


def _told(reason: str) -> str:
    words = {"killed": "the process was killed", "oom": "the process was killed: out of memory"}
    return words.get(reason, f"the process ended with {reason}")


def reason_of(code: int) -> str:
    """Why a process ended, by its exit code: ``exit 3``, ``signal 11``, ``killed`` or ``oom``."""
    if code >= 0:
        return f"exit {code}"
    if -code == signal.SIGKILL and _out_of_memory():
        return "oom"
    return "killed" if -code == signal.SIGKILL else f"signal {-code}"


def _out_of_memory() -> bool:
    """Whether this process's memory group has seen an out-of-memory kill; the kernel does not say whose."""
    for name in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        try:
            lines = Path(name).read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            key, _, value = line.partition(" ")
            if key == "oom_kill":
                return value.strip() not in ("", "0")
    return False
