"""The form in which records travel between a service and its clients; both ends use this module.

Bodies are JSON in the encoding of :mod:`mlrun_jupyter.model.values`, so that every value arrives as what it was.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from mlrun_jupyter.db import document as documents
from mlrun_jupyter.errors import InvalidArgumentError, UnsafeError
from mlrun_jupyter.model import journal, points, values
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.journal import JournalRecord
from mlrun_jupyter.model.record import Record
from mlrun_jupyter.model.run import MAX_NUMBER, RunRecord
from mlrun_jupyter.safety.names import MAX_KEY, check_name, is_name

PREFIX: Final = "/api/native/v1"
API: Final = 1
"""The version of what is below ``PREFIX``; a service tells the oldest and the newest that it speaks."""
VERSION_HEADER: Final = "x-mlrun-jupyter-version"
MAX_DEPTH: Final = 64
MAX_RECORDS: Final = 4000
"""Records in one request."""
MAX_RECORD: Final = 60 * 2**20
"""Bytes of one record."""
MAX_BODY: Final = 64 * 2**20
"""Bytes of a request with records."""
_BODY: Final = 4 * 2**20
"""Bytes of an ordinary one: enough for the price of a request not to matter, and soon done."""

_TOGETHER: Final = 500
"""Records that are encoded at once."""

log = logging.getLogger(__name__)

_MARK: Final = b'"$number"'
_NULL: Final = b"null"
OPERATIONS: Final = frozenset(
    {
        *(
            journal.OPEN,
            journal.REFER,
            journal.PARAM,
            journal.RESULT,
            journal.LABEL,
            journal.ANNOTATION,
            journal.STATUS,
        ),
        *(
            journal.SPEC,
            journal.METRIC,
            journal.POINTS,
            journal.ARTIFACT,
            journal.LOG,
            journal.OBJECT,
            journal.BEAT,
            journal.CLOSE,
        ),
    }
)
_SECTIONS: Final = ("metadata", "spec", "status")
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder()
_records: Final = msgspec.json.Decoder(list[JournalRecord])
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def encode(value: Any) -> bytes:
    """JSON of plain values."""
    return values.encode(value)


def decode(data: bytes) -> Any:
    """The value of a body.

    Raises
    ------
    InvalidArgumentError
        It is no JSON.
    UnsafeError
        It is nested deeper than 64 levels.
    """
    _check_depth(data)
    try:
        return values.decode(data)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise InvalidArgumentError("the body is not valid JSON", hint=str(error)) from None


def encode_record(record: Record) -> bytes:
    """JSON of a document in its written form; what has its default is left out."""
    if not _has_extra(record):
        try:
            data = _encoder.encode(record)
        except (OverflowError, TypeError, UnicodeEncodeError):
            return values.encode(record.to_dict())
        if _NULL not in data and _MARK not in data:
            return data
    return values.encode(record.to_dict())


def _has_extra(record: Any) -> bool:
    """Whether there are fields that nobody knows, which are written beside the known ones."""
    if record.extra:
        return True
    for name in _SECTIONS:
        section = getattr(record, name, None)
        if section is not None and section.extra:
            return True
    return isinstance(record, FunctionRecord) and bool(record.spec.build.extra)


def _encode_plain(value: Any) -> bytes:
    """The quick encoder where it changes nothing: numbers that JSON has not become null in it, and need their mark."""
    try:
        data = _encoder.encode(value)
    except (OverflowError, TypeError, UnicodeEncodeError):
        return values.encode(value)
    return values.encode(value) if _NULL in data or _MARK in data else data


def encode_page(rows: Iterable[Record], after: str) -> bytes:
    """``{"rows": [...], "after": "..."}``."""
    return b'{"rows":[%b],"after":%b}' % (b",".join(map(encode_record, rows)), _encoder.encode(after))


def encode_records(records: Iterable[JournalRecord]) -> bytes:
    """A writer's records."""
    return b"[%b]" % b",".join(map(_encode_journal, records))


def batches(records: Sequence[JournalRecord]) -> Iterator[bytes]:
    """A writer's records in bodies that a service takes; at least one, which may be empty.

    A record that no body can hold is replaced by an annotation that says so: what comes after it must not wait for ever.
    """
    parts: list[bytes] = []
    held = size = 0
    for count, part in _parts(records):
        if parts and (held + count > MAX_RECORDS or size + len(part) > _BODY):
            yield b"[%b]" % b",".join(parts)
            parts, held, size = [], 0, 0
        parts.append(part)
        held += count
        size += len(part) + 1
    yield b"[%b]" % b",".join(parts)


def _parts(records: Sequence[JournalRecord]) -> Iterator[tuple[int, bytes]]:
    """Records one after another, as many together as can be: encoding them singly takes four times as long."""
    most = min(_TOGETHER, MAX_RECORDS)
    for start in range(0, len(records), most):
        some = records[start : start + most]
        if together := _encode_together(some):
            yield len(some), together
        else:
            yield from ((1, _fitting(record)) for record in some)


