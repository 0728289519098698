"""Ctrl-C that waits until what has to be whole is done.

The interpreter raises ``KeyboardInterrupt`` in the main thread between any two steps of any function. Code that would
be left in a state of its own by that (a run begun that nobody ends, a lock held for ever) puts it off for a moment.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

_NOTHING: AbstractContextManager[None] = contextlib.nullcontext()


class _Deferral:
    """The main thread's; entered again within itself, it ends with the outermost block."""

    def __init__(self) -> None:
        self._depth = 0
        self._before: Callable[[int, FrameType | None], Any] | None = None
        self._waiting = False

    def __enter__(self) -> None:
        if self._depth == 0:
            handler = signal.getsignal(signal.SIGINT)
            if callable(handler):
                self._before = handler
                signal.signal(signal.SIGINT, self._note)
        self._depth += 1

    def __exit__(self, *_error: object) -> None:
        self._depth -= 1
        if self._depth == 0 and self._before is not None:
            handler, self._before = self._before, None
            signal.signal(signal.SIGINT, handler)
            self._deliver(handler)

    def check(self) -> None:
        if self._before is not None:
            self._deliver(self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._waiting = True

    def _deliver(self, handler: Callable[[int, FrameType | None], Any]) -> None:
        if self._waiting:
            self._waiting = False
            handler(signal.SIGINT, None)

    @property
    def active(self) -> bool:
        return self._depth > 0


_main = _Deferral()


def deferred() -> AbstractContextManager[None]:
    """Within the block, an interrupt is put off to its end; for blocks that take milliseconds.

    Only the main thread is ever interrupted; in others, and where SIGINT is ignored, this does nothing.
    """
    return _main if threading.get_ident() == threading.main_thread().ident else _NOTHING


def check() -> None:
    """Let an interrupt that was put off come now: for loops that wait within :func:`deferred`."""
    if threading.get_ident() == threading.main_thread().ident:
        _main.check()


def held() -> bool:
    """Whether the main thread is within :func:`deferred`: whoever would raise something there comes back later."""
    return _main.active
