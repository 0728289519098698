"""``context.logger``: one line for each event, with fields, on the run's output."""

from __future__ import annotations

import sys
import time
from typing import Any

from mlrun_jupyter.errors import InvalidArgumentError, nearest

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


class RunLogger:
    """Writes ``> 2026-11-23 10:00:00,000 [info] text {'field': value}`` lines, that is, to whatever stdout is then.

    Example
    -------
    >>> logger = RunLogger("WARNING")
    >>> logger.info("not shown")
    """

    def __init__(self, level: str = "INFO") -> None:
        self.stream: Any = None
        self.set_level(level)

    def set_level(self, level: str) -> None:
        """Raises ``InvalidArgumentError`` for a level that is none of debug, info, warning, error."""
        name = level.upper()
        if name not in LEVELS:
            raise InvalidArgumentError(f"no such log level: {level!r}", hint=nearest(name, LEVELS))
        self.level = name

    def _write(self, level: str, text: Any, args: tuple[Any, ...], fields: dict[str, Any]) -> None:
        if LEVELS[level] < LEVELS[self.level]:
            return
        now = time.time()
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f",{int(now % 1 * 1000):03d}"
        message = str(text) % args if args else str(text)
        more = f" {fields}" if fields else ""
        stream = self.stream if self.stream is not None else sys.stdout
        stream.write(f"> {stamp} [{level.lower()}] {message}{more}\n")

    def debug(self, text: Any, *args: Any, **fields: Any) -> None:
        self._write("DEBUG", text, args, fields)

    def info(self, text: Any, *args: Any, **fields: Any) -> None:
        self._write("INFO", text, args, fields)

    def warning(self, text: Any, *args: Any, **fields: Any) -> None:
        self._write("WARNING", text, args, fields)

    warn = warning

    def error(self, text: Any, *args: Any, **fields: Any) -> None:
        self._write("ERROR", text, args, fields)

    def exception(self, text: Any, *args: Any, **fields: Any) -> None:
        """As :meth:`error`, with the traceback of the exception being handled."""
        import traceback

        self._write("ERROR", f"{text}\n{traceback.format_exc()}", args, fields)

    debug_with, info_with, warn_with, error_with = debug, info, warning, error
