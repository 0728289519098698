"""What a run cost: processor time and memory, as the operating system counts them."""

from __future__ import annotations

import os
import resource
import sys
import time
from typing import Any

_UNIT = 1 if sys.platform == "darwin" else 1024


class Usage:
    """Counts from the moment it is made.

    Example
    -------
    >>> sorted(Usage().so_far())
    ['cpu_seconds', 'peak_memory']
    """

    __slots__ = ("_children", "_cpu")

    def __init__(self) -> None:
        self._cpu = time.process_time()
        self._children = _children()

    def so_far(self) -> dict[str, Any]:
        """``cpu_seconds`` of this process and the children that have ended, and ``peak_memory`` in bytes: the largest
        that the process has been in its life."""
        cpu = time.process_time() - self._cpu + _children() - self._children
        return {"cpu_seconds": round(cpu, 4), "peak_memory": _peak()}


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
