"""A file that holds whole projects: packed lines of JSON, which ``zcat`` shows.

The first line says what it is, the last what is in it, so that a file that was cut off is known for one::

    {"archive": 1, "version": "0.3.0", "created": "2026-11-25T10:00:00+00:00", "projects": ["iris"]}
    {"project": {...}}
    {"artifact": {...}, "tags": ["latest"], "files": {"": 13}}      bytes of "" (the file itself) follow
    {"bytes": "aGVsbG8gd29ybGQhCg=="}
    {"object": {"hash": "...", "kind": "code", "body": {...}}}
    {"run": {...}}                                                  its points and log follow
    {"points": ["loss", [0, 1], [1.7e9, 1.7e9], [0.5, 0.25]]}
    {"log": "epoch 1\\n"}
    {"end": {"projects": 1, "artifacts": 1, "runs": 1, ...}}
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from mlrun_jupyter.artifacts import content
from mlrun_jupyter.db.remote import wire
from mlrun_jupyter.errors import ConflictError, DataError, InvalidArgumentError, StoreVersionError
from mlrun_jupyter.model import times
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.record import Record
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.safety import lines
from mlrun_jupyter.safety.names import MAX_KEY, check_name
from mlrun_jupyter.safety.paths import components
from mlrun_jupyter.transfer.items import Artifact, Curve, Function, Item, Run, Shared, Source

FORMAT: Final = 1
_PIECE: Final = 3 * 2**20
"""Bytes of an artifact on one line: a multiple of three, so that base64 has no padding between."""
_POINTS: Final = 20_000
_TEXT: Final = 2**20
"""Characters of a log on one line."""

Put = Callable[[dict[str, Any]], None]
Kind = TypeVar("Kind", bound=Record)


def write(source: Source, path: str | os.PathLike[str], projects: list[str]) -> dict[str, int]:
    """Write everything of a source to a file that appears whole or not at all; returns how much of what is in it.

    Raises
    ------
    ConflictError
        The file exists.
    StoreUnavailableError
        It cannot be written.
    """
    counts = dict.fromkeys(("projects", "functions", "objects", "artifacts", "runs"), 0)

    def fill(line: Callable[[bytes], None]) -> None:
        def put(value: dict[str, Any]) -> None:
            line(wire.encode(value))

        put(
            {
                "archive": FORMAT,
                "version": metadata.version("mlrun-jupyter"),
                "created": times.iso(time.time()),
                "projects": projects,
            }
        )
        for item in source.items():
            counts[_write_item(item, put)] += 1
        put({"end": counts})

    try:
        lines.write(path, fill)
    except FileExistsError:
        raise ConflictError("the file exists", where=os.fspath(path), hint="name another one") from None
    return counts


def _write_item(item: Item, put: Put) -> str:
    match item:
        case Run():
            put({"run": item.record.to_dict()})
            for part in item.parts:
                _write_part(part, put)
            return "runs"
        case Artifact():
            _write_artifact(item, put)
            return "artifacts"
        case Function():
            put({"function": item.record.to_dict(), "tags": list(item.tags)})
            return "functions"
        case Shared():
            put({"object": item._asdict()})
            return "objects"
    put({"project": item.to_dict()})
    return "projects"


def _write_part(part: Curve | str, put: Put) -> None:
    if isinstance(part, str):
        for start in range(0, len(part), _TEXT):
            put({"log": part[start : start + _TEXT]})
        return
    for start in range(0, len(part.steps), _POINTS):
        stop = start + _POINTS
        put({"points": [part.name, part.steps[start:stop], part.times[start:stop], part.values[start:stop]]})


def _write_artifact(item: Artifact, put: Put) -> None:
    files: dict[str, Path] | None = None
    if isinstance(item.content, content.Folder):
        files = {
            name: Path(each.path)
            for name, each in sorted(item.content.files.items())
            if isinstance(each, content.Source)
        }
    elif isinstance(item.content, content.Source):
        files = {"": Path(item.content.path)}
    head: dict[str, Any] = {"artifact": item.record.to_dict(), "tags": list(item.tags)}
    if files is None:
        put(head)
        return
    sizes = {name: path.stat().st_size for name, path in files.items()}
    put({**head, "files": sizes})
    for name, path in files.items():
        left = sizes[name]  # as told, also where the file grows meanwhile
        with path.open("rb") as file:
            while left and (piece := file.read(min(_PIECE, left))):
                left -= len(piece)
                put({"bytes": base64.b64encode(piece).decode()})


class ArchiveSource:
    """An archive as a source; it is read through and checked before anything of it is told.

    Raises
    ------
    NotFoundError
        There is no such file.
    DataError
        It is no archive, damaged or cut off.
    StoreVersionError
        A newer version of the package has written it.
    """

    own = False

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).expanduser()
        self.head, self.counts, self.name = self._checked()

    def _checked(self) -> tuple[dict[str, Any], dict[str, Any], str]:
        state, first, last = hashlib.sha256(), b"", b""
        for last in lines.read(self._path):
            first = first or last
            state.update(last)
        head, end = self._decoded(first), self._decoded(last).get("end")
        if not isinstance(head.get("archive"), int):
            raise DataError("not an archive of projects", where=str(self._path))
        if head["archive"] > FORMAT:
            raise StoreVersionError(
                f"the archive was written by version {head.get('version')} and has form {head['archive']}, this package "
                f"knows form {FORMAT}",
                where=str(self._path),
                hint="update mlrun-jupyter",
            )
        if not isinstance(end, dict):
            raise DataError("the archive is cut off", where=str(self._path), hint="copy or export it again")
        return head, end, "archive." + state.hexdigest()[:16]

    def items(self) -> Iterator[Item]:
        stream = _Lines(lines.read(self._path))
        stream.next()
        while value := stream.next():
            if "run" in value:
                run = Run(self._document(RunRecord, value["run"]), _parts(stream))
                check_name("project", run.record.metadata.project)
                yield run
                for _part in run.parts:  # what nobody wanted
                    pass
            elif "artifact" in value:
                yield from self._artifact(value, stream)
            elif "function" in value:
                function = self._document(FunctionRecord, value["function"])
                check_name("project", function.metadata.project)
                yield Function(function, _tags(value))
            elif "object" in value:
                yield self._shared(value["object"])
            elif "project" in value:
                project = self._document(ProjectRecord, value["project"])
                check_name("project", project.metadata.name)
                yield project

    def _shared(self, value: Any) -> Shared:
        if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in ("hash", "kind")):
            raise DataError("an object of the archive has no hash", where=str(self._path))
        return Shared(check_name("hash", value["hash"], max_length=MAX_KEY), value["kind"], value.get("body"))

    def _artifact(self, value: dict[str, Any], stream: _Lines) -> Iterator[Artifact]:
        record = self._document(ArtifactRecord, value["artifact"])
        check_name("project", record.metadata.project)
        check_name("artifact key", record.spec.db_key or record.metadata.key, max_length=MAX_KEY)
        sizes = value.get("files")
        if not isinstance(sizes, dict):
            yield Artifact(record, _tags(value), content.Nothing())
            return
        with tempfile.TemporaryDirectory(prefix="mlrun-transfer-") as folder:
            yield Artifact(record, _tags(value), self._unpacked(Path(folder), sizes, stream))

    def _unpacked(self, folder: Path, sizes: dict[str, Any], stream: _Lines) -> content.Content:
        """The bytes that follow, in files of our own naming."""
        found: dict[str, content.File] = {}
        for number, (name, size) in enumerate(sizes.items()):
            components(name)
            path = folder / str(number)
            with path.open("xb") as file:
                for piece in _bytes(stream, int(size), where=str(self._path)):
                    file.write(piece)
            found[name] = content.Source(str(path))
        return found[""] if "" in found else content.Folder(dict(found))

    def _document(self, kind: type[Kind], value: Any) -> Kind:
        try:
            return kind.from_dict(value)
        except (msgspec.ValidationError, TypeError, AttributeError) as error:
            raise DataError("a document of the archive does not fit", where=str(self._path), hint=str(error)) from None

    def _decoded(self, line: bytes) -> dict[str, Any]:
        try:
            value = wire.decode(line)
        except InvalidArgumentError:
            value = None
        return value if isinstance(value, dict) else {}


class _Lines:
    """Lines as values, with a look at the next one."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._held: dict[str, Any] | None = None

    def peek(self) -> dict[str, Any]:
        """The next line without taking it; empty at the end."""
        if self._held is None:
            line = next(self._source, None)
            value = wire.decode(line) if line is not None else {}
            self._held = value if isinstance(value, dict) else {}
        return self._held

    def next(self) -> dict[str, Any]:
        value = self.peek()
        self._held = None if value else value
        return value


def _parts(stream: _Lines) -> Iterator[Curve | str]:
    while True:
        value = stream.peek()
        if isinstance(value.get("log"), str):
            yield str(stream.next()["log"])
        elif "points" in value:
            try:
                yield msgspec.convert(stream.next()["points"], Curve)
            except msgspec.ValidationError as error:
                raise DataError("points of the archive cannot be read", hint=str(error)) from None
        else:
            return


def _bytes(stream: _Lines, size: int, *, where: str) -> Iterator[bytes]:
    while size > 0:
        text = stream.next().get("bytes")
        try:
            piece = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
        except binascii.Error:
            piece = b""
        if not piece or len(piece) > size:
            raise DataError("an artifact's bytes are not all in the archive", where=where)
        size -= len(piece)
        yield piece


def _tags(value: dict[str, Any]) -> tuple[str, ...]:
    tags = value.get("tags")
    return tuple(check_name("tag", str(tag)) for tag in tags) if isinstance(tags, list) else ()
