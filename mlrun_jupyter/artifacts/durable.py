"""Artifacts' bytes reach the disk before the records that name them.

Writing a file and having it on the disk are two things, and the second takes a hundred times as long. With
``durability=relaxed`` the writer only notes what it wrote; the recorder calls :func:`sync_pending` before it makes the
records durable. With ``full`` nothing is ever pending.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Final

from mlrun_jupyter.safety import files

_MANY: Final = 64
"""Files from which on syncing their whole file system takes less time than syncing each."""
_lock = threading.Lock()
_pending: dict[str, None] = {}


def note(path: str) -> None:
    """A file was written and is not on the disk yet."""
    with _lock:
        _pending[path] = None


def sync_pending() -> int:
    """Have everything noted on the disk, files and their folders' names; returns how many files.

    A file that cannot be synced stays pending and raises ``OSError``: it is not on the disk, and nobody may say so.
    """
    with _lock:
        paths = list(_pending)
        _pending.clear()
    done = 0
    try:
        if len(paths) >= _MANY and _sync_systems(paths):
            return len(paths)
        for path in paths:
            files.sync_file(path)
            done += 1
        for folder in dict.fromkeys(os.path.dirname(path) for path in paths):  # noqa: PTH120 - many, and only text
            files.sync_folder(folder)
    except OSError:
        with _lock:
            _pending.update(dict.fromkeys(paths[done:]))
        raise
    return done


def _sync_systems(paths: list[str]) -> bool:
    """Have Linux sync the whole file systems that the paths lie on: one call where there would be thousands.

    Returns whether that could be done; raises ``OSError`` when it failed.
    """
    synced: set[int] = set()
    for folder in dict.fromkeys(os.path.dirname(path) for path in paths):  # noqa: PTH120 - as above
        try:
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # removed meanwhile, with what was in it
        try:
            device = os.fstat(fd).st_dev
            if device not in synced and not _sync_system(fd):
                return False
            synced.add(device)
        finally:
            os.close(fd)
    return True


def _sync_system(fd: int) -> bool:
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None) if sys.platform == "linux" else None
    if call is None:
        return False
    if call(fd):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return True


def pending() -> int:
    """How many files wait."""
    return len(_pending)


def _forget_after_fork() -> None:
    """A child process has no files of its own yet, and its parent's lock may be held."""
    global _lock
    _lock = threading.Lock()
    _pending.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
