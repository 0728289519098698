"""Whoever watches the metrics of a run while it runs, and may have seen enough of it."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import Protocol

Point = Callable[[int, int | None, dict[str, float], float], None]
"""Records points: the run's number, the step, the values by series, the time."""


class Judge(Protocol):
    """Sees the points of one run, and is asked whether it goes on."""

    def see(self, step: int, series: dict[str, float]) -> None: ...
    def has_seen_enough(self) -> bool: ...


_judge: contextvars.ContextVar[Judge | None] = contextvars.ContextVar("mlrun_judge", default=None)


@contextlib.contextmanager
def judged(judge: Judge | None) -> Iterator[None]:
    """Runs that begin within the block are watched by ``judge``."""
    token = _judge.set(judge)
    try:
        yield
    finally:
        _judge.reset(token)


def current() -> Judge | None:
    """The judge of a run that begins now."""
    return _judge.get()


def seen_by(judge: Judge, point: Point) -> Point:
    """``point``, with the judge looking on."""

    def record(ref: int, step: int | None, series: dict[str, float], moment: float) -> None:
        point(ref, step, series, moment)
        if step is not None:
            judge.see(step, series)

    return record
