"""A piece of data by its address: the same few verbs wherever it lies."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import weakref
from typing import IO, TYPE_CHECKING, Any, overload

from mlrun_jupyter.datastore.base import FileStat, Progress, Storage
from mlrun_jupyter.errors import MlrunError, NotFoundError

if TYPE_CHECKING:
    from mlrun_jupyter.model.artifact import ArtifactRecord


class DataItem:
    """Data at a path or address, which need not exist until it is read.

    It is also a path: ``open(item)`` and ``pandas.read_csv(item)`` read a local copy.

    Attributes
    ----------
    key
        The name under which a handler asked for it.
    url
        Where the bytes are.
    kind
        The scheme: ``file``, ``s3``, ``https`` ...
    suffix
        The ending, with its dot.
    artifact_url
        The ``store://`` address that it was found by, or ``url``.
    meta
        The artifact's record, or None.

    Example
    -------
    ::

        item = mlrun_jupyter.get_dataitem("s3://bucket/train.csv")
        frame = item.as_df()
    """

    def __init__(
        self,
        storage: Storage,
        path: str,
        *,
        key: str = "",
        artifact_url: str = "",
        meta: ArtifactRecord | None = None,
        format: str = "",
    ) -> None:
        self._storage = storage
        self._path = path
        self._format = format
        self._copy = ""
        self.key = key or os.path.basename(path.rstrip("/"))  # noqa: PTH119 - addresses are no paths of this system
        self.artifact_url = artifact_url or path
        self.meta = meta

    @property
    def url(self) -> str:
        return self._path

    @property
    def kind(self) -> str:
        return self._storage.kind

    @property
    def store(self) -> Storage:
        """The storage behind."""
        return self._storage

    @property
    def suffix(self) -> str:
        return os.path.splitext(self._path.partition("?")[0])[1]  # noqa: PTH122 - as above

    @overload
    def get(self, size: int | None = None, offset: int = 0, encoding: None = None) -> bytes: ...
    @overload
    def get(self, size: int | None = None, offset: int = 0, *, encoding: str) -> str: ...
    def get(self, size: int | None = None, offset: int = 0, encoding: str | None = None) -> bytes | str:
        """The bytes, or with ``encoding`` the text.

        Parameters
        ----------
        size
            Bytes at most; all by default.
        offset
            Bytes to skip first.

        Raises
        ------
        NotFoundError
            Nothing is there; names the path and the nearest one.
        """
        data = self._storage.read(self._path, size, offset)
        return data.decode(encoding) if encoding else data

    def put(self, data: bytes | str, append: bool = False) -> None:
        """Write the data in place of what was there, or after it; text is written as UTF-8."""
        self._storage.write(self._path, data.encode() if isinstance(data, str) else data, append=append)
        self._forget_copy()

    def open(self, mode: str = "rb", **options: Any) -> IO[Any]:
        """A file object; reading streams in constant memory wherever the storage can."""
        return self._storage.open(self._path, mode, **options)

    def download(self, target: str | os.PathLike[str], *, progress: Progress | None = None) -> str:
        """Copy to a local path (a folder with everything in it) and return that path."""
        path = os.path.abspath(os.path.expanduser(os.fspath(target)))  # noqa: PTH100, PTH111
        self._storage.download(self._path, path, progress=progress)
        return path

    def upload(self, source: str | os.PathLike[str], *, progress: Progress | None = None) -> None:
        """Copy a local file or folder here."""
        if not os.path.exists(source):  # noqa: PTH110
            raise NotFoundError("no such file", where=os.fspath(source))
        self._storage.upload(self._path, os.fspath(source), progress=progress)
        self._forget_copy()

    def stat(self) -> FileStat:
        """Size in bytes, time of change, media type."""
        return self._storage.stat(self._path)

    def exists(self) -> bool:
        """Whether something is there."""
        try:
            self._storage.stat(self._path)
        except NotFoundError:
            return False
        return True

    def listdir(self) -> list[str]:
        """The files of a folder and of those below it, relative to it, sorted."""
        return self._storage.list(self._path)

    ls = listdir

    def delete(self) -> None:
        """Delete the file, or the folder with everything in it."""
        self._storage.delete(self._path)
        self._forget_copy()

    def local(self, *, keep: bool = False) -> str:
        """A local path with this data: its own, or that of a copy, made once and removed with this object.

        Parameters
        ----------
        keep
            The copy stays until the process ends, also when this object is gone.
        """
        if self.kind == "file":
            self._storage.stat(self._path)
            return self._path
        if not self._copy:
            folder = tempfile.mkdtemp(prefix="mlrun-item-")
            self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            target = os.path.join(folder, copy_name(self._path))  # noqa: PTH118
            try:
                self._storage.download(self._path, target)
            except MlrunError:
                self._remove()
                raise
            self._copy = target
        if keep and self._remove.detach() is not None:
            atexit.register(shutil.rmtree, os.path.dirname(self._copy), ignore_errors=True)  # noqa: PTH120
        return self._copy

    def remove_local(self) -> None:
        """Remove the local copy now, where :meth:`local` made one."""
        self._forget_copy()

    def as_df(
        self,
        columns: list[str] | None = None,
        df_module: Any = None,
        format: str = "",
        **options: Any,
    ) -> Any:
        """The data as a frame.

        Parameters
        ----------
        columns
            These only.
        df_module
            The library that makes the frame (``pandas`` by default, ``polars``, ``pyarrow``, ``duckdb`` or ``dask.dataframe``), or
            its name.
        format
            ``csv, tsv, parquet, json, jsonl, arrow`` or ``excel``; the ending tells by default.
        options
            For the library's reader.

        Raises
        ------
        DataError
            The data is no such frame, or has no such column.
        """
        from mlrun_jupyter.datastore import frames

        return frames.read(
            self.local, self.url, columns=columns, df_module=df_module, format=format or self._format, **options
        )

    def show(self, format: str = "") -> None:
        """Show the data in the notebook: a frame, an image, a page in a closed frame, or text."""
        from mlrun_jupyter.datastore import preview

        preview.show(self, format=format or self._format)

    def _forget_copy(self) -> None:
        if self._copy:
            self._remove()
            self._copy = ""

    def __fspath__(self) -> str:
        return self.local()

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"<data {self.key} at {self.url}>"


def copy_name(path: str) -> str:
    """The name of a local copy, with the ending of what it is a copy of: whatever an address says, it names a file.

    Example
    -------
    >>> copy_name("https://example.org/data/iris.csv?version=2"), copy_name("https://example.org/a/..")
    ('iris.csv', 'data')
    """
    name = os.path.basename(path.partition("?")[0].rstrip("/"))  # noqa: PTH119 - an address is no path
    plain = "".join(letter if letter.isprintable() and letter not in "\\:" else "_" for letter in name)
    return plain[-100:].lstrip(".") or "data"
