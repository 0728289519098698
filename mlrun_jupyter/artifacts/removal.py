"""Deleting artifacts' bytes: explicit, complete, and never somebody else's."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from mlrun_jupyter.artifacts.vault import OBJECTS, Vault
from mlrun_jupyter.datastore.location import locate
from mlrun_jupyter.datastore.resolve import storage
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery
from mlrun_jupyter.errors import NotFoundError

if TYPE_CHECKING:
    from mlrun_jupyter.db.base import RunDB
    from mlrun_jupyter.model.artifact import ArtifactRecord

_PAGE: Final = 1000
GRACE: Final = 3600.0
"""Seconds for which a file without a record is left alone: its run may be about to name it."""


class Collected(NamedTuple):
    """How many files were removed, and how many bytes the disk has got back."""

    files: int
    bytes: int


def delete_data(record: ArtifactRecord, *, db: RunDB, secrets: Mapping[str, str] | None = None) -> bool:
    """Delete the bytes of a version, unless another version lies at the same place.

    Data that was only referred to (logged with ``upload=False``) is left: it was never the product's. Call it before the
    record is deleted.

    Returns
    -------
    bool
        Whether bytes were deleted.

    Raises
    ------
    DataError, StoreUnavailableError
        The storage refuses; the record should then be kept.
    """
    target = record.spec.target_path
    if not target or not record.metadata.hash:
        return False
    others = db.list_artifacts(ArtifactQuery(project=ALL_PROJECTS, tag="*", hash=record.metadata.hash)).rows
    if any(other.spec.target_path == target and other.metadata.uid != record.metadata.uid for other in others):
        return False
    location = locate(target)
    try:
        storage(location, secrets).delete(location.path)
    except NotFoundError:
        return False
    if location.scheme == "file":
        _remove_empty(Path(location.path).parent)
    return True


def unreferenced(root: str | os.PathLike[str], db: RunDB, *, older_than: float | None = None) -> Iterator[Path]:
    """Versions' files below a local artifact folder that no record names: of runs that were killed in between.

    Only names of our own objects are told; a user's files in the folder never are.

    Parameters
    ----------
    older_than
        Seconds since 1970; by default an hour ago.
    """
    base = Path(root).resolve()
    until = time.time() - GRACE if older_than is None else older_than
    ours = {(found.st_dev, found.st_ino) for found in _stats(base / OBJECTS)}
    named = set(_targets(db))
    for folder, folders, names in os.walk(base):
        if OBJECTS in folders:
            folders.remove(OBJECTS)
        here = Path(folder)
        for name in names:
            path = here / name
            found = path.lstat()
            if (
                (found.st_dev, found.st_ino) in ours
                and found.st_ctime < until
                and named.isdisjoint([path, *path.parents])
            ):
                yield path


def collect(root: str | os.PathLike[str], db: RunDB, *, older_than: float | None = None) -> Collected:
    """Remove what :func:`unreferenced` tells, objects that nothing names any more, and what killed processes left."""
    base = Path(root).resolve()
    if not base.is_dir():
        return Collected(0, 0)
    before = _size(base)
    removed = 0
    for path in list(unreferenced(base, db, older_than=older_than)):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            removed += 1
            _remove_empty(path.parent)
    removed += Vault(str(base)).clean()
    return Collected(removed, max(0, before - _size(base)))


def _targets(db: RunDB) -> Iterator[Path]:
    after = ""
    while True:
        page = db.list_artifacts(ArtifactQuery(project=ALL_PROJECTS, tag="*", limit=_PAGE, after=after))
        for record in page.rows:
            target = record.spec.target_path
            if target and "://" not in target:
                yield Path(target).resolve()
        after = page.after
        if not after:
            return


def _stats(folder: Path) -> Iterator[os.stat_result]:
    for base, _folders, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                yield Path(base, name).lstat()


def _size(folder: Path) -> int:
    """Bytes on the disk, each object once."""
    return sum({(found.st_dev, found.st_ino): found.st_size for found in _stats(folder)}.values())


def _remove_empty(folder: Path) -> None:
    """A run's folder that has become empty, and that of its name; never the artifact folder itself."""
    for each in (folder, *folder.parents):
        if (each / OBJECTS).exists():
            return
        try:
            each.rmdir()
        except OSError:
            return
