"""Pure data: what a task, run, function, artifact and project are. Nothing here reads, writes or opens anything."""

from typing import Any

_TASK = ("HyperParamOptions", "NewTask", "new_task")
"""Names that code written for mlrun imports from here."""


def __getattr__(name: str) -> Any:
    if name in _TASK:
        from mlrun_jupyter.model import task

        return getattr(task, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
