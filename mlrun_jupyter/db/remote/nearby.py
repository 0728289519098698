"""A service of this machine, as its folder tells: where it is reached, which process it is, and its token."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from mlrun_jupyter.db import liveness

FOLDER: Final = "service"
FILE: Final = "service.json"
TOKEN: Final = "token"  # noqa: S105 - the file's name


class Instance(msgspec.Struct, kw_only=True):
    """A service that runs."""

    url: str
    pid: int
    started: float
    version: str = ""


def find(folder: Path) -> Instance | None:
    """The service that runs for a store's folder; None where there is none, or its process is gone."""
    try:
        instance = msgspec.json.decode((folder / FOLDER / FILE).read_bytes(), type=Instance)
    except (OSError, msgspec.MsgspecError):
        return None
    started = liveness.start_time(instance.pid)
    return instance if started is not None and abs(started - instance.started) < 1 else None


def token(folder: Path) -> str:
    """The owner's token of the service in a folder; empty where this user may not read it."""
    try:
        return (folder / FOLDER / TOKEN).read_text().strip()
    except OSError:
        return ""
