"""The states of a run, and which of them are final."""

from __future__ import annotations

from typing import Final

CREATED: Final = "created"
PENDING: Final = "pending"
RUNNING: Final = "running"
COMPLETED: Final = "completed"
ERROR: Final = "error"
ABORTING: Final = "aborting"
ABORTED: Final = "aborted"
UNKNOWN: Final = "unknown"

ALL: Final = (CREATED, PENDING, RUNNING, COMPLETED, ERROR, ABORTING, ABORTED, UNKNOWN)
TERMINAL: Final = frozenset({COMPLETED, ERROR, ABORTED})
"""A run in one of these never changes state again (C6 of the reliability contract)."""
