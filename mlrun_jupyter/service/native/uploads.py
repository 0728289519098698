"""Artifacts' bytes on their way in: whole or not there, and going on where they broke off when the client can.

A plain ``PUT`` brings all bytes at once. With ``Content-Range: bytes 0-9/30`` it brings the next ones of an upload that
``X-Content-SHA256`` names; ``bytes */30``, without a body, asks how many have come. What has come is kept beside its
place under that digest, until it is whole or has waited for a day.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from mlrun_jupyter.errors import ConflictError, InvalidArgumentError, UnsafeError
from mlrun_jupyter.safety.files import CHUNK, PARTIAL, writing
from mlrun_jupyter.service import reply
from mlrun_jupyter.service.gate import BODY, Body, RefusedError
from mlrun_jupyter.service.native.files import place, threaded
from mlrun_jupyter.service.operation import Call
from mlrun_jupyter.service.reply import Reply

MAX_FILE: Final = 64 * 2**30
DIGEST: Final = b"x-content-sha256"
RANGE: Final = b"content-range"
_RANGE: Final = re.compile(r"bytes (?:\*|(\d{1,15})-(\d{1,15}))/(\d{1,15})")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_NEXT: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


async def write_file(call: Call) -> Reply:
    """Store the body as a file; what lies there is replaced at once, when the last byte has come."""
    root, parts = place(call)
    if parts[-1].startswith(PARTIAL):
        raise UnsafeError("files of that name are the service's own", where=parts[-1])
    piece = _piece(call)
    with writing("/".join(parts)):
        try:
            size, digest = await _write_below(call, root, parts, piece)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise RefusedError(507, "no space is left for artifacts") from None
            raise
    if not digest:
        return reply.of({"path": "/".join(parts), "received": size})
    return reply.of({"path": "/".join(parts), "size": size, "sha256": digest}, status=201)


async def _write_below(call: Call, root: Path, parts: Sequence[str], piece: _Piece | None) -> tuple[int, str]:
    begins = piece is None or piece.start == 0
    try:
        folder = await threaded(call, _open_folder, root, parts[:-1], begins)
    except FileNotFoundError:
        if piece is None or begins:
            raise
        return _nothing_came(piece)
    try:
        return await (_take(call, folder, parts[-1]) if piece is None else _go_on(call, folder, parts[-1], piece))
    finally:
        os.close(folder)


class _Piece(NamedTuple):
    """A part of an upload: its first byte, -1 where it is only asked for; of how many; and the digest of the whole."""

    start: int
    total: int
    digest: str


def _piece(call: Call) -> _Piece | None:
    """What the headers say of the body. Raises ``InvalidArgumentError`` where they contradict themselves."""
    text = call.headers.get(RANGE, b"").decode("latin-1")
    if not text:
        return None
    match = _RANGE.fullmatch(text)
    digest = _told(call)
    if match is None or not _DIGEST.fullmatch(digest):
        raise InvalidArgumentError("an upload in pieces takes Content-Range: bytes 0-9/30, and X-Content-SHA256")
    start, last, total = (-1 if part is None else int(part) for part in match.groups())
    if total > MAX_FILE or (start >= 0 and not start <= last < total):
        raise InvalidArgumentError("the range lies outside of the file", where=text)
    return _Piece(start, total, digest)


def _told(call: Call) -> str:
    return call.headers.get(DIGEST, b"").decode("latin-1").lower()


async def _take(call: Call, folder: int, name: str) -> tuple[int, str]:
    """Write the body beside its place and move it there; nothing is left behind when it fails."""
    spare = PARTIAL + secrets.token_hex(8)
    fd = os.open(spare, _NEW, 0o644, dir_fd=folder)
    state = hashlib.sha256()
    try:
        try:
            size = await _receive(call, fd, state)
            await threaded(call, os.fsync, fd)
        finally:
            os.close(fd)
        told = _told(call)
        if told and told != state.hexdigest():
            raise _other_bytes()
        os.rename(spare, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(spare, dir_fd=folder)
        raise
    os.fsync(folder)
    return size, state.hexdigest()


async def _go_on(call: Call, folder: int, name: str, piece: _Piece) -> tuple[int, str]:
    """Add the body to what has come of the upload. The digest is empty while it is not whole."""
    spare = f"{PARTIAL}{hashlib.sha256(f'{piece.digest}/{piece.total}/{name}'.encode()).hexdigest()[:40]}"
    with _unfinished(folder, spare, begins=piece.start == 0) as fd:
        if fd < 0:
            whole = piece.start < 0 and await threaded(call, _is_there, folder, name, piece)
            return (piece.total, piece.digest) if whole else _nothing_came(piece)
        if piece.start >= 0:
            here = os.fstat(fd).st_size
            if piece.start != here:
                raise _elsewhere(here, piece)
            await _receive(call, fd, None, most=piece.total - here)
        size = os.fstat(fd).st_size
        if size < piece.total:
            return size, ""
        if await threaded(call, _finished, fd) != piece.digest:
            os.unlink(spare, dir_fd=folder)
            raise _other_bytes()
        os.rename(spare, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)
    return size, piece.digest


@contextlib.contextmanager
def _unfinished(folder: int, name: str, *, begins: bool) -> Iterator[int]:
    """The descriptor of an upload's file, which nobody else writes meanwhile; made where it begins, else -1."""
    try:
        fd = os.open(name, _NEXT if begins else _NEXT & ~os.O_CREAT, 0o644, dir_fd=folder)
    except FileNotFoundError:
        yield -1
        return
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError("the same file is being sent already", hint="wait for it, or try again") from None
        yield fd
    finally:
        os.close(fd)