def _encode_together(records: Sequence[JournalRecord]) -> bytes:
    """Nothing where one of them has to be looked at by itself."""
    try:
        data = _encoder.encode(records)[1:-1]
    except (OverflowError, TypeError, UnicodeEncodeError):
        return b""
    return b"" if _NULL in data or _MARK in data or len(data) > min(_BODY // 4, MAX_RECORD) else data


def _fitting(record: JournalRecord) -> bytes:
    part = _encode_journal(record)
    if len(part) <= MAX_RECORD:
        return part
    log.warning("a record of %d bytes is too large for the service and is left out: %s", len(part), record.op)
    told = f"{record.op}, {len(part)} bytes"
    return _encode_journal(record._replace(op=journal.ANNOTATION, payload={f"left-out-{record.seq}": told}))


def _encode_journal(record: JournalRecord) -> bytes:
    payload = msgspec.Raw(_encode_plain(record.payload))
    return _encoder.encode((record.seq, record.op, record.run, record.attempt, record.time, payload))


def decode_records(data: bytes) -> list[JournalRecord]:
    """A writer's records, each checked for being one.

    Raises ``InvalidArgumentError`` naming the record that is none, ``UnsafeError`` as :func:`decode`.
    """
    _check_depth(data)
    try:
        found = values.decode_as(_records, data)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise InvalidArgumentError("the body holds no records of a journal", hint=str(error)) from None
    for record in found:
        if problem := _problem(record):
            raise InvalidArgumentError(f"a record that no store can apply: {problem}", where=f"seq {record.seq}")
    return found


def _problem(record: JournalRecord) -> str:
    op, payload = record.op, record.payload
    if not (0 < record.seq < MAX_NUMBER and 0 <= record.attempt < MAX_NUMBER):
        return "seq counts from 1, attempts from 0"
    if op == journal.METRIC:
        return "" if _is_metric(payload) else "a metric is [step, {series: number}]"
    if op == journal.POINTS:
        return points.problem(record)
    if op not in OPERATIONS:
        return f"unknown operation {op[:40]!r}"
    if op == journal.BEAT:
        return ""
    if op == journal.LOG:
        return "" if isinstance(payload, str) else "a log is text"
    if not isinstance(payload, dict):
        return "its payload is no mapping"
    if op == journal.OPEN:
        run: Any = payload.get("run")
        return _document_problem(run, ("metadata", "spec", "status")) or documents.problem(run)
    if op == journal.ARTIFACT:
        return _document_problem(payload, ("metadata", "spec", "status"))
    if op == journal.OBJECT:
        return "" if isinstance(payload.get("hash"), str) and payload["hash"] else "an object needs a hash"
    if "state" in payload and op in (journal.STATUS, journal.CLOSE) and not isinstance(payload["state"], str):
        return "a state is text"
    if op in (journal.STATUS, journal.CLOSE, journal.SPEC):
        return documents.problem({"spec" if op == journal.SPEC else "status": payload})
    return ""


def _is_metric(payload: Any) -> bool:
    return (
        isinstance(payload, list)
        and len(payload) == 2
        and (payload[0] is None or _is_number(payload[0]))
        and isinstance(payload[1], dict)
        and all(type(value) is float or _is_number(value) for value in payload[1].values())
    )


def _is_number(value: Any) -> bool:
    """Whether it is a whole number that every store holds."""
    return type(value) is int and -MAX_NUMBER < value < MAX_NUMBER


def _document_problem(document: Any, sections: Sequence[str]) -> str:
    if not isinstance(document, dict):
        return "its document is no mapping"
    if any(name in document and not isinstance(document[name], dict) for name in sections):
        return f"{', '.join(sections)} are mappings"
    try:
        RunRecord.from_dict({name: document.get(name) or {} for name in sections if name != "spec"})
    except msgspec.ValidationError as error:
        return str(error) if isinstance(document.get("status", {}).get("state", ""), str) else "a state is text"
    return ""


def _check_depth(data: bytes) -> None:
    """Refuse what is nested too deep: brackets are taken away pair by pair, from the inside, 64 times at most."""
    brackets = data.translate(None, _NOT_BRACKETS)
    for _level in range(MAX_DEPTH):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if brackets and _depth(data) > MAX_DEPTH:  # or they were unpaired, in texts
        raise UnsafeError(f"the body is nested deeper than {MAX_DEPTH} levels")


def _depth(data: bytes) -> int:
    try:
        level = [_decoder.decode(data)]
    except RecursionError:
        return MAX_DEPTH + 1
    except msgspec.MsgspecError:
        return 0  # whoever reads it will say so
    for depth in range(MAX_DEPTH + 2):
        level = (
            [
                item
                for value in level
                for item in (value.values() if isinstance(value, dict) else value)
                if isinstance(item, (dict, list))
            ]
            if depth
            else [value for value in level if isinstance(value, (dict, list))]
        )
        if not level:
            return depth
    return MAX_DEPTH + 1


# addresses


def quote_uid(uid: str) -> str:
    """A run's uid as a part of a path: any text but an empty one; what is no name is written as base64 behind ``~``.

    Raises ``InvalidArgumentError`` for an empty one, or one that is not Unicode.

    Example
    -------
    >>> quote_uid("a1b2"), quote_uid("run one"), unquote_uid("~cnVuIG9uZQ")
    ('a1b2', '~cnVuIG9uZQ', 'run one')
    """
    if is_name(uid, max_length=MAX_KEY):
        return uid
    try:
        data = uid.encode()
    except UnicodeEncodeError:
        data = b""
    if not data:
        raise InvalidArgumentError(f"not the uid of a run: {uid[:80]!a}")
    return "~" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def unquote_uid(part: str) -> str:
    """The uid that a part of a path stands for. Raises ``InvalidArgumentError`` for a part that is none."""
    if not part.startswith("~"):
        return check_name("uid", part, max_length=MAX_KEY)
    try:
        uid = base64.urlsafe_b64decode(part[1:] + "=" * (-len(part[1:]) % 4)).decode()
        if quote_uid(uid) == part:
            return uid
    except ValueError:  # of base64, of UTF-8, and ours
        pass
    raise InvalidArgumentError(f"not the uid of a run: {part[:80]!a}")
