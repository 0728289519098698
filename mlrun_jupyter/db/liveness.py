"""Who this process is, and whether the process that wrote a journal still lives.

A process is named by host, boot, process number and start time, so that a number used again is no mistake. Of another
host nothing can be known but when it was last heard of; silence longer than the lease is taken for its end.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from mlrun_jupyter.model.journal import Header

LEASE: Final = 60.0
"""Seconds of silence after which a process on another host is presumed dead."""
_SAME: Final = 0.02  # seconds; start times come in ticks of a hundredth
_INITIAL_NAMESPACE: Final = "pid:[4026531836]"


def identity() -> Header:
    """This process, under a fresh writer name.

    Example
    -------
    >>> alive(identity())
    True
    """
    pid = os.getpid()
    host, boot, started = _host(), _boot(), start_time(pid) or 0.0
    writer = f"{host}-{boot[:8]}-{pid}-{round(started * 100):x}-{secrets.token_hex(4)}"
    return Header(writer=writer, host=host, boot=boot, pid=pid, started=started)


def parse(writer: str) -> Header | None:
    """What a writer's name says about its process; None for a name that is none of ours."""
    parts = writer.rsplit("-", 4)
    if len(parts) != 5:
        return None
    host, boot, pid, started, _nonce = parts
    try:
        return Header(writer=writer, host=host, boot=boot, pid=int(pid), started=int(started, 16) / 100)
    except ValueError:
        return None


def alive(header: Header, *, silent: float | None = None) -> bool:
    """Whether the process still runs.

    Parameters
    ----------
    header
        Whose it is.
    silent
        Seconds since it was last heard of, for one on another host; None counts as just now.
    """
    if not local(header):
        return silent is None or silent < LEASE
    if not _boot().startswith(header.boot[:8]):
        return False
    started = start_time(header.pid)
    return started is not None and abs(started - header.started) <= _SAME


def local(header: Header) -> bool:
    """Whether it is of this host, so that its life can be known and need not be presumed."""
    return header.host == _host()


def start_time(pid: int) -> float | None:
    """When a process began, in seconds on a clock that only grows while the machine is up; None when it is gone."""
    return _start_from_proc(pid) if Path("/proc/self/stat").exists() else _start_from_psutil(pid)


def _start_from_proc(pid: int) -> float | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()  # the name before may hold anything
    return None if fields[0] in (b"Z", b"X") else int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _start_from_psutil(pid: int) -> float | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None


@lru_cache(maxsize=1)
def _host() -> str:
    """The host's name; within a container also which, as process numbers mean something only there."""
    name = (socket.gethostname() or "localhost").replace("/", "_")
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").readlink())
    return name if namespace in ("", _INITIAL_NAMESPACE) else f"{name}.{namespace[5:-1]}"


@lru_cache(maxsize=1)
def _boot() -> str:
    """Another one after each start of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    except OSError:
        pass
    try:
        import psutil

        return f"{int(psutil.boot_time()):08x}"
    except (ImportError, OSError):
        return "unknown0"


def with_segment(header: Header, segment: int) -> Header:
    """The header of a writer's further journal."""
    return msgspec.structs.replace(header, segment=segment)
