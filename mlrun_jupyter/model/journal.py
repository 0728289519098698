"""The journal's format: what a process writes down before anything else happens to it.

A journal belongs to one *writer* (a process, for one store). It is a text file: a header line, then one line for each
record::

    mlrun-journal 1 {"writer":"host-4711-9f3c","host":...,"boot":...,"pid":...,"started":...}
    5d0e21c7 [1,"open",1,1764000000.25,{"project":"p","uid":"...","iteration":0,"attempt":1,"run":{...}}]
    0aa81f02 [2,"result",1,1764000000.31,{"accuracy":0.97}]

The first eight digits are the CRC-32 of the rest of the line, so a torn tail or a flipped bit is seen, skipped and
counted. ``seq`` counts from 1 without gaps within a writer: a store remembers the last one that it has applied and
skips what it has seen, so that applying twice is applying once. ``ref`` is a small number that stands for the run in
this journal; ``open`` declares it and :class:`Reader` puts the run's key in its place.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from mlrun_jupyter.errors import StoreDamagedError
from mlrun_jupyter.model import values
from mlrun_jupyter.model.run import RunKey

MAGIC: Final = b"mlrun-journal 1 "

OPEN: Final = "open"
"""An attempt begins: ``{project, uid, iteration, attempt, run}``, ``run`` being the whole document."""
REFER: Final = "refer"
"""As ``open`` without ``run``: declares a ref again at the head of a later segment, or says that this writer records for
an attempt which another one opened and will close, as a supervised child does."""
PARAM: Final = "param"
RESULT: Final = "result"
LABEL: Final = "label"
ANNOTATION: Final = "annotation"
"""The four: ``{name: value}``, merged into the section of the run's document."""
STATUS: Final = "status"
"""``{field: value}``, merged into ``status``: progress, host, status_text, state ``running`` ..."""
SPEC: Final = "spec"
"""``{field: value}``, merged into ``spec``."""
METRIC: Final = "metric"
"""``[step or None, {series: number}]`` at the record's time."""
POINTS: Final = "points"
"""A row of metrics on its way into a store, never in a journal; see :mod:`mlrun_jupyter.model.points`."""
ARTIFACT: Final = "artifact"
"""An artifact's document; also linked in the run's ``status.artifacts``."""
LOG: Final = "log"
"""A chunk of the run's log, text."""
OBJECT: Final = "object"
"""Something shared by many runs: ``{kind: "function" | "environment" | "code", hash, body}``; ``ref`` may be 0."""
BEAT: Final = "beat"
"""Still alive; no payload."""
CLOSE: Final = "close"
"""The attempt ended: ``{state, end_time, ...}``, merged into ``status``."""


class Line(NamedTuple):
    """A record as it stands in the file."""

    seq: int
    op: str
    ref: int
    time: float
    payload: Any


class JournalRecord(NamedTuple):
    """A record that stands by itself: ``run`` and ``attempt`` in place of ``ref`` (``None`` and 0 where there is none)."""

    seq: int
    op: str
    run: RunKey | None
    attempt: int
    time: float
    payload: Any


class Header(msgspec.Struct, kw_only=True):
    """Whose journal it is, so that others can tell whether the writer still lives."""

    writer: str
    host: str
    boot: str
    pid: int
    started: float
    segment: int = 0


def encode_header(header: Header) -> bytes:
    return MAGIC + msgspec.json.encode(header) + b"\n"


def decode_header(line: bytes) -> Header:
    """Raises :class:`StoreDamagedError` when the line is no header of ours."""
    if not line.startswith(MAGIC) or not line.endswith(b"\n"):
        raise StoreDamagedError("not a journal, or its first line is damaged")
    try:
        return msgspec.json.decode(line[len(MAGIC) :], type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreDamagedError("a journal's header is damaged") from error


def encode(seq: int, op: str, ref: int, time: float, payload: Any) -> bytes:
    """One line. Raises ``InvalidArgumentError`` for a payload that no store can hold."""
    body = values.encode([seq, op, ref, time, payload])
    return b"%08x %b\n" % (zlib.crc32(body), body)


def decode(line: bytes) -> Line | None:
    """The record of a line, or None where the line is torn or damaged."""
    body = line[9:-1]
    try:
        if line[-1:] != b"\n" or int(line[:8], 16) != zlib.crc32(body):
            return None
        return Line(*values.decode(body))
    except (ValueError, TypeError, msgspec.MsgspecError):
        return None


class Reader:
    """Turns the lines of a writer, fed in order, into records that stand by themselves.

    ``damaged`` counts the lines skipped.

    Example
    -------
    >>> reader = Reader()
    >>> line = encode(1, OPEN, 1, 0.0, {"project": "p", "uid": "u", "iteration": 0, "attempt": 1, "run": {}})
    >>> [record.run for record in reader.feed(line)]
    [RunKey(project='p', uid='u', iteration=0)]
    """

    def __init__(self) -> None:
        self._refs: dict[int, tuple[RunKey, int]] = {}
        self._tail = b""
        self.damaged = 0

    def feed(self, data: bytes, *, trusted: bool = False) -> Iterator[JournalRecord]:
        """Records of the complete lines in ``data`` and what was left over before; an incomplete last line waits.

        ``trusted``: this process wrote them a moment ago, so they are read without looking for damage.
        """
        texts = (self._tail + data).split(b"\n")
        self._tail = texts.pop()
        refs, new = self._refs, tuple.__new__
        for seq, op, ref, time, payload in (_together(texts) if trusted else None) or self._checked(texts):
            if op == METRIC and ref in refs:  # most lines of a long run: the short way
                run, attempt = refs[ref]
                yield new(JournalRecord, (seq, op, run, attempt, time, payload))
                continue
            if op in (OPEN, REFER):
                key = RunKey(payload["project"], payload["uid"], payload["iteration"])
                refs[ref] = key, payload["attempt"]
            elif ref and ref not in refs:
                self.damaged += 1  # its declaration was lost with a damaged line
                continue
            found, attempt = refs.get(ref, (None, 0))
            if op == CLOSE:
                refs.pop(ref, None)
            if op != REFER:
                yield JournalRecord(seq, op, found, attempt, time, payload)

    def _checked(self, texts: list[bytes]) -> Iterator[Line]:
        for text in texts:
            line = decode(text + b"\n")
            if line is None:
                self.damaged += 1
            else:
                yield line

    @property
    def torn(self) -> int:
        """Bytes of an unfinished last line."""
        return len(self._tail)


def _together(texts: list[bytes]) -> list[Line]:
    """The records of many sound lines, decoded as one array: a fifth of the time. Empty when one is not sound."""
    try:
        return values.decode_as(_lines, b"[" + b",".join([text[9:] for text in texts]) + b"]")
    except (ValueError, msgspec.MsgspecError):
        return []


_lines: Final = msgspec.json.Decoder(list[Line])
