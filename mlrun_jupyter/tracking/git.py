"""The state of the git checkout that code runs in: which commit, and what is changed against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlrun_jupyter.errors import MlrunError
from mlrun_jupyter.safety import processes

DIFF_LIMIT = 256 * 1024
"""Characters of diff kept."""


def state(folder: Path) -> dict[str, Any] | None:
    """``{commit, branch, dirty, diff}`` of the checkout around ``folder``; None outside one, or without git.

    ``diff`` is the text of what is not committed in tracked files, cut at 256 KiB; missing in a clean checkout.
    """
    if not any((each / ".git").exists() for each in (folder, *folder.parents)):
        return None
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    diff = _git(folder, "diff", "HEAD", "--no-color", "--no-ext-diff") or ""
    found: dict[str, Any] = {
        "commit": commit.strip(),
        "branch": (_git(folder, "rev-parse", "--abbrev-ref", "HEAD") or "").strip(),
        "dirty": bool(diff),
    }
    if diff:
        found["diff"] = diff[:DIFF_LIMIT]
    return found


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        finished = processes.run(["git", *arguments], cwd=folder, timeout=5, env={"GIT_OPTIONAL_LOCKS": "0"})
    except MlrunError:
        return None
    return finished.stdout if finished.returncode == 0 else None
