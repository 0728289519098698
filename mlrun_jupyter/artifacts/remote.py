"""Storing artifacts at addresses: object stores and whatever else a data item can be put to."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from mlrun_jupyter.artifacts.content import Content, Data, File, Folder, Nothing, Source
from mlrun_jupyter.artifacts.vault import Placed, beside, folder_digest
from mlrun_jupyter.datastore.base import Storage
from mlrun_jupyter.datastore.location import Location, join
from mlrun_jupyter.datastore.resolve import storage
from mlrun_jupyter.db.query import ArtifactQuery
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, StoreError
from mlrun_jupyter.safety import files
from mlrun_jupyter.safety.files import Digest

if TYPE_CHECKING:
    from mlrun_jupyter.db.base import RunDB

WORTH_ASKING: Final = 1 << 20
"""Bytes from which on an upload costs more than asking whether it is needed."""


class Known:
    """Bytes that a project has already, asked from the run database: an upload is worth a question, a small one is not."""

    def __init__(self, db: RunDB | None, project: str) -> None:
        self._db = db
        self._project = project

    def where(self, digest: Digest, scheme: str) -> str:
        """An address of the same kind of storage at which these bytes lie, or nothing."""
        if self._db is None or digest.size < WORTH_ASKING:
            return ""
        query = ArtifactQuery(project=self._project, tag="*", hash=digest.sha256, limit=5)
        try:
            rows = self._db.list_artifacts(query).rows
        except StoreError:  # then it is uploaded once more
            return ""
        return next((row.spec.target_path for row in rows if row.spec.target_path.startswith(f"{scheme}://")), "")


def put(
    location: Location, content: Content, secrets: Mapping[str, str] | None, *, known: Known | None = None
) -> Placed:
    """Upload and return where the bytes lie.

    Parameters
    ----------
    known
        What the project has already. Without it the user named the place, and what is there is replaced; with it what
        is there is left, and other bytes go beside it.
    """
    if isinstance(content, Nothing):
        raise InvalidArgumentError("nothing to store", where=location.path)
    store = storage(location, secrets)
    if isinstance(content, Folder):
        return _put_folder(store, location.path, content, exact=known is None)
    with _ready(content) as (ready, digest):
        if known is None:
            _upload(store, location.path, ready)
            return Placed(location.path, digest)
        there = known.where(digest, location.scheme)
        if there and _exists(store, there):
            return Placed(there, digest)
        path = _free(store, location.path, digest)
        if path:
            _upload(store, path, ready)
        return Placed(path or beside(location.path, digest.sha256), digest)


def _put_folder(store: Storage, path: str, content: Folder, *, exact: bool) -> Placed:
    with contextlib.ExitStack() as stack:
        ready = {name: stack.enter_context(_ready(each)) for name, each in content.files.items()}
        digest = folder_digest({name: each for name, (_file, each) in ready.items()})
        if not exact and any(_exists(store, join(path, name)) for name in ready):
            path = beside(path, digest.sha256)
        for name, (file, _each) in ready.items():
            _upload(store, join(path, name), file)
    return Placed(path, digest)


def _free(store: Storage, path: str, digest: Digest) -> str:
    """``path``, or the longer name where other bytes lie there; nothing when these bytes lie under that already."""
    if not _exists(store, path):
        return path
    other = beside(path, digest.sha256)
    return "" if _exists(store, other) else other


def _exists(store: Storage, path: str) -> bool:
    try:
        store.stat(path)
    except NotFoundError:
        return False
    return True


def _upload(store: Storage, path: str, content: Data | Source) -> None:
    if isinstance(content, Data):
        store.write(path, bytes(content.data))
    else:
        store.upload(path, content.path)


@contextlib.contextmanager
def _ready(content: File) -> Iterator[tuple[Data | Source, Digest]]:
    """Bytes or a local file, hashed; what is streamed is written to a temporary file first."""
    if isinstance(content, Data):
        import hashlib

        view = memoryview(content.data)
        yield content, Digest(view.nbytes, hashlib.sha256(view).hexdigest())
    elif isinstance(content, Source):
        yield content, files.hash_file(content.path)
    else:
        with tempfile.TemporaryDirectory(prefix="mlrun-upload-") as folder:
            path = os.path.join(folder, "data")  # noqa: PTH118 - text, as the storage wants it
            digest = files.write_atomic(path, content.write, sync=False)
            yield Source(path), digest
