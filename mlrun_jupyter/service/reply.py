"""What a request is answered with."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from mlrun_jupyter.db.remote import faults, wire
from mlrun_jupyter.errors import MlrunError

JSON: Final = "application/json"
BYTES: Final = "application/octet-stream"
MISSION: Final = "/api/"
VIEWS: Final = "/mlrun-jupyter/api/"
"""Where the front end asks, by the same addresses as on a Jupyter server."""


class Reply(NamedTuple):
    """A whole answer."""

    body: bytes
    status: int = 200
    media: str = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


def of(value: Any, *, status: int = 200) -> Reply:
    """A plain value as JSON."""
    return Reply(wire.encode(value), status)


def done() -> Reply:
    """Nothing to say but that it is done."""
    return Reply(b"{}")


def failure(path: str, error: MlrunError) -> Reply:
    """A typed error, in the form of the API that the path belongs to."""
    status = faults.status_of(error)
    headers = ((b"retry-after", b"1"),) if status == 503 else ()
    return Reply(wire.encode(_told(path, type(error).__name__, error)), status, JSON, headers)


def refusal(path: str, status: int, text: str) -> Reply:
    """An answer without a typed error behind it."""
    return Reply(wire.encode(_told(path, faults.REFUSED, MlrunError(text))), status)


def _told(path: str, kind: str, error: MlrunError) -> dict[str, Any]:
    if is_mission(path):
        return {"detail": {"reason": str(error)}}
    told = {"message": error.message, "hint": error.hint, "where": error.where}
    return {**told, "code": kind} if path.startswith(VIEWS) else {"error": {"kind": kind, **told}}


def is_mission(path: str) -> bool:
    """Whether a path belongs to the API of the mission system, whose errors have another form."""
    return path.startswith(MISSION) and not path.startswith("/api/native/")