def _is_there(folder: int, name: str, piece: _Piece) -> bool:
    """Whether the upload has ended already, and only the answer to its last piece was lost."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return False
    try:
        found = os.fstat(fd)
        return stat.S_ISREG(found.st_mode) and found.st_size == piece.total and _finished(fd) == piece.digest
    finally:
        os.close(fd)


def _nothing_came(piece: _Piece) -> tuple[int, str]:
    if piece.start > 0:
        raise _elsewhere(0, piece)
    return 0, ""


def _elsewhere(here: int, piece: _Piece) -> ConflictError:
    return ConflictError(f"{here} bytes have come, these begin at {piece.start}", hint="ask how many have come")


async def _receive(call: Call, fd: int, state: Any, *, most: int = MAX_FILE) -> int:
    """Write the body; returns its size."""
    body: Body = call.scope[BODY]
    body.limit = min(body.limit, most)
    while not body.ended:
        message = await body.receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "the client went away")
        await threaded(call, _write, fd, message.get("body", b""), state)
    return body.size


def _write(fd: int, piece: bytes, state: Any) -> None:
    if state is not None:
        state.update(piece)
    view = memoryview(piece)
    while view:
        view = view[os.write(fd, view) :]


def _finished(fd: int) -> str:
    """Put a whole file on the disk; its digest."""
    os.fsync(fd)
    state, offset = hashlib.sha256(), 0
    while piece := os.pread(fd, CHUNK, offset):
        state.update(piece)
        offset += len(piece)
    return state.hexdigest()


def _other_bytes() -> ConflictError:
    return ConflictError("the bytes that came are not those that were meant", hint="send the file again")


def _open_folder(root: Path, parts: Sequence[str], make: bool) -> int:
    """A descriptor of a folder below the root, no link being followed; where it is missing it is made, or
    ``FileNotFoundError`` raised."""
    if make:
        root.mkdir(parents=True, exist_ok=True)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in parts:
        try:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=folder)
            inner = os.open(part, _FOLDER, dir_fd=folder)
        except (NotADirectoryError, FileExistsError):
            raise UnsafeError("a part of the path is no folder", where=part) from None
        finally:
            os.close(folder)
        folder = inner
    return folder
