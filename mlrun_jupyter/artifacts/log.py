"""Storing an artifact: bytes first, complete and hashed; then the record that names them."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mlrun_jupyter import config
from mlrun_jupyter.artifacts import durable
from mlrun_jupyter.artifacts.base import Artifact
from mlrun_jupyter.artifacts.content import Content, Data, File, Folder, Nothing, Source
from mlrun_jupyter.artifacts.producer import Producer
from mlrun_jupyter.artifacts.vault import Placed, Vault, folder_digest
from mlrun_jupyter.datastore.location import join, locate
from mlrun_jupyter.datastore.templates import expand, names_in
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError
from mlrun_jupyter.model import times, values
from mlrun_jupyter.model.artifact import ArtifactMetadata, ArtifactRecord, ArtifactSpec
from mlrun_jupyter.safety import files
from mlrun_jupyter.safety.names import MAX_KEY, check_name, normalise

if TYPE_CHECKING:
    from mlrun_jupyter.db.base import RunDB

_MAX_VAULTS: Final = 64
_vaults: dict[tuple[str, bool], Vault] = {}


def write(
    artifact: Artifact,
    *,
    producer: Producer,
    out_path: str,
    db: RunDB | None = None,
    secrets: Mapping[str, str] | None = None,
    upload: bool | None = None,
    db_key: str | bool | None = None,
    tag: str = "",
) -> ArtifactRecord:
    """Store an artifact's bytes and return the record to keep of it; nothing is written to the run database.

    The bytes go to ``<out_path>/<run name>/<first 8 digits of the uid>/[<iteration>/]<file name>``, so no run
    overwrites another's; a path with ``{{run.uid}}`` in it is taken as it is. The same name logged again with other
    bytes gets a longer name, with the same bytes it is the same version.

    Parameters
    ----------
    artifact
        What to store.
    producer
        Who made it.
    out_path
        A folder or address; ``{{run.uid}}`` and the like are filled in.
    db
        The store, asked whether the project has the same bytes already at an address.
    secrets
        Credentials for the address.
    upload
        False: the data stays where it is and is only recorded. By default what is not in place is stored.
    db_key
        The name under which versions are kept; ``<run name>_<key>`` by default. False: the caller will not list it.
    tag
        A name for this version besides ``latest``.

    Raises
    ------
    InvalidArgumentError
        A key that is no name, or a body that is no data.
    NotFoundError
        No such local file, or neither body nor file.
    StoreUnavailableError
        The place is full, cannot be written or reached. No record is returned, so none can name missing bytes.

    Example
    -------
    >>> made_by = Producer(name="train", uid="0123456789abcdef", tree="0123456789abcdef", project="iris")
    >>> write(Artifact("model", body=b"abc"), producer=made_by, out_path="/tmp/mlrun-example").metadata.hash[:8]
    'ba7816bf'
    """
    if tag or artifact.tag:
        check_name("tag", tag or artifact.tag)
    check_name("artifact key", artifact.key, max_length=MAX_KEY)
    content = _content(artifact, out_path, producer, upload)
    placed = _place(artifact, content, producer=producer, out_path=out_path, secrets=secrets, db=db)
    record = _record(artifact, producer, placed, db_key if isinstance(db_key, str) else "")
    record.metadata.tag = tag or artifact.tag
    artifact.describe(record)
    record.metadata.uid = version(record)
    return record


def version(record: ArtifactRecord) -> str:
    """The uid of a version: the same for the same name, producer, iteration, content and meaning."""
    metadata, spec = record.metadata, record.spec
    parts = [metadata.project, spec.db_key, metadata.tree, str(metadata.iter), record.kind, metadata.hash]
    if not metadata.hash:
        parts += [spec.target_path, str(spec.inline), repr(sorted(spec.extra.items(), key=str))]
    return hashlib.sha1("\0".join(parts).encode(errors="replace"), usedforsecurity=False).hexdigest()


def out_folder(out_path: str, producer: Producer) -> str:
    """Where a run's artifacts go below ``out_path``."""
    root, parts = expand(out_path, producer.places()), _own_folders(out_path, producer)
    return join(root, *parts) if parts else root


def _own_folders(out_path: str, producer: Producer) -> list[str]:
    """The folders of a run below ``out_path``, as far as the path does not name them itself."""
    named = names_in(out_path)
    parts = [normalise(producer.name or "run"), producer.uid[:8]] if producer.uid and "run.uid" not in named else []
    if producer.iteration and "run.iteration" not in named:
        parts.append(str(producer.iteration))
    return parts


