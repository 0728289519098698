"""From an address to the data behind it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlrun_jupyter import config
from mlrun_jupyter.datastore import uris
from mlrun_jupyter.datastore.base import Secrets, Storage
from mlrun_jupyter.datastore.item import DataItem
from mlrun_jupyter.datastore.local import LocalStorage
from mlrun_jupyter.datastore.location import Location, locate
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, nearest

if TYPE_CHECKING:
    from mlrun_jupyter.db.base import RunDB
    from mlrun_jupyter.db.chosen import HasStore
    from mlrun_jupyter.model.artifact import ArtifactRecord

_LOCAL = LocalStorage()
_LINKS = 8
"""Links from artifact to artifact that are followed at most."""


def resolve(
    url: str,
    *,
    key: str = "",
    secrets: Mapping[str, str] | None = None,
    db: RunDB | None = None,
    base: str = "",
) -> DataItem:
    """The data at a path or address; nothing is read yet, except the record of a ``store://`` address.

    Parameters
    ----------
    url
        A path (relative, ``~``, drive letters), ``file://``, ``memory://``, ``s3://``, ``gs://``, ``az://``, ``http(s)://``,
        ``v3io://`` or ``store://``.
    key
        The name that the item gets; the last part of the path by default.
    secrets
        Credentials, looked at before the environment.
    db
        The store in which ``store://`` addresses are found.
    base
        A folder or address that relative paths stand below.

    Raises
    ------
    InvalidArgumentError
        An unknown scheme, or a ``store://`` address without a store.
    MissingDependencyError
        The storage's library is not installed.
    NotFoundError
        No such artifact.

    Example
    -------
    >>> resolve("train.csv", base="/data").url
    '/data/train.csv'
    """
    if uris.is_uri(url):
        return _artifact(url, key=key, secrets=secrets, db=db)
    location = locate(url, base=base)
    return DataItem(storage(location, secrets), location.path, key=key)


def get_dataitem(
    url: str | os.PathLike[str], db: RunDB | HasStore | str | None = None, *, secrets: Mapping[str, str] | None = None
) -> DataItem:
    """The data at a path or address, in no run: ``store://`` addresses are found in ``db``, the default store if none is given,
    what this process has just recorded included.

    Parameters and errors otherwise as for :func:`resolve`.

    Example
    -------
    >>> get_dataitem("/tmp/train.csv").suffix
    '.csv'
    """
    address = os.fspath(url)
    if not uris.is_uri(address):
        return resolve(address, secrets=secrets)
    from mlrun_jupyter.db.chosen import chosen

    return resolve(address, secrets=secrets, db=chosen(db))


def storage(location: Location, secrets: Mapping[str, str] | None = None) -> Storage:
    """The storage that a location lies in."""
    scheme = location.scheme
    if scheme == "file":
        return _LOCAL
    if scheme in ("http", "https"):
        from mlrun_jupyter.datastore.web import WebStorage

        return WebStorage(scheme, Secrets(secrets))
    if scheme in ("v3io", "v3ios"):
        from mlrun_jupyter.datastore.v3io import V3ioStorage

        return V3ioStorage(Secrets(secrets))
    from mlrun_jupyter.datastore import remote

    if scheme in remote.SCHEMES:
        return remote.open_storage(scheme, Secrets(secrets))
    known = ["file", "http", "https", "v3io", "store", *remote.SCHEMES]
    raise InvalidArgumentError(f"no storage for {scheme}://", where=location.path, hint=nearest(scheme, known))


def _artifact(url: str, *, key: str, secrets: Mapping[str, str] | None, db: RunDB | None) -> DataItem:
    if db is None:
        raise InvalidArgumentError(
            "a store:// address needs a store to be found in", where=url, hint="set MLRUN_DBPATH"
        )
    record = read_record(uris.parse(url), db)
    target = record.spec.target_path or record.spec.src_path
    name = key or record.metadata.key
    if not target and record.spec.inline is not None:
        return _inline(record, name, url)
    if not target:
        raise NotFoundError("the artifact has no data", where=url)
    location = locate(target)
    return DataItem(
        storage(location, secrets), location.path, key=name, artifact_url=url, meta=record, format=record.spec.format
    )


def read_record(uri: uris.ArtifactUri, db: RunDB) -> ArtifactRecord:
    """The record that an address names, links followed; a bare key finds the newest artifact of that key."""
    project = uri.project or config.current().default_project
    for _step in range(_LINKS):
        record = _read_one(uri, project, db)
        if record.kind != "link":
            return record
        more: dict[str, Any] = {**record.spec.extra}
        uri = uris.ArtifactUri(
            project=project,
            db_key=str(more.get("link_key") or record.spec.db_key),
            iter=int(more.get("link_iteration") or 0),
            tree=str(more.get("link_tree") or record.metadata.tree),
        )
    raise NotFoundError("the links of the artifact lead nowhere", where=str(uri))


def _read_one(uri: uris.ArtifactUri, project: str, db: RunDB) -> ArtifactRecord:
    try:
        return db.read_artifact(project, uri.db_key, tag=uri.tag, tree=uri.tree, iter=uri.iter, uid=uri.uid)
    except NotFoundError as missing:
        from mlrun_jupyter.db.query import ArtifactQuery

        query = ArtifactQuery(
            project=project, name=f"={uri.db_key}", tag=uri.tag, tree=uri.tree, iter=uri.iter, limit=1
        )
        rows = [] if uri.uid else db.list_artifacts(query).rows
        if rows:
            return rows[0]
        raise NotFoundError("no such artifact", where=str(uri), hint=missing.hint) from None


def _inline(record: ArtifactRecord, key: str, url: str) -> DataItem:
    from mlrun_jupyter.datastore.inline import InlineStorage

    body = record.spec.inline
    data = body.encode() if isinstance(body, str) else bytes(body)
    suffix = f".{record.spec.format}" if record.spec.format else ""
    return DataItem(
        InlineStorage(data),
        f"inline://{key}{suffix}",
        key=key,
        artifact_url=url,
        meta=record,
        format=record.spec.format,
    )
