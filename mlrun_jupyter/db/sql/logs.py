"""Logs of runs, in pieces that know where they begin."""

from __future__ import annotations

from typing import Final

from mlrun_jupyter.db.sql.engine import Session

_PIECE: Final = 2**18  # bytes at most in a piece
_PAGE: Final = 4096  # bytes; appends are joined until a piece has so many


def append(session: Session, run_id: int, text: bytes) -> None:
    """Add bytes at the end."""
    last = session.one(
        "SELECT start, length(body), CASE WHEN length(body) < ? THEN body END FROM logs WHERE run_id = ? "
        "ORDER BY start DESC LIMIT 1",
        (_PAGE, run_id),
    )
    end = 0
    if last:
        start, size, body = last
        end = start + size
        if body is not None:  # a page is rewritten anyway
            text, end = bytes(body) + text, start
            session.run("DELETE FROM logs WHERE run_id = ? AND start = ?", (run_id, start))
    session.many(
        "INSERT INTO logs (run_id, start, body) VALUES (?, ?, ?)",
        [(run_id, end + offset, text[offset : offset + _PIECE]) for offset in range(0, len(text), _PIECE)],
    )


def read(session: Session, run_id: int, offset: int, size: int) -> bytes:
    """At most ``size`` bytes from ``offset``; all of them when ``size`` is negative."""
    end = offset + size if size >= 0 else 2**62
    first = session.one("SELECT max(start) FROM logs WHERE run_id = ? AND start <= ?", (run_id, offset))
    pieces = []
    for start, body in session.stream(
        "SELECT start, body FROM logs WHERE run_id = ? AND start >= ? AND start < ? ORDER BY start",
        (run_id, (first[0] or 0) if first else 0, end),
    ):
        pieces.append(bytes(body)[max(0, offset - start) : end - start])
    return b"".join(pieces)


def delete(session: Session, run_id: int) -> None:
    session.run("DELETE FROM logs WHERE run_id = ?", (run_id,))
