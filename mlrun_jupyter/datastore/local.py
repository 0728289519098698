"""Files of this machine, by plain system calls."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO, Any

from mlrun_jupyter.datastore.base import FileStat, Progress
from mlrun_jupyter.errors import DataError, NotFoundError, nearest
from mlrun_jupyter.safety import files


class LocalStorage:
    """Paths are absolute. Writing makes missing folders and never leaves half a file."""

    kind = "file"

    def read(self, path: str, size: int | None = None, offset: int = 0) -> bytes:
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - each of these is one system call less
                if offset:
                    file.seek(offset)
                return file.read(-1 if size is None else size)
        except OSError as error:
            raise _failed(error, path) from None

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        if not append:
            files.write_atomic(path, data)
            return
        with files.writing(path):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with Path(path).open("ab") as file:
                file.write(data)

    def open(self, path: str, mode: str, **options: Any) -> IO[Any]:
        try:
            if any(letter in mode for letter in "wax"):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            return Path(path).open(mode, **options)
        except OSError as error:
            raise _failed(error, path) from None

    def stat(self, path: str) -> FileStat:
        import stat

        try:
            found = os.stat(path)  # noqa: PTH116
        except OSError as error:
            raise _failed(error, path) from None
        return FileStat(found.st_size, found.st_mtime, content_type(path), stat.S_ISDIR(found.st_mode))

    def list(self, path: str) -> list[str]:
        if not os.path.isdir(path):  # noqa: PTH112
            self.stat(path)
            raise DataError("a file, not a folder", where=path)
        names = [
            os.path.relpath(os.path.join(folder, name), path)  # noqa: PTH118
            for folder, _folders, contents in os.walk(path)
            for name in contents
        ]
        return sorted(name.replace(os.sep, "/") for name in names if files.PARTIAL not in name)

    def delete(self, path: str) -> None:
        try:
            if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
                shutil.rmtree(path)
            else:
                os.unlink(path)  # noqa: PTH108
        except OSError as error:
            raise _failed(error, path) from None

    def download(self, path: str, target: str, *, progress: Progress | None = None) -> None:
        _copy(path, target, progress)

    def upload(self, path: str, source: str, *, progress: Progress | None = None) -> None:
        _copy(source, path, progress)


def content_type(path: str) -> str:
    """The media type that a name's ending stands for."""
    import mimetypes

    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def nearest_file(path: str) -> str:
    """A hint for a file that is missing: the nearest name in its folder, or the folder that is missing."""
    folder, name = os.path.split(path)
    while folder and not os.path.isdir(folder) and os.path.dirname(folder) != folder:  # noqa: PTH112, PTH120
        folder, name = os.path.split(folder)
    try:
        hint = nearest(name, os.listdir(folder or "."))  # noqa: PTH208
    except OSError:
        return ""
    return hint if hint.startswith("did you mean") else f"there is no {name!r} in {folder or '.'}"


def _copy(source: str, target: str, progress: Progress | None) -> None:
    if os.path.isdir(source):  # noqa: PTH112
        for name in LocalStorage().list(source):
            _copy(os.path.join(source, name), os.path.join(target, name), progress)  # noqa: PTH118
        return
    digest = files.copy_atomic(source, target, sync=False)
    if progress is not None:
        progress(digest.size, digest.size)


def _failed(error: OSError, path: str) -> Exception:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return NotFoundError("no such file", where=path, hint=nearest_file(path))
    if isinstance(error, IsADirectoryError):
        return DataError("a folder, not a file", where=path, hint="use listdir(), or name a file in it")
    if isinstance(error, PermissionError):
        return DataError("not allowed", where=path, hint=str(error.strerror))
    return DataError("the file cannot be read or written", where=path, hint=str(error.strerror or error))
