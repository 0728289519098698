"""What is said of an exception that ended a run: to its record, and on the screen."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

from mlrun_jupyter.errors import MlrunError

_BETWEEN: Final = (str(Path(__file__).parent.parent), "<frozen importlib")
"""Frames of ours, and of the import system, that stand above the user's in a traceback."""


def trace(error: BaseException) -> str:
    """The traceback from the user's first frame on: how the code was called says nothing of why it failed."""
    own = error.__traceback__
    while own is not None and own.tb_frame.f_code.co_filename.startswith(_BETWEEN):
        own = own.tb_next
    return "".join(traceback.format_exception(type(error), error, own or error.__traceback__))


def told(error: BaseException) -> dict[str, str]:
    """What a record says of it: ``error``, ``reason`` and ``trace``."""
    ours = isinstance(error, MlrunError)
    text = str(error) if ours else f"{type(error).__name__}: {error}".rstrip(": ")
    reason = getattr(error, "reason", "") if ours else ""
    return {"error": text, "reason": reason or "exception", "trace": trace(error)}
