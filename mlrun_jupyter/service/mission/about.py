"""What the client asks when it connects, and what it is told about everything that is not here."""

from __future__ import annotations

import re

from mlrun_jupyter.service import reply
from mlrun_jupyter.service.mission.form import answer
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply

SPOKEN = "1.12.1"
"""The newest version of the client whose requests are known here."""
_VERSION = re.compile(rb"1\.\d{1,3}\.\d{1,3}")


def client_spec(call: Call) -> Reply:
    """The client's defaults: where artifacts go. It is told its own version, as it refuses an older service."""
    told = call.headers.get(b"x-mlrun-client-version", b"")
    version = told.decode() if _VERSION.fullmatch(told) else SPOKEN
    return answer({"version": version, "artifact_path": call.service.artifact_path, "ce": {"mode": "full"}})


def healthz(call: Call) -> Reply:
    """Whether the service answers."""
    del call
    return answer({"status": "ok"})


def frontend_spec(call: Call) -> Reply:
    """Nothing is set up for the other system's dashboard."""
    del call
    return answer({})


def unsupported(call: Call) -> Reply:
    """What is not here says so, by name."""
    path = call.path["file"]
    shown = path if path.isprintable() and len(path) <= 200 else ascii(path)[:200]
    text = f"{call.scope['method']} {shown} is not supported by this service"
    return reply.refusal(call.scope["path"], 501, text)
