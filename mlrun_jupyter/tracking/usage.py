"""What a run cost: processor time and memory, as the operating system counts them."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

_UNIT = 1 if sys.platform == "darwin" else 1024


class Usage:
    """Counts from the moment it is made.

    Example
    -------
    >>> sorted(Usage().so_far())
    ['cpu_seconds', 'peak_memory']
    """

    __slots__ = ("_largest", "_spent")

    def __init__(self) -> None:
        self._spent = _spent(resource.getrusage(resource.RUSAGE_SELF)) + _children()
        self._largest = 0

    def so_far(self) -> dict[str, Any]:
        """``cpu_seconds`` of this process and the children that have ended, and ``peak_memory`` in bytes: the largest
        that the process has been in its life."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        return {"cpu_seconds": self._since(own), "peak_memory": own.ru_maxrss * _UNIT}

    def watch_child(self) -> None:
        """The run is a child process that is about to be started."""
        self._largest = max(_peak(resource.RUSAGE_CHILDREN), _peak(resource.RUSAGE_SELF))

    def of_child(self, told: int) -> dict[str, Any]:
        """As :meth:`so_far`, of the child that :meth:`watch_child` waited for and that has ended.

        ``told`` is the peak that it knows itself, 0 when it said nothing. The system then knows it only of a child that
        was larger than this process, and than every child before it; else it is left out.
        """
        found: dict[str, Any] = {"cpu_seconds": self._since(resource.getrusage(resource.RUSAGE_SELF))}
        grown = _peak(resource.RUSAGE_CHILDREN)
        peak = told or (grown if grown > self._largest else 0)
        return {**found, "peak_memory": peak} if peak else found

    def _since(self, own: resource.struct_rusage) -> float:
        return round(_spent(own) + _children() - self._spent, 4)


def own_peak() -> int:
    """Bytes of memory that this program has had at most; what it was before it became this program does not count."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):  # no Linux
        pass
    return _peak(resource.RUSAGE_SELF)


def _spent(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def _children() -> float:
    return _spent(resource.getrusage(resource.RUSAGE_CHILDREN))


def _peak(whose: int) -> int:
    return resource.getrusage(whose).ru_maxrss * _UNIT
