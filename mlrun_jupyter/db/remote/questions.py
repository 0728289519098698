"""Questions as parameters of an address, and back; a service and its clients use this module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from mlrun_jupyter.db.query import ArtifactQuery, Comparison, FunctionQuery, LabelCondition, RunQuery
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.model import values

Query = TypeVar("Query", RunQuery, ArtifactQuery, FunctionQuery)
_MANY: Final = {"labels": "label", "states": "state", "where": "where", "sort": "sort"}


def to_params(query: RunQuery | ArtifactQuery | FunctionQuery) -> list[tuple[str, str]]:
    """A question as parameters of an address; what has its default is left out."""
    params: list[tuple[str, str]] = []
    for field in msgspec.structs.fields(query):
        value = getattr(query, field.name)
        if value == field.default:
            continue
        if field.name in _MANY:
            params += [(_MANY[field.name], _condition_text(each)) for each in value]
        elif isinstance(value, bool):
            params.append((field.name, "true" if value else "false"))
        elif isinstance(value, float):
            params.append((field.name, repr(value)))
        else:
            params.append((field.name, str(value)))
    return params


def from_params(kind: type[Query], params: Mapping[str, Sequence[str]], *, also: Sequence[str] = ()) -> Query:
    """The question that parameters ask.

    ``label`` and ``where`` are written as in :mod:`mlrun_jupyter.db.query`, or as JSON ``["key", "op", "value"]``; the
    parameters that may be repeated are ``label``, ``state``, ``where`` and ``sort``.

    Raises ``InvalidArgumentError`` for a parameter that is unknown (but for those in ``also``), given twice or not
    readable.
    """
    fields = _fields(kind)
    found: dict[str, Any] = {}
    for name, texts in params.items():
        if name in also:
            continue
        field = fields.get(name, "")
        if not field:
            raise InvalidArgumentError(f"no such parameter: {name[:80]!r}", hint=f"known: {', '.join(sorted(fields))}")
        if field in _MANY:
            found[field] = tuple(_condition(field, text) for text in texts)
        elif len(texts) > 1:
            raise InvalidArgumentError(f"the parameter {name!r} is given twice")
        else:
            found[field] = texts[0]
    try:
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidArgumentError("a parameter cannot be read", hint=str(error)) from None


@cache
def _fields(kind: type) -> dict[str, str]:
    """The fields of a question by the names of their parameters."""
    return {_MANY.get(name, name): name for name in kind.__struct_fields__}  # type: ignore[attr-defined]  # a struct


def _condition_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return values.encode(list(msgspec.structs.astuple(value))).decode()


def _condition(name: str, text: str) -> Any:
    kind: Any = {"labels": LabelCondition, "where": Comparison}.get(name)
    if kind is None:
        return text
    if not text.startswith("["):
        return kind.parse(text)
    try:
        key, op, value = values.decode(text)
        condition = kind(key, op, value)
        msgspec.convert(msgspec.to_builtins(condition), kind)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        raise InvalidArgumentError(f"not a condition: {text[:80]!r}", hint='write ["key", "op", "value"]') from None
    known = ("", "=", "!=", "~=") if kind is LabelCondition else ("=", "!=", ">", ">=", "<", "<=")
    field_ok = kind is LabelCondition or key.partition(".")[0] in ("params", "results", "metrics")
    if op not in known or not field_ok or not key:
        raise InvalidArgumentError(
            f"not a condition: {text[:80]!r}", hint=f"operators are {' '.join(filter(None, known))}"
        )
    return condition
