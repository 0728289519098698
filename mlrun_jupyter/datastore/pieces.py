"""A file sent piece by piece, however large it is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from mlrun_jupyter.datastore.base import Progress
from mlrun_jupyter.safety import files


@contextlib.contextmanager
def of(source: str, progress: Progress | None = None, *, start: int = 0) -> Iterator[tuple[int, Iterator[bytes]]]:
    """The size of a local file and its bytes, read while they are taken; as many as its size says, not more;
    those from ``start`` on.

    Raises
    ------
    NotFoundError, DataError
        There is no such file, or it cannot be read.
    """
    with files.open_read(source) as file:
        size = os.fstat(file.fileno()).st_size

        def taken() -> Iterator[bytes]:
            done = file.seek(start)
            while done < size and (piece := file.read(min(files.CHUNK, size - done))):
                yield piece
                done += len(piece)
                if progress is not None:
                    progress(done, size)

        yield size, taken()
