"""Points of metrics, in chunks. Appending inserts; loose chunks are joined when they become many, and at the end."""

from __future__ import annotations

from typing import Any, Final

from mlrun_jupyter.db import series
from mlrun_jupyter.db.series import CHUNK, Track
from mlrun_jupyter.db.sql.engine import Session

_LOOSE: Final = 64  # so many chunks that are not full are joined
_WINDOW: Final = 127  # how far back they are looked for
_INSERT: Final = "INSERT INTO points (run_id, series, no, count, extremes, body) VALUES (?, ?, ?, ?, ?, ?)"


def append(session: Session, run_id: int, name: str, track: Track) -> None:
    """Add points to a series."""
    row = session.one(
        "SELECT max(no), sum(CASE WHEN count < ? THEN 1 ELSE 0 END) FROM points WHERE run_id = ? AND series = ? "
        "AND no >= (SELECT coalesce(max(no), 0) - ? FROM points WHERE run_id = ? AND series = ?)",
        (CHUNK, run_id, name.encode(), _WINDOW, run_id, name.encode()),
    )
    last, loose = (row[0], row[1] or 0) if row and row[0] is not None else (-1, 0)
    _insert(session, run_id, name.encode(), last + 1, track)
    if loose >= _LOOSE:
        _join(session, run_id, name.encode())


def compact(session: Session, run_id: int) -> None:
    """Join the loose chunks of every series of a run that has ended."""
    for (name,) in session.all(
        "SELECT series FROM points WHERE run_id = ? AND count < ? GROUP BY series HAVING count(*) > 1", (run_id, CHUNK)
    ):
        _join(session, run_id, bytes(name))


def read(session: Session, run_id: int, name: str) -> Track:
    """Every point, in the order of steps."""
    track = Track.of()
    for count, body in session.stream(
        "SELECT count, body FROM points WHERE run_id = ? AND series = ? ORDER BY no", (run_id, name.encode())
    ):
        track.extend(series.decode(bytes(body), count))
    return track.ordered()


def read_fewer(session: Session, run_id: int, name: str, points: int) -> Track:
    """About ``points`` points. Where the series has more chunks than that, the chunks' extremes do."""
    row = session.one("SELECT count(*) FROM points WHERE run_id = ? AND series = ?", (run_id, name.encode()))
    if row is None or row[0] * 2 < points:
        return series.downsampled(read(session, run_id, name), points)
    track = Track.of()
    for count, extremes, body in session.all(
        "SELECT count, extremes, CASE WHEN extremes IS NULL THEN body END FROM points "
        "WHERE run_id = ? AND series = ? ORDER BY no",
        (run_id, name.encode()),
    ):
        track.extend(series.decode(bytes(body), count) if body else series.decode_extremes(bytes(extremes)))
    if any(map(int.__gt__, track.steps, track.steps[1:])) or not track.steps:
        return series.downsampled(read(session, run_id, name), points)
    return series.downsampled(track, points)


def delete(session: Session, run_id: int) -> None:
    session.run("DELETE FROM points WHERE run_id = ?", (run_id,))


def _insert(session: Session, run_id: int, name: bytes, no: int, track: Track) -> None:
    rows: list[Any] = []
    for start in range(0, len(track.steps), CHUNK):
        part = track.part(start, start + CHUNK)
        count = len(part.steps)
        extremes = series.encode_extremes(part) if count >= 4 else None
        rows.append((run_id, name, no + len(rows), count, extremes, series.encode(part)))
    session.many(_INSERT, rows)


def _join(session: Session, run_id: int, name: bytes) -> None:
    """Rewrite everything from the first loose chunk on."""
    rows = session.all(
        "SELECT no, count, body FROM points WHERE run_id = ? AND series = ? AND no >= "
        "(SELECT min(no) FROM points WHERE run_id = ? AND series = ? AND count < ?) ORDER BY no",
        (run_id, name, run_id, name, CHUNK),
    )
    track = Track.of()
    for _no, count, body in rows:
        track.extend(series.decode(bytes(body), count))
    first = rows[0][0]
    session.run("DELETE FROM points WHERE run_id = ? AND series = ? AND no >= ?", (run_id, name, first))
    _insert(session, run_id, name, first, track)
