"""Where code came from: ``<git remote>#<commit>:<file>`` in a checkout, else the file's name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_REMOTE: Final = re.compile(r'^\[remote "origin"\]\s*$(?:\n(?!\[).*)*?\n\s*url\s*=\s*(?P<url>\S+)', re.MULTILINE)
_COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")


def code_origin(file: str | Path) -> str:
    """The origin of a file. Git's own files are read; no program is started, and nothing else is touched.

    A password in the remote's address is left out.
    """
    path = Path(file)
    try:
        path = path.resolve()
        root = next((folder for folder in path.parents if (folder / ".git").exists()), None)
    except (OSError, RuntimeError):
        root = None
    if root is None:
        return Path(file).name
    git = _git_folder(root)
    commit = _commit(git) if git else ""
    if git is None or not commit:
        return Path(file).name
    return f"{_remote(git)}#{commit}:{path.relative_to(root).as_posix()}"


def without_password(address: str) -> str:
    """An address without the user and password in it.

    Example
    -------
    >>> without_password("https://me:secret@host/a.git")
    'https://host/a.git'
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if "@" not in parts.netloc or parts.scheme == "ssh":
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _git_folder(root: Path) -> Path | None:
    """``.git``, or where a worktree's ``.git`` file points to."""
    entry = root / ".git"
    if entry.is_dir():
        return entry
    text = _read(entry)
    return (root / text.removeprefix("gitdir:").strip()).resolve() if text.startswith("gitdir:") else None


def _common(git: Path) -> Path:
    text = _read(git / "commondir").strip()
    return (git / text).resolve() if text else git


def _commit(git: Path) -> str:
    head = _read(git / "HEAD").strip()
    if not head.startswith("ref:"):
        return head if _COMMIT.fullmatch(head) else ""
    name = head.removeprefix("ref:").strip()
    if ".." in name:
        return ""
    for folder in (git, _common(git)):
        commit = _read(folder / name).strip()
        if _COMMIT.fullmatch(commit):
            return commit
    for line in _read(_common(git) / "packed-refs").splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name and _COMMIT.fullmatch(commit):
            return commit
    return ""


def _remote(git: Path) -> str:
    match = _REMOTE.search(_read(_common(git) / "config"))
    return without_password(match["url"]) if match else ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
