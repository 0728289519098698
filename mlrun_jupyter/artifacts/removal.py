"""Deleting artifacts' bytes: explicit, complete, and never somebody else's."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from mlrun_jupyter.artifacts.vault import OBJECTS, Vault
from mlrun_jupyter.datastore.location import locate
from mlrun_jupyter.datastore.resolve import storage
from mlrun_jupyter.db.query import ALL_PROJECTS, ArtifactQuery, RunQuery
from mlrun_jupyter.errors import NotFoundError
from mlrun_jupyter.model.artifact import UNLISTED

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


def delete(query: ArtifactQuery, *, db: RunDB, secrets: Mapping[str, str] | None = None) -> int:
    """Delete the versions that match, records and bytes, and return how many.

    Bytes that a version which stays lies at as well are left, and so is data that was only referred to (logged with
    ``upload=False``): it was never the product's.

    Raises
    ------
    DataError, StoreUnavailableError
        A storage refuses. No record is gone then, and the same call goes on where it stopped.
    """
    doomed = list(_records(db, query))
    names = {_version(record) for record in doomed}
    kept = {
        record.spec.target_path
        for record in _records(db, ArtifactQuery(project=ALL_PROJECTS, tag="*"))
        if _version(record) not in names
    }
    for record in doomed:
        if record.spec.target_path not in kept:
            _delete_bytes(record, secrets)
    return db.delete_artifacts(query)


def delete_data(record: ArtifactRecord, *, db: RunDB, secrets: Mapping[str, str] | None = None) -> bool:
    """Delete the bytes of one version as :func:`delete` does, but not its record; returns whether there were any."""
    target = record.spec.target_path
    others = _records(db, ArtifactQuery(project=ALL_PROJECTS, tag="*", hash=record.metadata.hash))
    if any(other.spec.target_path == target and _version(other) != _version(record) for other in others):
        return False
    return _delete_bytes(record, secrets)


def _delete_bytes(record: ArtifactRecord, secrets: Mapping[str, str] | None) -> bool:
    target = record.spec.target_path
    if not target or not record.metadata.hash:
        return False
    location = locate(target)
    if location.scheme == "file" and _is_another(Path(location.path), record):
        return False
    try:
        storage(location, secrets).delete(location.path)
    except NotFoundError:
        return False
    if location.scheme == "file":
        _remove_empty(Path(location.path).parent)
    return True


def _is_another(path: Path, record: ArtifactRecord) -> bool:
    """Whether a local file is not the one of a record, which may be of another machine."""
    return path.is_file() and path.stat().st_size != record.spec.size


def _version(record: ArtifactRecord) -> tuple[str, str, str]:
    return record.metadata.project, record.spec.db_key, record.metadata.uid


def _records(db: RunDB, query: ArtifactQuery) -> Iterator[ArtifactRecord]:
    """All that match, page by page."""
    after = ""
    while True:
        page = db.list_artifacts(msgspec.structs.replace(query, limit=_PAGE, after=after))
        yield from page.rows
        after = page.after
        if not after:
            return


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


def collect(
    root: str | os.PathLike[str], db: RunDB, *, older_than: float | None = None, dry: bool = False
) -> Collected:
    """Remove what :func:`unreferenced` tells, objects that nothing names any more, and what killed processes left.

    Parameters
    ----------
    root
        The artifact folder of this store, and of no other: what only another store names is garbage here.
    dry
        Remove nothing; only tell what would be.
    """
    base = Path(root).resolve()
    if not base.is_dir():
        return Collected(0, 0)
    found = list(unreferenced(base, db, older_than=older_than))
    if dry:
        return _foreseen(base, found)
    before = _size(base)
    removed = 0
    for path in found:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            removed += 1
            _remove_empty(path.parent)
    removed += Vault(str(base)).clean()
    return Collected(removed, max(0, before - _size(base)))


def _foreseen(base: Path, found: list[Path]) -> Collected:
    """What removing the files would give, with the objects that lose their last name by it."""
    names: dict[tuple[int, int], int] = {}
    for path in found:
        stat = path.lstat()
        names[stat.st_dev, stat.st_ino] = names.get((stat.st_dev, stat.st_ino), 0) + 1
    nameless = [stat for stat in _stats(base / OBJECTS) if stat.st_nlink - 1 == names.get((stat.st_dev, stat.st_ino))]
    sizes = [*(stat.st_size for stat in nameless), *(path.stat().st_size for path in Vault(str(base)).leftovers())]
    return Collected(len(found) + len(sizes), sum(sizes))


def _targets(db: RunDB) -> Iterator[Path]:
    """Where versions lie, also those that only their runs name."""
    for record in _records(db, ArtifactQuery(project=ALL_PROJECTS, tag="*")):
        yield from _local(record.spec.target_path)
    after = ""
    while True:
        page = db.list_runs(RunQuery(project=ALL_PROJECTS, iterations=True, limit=_PAGE, after=after))
        for run in page.rows:
            for entry in filter(_is_unlisted, run.status.artifacts):
                yield from _local(str((entry.get("spec") or {}).get("target_path") or ""))
        after = page.after
        if not after:
            return


def _is_unlisted(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get(UNLISTED))


def _local(target: str) -> Iterator[Path]:
    if target and "://" not in target:
        yield Path(target).resolve()


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
