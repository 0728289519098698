"""Artifacts' bytes reach the disk before the records that name them.

Writing a file and having it on the disk are two things, and the second takes a hundred times as long. With
``durability=relaxed`` the writer only notes what it wrote; the recorder calls :func:`sync_pending` before it makes the
records durable. With ``full`` nothing is ever pending.
"""

from __future__ import annotations

import os
import threading

from mlrun_jupyter.safety import files

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
