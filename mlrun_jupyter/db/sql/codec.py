"""How documents lie in the tables: what lists ask for is in columns, the rest is JSON without what the columns say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from mlrun_jupyter.db import document as documents
from mlrun_jupyter.db.document import SECTIONS, Document
from mlrun_jupyter.model import states, values
from mlrun_jupyter.model.run import RunKey, RunRecord

PREFIX: Final = 64
"""Bytes of a text that its index holds; longer ones are told apart by the document."""
EXACT: Final = 2**53
"""Integers up to here are exact as float64, and so in the index."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MARK: Final = b'"$number"'
_PIECES: Final = "$pieces"
_BEGINS: Final = b'{"$pieces":'
_KNOWN: Final = {
    name: frozenset(field.encode_name for field in msgspec.structs.fields(kind) if field.name != "extra")
    for name, kind in SECTIONS
}
_IN_COLUMNS: Final = {
    "metadata": ("name", "uid", "project", "iteration"),
    "status": ("state", "start_time", "end_time", "last_update", "attempt"),
}
_decoder = msgspec.json.Decoder(RunRecord)


class Columns(NamedTuple):
    """What of a run's document is in columns; times in microseconds since 1970."""

    name: str
    state: int
    started: int | None
    ended: int | None
    attempt: int


class RunRow(NamedTuple):
    """A run as it is read: see ``SELECT_RUN``."""

    id: int
    scope: int
    uid: bytes
    iter: int
    name: bytes
    state: int
    started: int | None
    ended: int | None
    updated: int
    attempt: int
    writer_id: int | None
    presumed: int | None
    doc: bytes


SELECT_RUN: Final = (
    "SELECT r.id, r.scope, r.uid, r.iter, n.name, r.state, r.started, r.ended, r.updated, r.attempt, r.writer_id, "
    "r.presumed, r.doc"
)


def to_micros(text: Any) -> int | None:
    """Microseconds since 1970 of a time in a document; None where it is none."""
    if type(text) is not str or not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


def from_micros(micros: int | None) -> str:
    """The time as documents write it, empty for None."""
    if micros is None:
        return ""
    second, fraction = divmod(micros, 1_000_000)
    return f"{_second(second)}.{fraction:06}+00:00"


@lru_cache(maxsize=8192)
def _second(second: int) -> str:
    """Start, end and update of a run are often of one second, and lists are asked for again and again."""
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:19]


def pack_uid(uid: str) -> bytes:
    """32 hexadecimal digits become their 16 bytes; any other text its UTF-8, marked so that no two are alike."""
    if len(uid) == 32:
        try:
            packed = bytes.fromhex(uid)
        except ValueError:
            packed = b""
        if len(packed) == 16 and packed.hex() == uid:
            return packed
    text = uid.encode() + b"\xff"  # no UTF-8 has this byte
    return text if len(text) != 16 else text + b"\xff"


def unpack_uid(packed: bytes) -> str:
    return packed.hex() if len(packed) == 16 else packed.rstrip(b"\xff").decode()


def pack(document: Document, pieces: int = 0) -> tuple[Columns, bytes]:
    """Columns and JSON of a run's document; ``pieces``: how many there are of what lies beside it (:mod:`db.sql.links`)."""
    body: Document = {_PIECES: pieces} if pieces else {}
    extra: dict[str, Any] = {}
    for name, value in document.items():
        if name in _KNOWN and isinstance(value, Mapping):
            body[name] = _with_extra(value, _KNOWN[name])
        elif name != "kind" or value != "run":
            extra[name] = value
    metadata, status = body.setdefault("metadata", {}), body.setdefault("status", {})
    started, ended = to_micros(status.get("start_time")), to_micros(status.get("end_time"))
    columns = Columns(
        str(metadata.get("name") or ""),
        states.ALL.index(documents.state(document)),
        started,
        ended,
        int(status.get("attempt") or 1),
    )
    for name, keys in _IN_COLUMNS.items():
        section = body[name]
        for key in keys:
            section.pop(key, None)
    if extra:
        body["extra"] = extra
    return columns, values.encode({name: section for name, section in body.items() if section})


def _with_extra(section: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The section with its unknown fields apart, and without what is empty."""
    kept = {key: value for key, value in section.items() if key in known and not _empty(value)}
    if len(kept) < len(section):
        unknown = {key: value for key, value in section.items() if key not in known}
        if unknown:
            kept["extra"] = unknown
    return kept


def _empty(value: Any) -> bool:
    return value is None or (not value and isinstance(value, (str, dict, list)))


def pieces(row: RunRow) -> int:
    """How many pieces of its artifacts lie beside the document."""
    if row.doc[: len(_BEGINS)] != _BEGINS:
        return 0
    return int(row.doc[len(_BEGINS) : len(_BEGINS) + 20].partition(b",")[0].rstrip(b"}"))


def unpack(row: RunRow, project: str) -> Document:
    """The document, in its written form, without what lies beside it."""
    body: Document = values.decode(row.doc)
    body.pop(_PIECES, None)
    document: Document = {"kind": "run", **body.pop("extra", {})}
    for name, section in body.items():
        unknown = section.pop("extra", {})
        document[name] = {**section, **unknown}
    metadata = documents.section(document, "metadata")
    metadata.update(name=row.name.decode(), uid=unpack_uid(row.uid), project=project, iteration=row.iter)
    status = documents.section(document, "status")
    status.update(state=states.ALL[row.state], attempt=row.attempt, last_update=from_micros(row.updated))
    if row.started is not None:
        status["start_time"] = from_micros(row.started)
    if row.ended is not None:
        status["end_time"] = from_micros(row.ended)
    return document


def record(row: RunRow, project: str) -> RunRecord:
    """The run of a row."""
    if _MARK in row.doc:
        return documents.lenient(unpack(row, project))
    try:
        run = _decoder.decode(row.doc)
    except msgspec.ValidationError:
        return documents.lenient(unpack(row, project))
    metadata, status = run.metadata, run.status
    metadata.name, metadata.uid = row.name.decode(), unpack_uid(row.uid)
    metadata.project, metadata.iteration = project, row.iter
    status.state, status.attempt = states.ALL[row.state], row.attempt
    status.start_time, status.end_time = from_micros(row.started), from_micros(row.ended)
    status.last_update = from_micros(row.updated)
    return run


def key_of(row: RunRow, project: str) -> RunKey:
    return RunKey(project, unpack_uid(row.uid), row.iter)


def numbers_and_texts(document: Document) -> tuple[set[tuple[str, float]], set[tuple[str, bytes]]]:
    """The index entries of a run: numeric fields, and the beginnings of text fields and labels."""
    numbers: set[tuple[str, float]] = set()
    texts: set[tuple[str, bytes]] = set()
    for name, value in documents.fields(document):
        kind = type(value)
        if kind is float:
            if value == value:
                numbers.add((name, value))
        elif kind is int:
            numbers.add((name, as_float(value)))
        elif kind is str or kind is bool:
            texts.add((name, prefix(str(value))))
    for name, value in (document.get("metadata", {}).get("labels") or {}).items():
        texts.add(("labels." + name, prefix(str(value))))
    return numbers, texts


def prefix(text: str) -> bytes:
    """What the index holds of a text."""
    return text.encode()[:PREFIX]


def as_float(value: float) -> float:
    """The nearest float64, infinite beyond its range."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
