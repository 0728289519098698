"""One function decides which path inside a root a text means; reading, writing, listing and deleting all ask it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from mlrun_jupyter.errors import NotFoundError, UnsafeError

_ENCODED: Final = re.compile(r"%(?:2e|2f|5c|00|25)", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
MAX_DEPTH: Final = 64
MAX_COMPONENT: Final = 255
"""Bytes, as in every common file system."""


def components(text: str) -> tuple[str, ...]:
    """The parts of a relative path that stays below where it is put; ``""`` has none.

    ``text`` is the path as its framework decoded it, once: what still looks encoded is refused, not decoded again.

    Raises
    ------
    UnsafeError
        Absolute, ``..`` or ``.`` or empty parts, backslashes, drive letters, control characters, encoded separators.

    Example
    -------
    >>> components("models/model.bst")
    ('models', 'model.bst')
    """
    if not text:
        return ()
    parts = tuple(text.split("/"))
    if (
        "\\" in text
        or _CONTROL.search(text)
        or _ENCODED.search(text)
        or _DRIVE.match(text)
        or any(part in ("", ".", "..") or part.rstrip(" .") == "" for part in parts)
        or len(parts) > MAX_DEPTH
    ):
        raise UnsafeError("a path may not leave its folder or be written in a hidden way", where=_shown(text))
    try:
        longest = max(len(part.encode()) for part in parts)
    except UnicodeEncodeError:
        raise UnsafeError("a path holds a lone surrogate", where=_shown(text)) from None
    if longest > MAX_COMPONENT:
        raise UnsafeError(f"a part of a path is longer than {MAX_COMPONENT} bytes", where=_shown(text))
    return parts


def inside(root: str | os.PathLike[str], text: str) -> Path:
    """The path that ``text`` means below ``root``, links resolved.

    Parameters
    ----------
    root
        A folder; it need not exist.
    text
        A relative path with ``/`` between its parts.

    Raises
    ------
    UnsafeError
        The path would leave the root, by its parts or through a link. The message does not tell where it leads.

    Example
    -------
    >>> inside("/data", "runs/1").as_posix()
    '/data/runs/1'
    """
    base = Path(root).resolve()
    path = base.joinpath(*components(text))
    try:
        real = path.resolve()
    except (OSError, RuntimeError):
        raise UnsafeError("the path cannot be followed", where=_shown(text)) from None
    if not contains(base, real):
        raise UnsafeError("the path leaves its folder through a link", where=_shown(text))
    return real


def contains(root: str | os.PathLike[str], path: str | os.PathLike[str]) -> bool:
    """Whether a path is the root or below it, compared part by part (``/a-b`` is not below ``/a``); nothing is resolved."""
    base, other = Path(root).parts, Path(path).parts
    return other[: len(base)] == base and ".." not in other[len(base) :]


def open_inside(root: str | os.PathLike[str], text: str, flags: int = os.O_RDONLY, mode: int = 0o644) -> int:
    """A file descriptor for a file below ``root``, opened part by part without following any link.

    Nobody who can write below the root can make this open something else, not even by swapping a folder for a link
    in between. Links are refused, also those that stay inside.

    Parameters
    ----------
    flags, mode
        As for ``os.open``.

    Raises
    ------
    UnsafeError
        As :func:`inside`; also for what is neither a file nor, with ``os.O_DIRECTORY``, a folder.
    NotFoundError
        There is no such file.
    """
    parts = components(text)
    directory = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise NotFoundError("no such folder", where=os.fspath(root)) from None
    try:
        for part in parts[:-1]:
            below = os.open(part, directory, dir_fd=folder)
            os.close(folder)
            folder = below
        last = parts[-1] if parts else "."
        opened = os.open(last, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, mode, dir_fd=folder)
    except FileNotFoundError:
        raise NotFoundError("no such file", where=_shown(text)) from None
    except OSError as error:  # a link (ELOOP), a file where a folder is expected ...
        raise UnsafeError(
            "the path cannot be opened below its folder", where=_shown(text), hint=str(error.strerror)
        ) from None
    finally:
        os.close(folder)
    kind = os.fstat(opened).st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        os.close(opened)
        raise UnsafeError("not a file", where=_shown(text))
    return opened


def _shown(text: str) -> str:
    shown = ascii(text)[1:-1]
    return shown if len(shown) <= 120 else shown[:117] + "..."
