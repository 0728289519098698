"""Points in time: seconds since 1970 inside, ISO 8601 in UTC with offset in documents."""

from __future__ import annotations

from datetime import UTC, datetime

from mlrun_jupyter.errors import InvalidArgumentError


def iso(seconds: float) -> str:
    """``2026-11-23T10:00:00.000000+00:00``.

    Example
    -------
    >>> iso(0.5)
    '1970-01-01T00:00:00.500000+00:00'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def seconds(text: str | float | datetime) -> float:
    """Seconds since 1970 of a document's time, a number or a datetime; a time without offset is UTC.

    Raises :class:`InvalidArgumentError` when the text is no time.
    """
    if isinstance(text, (int, float)):
        return float(text)
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgumentError(f"not a time: {text!r}", hint="write it as 2026-11-23T10:00:00+00:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
