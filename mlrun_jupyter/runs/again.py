"""The hook by which a run is run again: whoever can execute functions registers itself, since rooms do not call upwards."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

PROVIDER = "mlrun_jupyter.functions.rerun"
"""Loaded at the first call; it registers itself."""

_rerun: Callable[..., Any] | None = None


def register(rerun: Callable[..., Any]) -> None:
    """Make ``rerun(run, **changes)`` what :meth:`Run.rerun` calls."""
    global _rerun
    _rerun = rerun


def rerun(run: Any, **changes: Any) -> Any:
    """The run that came of running ``run`` again."""
    if _rerun is None:
        importlib.import_module(PROVIDER)
    if _rerun is None:
        raise RuntimeError(f"{PROVIDER} did not register itself")
    return _rerun(run, **changes)
