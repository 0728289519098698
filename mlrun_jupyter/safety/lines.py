"""Files of many lines, packed: written front to back, read line by line with a limit for each.

Nothing is ever unpacked to a place, and a line that does not end is not read on.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from mlrun_jupyter.errors import DataError, NotFoundError, UnsafeError
from mlrun_jupyter.safety import files

MAX_LINE: Final = 64 * 2**20
"""Bytes."""
_LEVEL: Final = 3  # data that can be packed is; more would cost time and hardly save room


def write(path: str | os.PathLike[str], lines: Callable[[Callable[[bytes], None]], None]) -> None:
    """Write a packed file that appears whole or not at all.

    Parameters
    ----------
    path
        Where it goes; nothing may be there.
    lines
        A function that is given the one that writes a line, without its end.

    Raises
    ------
    FileExistsError
        Something is there.
    StoreUnavailableError
        The disk is full, or the place cannot be written; nothing is left behind.
    """

    def fill(file: files.HashingFile) -> None:
        raw: Any = file
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0) as packed:
            lines(lambda line: _put(packed, line))

    files.write_atomic(path, fill, replace=False)


def _put(packed: gzip.GzipFile, line: bytes) -> None:
    packed.write(line)
    packed.write(b"\n")


def read(path: str | os.PathLike[str], *, max_line: int = MAX_LINE) -> Iterator[bytes]:
    """The lines of a packed file, without their ends.

    Raises
    ------
    NotFoundError
        There is no such file.
    DataError
        It is not packed, or damaged.
    UnsafeError
        A line is longer than ``max_line`` bytes.
    """
    name = os.fspath(path)
    with contextlib.ExitStack() as stack:
        try:
            raw: IO[bytes] = stack.enter_context(open(name, "rb"))  # noqa: PTH123
        except FileNotFoundError:
            raise NotFoundError("no such file", where=name) from None
        except OSError as error:
            raise DataError(f"the file cannot be read: {error.strerror}", where=name) from None
        packed = stack.enter_context(gzip.GzipFile(fileobj=raw, mode="rb"))
        while True:
            try:
                line = packed.readline(max_line + 1)
            except (OSError, EOFError, zlib.error) as error:
                raise DataError("the file is no archive, or is damaged", where=name, hint=str(error)) from None
            if not line:
                return
            if len(line) > max_line:
                raise UnsafeError(f"a line is longer than {max_line:,} bytes", where=name)
            yield line.rstrip(b"\n")


def is_packed(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as those that :func:`write` makes."""
    with files.open_read(path) as file:
        return file.read(2) == b"\x1f\x8b"
