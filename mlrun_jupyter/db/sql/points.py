"""Points of metrics, in chunks. Appending inserts; loose chunks are joined when they become many, and at the end.

A long chunk's bytes lie apart, and a few of its points with the chunk, so that a chart of a long series passes over
little.
"""

from __future__ import annotations

from typing import Any, Final

from mlrun_jupyter.db import series
from mlrun_jupyter.db.series import CHUNK, Track
from mlrun_jupyter.db.sql.engine import Session

_LOOSE: Final = 64  # so many chunks that are not full are joined
_WINDOW: Final = 127  # how far back they are looked for
_SHORT: Final = 64  # points in a chunk that is kept whole in its row
_INSERT: Final = "INSERT INTO points (run_id, series, no, count, thin, body) VALUES (?, ?, ?, ?, ?, ?)"
_INSERT_BODY: Final = "INSERT INTO point_bodies (run_id, series, no, body) VALUES (?, ?, ?, ?)"
_CHUNKS: Final = (
    "SELECT p.no, p.count, coalesce(p.body, b.body) FROM points p LEFT JOIN point_bodies b "
    "ON b.run_id = p.run_id AND b.series = p.series AND b.no = p.no WHERE p.run_id = ? AND p.series = ? AND p.no >= ? "
    "ORDER BY p.no"
)


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
    for _no, count, body in session.stream(_CHUNKS, (run_id, name.encode(), 0)):
        track.extend(series.decode(bytes(body), count))
    return track.ordered()


def read_fewer(session: Session, run_id: int, name: str, points: int) -> Track:
    """About ``points`` points. Where the series is long enough, from the few that stand for each chunk."""
    row = session.one("SELECT count(thin) FROM points WHERE run_id = ? AND series = ?", (run_id, name.encode()))
    if row is None or row[0] * series.THIN < 2 * points:
        return series.downsampled(read(session, run_id, name), points)
    track = Track.of()
    for count, thin, body in session.stream(
        "SELECT count, thin, body FROM points WHERE run_id = ? AND series = ? ORDER BY no", (run_id, name.encode())
    ):
        track.extend(series.decode(bytes(thin), series.THIN) if thin else series.decode(bytes(body), count))
    if not track.in_order:
        track = read(session, run_id, name)
    return series.downsampled(track, points)


def delete(session: Session, run_id: int) -> None:
    for table in ("points", "point_bodies"):
        session.run(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))  # noqa: S608 - constants


def _insert(session: Session, run_id: int, name: bytes, no: int, track: Track) -> None:
    rows: list[Any] = []
    bodies: list[Any] = []
    for start in range(0, len(track.steps), CHUNK):
        part = track.part(start, start + CHUNK)
        count, key = len(part.steps), (run_id, name, no + len(rows))
        if count <= _SHORT:
            rows.append((*key, count, None, series.encode(part)))
        else:
            thin = series.downsampled(part, series.THIN)
            rows.append((*key, count, series.encode(_filled(thin)), None))
            bodies.append((*key, series.encode(part)))
    session.many(_INSERT, rows)
    if bodies:
        session.many(_INSERT_BODY, bodies)


def _filled(thin: Track) -> Track:
    """Always as many: the last point stands for those that coincide."""
    missing = series.THIN - len(thin.steps)
    return thin if not missing else thin.pick([*range(len(thin.steps)), *[len(thin.steps) - 1] * missing])


def _join(session: Session, run_id: int, name: bytes) -> None:
    """Rewrite everything from the first loose chunk on."""
    row = session.one("SELECT min(no) FROM points WHERE run_id = ? AND series = ? AND count < ?", (run_id, name, CHUNK))
    first = (row[0] or 0) if row else 0
    track = Track.of()
    for _no, count, body in session.all(_CHUNKS, (run_id, name, first)):
        track.extend(series.decode(bytes(body), count))
    for table in ("points", "point_bodies"):
        session.run(f"DELETE FROM {table} WHERE run_id = ? AND series = ? AND no >= ?", (run_id, name, first))  # noqa: S608 - constants
    _insert(session, run_id, name, first, track)