def _content(artifact: Artifact, out_path: str, producer: Producer, upload: bool | None) -> Content:
    """What to store; checks that there is something."""
    content: Content = artifact.content() if upload is not False else Nothing()
    if isinstance(content, Source) and not os.path.exists(content.path):  # noqa: PTH110
        below = join(out_folder(out_path, producer), artifact.file_name())
        if "://" not in below and os.path.isfile(below):  # noqa: PTH113 - written there by the handler itself
            return Source(below)
        if artifact.target_path and upload is None:
            return Nothing()
        raise NotFoundError(
            "no such file, and no body",
            where=content.path,
            hint=f"artifact {artifact.key!r} has no data; give body= or a file",
        )
    if isinstance(content, Source) and os.path.isdir(content.path):  # noqa: PTH112
        raise InvalidArgumentError(
            "a folder, not a file", where=content.path, hint=f"log it as DirArtifact({artifact.key!r}, local_path=...)"
        )
    if isinstance(content, Nothing) and not (
        artifact.target_path or artifact.src_path or artifact.local_path or artifact.kind == "link"
    ):
        raise InvalidArgumentError(
            f"artifact {artifact.key!r} has neither a body nor a file", hint="give body= or local_path="
        )
    return content


def _place(
    artifact: Artifact,
    content: Content,
    *,
    producer: Producer,
    out_path: str,
    secrets: Mapping[str, str] | None,
    db: RunDB | None,
) -> Placed | None:
    if isinstance(content, Nothing):
        return None
    from mlrun_jupyter.artifacts import remote

    if artifact.target_path:
        location = locate(expand(artifact.target_path, producer.places()))
        if location.scheme == "file":
            return _put_at(location.path, content)
        return remote.put(location, content, secrets)
    root = locate(expand(out_path, producer.places()))
    relative = "/".join([*_own_folders(out_path, producer), artifact.file_name()])
    if root.scheme != "file":
        known = remote.Known(db, producer.project)
        return remote.put(locate(join(root.path, relative)), content, secrets, known=known)
    vault = _vault(root.path)
    if isinstance(content, Folder):
        return vault.put_folder(relative, content.files)
    return vault.put(relative, content)


def _vault(root: str) -> Vault:
    sync = config.current().durability == "full"
    vault = _vaults.get((root, sync))
    if vault is None:
        if len(_vaults) >= _MAX_VAULTS:
            _vaults.clear()
        vault = _vaults[root, sync] = Vault(root, sync=sync)
    return vault


def _put_at(path: str, content: Content) -> Placed:
    """At a path that the user named: what was there is replaced, each file in one step."""
    sync = config.current().durability == "full"
    if isinstance(content, Folder):
        digests = {name: _put_file(os.path.join(path, name), each, sync) for name, each in content.files.items()}  # noqa: PTH118
        return Placed(path, folder_digest(digests))
    if isinstance(content, Nothing):
        raise InvalidArgumentError("nothing to store", where=path)
    return Placed(path, _put_file(path, content, sync))


def _put_file(path: str, content: File, sync: bool) -> files.Digest:
    if isinstance(content, Source):
        if os.path.exists(path) and os.path.samefile(content.path, path):  # noqa: PTH110, PTH121
            return files.hash_file(path)
        digest = files.copy_atomic(content.path, path, sync=sync)
    else:
        digest = files.write_atomic(path, content.data if isinstance(content, Data) else content.write, sync=sync)
    if not sync:
        durable.note(path)
    return digest


def _record(artifact: Artifact, producer: Producer, placed: Placed | None, db_key: str) -> ArtifactRecord:
    labels = {str(name): str(value) for name, value in artifact.labels.items()}
    metadata = ArtifactMetadata(
        key=artifact.key,
        project=producer.project,
        iter=producer.iteration,
        tree=producer.tree or producer.uid,
        description=artifact.description,
        updated=times.iso(time.time()),
        labels=labels,
    )
    target = placed.path if placed else artifact.target_path
    spec = ArtifactSpec(
        src_path="" if artifact.body is not None else os.fspath(artifact.src_path or artifact.local_path),
        target_path=target or (os.path.abspath(artifact.source()) if artifact.source() else ""),  # noqa: PTH100
        viewer=artifact.viewer or artifact.default_viewer,
        format=artifact.format or os.path.splitext(target)[1].lstrip(".").lower(),  # noqa: PTH122
        db_key=db_key or producer.db_key(artifact.key),
        extra_data=values.plain(artifact.extra_data),
        producer=producer.to_dict(),
        sources=list(artifact.sources),
    )
    if placed:
        metadata.hash = placed.digest.sha256
        spec.size = placed.digest.size
    return ArtifactRecord(kind=artifact.kind, metadata=metadata, spec=spec)
