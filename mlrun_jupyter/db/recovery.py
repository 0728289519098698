"""After a process is gone: its journals are applied, and its unfinished runs are ended truthfully.

Applying is exactly-once by the writer's sequence numbers, ending a run twice is ending it once, and a journal is deleted
only when what it held is on the disk. So recovery may itself be killed at any point and begun again, and two processes
may attempt it at the same time.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

import msgspec

from mlrun_jupyter.db import liveness
from mlrun_jupyter.db.lock import writer_lock
from mlrun_jupyter.errors import StoreDamagedError
from mlrun_jupyter.model import journal
from mlrun_jupyter.model.journal import Header, JournalRecord
from mlrun_jupyter.model.points import together

log = logging.getLogger(__name__)

_NAME: Final = re.compile(r"(?P<writer>.+)\.(?P<segment>\d+)\.jnl")
_BATCH: Final = 5000
_PIECE: Final = 2**20
_KEPT: Final = 7 * 86400.0  # seconds that a journal of a host fallen silent is kept after it was applied


class Recoverable(Protocol):
    """What recovery needs of a store besides :class:`~mlrun_jupyter.db.base.RunDB`."""

    @property
    def spool(self) -> Path | None: ...
    def apply(self, writer: str, records: Sequence[JournalRecord], *, durable: bool = False) -> int: ...
    def forget_writer(self, writer: str) -> None: ...
    def live_writers(self) -> dict[str, float]:
        """The writers of runs that have not ended, with the seconds since each was last heard of."""

    def end_lost(self, writer: str, *, presumed: bool) -> int:
        """End the writer's unfinished runs as ``error``, reason ``lost``; ``presumed``: its further records undo it."""


class Outcome(msgspec.Struct):
    """What a recovery found."""

    ended: int = 0
    records: int = 0
    damaged: int = 0
    journals: int = 0


def recover(db: Recoverable) -> Outcome:
    """Apply and delete the journals of dead writers, and end the runs that they left unfinished."""
    outcome = Outcome()
    waiting = journals(db.spool)
    if waiting and db.spool is not None:
        with writer_lock(db.spool / ".lock"):
            for writer, files in sorted(journals(db.spool).items(), key=_age):
                _recover_writer(db, writer, files, outcome)
    for writer, silent in db.live_writers().items():
        header = liveness.parse(writer)
        if writer in waiting:
            continue
        if header is None or not liveness.local(header):
            if silent > liveness.LEASE:
                outcome.ended += db.end_lost(writer, presumed=True)
        elif not liveness.alive(header):
            outcome.ended += db.end_lost(writer, presumed=False)
    return outcome


def _age(found: tuple[str, list[Path]]) -> float:
    """Younger processes come first: a child recorded what it did before the process that ended its run did so."""
    header = liveness.parse(found[0])
    return -header.started if header is not None else 0.0


def journals(spool: Path | None) -> dict[str, list[Path]]:
    """The journals of each writer, in order."""
    found: dict[str, list[tuple[int, Path]]] = {}
    try:
        files = list(spool.iterdir()) if spool is not None else []
    except OSError:
        files = []
    for path in files:
        match = _NAME.fullmatch(path.name)
        if match:
            found.setdefault(match["writer"], []).append((int(match["segment"]), path))
    return {writer: [path for _segment, path in sorted(segments)] for writer, segments in found.items()}


def _recover_writer(db: Recoverable, writer: str, files: Sequence[Path], outcome: Outcome) -> None:
    try:
        header, silent = _header(writer, files)
        living = silent < liveness.LEASE if header is None else liveness.alive(header, silent=silent)
        if living:
            return
        damaged = _apply(db, writer, files, outcome)
    except OSError as error:
        log.warning("a journal cannot be read, its runs wait: %s", error)
        return
    presumed = header is None or not liveness.local(header)
    outcome.ended += db.end_lost(writer, presumed=presumed)
    outcome.journals += len(files)
    if presumed and silent < _KEPT:
        return  # were it alive after all, it would go on writing there
    for path in files:
        if damaged:
            path.rename(path.with_suffix(".damaged"))
        else:
            path.unlink(missing_ok=True)
    db.forget_writer(writer)


def _header(writer: str, files: Sequence[Path]) -> tuple[Header | None, float]:
    """Whose journals these are, and the seconds since the last was written."""
    header = None
    for path in files:
        with path.open("rb") as file:
            try:
                header = header or journal.decode_header(file.readline(65536))
            except StoreDamagedError:
                continue
    silent = time.time() - max(path.stat().st_mtime for path in files)
    return header or liveness.parse(writer), silent


def _apply(db: Recoverable, writer: str, files: Sequence[Path], outcome: Outcome) -> int:
    """Apply every record that can be read; returns how many lines could not."""
    reader = journal.Reader()
    torn = headers = 0
    for path in files:
        with path.open("rb") as file:
            if not file.readline().startswith(journal.MAGIC):
                headers += 1
            while piece := file.read(_PIECE):
                _apply_piece(db, writer, reader, piece, outcome)
        if reader.torn:  # the next segment must not continue an unfinished line, which may lack nothing but its end
            before = reader.damaged
            _apply_piece(db, writer, reader, b"\n", outcome)
            torn += reader.damaged - before
    db.apply(writer, [], durable=True)
    damaged = reader.damaged + headers
    outcome.damaged += damaged
    if damaged:
        log.warning("%d damaged lines of the journals of %s were skipped", damaged, writer)
    return damaged - torn


def _apply_piece(db: Recoverable, writer: str, reader: journal.Reader, piece: bytes, outcome: Outcome) -> None:
    records = reader.feed(piece)
    while batch := list(islice(records, _BATCH)):
        outcome.records += len(batch)
        db.apply(writer, together(batch))
