"""The hook by which a run is run again: whoever can execute functions registers itself, since rooms do not call upwards."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlrun_jupyter.runs.run import Run

PROVIDER = "mlrun_jupyter.functions.rerun"
"""Loaded at the first call; it registers itself."""

_rerun: Callable[..., Run] | None = None


def register(rerun: Callable[..., Run]) -> None:
    """Make ``rerun(run, **changes)`` what :meth:`Run.rerun` calls."""
    global _rerun
    _rerun = rerun


def rerun(run: Run, **changes: Any) -> Run:
    if _rerun is None:
        importlib.import_module(PROVIDER)
    if _rerun is None:
        raise RuntimeError(f"{PROVIDER} did not register itself")
    return _rerun(run, **changes)
