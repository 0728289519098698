"""Files that are whole or not there: written under another name, hashed on the way, moved into place in one step."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from mlrun_jupyter.errors import DataError, NotFoundError, StoreUnavailableError

CHUNK: Final = 1 << 20
PARTIAL: Final = ".mlrun-part-"
"""Names of unfinished files begin so; what a killed process left is known by it."""


class Digest(NamedTuple):
    """What is known about bytes: how many, and their SHA-256 in hexadecimal."""

    size: int
    sha256: str


class HashingFile(io.RawIOBase):
    """A binary file to write to that counts and hashes what passes; it cannot go back.

    It does not buffer: writers of large data hand over large pieces.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data)
        write_all(self._file, view)
        self._hash.update(view)
        self._size += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()

    @property
    def digest(self) -> Digest:
        """Of everything written so far."""
        return Digest(self._size, self._hash.hexdigest())


def write_atomic(
    path: str | os.PathLike[str],
    content: bytes | bytearray | memoryview | str | Callable[[HashingFile], None],
    *,
    sync: bool = True,
    replace: bool = True,
) -> Digest:
    """Write a file so that it is either whole or not there, and tell its size and hash.

    Parameters
    ----------
    path
        Where it goes; missing folders are made.
    content
        The bytes, text (UTF-8), or a function that writes them to the file that it is given.
    sync
        Have the bytes and the name on the disk when the call returns.
    replace
        Whether a file of that name is replaced; else ``FileExistsError``, with the file left as it is.

    Raises
    ------
    StoreUnavailableError
        The disk is full, or the place cannot be written; nothing is left behind.

    Example
    -------
    >>> write_atomic("/tmp/mlrun-example.txt", b"abc").sha256[:8]
    'ba7816bf'
    """
    target = Path(path)
    with writing(target):
        name, fd = _temporary(target)
        try:
            digest = _fill(fd, content, sync=sync)
            _place(name, target, replace=replace)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108 - called for each small file; a Path costs as much as the call
            raise
        if sync:
            sync_folder(target.parent)
    return digest


@contextlib.contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turns what the system refuses while ``path`` is written into a typed error that names cause and place."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        where = os.fspath(path)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreUnavailableError(
                "no space is left", where=where, hint="free some, or write elsewhere"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StoreUnavailableError(
                "the folder cannot be written", where=where, hint=str(error.strerror)
            ) from error
        raise StoreUnavailableError(
            "the file cannot be written", where=where, hint=error.strerror or str(error)
        ) from error


def copy_atomic(
    source: str | os.PathLike[str], target: str | os.PathLike[str], *, sync: bool = True, replace: bool = True
) -> Digest:
    """Copy a file as :func:`write_atomic` writes one, in constant memory.

    Raises :class:`NotFoundError` when there is no ``source``.
    """

    def copy(file: HashingFile) -> None:
        with open_read(source) as origin:
            buffer = memoryview(bytearray(CHUNK))
            while size := origin.readinto(buffer):
                file.write(buffer[:size])

    return write_atomic(target, copy, sync=sync, replace=replace)


def open_read(path: str | os.PathLike[str]) -> io.FileIO:
    """Open for reading, unbuffered; raises typed errors for what is missing or cannot be read."""
    try:
        return io.FileIO(os.fspath(path), "rb")
    except FileNotFoundError:
        raise NotFoundError("no such file", where=os.fspath(path)) from None
    except IsADirectoryError:
        raise DataError("a folder, not a file", where=os.fspath(path)) from None
    except OSError as error:
        raise DataError("the file cannot be read", where=os.fspath(path), hint=str(error.strerror)) from None


def hash_file(path: str | os.PathLike[str]) -> Digest:
    """Size and SHA-256 of a file, read in constant memory."""
    with open_read(path) as file:
        state = hashlib.sha256()
        size = 0
        buffer = memoryview(bytearray(CHUNK))
        while count := file.readinto(buffer):
            state.update(buffer[:count])
            size += count
    return Digest(size, state.hexdigest())


def sync_file(path: str | os.PathLike[str]) -> None:
    """Have a file's bytes on the disk; one that is gone meanwhile needs none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Have a folder's names on the disk (not every system can)."""
    if os.name == "nt":
        return
    with contextlib.suppress(FileNotFoundError):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def remove_leftovers(folder: str | os.PathLike[str], *, older_than: float) -> int:
    """Delete unfinished files below ``folder`` whose last change was before ``older_than`` (seconds since 1970)."""
    count = 0
    for path in Path(folder).rglob(PARTIAL + "*"):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < older_than and path.is_file():
                path.unlink()
                count += 1
    return count


def _temporary(target: Path) -> tuple[str, int]:
    """A new file beside the target, its folder made when it is missing."""
    name = os.path.join(os.fspath(target.parent), PARTIAL + secrets.token_hex(6))  # noqa: PTH118 - as above
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_BINARY", 0)
    try:
        return name, os.open(name, flags, 0o666)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        return name, os.open(name, flags, 0o666)


def _fill(fd: int, content: Any, *, sync: bool) -> Digest:
    with os.fdopen(fd, "wb", buffering=0) as raw:
        if callable(content):
            file = HashingFile(raw)
            content(file)
            digest = file.digest
        else:
            view = memoryview(content.encode() if isinstance(content, str) else content)
            write_all(raw, view)
            digest = Digest(view.nbytes, hashlib.sha256(view).hexdigest())
        if sync:
            os.fsync(fd)
        return digest


def write_all(raw: Any, view: memoryview) -> None:
    """Write a whole buffer to an unbuffered file: a system call may take less than it is given."""
    written = raw.write(view)
    if written is None or written < view.nbytes:
        flat = view.cast("B")
        written = written or 0
        while written < flat.nbytes:
            written += raw.write(flat[written:]) or 0


def _place(name: str, target: Path, *, replace: bool) -> None:
    if replace:
        os.replace(name, target)  # noqa: PTH105 - as above
        return
    try:
        os.link(name, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the check and the move are two steps there
        if target.exists():
            raise FileExistsError(errno.EEXIST, "exists", os.fspath(target)) from None
        os.replace(name, target)  # noqa: PTH105
        return
    os.unlink(name)  # noqa: PTH108
