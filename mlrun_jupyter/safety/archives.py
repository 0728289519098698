"""Unpacking of archives that somebody else may have made.

Only files and folders come out, under names that stay below the target, into a fresh folder that is moved into place
when everything is there. Links, devices, two entries of one name, encrypted entries and bombs are refused; what was
unpacked until then is removed.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import struct
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from mlrun_jupyter.errors import ConflictError, DataError, MlrunError, NotFoundError, UnsafeError
from mlrun_jupyter.safety import files
from mlrun_jupyter.safety.paths import components


class Limits(NamedTuple):
    """``entries``, ``size`` in bytes when unpacked, and ``ratio`` of that to the archive's own size."""

    entries: int = 10_000
    size: int = 1 << 30
    ratio: int = 200


DEFAULT: Final = Limits()
_SMALL: Final = 10 << 20
"""Bytes below which the ratio does not matter: text of one letter is no attack."""
_MAX_HEADER: Final = 1 << 20
_MAX_DIRECTORY: Final = 4 << 20
_CHUNK: Final = 1 << 16


class _Entry(NamedTuple):
    """A file or folder of an archive."""

    name: str
    is_dir: bool
    executable: bool
    data: IO[bytes] | None


def extract(archive: str | os.PathLike[str], into: str | os.PathLike[str], *, limits: Limits = DEFAULT) -> Path:
    """Unpack a zip or tar archive (plain, gzip, bzip2, xz) into a new folder.

    Parameters
    ----------
    archive
        A local file; its beginning tells the format, not its name.
    into
        The folder; it must not exist, or be empty.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UnsafeError
        An entry that is no file or folder, a name that leaves the target or is there twice, or more than the limits.
    DataError
        No archive, or a damaged one.
    ConflictError
        The folder has something in it.
    """
    source, target = Path(archive), Path(into)
    if not source.is_file():
        raise NotFoundError("no such archive", where=str(source))
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConflictError("the folder to unpack into is not empty", where=str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=files.PARTIAL, dir=target.parent))
    try:
        with files.writing(target):
            _unpack(source, fresh, limits)
            fresh.chmod(0o755)
            if target.exists():
                target.rmdir()
            fresh.rename(target)
    except MlrunError:
        raise
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        ValueError,
        NotImplementedError,
        struct.error,
    ) as error:
        raise DataError("not a readable archive", where=source.name, hint=str(error)[:200]) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _unpack(source: Path, folder: Path, limits: Limits) -> None:
    most = min(limits.size, max(_SMALL, limits.ratio * source.stat().st_size))
    seen: set[str] = set()
    left = most
    with source.open("rb") as file:
        for count, entry in enumerate(_entries(file, source.name, most)):
            if count >= limits.entries:
                raise UnsafeError(f"the archive has more than {limits.entries:,} entries", where=source.name)
            name = entry.name.removeprefix("./").rstrip("/") if entry.is_dir else entry.name.removeprefix("./")
            if not name and entry.is_dir:
                continue
            path = folder.joinpath(*components(name))
            folded = unicodedata.normalize("NFC", name).casefold()
            if folded in seen and not (entry.is_dir and path.is_dir()):
                raise UnsafeError("the archive has two entries of one name", where=f"{source.name}, {name!a}")
            seen.add(folded)
            left -= _place(entry, path, left, source.name)


def _place(entry: _Entry, path: Path, left: int, where: str) -> int:
    """Write one entry and return its size. The folder is ours alone and holds no links, so no path leads out of it."""
    try:
        if entry.data is None:
            path.mkdir(parents=True, exist_ok=True)
            return 0
        path.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with path.open("xb") as target:
            while chunk := entry.data.read(_CHUNK):
                size += len(chunk)
                if size > left:
                    raise UnsafeError("the archive unpacks to more than is allowed", where=where)
                target.write(chunk)
        if entry.executable:
            path.chmod(0o755)
        return size
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise UnsafeError("the archive has two entries of one name", where=f"{where}, {entry.name!a}") from None


def _entries(file: IO[bytes], where: str, most: int) -> Iterator[_Entry]:
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"PK"):
        return _zip_entries(file, where)
    if head.startswith(b"\x1f\x8b"):
        return _tar_entries(gzip.GzipFile(fileobj=file), where, most)
    if head.startswith(b"BZh"):
        return _tar_entries(bz2.BZ2File(file), where, most)
    if head.startswith(b"\xfd7zXZ\x00"):
        return _tar_entries(lzma.LZMAFile(file), where, most)
    return _tar_entries(file, where, most)


def _zip_entries(file: IO[bytes], where: str) -> Iterator[_Entry]:
    _check_directory(file, where)
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            kind = info.external_attr >> 28
            if "\0" in info.orig_filename or info.flag_bits & 0x1:
                raise UnsafeError("an entry is encrypted or has a NUL in its name", where=f"{where}, {info.filename!a}")
            if kind not in (0, 4, 8):  # neither told, nor a folder, nor a file: a link, a device ...
                raise UnsafeError("an entry is no file or folder", where=f"{where}, {info.filename!a}")
            if info.is_dir():
                yield _Entry(info.orig_filename, True, False, None)
                continue
            with archive.open(info) as data:
                yield _Entry(info.orig_filename, False, bool(info.external_attr >> 16 & 0o100), data)


def _check_directory(file: IO[bytes], where: str) -> None:
    """Look at the list of entries before it is read: a list of a million costs seconds and hundreds of megabytes."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557 - 20))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise DataError("not a readable archive", where=where, hint="its list of entries is missing")
    directory = struct.unpack("<L", tail[at + 12 : at + 16])[0]
    if directory > _MAX_DIRECTORY or (at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07"):
        raise UnsafeError("the archive has too many entries", where=where)


def _tar_entries(file: Any, where: str, most: int) -> Iterator[_Entry]:
    stream: Any = _Forward(file, most + (64 << 20), where)
    with tarfile.TarFile(fileobj=stream, mode="r", errorlevel=2) as archive:
        for info in archive:
            if info.type == tarfile.DIRTYPE:
                yield _Entry(info.name, True, False, None)
            elif info.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and info.sparse is None:
                yield _Entry(info.name, False, bool(info.mode & 0o100), archive.extractfile(info))
            else:
                raise UnsafeError("an entry is no file or folder", where=f"{where}, {info.name!a}")
            archive.members = []  # type: ignore[attr-defined] # they would pile up


class _Forward(io.RawIOBase):
    """Unpacked bytes that are only read forwards, so many and no more; headers of a megabyte are none."""

    def __init__(self, file: Any, most: int, where: str) -> None:
        self._file = file
        self._at = 0
        self._most = most
        self._where = where

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > _MAX_HEADER:
            raise UnsafeError("a header of the archive is too large", where=self._where)
        data = b""
        while len(data) < size:
            try:
                chunk = self._file.read(size - len(data))
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise tarfile.ReadError(str(error)) from None
            if not chunk:
                break
            data += chunk
        self._at += len(data)
        if self._at > self._most:
            raise UnsafeError("the archive unpacks to more than is allowed", where=self._where)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence != os.SEEK_SET or offset < self._at:
            raise tarfile.ReadError("the archive is damaged")
        while self._at < offset and self.read(min(_CHUNK, offset - self._at)):
            pass
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True
