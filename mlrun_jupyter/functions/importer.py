"""A function from its file, a store, or a hub."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import msgspec

from mlrun_jupyter import config
from mlrun_jupyter.errors import InvalidArgumentError, NotFoundError, UnsafeError
from mlrun_jupyter.functions import source
from mlrun_jupyter.functions.code import encode, keep_map
from mlrun_jupyter.functions.kinds import LOCAL, check_kind
from mlrun_jupyter.model.function import FunctionRecord

if TYPE_CHECKING:
    from mlrun_jupyter.db.base import RunDB

_STORED: Final = re.compile(
    r"(?:db://|store://functions/)(?:(?P<project>[^/:@#]+)/)?(?P<name>[^/:@#]+)(?::(?P<tag>[^@#]+))?(?:@(?P<hash>[0-9a-fA-F]+))?"
)
_FILES: Final = (".yaml", ".yml", ".json")


def load(
    url: str, *, secrets: Mapping[str, str] | None = None, db: str | RunDB = "", project: str = ""
) -> FunctionRecord:
    """A function's document.

    Parameters
    ----------
    url
        A ``function.yaml`` by path or address; a folder that holds one; ``db://project/name[:tag][@hash]``
        (``store://functions/...`` means the same); ``hub://[source/]name[:tag]``; a file or folder of a repository or archive,
        ``git://host/repository#ref:path`` and ``functions.zip#path``.
    secrets
        Credentials for an address.
    db
        The store for ``db://``, or its address.
    project
        In place of the document's own.

    Raises
    ------
    NotFoundError
        No such file, function or hub entry.
    InvalidArgumentError, UnsafeError
        A document that is none, or that cannot be trusted to be one.

    Example
    -------
    ::

        record = load("db://default/trainer:latest")
        record = load("functions/trainer/function.yaml")
    """
    if not url:
        raise InvalidArgumentError("which function?", hint="give a function.yaml, db://project/name or hub://name")
    if url.startswith(("db://", "store://")):
        record = _stored(url, db, project)
    elif url.startswith("hub://"):
        record = _from_hub(url, secrets)
    elif where := source.parse(url):
        record = _from_source(url, where, secrets)
    elif "://" in url:
        record = _remote(url, secrets)
    else:
        record = _local(url)
    record.metadata.project = project or record.metadata.project
    return record


def parse(text: str | bytes, *, where: str = "") -> FunctionRecord:
    """A document from YAML or JSON text.

    Raises
    ------
    InvalidArgumentError, UnsafeError
        No YAML, no function's document, a field of the wrong type, an unknown kind.

    Example
    -------
    >>> parse("kind: job\\nmetadata: {name: train}").metadata.name
    'train'
    """
    from mlrun_jupyter.safety.documents import load_yaml

    document = load_yaml(text, where=where)
    if not isinstance(document, dict):
        raise InvalidArgumentError("not a function's document", where=where, hint="it has kind, metadata and spec")
    try:
        record = FunctionRecord.from_dict(document)
    except msgspec.ValidationError as error:
        raise InvalidArgumentError(f"not a function's document: {error}", where=where) from None
    check_kind(record.kind, where=where)
    if not record.metadata.name and not document.get("spec"):
        raise InvalidArgumentError("not a function's document", where=where, hint="it has kind, metadata and spec")
    return record


def _stored(url: str, db: str | RunDB, project: str) -> FunctionRecord:
    from mlrun_jupyter.db import open_db

    match = _STORED.fullmatch(url)
    if not match:
        raise InvalidArgumentError(f"not the address of a function: {url!r}", hint="db://project/name[:tag][@hash]")
    store = open_db(db) if isinstance(db, str) else db
    return store.read_function(
        match["project"] or project or config.current().default_project,
        match["name"],
        tag="" if match["hash"] else match["tag"] or "",
        hash=match["hash"] or "",
    )


def _local(url: str) -> FunctionRecord:
    path = Path(url).expanduser()
    try:
        if path.is_dir():
            path = path / "function.yaml"
        data = path.read_bytes()
    except FileNotFoundError:
        from mlrun_jupyter.datastore.local import nearest_file

        raise NotFoundError("no such function file", where=url, hint=nearest_file(str(path))) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidArgumentError("the function file cannot be read", where=url, hint=str(error)) from None
    if path.suffix.lower() not in _FILES:
        raise InvalidArgumentError(
            f"not a function file: {path.name}",
            hint="use code_to_function for code" if path.suffix in {".py", ".ipynb"} else "it ends in .yaml",
        )
    record = parse(data, where=url)
    if file := _code_beside(record, path.parent):
        record.spec.command = str(file)
    return record


def _code_beside(record: FunctionRecord, folder: Path) -> Path | None:
    """A file beside the document is meant by its place, whatever folder this process works in."""
    command, build = record.spec.command, record.spec.build
    if (
        not command
        or build.functionSourceCode
        or build.source
        or record.kind not in LOCAL
        or Path(command).is_absolute()
    ):
        return None
    from mlrun_jupyter.safety import paths

    if "://" in command:
        raise UnsafeError("a local function's command is no address", where=command)
    file = paths.inside(folder, command)
    return file if file.is_file() else None


def _from_hub(url: str, secrets: Mapping[str, str] | None) -> FunctionRecord:
    """Code beside the document comes with it, in the document: the copy of the hub is gone afterwards."""
    from mlrun_jupyter.functions import hub

    with hub.opened(url, secrets) as file:
        record = _local(str(file))
        if Path(record.spec.command).is_absolute() and Path(record.spec.command).is_relative_to(file.parent):
            _carry(record, Path(record.spec.command).read_bytes(), Path(record.spec.command).name)
    return record


def _from_source(url: str, where: source.Source, secrets: Mapping[str, str] | None) -> FunctionRecord:
    """Code beside the document is the function's source: what it imports from there is there when it runs."""
    with source.opened(url, secrets) as found:
        folder = found if found.is_dir() else found.parent
        record = _local(str(found))
        command = Path(record.spec.command)
        if command.is_absolute() and command.is_relative_to(folder):
            inner = PurePosixPath(where.path if found.is_dir() else PurePosixPath(where.path).parent)
            record.spec.build.source = where.base
            record.spec.command = (inner / command.relative_to(folder.resolve()).as_posix()).as_posix()
    return record


def _remote(url: str, secrets: Mapping[str, str] | None) -> FunctionRecord:
    from mlrun_jupyter.datastore.resolve import resolve

    item = resolve(url, secrets=secrets)
    record = parse(item.get(), where=url)
    command, build = record.spec.command, record.spec.build
    if command and not build.functionSourceCode and not build.source and record.kind in LOCAL:
        _carry_code(record, url, command, secrets)
    return record


def _carry_code(record: FunctionRecord, url: str, command: str, secrets: Mapping[str, str] | None) -> None:
    """Code beside a remote document comes with it, in the document: nothing is written to the working folder."""
    from mlrun_jupyter.datastore.resolve import resolve
    from mlrun_jupyter.safety import paths

    parts = paths.components(command)
    _carry(record, resolve("/".join([url.rpartition("/")[0], *parts]), secrets=secrets).get(), parts[-1])


def _carry(record: FunctionRecord, data: bytes, name: str) -> None:
    """Put code into its function's document; a notebook's as the module that it makes."""
    build = record.spec.build
    if name.endswith(".ipynb"):
        from mlrun_jupyter.notebook.cells import parse_ipynb
        from mlrun_jupyter.notebook.extract import extract

        extracted = extract(parse_ipynb(data, name=name), record.spec.default_handler, with_doc=False)
        build.functionSourceCode = encode(extracted.code)
        keep_map(record, extracted)
    else:
        build.functionSourceCode = base64.b64encode(data).decode("ascii")
    build.origin_filename = name
    record.spec.command = ""
