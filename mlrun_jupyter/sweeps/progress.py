"""How far a sweep is: in the parent's record for cards and panels, and as a bar in a terminal."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.sweeps.best import Best
from mlrun_jupyter.tracking.context import RunContext
from mlrun_jupyter.views import format

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

INTERVAL: Final = 0.25
"""Seconds between two looks that others get at it."""
KERNEL: Final = "JPY_PARENT_PID"
"""Set in what a notebook's ``!`` starts: it has a terminal that nobody's cursor moves in."""
SETTLED: Final = 3
"""Iterations after which the time that is left is told."""
NAME: Final = 20
"""Characters of the sweep's name in a terminal."""
WIDE: Final = 100
"""Characters of a terminal that has room for a long bar."""


class Progress:
    """Counts iterations and tells about them, at most four times a second.

    Parameters
    ----------
    context
        The sweep's own run.
    total
        How many iterations there will be.
    best
        The best one so far.
    clock
        Seconds on a clock that only grows.
    """

    def __init__(
        self, context: RunContext, total: int, best: Best, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._context = context
        self._total = total
        self._best = best
        self._clock = clock
        self._began = clock()
        self._told = 0.0
        self._done = self._failed = self._before = 0
        self._bar: tuple[Bar, Any] | None = None
        self._room = 0
        self._over = False

    def add(self, *, failed: bool, earlier: bool) -> None:
        """Take an iteration in."""
        self._done += 1
        self._failed += failed
        self._before += earlier
        now = self._clock()
        if now - self._told >= INTERVAL:
            self._told = now
            self.tell()

    def tell(self, *, over: bool = False) -> None:
        """Record how far it is now; ``over``: it gets no further, so that there is no time left."""
        self._over = over
        text = self.text()
        self._context.progress(self._done, self._total, text)
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, completed=self._done, told=text if len(text) <= self._room else self.text(short=True))

    def text(self, *, short: bool = False) -> str:
        """``62 of 96, 1 failed, best accuracy 0.973 (#17), 3.2/s, 11 s left``; ``62 of 96, 1 failed, best 0.973, 11 s left``."""
        parts = [f"{self._done:,} of {self._total:,}"]
        if self._failed:
            parts.append(f"{self._failed:,} failed")
        best = self._best
        if best.outcome is not None and best.value is not None:
            value = format.number(best.value)
            parts.append(
                f"best {value}" if short else f"best {format.cut(best.wanted, 30)} {value} (#{best.outcome.number})"
            )
        spent, new = self._clock() - self._began, self._done - self._before
        if new >= SETTLED and spent > 0:
            rate = new / spent
            if not short:
                parts.append(f"{rate:.3g}/s" if rate >= 1 else f"{format.duration(1 / rate)} each")
            if self._done < self._total and not self._over:
                parts.append(f"{format.duration((self._total - self._done) / rate)} left")
        return ", ".join(parts)

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Within the block, a terminal shows a bar; notebooks have the card instead, and files want no bars."""
        if self._total < 2 or not _is_terminal(sys.stderr) or KERNEL in os.environ:
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=True)
        length = 30 if console.width >= WIDE else 10
        name = format.cut(self._context.name, NAME)
        self._room = console.width - len(name) - length - 2
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=length), TextColumn("{task.fields[told]}"))
        with Progress(*columns, console=console, refresh_per_second=4, redirect_stdout=_is_terminal(sys.stdout)) as bar:
            self._bar = bar, bar.add_task(name, total=self._total, told=self.text())
            try:
                yield
            finally:
                self.tell(over=True)  # what stays on the screen
                self._bar = None


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False
