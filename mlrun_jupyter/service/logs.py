"""The service's log: lines for people, or JSON for machines. Headers, bodies and parameters never appear in it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from mlrun_jupyter.errors import InvalidArgumentError, nearest

FORMATS = ("text", "json")
_FIELDS = ("operation", "seconds", "token")


class TextFormatter(logging.Formatter):
    """``2026-11-23T10:00:00.123+00:00 INFO GET /health 200 (0.4 ms, ann)``; a message stays on one line."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_moment(record)} {record.levelname} {_one_line(record.getMessage())}"
        seconds = getattr(record, "seconds", None)
        if seconds is not None:
            token = getattr(record, "token", "")
            line += f" ({seconds * 1e3:.1f} ms{token and ', '}{token})"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class JsonFormatter(logging.Formatter):
    """One object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {"time": _moment(record), "level": record.levelname, "message": record.getMessage()}
        for name in _FIELDS:
            if hasattr(record, name):
                entry[name] = getattr(record, name)
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def settings(format: str, level: str) -> dict[str, Any]:
    """The configuration for ``logging.config.dictConfig``.

    Raises ``InvalidArgumentError`` for a format or level that does not exist.
    """
    if format not in FORMATS:
        raise InvalidArgumentError(f"no such log format: {format!r}", hint=nearest(format, FORMATS))
    levels = logging.getLevelNamesMapping()
    if level.upper() not in levels:
        raise InvalidArgumentError(f"no such log level: {level!r}", hint=nearest(level.upper(), levels))
    formatter = JsonFormatter if format == "json" else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatter}},
        "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
        "loggers": {
            "mlrun_jupyter": {"handlers": ["err"], "level": level.upper(), "propagate": False},
            "uvicorn": {"handlers": ["err"], "level": "WARNING", "propagate": False},
        },
    }


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _one_line(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
