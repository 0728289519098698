"""What a run prints: on the screen as ever, and in the run's log."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from mlrun_jupyter.safety.masking import Masker

CHUNK = 8192
"""Characters without a line end after which a chunk is logged all the same."""
LOG_LIMIT = 64 * 1024 * 1024
"""Characters of log kept for one run; a mark tells where it was cut."""


class Log:
    """Collects what is written into lines and hands them on, secrets masked.

    Parameters
    ----------
    write
        Takes a chunk of text: one line or more.
    masker
        Hides the secrets of the run, also where they are split between two writes.
    """

    def __init__(self, write: Callable[[str], None], masker: Masker) -> None:
        self._write = write
        self._masker = masker
        self._parts: list[str] = []
        self._waiting = 0
        self._left = LOG_LIMIT

    def feed(self, text: str) -> None:
        self._parts.append(text)
        self._waiting += len(text)
        if "\n" in text or self._waiting > CHUNK:
            self._hand_on(self._masker.feed(self._join()))

    def close(self) -> None:
        """Hand on what is left of the last line."""
        self._hand_on(self._masker.feed(self._join()) + self._masker.flush())

    def _join(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        self._waiting = 0
        return text

    def _hand_on(self, text: str) -> None:
        if not text or self._left <= 0:
            return
        if len(text) > self._left:
            text = text[: self._left] + f"\n[log cut here: it is longer than {LOG_LIMIT:,} characters]\n"
            self._left = 0
        self._left -= len(text)
        self._write(text.encode("utf-8", "replace").decode())


class Tee(io.TextIOBase):
    """A stream that writes to the stream it stands for and to a log; everything else is the stream's own."""

    def __init__(self, stream: TextIO, log: Log) -> None:
        self._stream = stream
        self._log = log

    def write(self, text: str) -> int:
        self._log.feed(text)
        self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only on purpose, as on most streams
        return self._stream.encoding

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def captured(log: Log) -> Iterator[None]:
    """Within the block, ``sys.stdout`` and ``sys.stderr`` also go to ``log``.

    Whatever the block leaves in their place stays; only a tee of ours is taken away again.
    """
    before = sys.stdout, sys.stderr
    tees = Tee(before[0], log), Tee(before[1], log)
    sys.stdout, sys.stderr = tees
    try:
        yield
    finally:
        if sys.stdout is tees[0]:
            sys.stdout = before[0]
        if sys.stderr is tees[1]:
            sys.stderr = before[1]
        log.close()
