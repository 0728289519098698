"""Versions of a function: the same code and spec are one version, and two are compared line by line."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mlrun_jupyter.model.function import FunctionRecord

if TYPE_CHECKING:
    from mlrun_jupyter.db.base import RunDB

_SHORT: Final = 8


class Version(msgspec.Struct, kw_only=True):
    """One version that a store keeps: its content hash, the tags that it has now, and when it was stored."""

    hash: str
    tags: tuple[str, ...] = ()
    updated: str = ""


class Difference(msgspec.Struct, kw_only=True):
    """What differs between two versions.

    Parameters
    ----------
    code
        A unified diff; empty when the code is the same.
    fields
        Dotted field to (old, new); a field that one has not is None there.
    """

    code: str = ""
    fields: dict[str, tuple[Any, Any]] = {}

    def __bool__(self) -> bool:
        return bool(self.code or self.fields)

    def __str__(self) -> str:
        told = [f"{name}: {old!r} -> {new!r}" for name, (old, new) in self.fields.items()]
        return "\n".join([*told, self.code.rstrip("\n")]).strip("\n")


def versions(db: RunDB, project: str, name: str) -> list[Version]:
    """The versions of a function, the newest first."""
    from mlrun_jupyter.db.query import FunctionQuery

    def listed(tag: str) -> list[FunctionRecord]:
        return db.list_functions(FunctionQuery(project=project, name=f"={name}", tag=tag)).rows

    tags: dict[str, list[str]] = {}
    for tag in db.list_function_tags(project):
        for row in listed(tag):
            tags.setdefault(row.metadata.hash, []).append(tag)
    found = [(row.metadata.hash or row.content_hash(), row.metadata.updated) for row in listed("*")]
    return [Version(hash=hash, tags=tuple(tags.get(hash, ())), updated=updated) for hash, updated in found]


def find(db: RunDB, project: str, name: str, version: str) -> FunctionRecord:
    """A version by its tag, or by its hash, of which eight characters are enough; empty: the newest.

    Raises
    ------
    NotFoundError
        There is no such version, or several hashes begin so.
    """
    known = versions(db, project, name)
    if known and not version:
        return db.read_function(project, name, hash=known[0].hash)
    begins = {each.hash for each in known if len(version) >= _SHORT and each.hash.startswith(version.lower())}
    if version not in {tag for each in known for tag in each.tags} and len(begins) == 1:
        return db.read_function(project, name, hash=begins.pop())
    return db.read_function(project, name, tag=version)


def compare(old: FunctionRecord, new: FunctionRecord, *, context: int = 3) -> Difference:
    """What changed from ``old`` to ``new``; what tells where a version stands (tag, hash, time, status) is left out.

    Parameters
    ----------
    context
        Lines of code shown around each change.
    """
    return Difference(
        code=code_diff(old.code, new.code, old=_label(old), new=_label(new), context=context),
        fields=_changed(_flat(old), _flat(new)),
    )


def code_diff(before: str, after: str, *, old: str = "old", new: str = "new", context: int = 3) -> str:
    """A unified diff of two texts of code; empty when they are the same.

    Example
    -------
    >>> print(code_diff("a = 1\\nb = 2\\n", "a = 1\\nb = 3\\n", context=0), end="")
    --- old
    +++ new
    @@ -2 +2 @@
    -b = 2
    +b = 3
    """
    lines = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), old, new, n=context)
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def _label(record: FunctionRecord) -> str:
    return f"{record.metadata.name or 'function'}@{record.content_hash()[:8]}"


def _flat(record: FunctionRecord) -> dict[str, Any]:
    document = record.to_dict()
    document.pop("status", None)
    for name in ("tag", "hash", "updated"):
        document.get("metadata", {}).pop(name, None)
    document.get("spec", {}).get("build", {}).pop("functionSourceCode", None)
    found: dict[str, Any] = {}
    _flatten(document, "", found)
    return found


def _flatten(value: Any, prefix: str, found: dict[str, Any]) -> None:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            _flatten(item, f"{prefix}.{key}" if prefix else str(key), found)
    elif prefix and not prefix.endswith("functionSourceCode"):
        found[prefix] = value


def _changed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = [*old, *(name for name in new if name not in old)]
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}
