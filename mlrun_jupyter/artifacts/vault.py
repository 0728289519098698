"""Where artifacts of a local folder are kept: whole, never overwritten, and identical bytes once.

``<root>/.objects/ab/cdef...`` holds each content under its SHA-256; the readable path of every version is a second
name (a hard link) of the same bytes. So a thousand versions of an unchanged file take the room of one, deleting one
version leaves the others alone, and an object that has no other name left is garbage. Where the file system has no
links, every version is a copy.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final, NamedTuple

from mlrun_jupyter.artifacts import durable
from mlrun_jupyter.artifacts.content import Data, File, Source
from mlrun_jupyter.safety import files
from mlrun_jupyter.safety.files import Digest, HashingFile
from mlrun_jupyter.safety.paths import components

OBJECTS: Final = ".objects"
_TMPFILE: Final = getattr(os, "O_TMPFILE", 0)
_NO_LINKS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV, errno.ENOSYS)
"""How file systems say that they have no links, or not this one."""
_LEFTOVER_AGE: Final = 3600.0
"""Seconds after which an unfinished named file is taken for one of a dead process."""


class Placed(NamedTuple):
    """Where bytes lie and what they are."""

    path: str
    digest: Digest


class Vault:
    """Artifacts below one local folder.

    Parameters
    ----------
    root
        The folder; it is made when something is put.
    sync
        Have bytes on the disk before :meth:`put` returns; otherwise they are noted in :mod:`artifacts.durable`.
    """

    def __init__(self, root: str, *, sync: bool = False) -> None:
        self.root = root
        self._sync = sync
        self._made: set[str] = set()
        self._nameless = bool(_TMPFILE) and os.path.isdir("/proc/self/fd")  # noqa: PTH112

    def put(self, relative: str, content: File) -> Placed:
        """Store a file at a path below the root; where other bytes lie there already, beside it under a longer name.

        Raises
        ------
        UnsafeError
            The path leaves the root.
        StoreUnavailableError
            The disk is full or cannot be written; nothing is left behind.
        """
        components(relative)
        target = os.path.join(self.root, relative)  # noqa: PTH118 - paths of small files are text here: they are many
        with files.writing(target):
            try:
                return self._put(target, content)
            except FileNotFoundError:  # a folder that was made before is gone
                self._made.clear()
                return self._put(target, content)

    def _put(self, target: str, content: File) -> Placed:
        digest, name = self._object(content)
        path = self._link(name, target, digest)
        self._settle(name, path)
        return Placed(path, digest)

    def put_folder(self, relative: str, contents: Mapping[str, File]) -> Placed:
        """Store files below a folder; the folder's hash covers its files' paths and bytes.

        Raises as :meth:`put`.
        """
        components(relative)
        for name in contents:
            components(name)
        target = os.path.join(self.root, relative)  # noqa: PTH118
        self._made.clear()
        with files.writing(target):
            stored = {name: self._object(content) for name, content in sorted(contents.items())}
            digest = folder_digest({name: each for name, (each, _path) in stored.items()})
            folder = target
            if os.path.isdir(folder) and not _holds(folder, stored):  # noqa: PTH112
                folder = beside(target, digest.sha256)
            for name, (each, path) in stored.items():
                place = os.path.join(folder, *name.split("/"))  # noqa: PTH118
                self._settle(path, self._link(path, place, each))
        return Placed(folder, digest)

    def leftovers(self) -> Iterator[Path]:
        """Objects without another name, and unfinished files of dead processes."""
        now = time.time()
        for folder, _folders, names in os.walk(os.path.join(self.root, OBJECTS)):  # noqa: PTH118
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):
                    found = path.lstat()
                    unfinished = name.startswith(files.PARTIAL)
                    if found.st_nlink == 1 and (not unfinished or found.st_mtime < now - _LEFTOVER_AGE):
                        yield path

    def clean(self) -> int:
        """Delete the leftovers; returns how many."""
        count = 0
        for path in self.leftovers():
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
                count += 1
        return count

    def _object(self, content: File) -> tuple[Digest, str]:
        """Store the bytes under their hash, and return that and the object's path."""
        if self._nameless:
            try:
                return self._nameless_object(content)
            except OSError as error:
                if error.errno not in (*_NO_LINKS, errno.EISDIR, errno.EINVAL, errno.ENOENT):
                    raise
                self._nameless = False
        return self._named_object(content)

    def _nameless_object(self, content: File) -> tuple[Digest, str]:
        """By way of a file without a name, of which nothing remains when this process is killed."""
        self._make(objects := os.path.join(self.root, OBJECTS))  # noqa: PTH118
        fd = os.open(objects, os.O_RDWR | _TMPFILE | os.O_CLOEXEC, 0o666)
        with os.fdopen(fd, "wb", buffering=0) as raw:
            digest = _fill(raw, content)
            path = self._path_of(digest)
            if self._sync:
                os.fsync(fd)
            with contextlib.suppress(FileExistsError):
                os.link(f"/proc/self/fd/{fd}", path, src_dir_fd=fd, follow_symlinks=True)
                return digest, path
            if not _is(path, digest):
                spare = self._spare()
                os.link(f"/proc/self/fd/{fd}", spare, src_dir_fd=fd, follow_symlinks=True)
                os.replace(spare, path)  # noqa: PTH105
        return digest, path

    def _named_object(self, content: File) -> tuple[Digest, str]:
        self._make(os.path.join(self.root, OBJECTS))  # noqa: PTH118
        spare = self._spare()
        try:
            with open(spare, "xb", buffering=0) as raw:  # noqa: PTH123
                digest = _fill(raw, content)
                if self._sync:
                    os.fsync(raw.fileno())
            path = self._path_of(digest)
            if not _is(path, digest):
                os.replace(spare, path)  # noqa: PTH105
            return digest, path
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(spare)  # noqa: PTH108

    def _link(self, name: str, target: str, digest: Digest) -> str:
        """Give the object a readable name; returns that name."""
        self._make(os.path.dirname(target))  # noqa: PTH120
        for path in (target, beside(target, digest.sha256)):
            try:
                self._name(name, path)
            except FileExistsError:
                if not _is(path, digest):
                    continue
            return path
        path = beside(target, secrets.token_hex(8))  # somebody's own file lies at the second name too
        self._name(name, path)
        return path

    def _name(self, name: str, path: str) -> None:
        """A second name for the object, or a copy where the file system has no links; never in place of another file."""
        try:
            os.link(name, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            files.copy_atomic(name, path, sync=self._sync, replace=False)

    def _settle(self, name: str, path: str) -> None:
        if self._sync:
            files.sync_folder(os.path.dirname(path))  # noqa: PTH120
            files.sync_folder(os.path.dirname(name))  # noqa: PTH120
        else:
            durable.note(path)

    def _path_of(self, digest: Digest) -> str:
        folder = os.path.join(self.root, OBJECTS, digest.sha256[:2])  # noqa: PTH118
        self._make(folder)
        return os.path.join(folder, digest.sha256[2:])  # noqa: PTH118

    def _spare(self) -> str:
        return os.path.join(self.root, OBJECTS, files.PARTIAL + secrets.token_hex(8))  # noqa: PTH118

    def _make(self, folder: str) -> None:
        if folder not in self._made:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            self._made.add(folder)


def beside(path: str, digest: str) -> str:
    """The name for other bytes of the same name.

    Example
    -------
    >>> beside("/out/model.txt", "abcdef0123456789")
    '/out/model-abcdef012345.txt'
    """
    folder, name = os.path.split(path)
    stem, dot, ending = name.partition(".") if not name.startswith(".") else (name, "", "")
    return os.path.join(folder, f"{stem}-{digest[:12]}{dot}{ending}")  # noqa: PTH118


def folder_digest(contents: Mapping[str, Digest]) -> Digest:
    """The hash of a folder: over the sorted paths and hashes of its files; the size is their sum."""
    state = hashlib.sha256()
    for name, digest in sorted(contents.items()):
        state.update(f"{digest.sha256} {name}\n".encode())
    return Digest(sum(digest.size for digest in contents.values()), state.hexdigest())


def _fill(raw: IO[bytes], content: File) -> Digest:
    if isinstance(content, Data):
        view = memoryview(content.data)
        files.write_all(raw, view)
        return Digest(view.nbytes, hashlib.sha256(view).hexdigest())
    file = HashingFile(raw)
    if isinstance(content, Source):
        _copy(content.path, file)
    else:
        content.write(file)
    return file.digest


def _copy(path: str, file: HashingFile) -> None:
    with files.open_read(path) as origin:
        buffer = memoryview(bytearray(files.CHUNK))
        while size := origin.readinto(buffer):
            file.write(buffer[:size])


def _is(path: str, digest: Digest) -> bool:
    """Whether these bytes lie there; what a power cut or somebody's editor left in their place is not taken for them."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == digest.size and files.hash_file(path) == digest


def _holds(folder: str, stored: Mapping[str, tuple[Digest, str]]) -> bool:
    """Whether a folder has exactly these files, as links to the objects or copies of them."""
    present = {
        os.path.relpath(os.path.join(base, name), folder).replace(os.sep, "/")  # noqa: PTH118
        for base, _folders, names in os.walk(folder)
        for name in names
    }
    return present == set(stored) and all(
        _is(os.path.join(folder, *name.split("/")), digest)  # noqa: PTH118
        for name, (digest, _path) in stored.items()
    )
