"""What differs between two versions of an artifact."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.datastore import resolve
from mlrun_jupyter.errors import MlrunError

if TYPE_CHECKING:
    from mlrun_jupyter.model.artifact import ArtifactRecord

_TEXT_BYTES: Final = 1_000_000
_TEXT_LINES: Final = 2000
_COMPARED: Final = ("count", "nulls", "distinct", "min", "max", "mean", "std", "5%", "25%", "50%", "75%", "95%")
_ABOUT: Final = ("parameters", "metrics", "inputs", "outputs", "framework", "algorithm", "model_file", "length")


def diff(
    before: ArtifactRecord, after: ArtifactRecord, *, text: bool = True, secrets: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Only what differs, plain; an empty mapping when the bytes and everything told about them are the same.

    Parameters
    ----------
    text
        Compare the lines of text files too: ``text`` is then a unified diff.

    Returns
    -------
    dict
        Some of ``hash, size, kind, labels, schema`` (``added, removed, changed``), ``stats`` (column to statistic to
        ``[before, after]``), ``parameters, metrics ...`` (name to ``[before, after]``) and ``text``.
    """
    told: dict[str, Any] = {}
    for name, values in {
        "kind": (before.kind, after.kind),
        "hash": (before.metadata.hash, after.metadata.hash),
        "size": (before.spec.size, after.spec.size),
        "format": (before.spec.format, after.spec.format),
    }.items():
        if values[0] != values[1]:
            told[name] = list(values)
    _add(told, "labels", changes(before.metadata.labels, after.metadata.labels))
    for name in _ABOUT:
        one, other = before.spec.extra.get(name), after.spec.extra.get(name)
        if one != other:
            both = isinstance(one or {}, dict) and isinstance(other or {}, dict)
            told[name] = changes(one or {}, other or {}) if both else [one, other]
    _add(told, "schema", _schema(before, after))
    _add(told, "stats", _stats(before.status.stats, after.status.stats))
    if text and "hash" in told:
        _add(told, "text", _text(before, after, secrets))
    return told


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Name to ``[before, after]`` of what differs; None where it is not there.

    Example
    -------
    >>> changes({"a": 1, "b": 2}, {"b": 3})
    {'a': [1, None], 'b': [2, 3]}
    """
    names = dict.fromkeys([*before, *after])
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def _add(told: dict[str, Any], name: str, found: Any) -> None:
    if found:
        told[name] = found


def _schema(before: ArtifactRecord, after: ArtifactRecord) -> dict[str, Any]:
    one, other = _types(before), _types(after)
    found = {
        "added": {name: kind for name, kind in other.items() if name not in one},
        "removed": {name: kind for name, kind in one.items() if name not in other},
        "changed": {name: [one[name], other[name]] for name in one if name in other and one[name] != other[name]},
    }
    return {name: each for name, each in found.items() if each}


def _types(record: ArtifactRecord) -> dict[str, str]:
    schema = record.spec.extra.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    return {str(each.get("name")): str(each.get("type")) for each in fields or [] if isinstance(each, dict)}


def _stats(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, one in before.items():
        other = after.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            changed = changes({key: one.get(key) for key in _COMPARED}, {key: other.get(key) for key in _COMPARED})
            if changed:
                found[name] = changed
    return found


def _text(before: ArtifactRecord, after: ArtifactRecord, secrets: Mapping[str, str] | None) -> str:
    """A unified diff, or nothing where either is no text or too large."""
    texts = []
    for record in (before, after):
        if (record.spec.size or 0) > _TEXT_BYTES or record.kind in ("dataset", "dir", "model", "plot"):
            return ""
        try:
            texts.append(resolve(record.spec.target_path, secrets=secrets).get(encoding="utf-8").splitlines())
        except (MlrunError, UnicodeDecodeError):
            return ""
    one, other = (record.metadata.uid[:8] or "version" for record in (before, after))
    lines = difflib.unified_diff(texts[0], texts[1], one, other, lineterm="")
    return "\n".join(line for line, _count in zip(lines, range(_TEXT_LINES), strict=False))
