"""Artifacts that a run names beyond the first hundred, in pieces beside its document.

A document is written anew whenever something of it changes. With ten thousand artifacts in it, logging one more would
write them all; so the later ones are only appended, and put together when the run is read.
"""

from __future__ import annotations

import zlib
from typing import Any, Final

from mlrun_jupyter.db import document as documents
from mlrun_jupyter.db.document import Document
from mlrun_jupyter.db.fold import Change
from mlrun_jupyter.db.sql import codec
from mlrun_jupyter.db.sql.codec import RunRow
from mlrun_jupyter.db.sql.engine import Session
from mlrun_jupyter.model import values
from mlrun_jupyter.model.run import RunRecord

KEPT: Final = 100
"""Artifacts in the document itself."""


def apart(row: RunRow, document: Document, change: Change) -> bool:
    """Whether what a change logs is only appended: there are many, and it sets none of them otherwise."""
    if change.opened is not None or any("artifacts" in payload for _op, payload in change.edits):
        return False
    held = document.get("status", {}).get("artifacts", ())
    return bool(codec.pieces(row)) or len(held) + len(change.artifacts) > KEPT


def append(session: Session, run_id: int, number: int, entries: list[dict[str, Any]]) -> int:
    """Add entries as the piece of this number; returns how many pieces there are now."""
    if not entries:
        return number
    body = zlib.compress(values.encode(entries), 1)
    session.run("INSERT INTO run_artifacts (run_id, no, body) VALUES (?, ?, ?)", (run_id, number, body))
    return number + 1


def delete(session: Session, run_id: int) -> None:
    session.run("DELETE FROM run_artifacts WHERE run_id = ?", (run_id,))


def split(document: Document) -> tuple[Document, list[dict[str, Any]]]:
    """The document with the first artifacts, and the others."""
    held = document.get("status", {}).get("artifacts")
    if not isinstance(held, list) or len(held) <= KEPT:
        return document, []
    return {**document, "status": {**document["status"], "artifacts": held[:KEPT]}}, held[KEPT:]


def unpack(session: Session, row: RunRow, project: str) -> Document:
    """The whole document of a row."""
    document = codec.unpack(row, project)
    if codec.pieces(row):
        status = documents.section(document, "status")
        status["artifacts"] = documents.linked(status.get("artifacts", ()), _read(session, row.id))
    return document


def record(session: Session, row: RunRow, project: str) -> RunRecord:
    """The whole run of a row."""
    return filled(session, row, codec.record(row, project))


def filled(session: Session, row: RunRow, run: RunRecord) -> RunRecord:
    """The run with the artifacts that lie beside its document."""
    if codec.pieces(row):
        run.status.artifacts = documents.linked(run.status.artifacts, _read(session, row.id))
    return run


def _read(session: Session, run_id: int) -> list[dict[str, Any]]:
    rows = session.all("SELECT body FROM run_artifacts WHERE run_id = ? ORDER BY no", (run_id,))
    return [entry for (body,) in rows for entry in values.decode(zlib.decompress(body))]
