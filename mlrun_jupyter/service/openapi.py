"""The APIs' description, made from the table of operations and the records' own types: the native one, the other system's,
and what the dashboard asks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from mlrun_jupyter.db.remote.wire import OPERATIONS, PREFIX
from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.model.function import FunctionRecord
from mlrun_jupyter.model.project import ProjectRecord
from mlrun_jupyter.model.run import RunRecord
from mlrun_jupyter.service.mission.about import unsupported
from mlrun_jupyter.service.operation import Operation
from mlrun_jupyter.service.reply import JSON, MISSION, VIEWS, is_mission
from mlrun_jupyter.service.version import version

_RECORDS: Final = (RunRecord, ArtifactRecord, FunctionRecord, ProjectRecord)
_NUMBERS: Final = frozenset(
    {
        "limit",
        "offset",
        "size",
        "points",
        "iteration",
        "timeout",
        "start_from",
        "start_to",
        "update_from",
        "update_to",
    }
)
_REPEATED: Final = frozenset({"label", "state", "where", "sort"})
_ERRORS: Final = {
    "400": "What was sent cannot be used.",
    "401": "A token is needed.",
    "403": "The token does not allow it.",
    "404": "No such thing, or not for this token.",
    "409": "In conflict with what is there.",
    "413": "Too large.",
    "415": "Not a type of body that is taken.",
    "503": "The store cannot be reached; try again.",
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The description of these operations, as far as they are of an API."""
    schemas = msgspec.json.schema_components(_RECORDS, ref_template="#/components/schemas/{name}")[1]
    for schema in schemas.values():
        schema.get("properties", {}).pop("extra", None)  # unknown fields stand beside the known ones
    paths: dict[str, Any] = {}
    for operation in operations:
        if is_described(operation):
            path = operation.path.replace(":path}", "}")
            paths.setdefault(path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mlrun-jupyter", "version": version()},
        "paths": paths,
        "components": {
            "schemas": {**schemas, **_REFUSALS},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def is_described(operation: Operation) -> bool:
    """Whether it is of an API: neither a page, nor one of those that only say what is not here."""
    return operation.path == "/health" or (
        operation.path.startswith((PREFIX, VIEWS, MISSION)) and operation.handler is not unsupported
    )


def _texts(*names: str) -> dict[str, Any]:
    return {"type": "object", "required": [names[0]], "properties": {name: {"type": "string"} for name in names}}


_REFUSALS: Final = {
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {**_texts("message", "kind", "where", "hint"), "required": ["kind", "message"]}},
    },
    "MissionError": {"type": "object", "required": ["detail"], "properties": {"detail": _texts("reason")}},
    "ViewError": _texts("message", "code", "where", "hint"),
}


def _refusal(path: str) -> dict[str, str]:
    name = "MissionError" if is_mission(path) else "ViewError" if path.startswith(VIEWS) else "Error"
    return {"$ref": f"#/components/schemas/{name}"}


def _described(operation: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done."}
    if operation.answer is not None:
        answer["content"] = {JSON: {"schema": _reference(operation.answer)}}
    refused = {"content": {JSON: {"schema": _refusal(operation.path)}}}
    found: dict[str, Any] = {
        "operationId": f"{operation.method.lower()}.{operation.path}" if operation.label else operation.name,
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation.path), *map(_parameter, operation.params.items())],
        "responses": {
            **{str(status): answer for status in operation.statuses},
            **{status: {"description": text, **refused} for status, text in _ERRORS.items()},
        },
    }
    if operation.path == "/health":
        found["security"] = []
    if operation.raw_body:
        found["requestBody"] = {
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        }
    elif operation.body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": _reference(operation.body)}}}
    return found


def _reference(kind: Any) -> dict[str, Any]:
    if kind in _RECORDS:
        return {"$ref": f"#/components/schemas/{kind.__name__}"}
    return _JOURNAL if kind is list else {"type": "object"}


_JOURNAL: Final = {
    "type": "array",
    "items": {
        "type": "array",
        "description": "seq, operation, [project, uid, iteration] of the run, attempt, seconds since 1970, payload",
        "minItems": 6,
        "maxItems": 6,
        "prefixItems": [
            {"type": "integer", "minimum": 1},
            {"enum": sorted(OPERATIONS)},
            {
                "type": ["array", "null"],
                "minItems": 3,
                "maxItems": 3,
                "prefixItems": [{"type": "string"}, {"type": "string"}, {"type": "integer", "minimum": 0}],
            },
            {"type": "integer", "minimum": 0},
            {"type": "number"},
            {},
        ],
    },
}
"""A writer's records, see ``mlrun_jupyter.model.journal``."""
_NAME: Final = "^[A-Za-z0-9_][A-Za-z0-9_-]{0,61}$"
_PARTS: Final = {
    "file": {"type": "string", "minLength": 1},
    "uid": {"type": "string", "pattern": f"{_NAME[:-1]}$|^~[A-Za-z0-9_-]+$"},
}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PARTS.get(name, {"type": "string", "pattern": _NAME})}
        for name in re.findall(r"\{(\w+)(?::path)?\}", path)
    ]


def _parameter(item: tuple[str, str]) -> dict[str, Any]:
    name, text = item
    schema: dict[str, Any] = {"type": "number"} if name in _NUMBERS else {"type": "string"}
    if name in _REPEATED:
        schema = {"type": "array", "items": {"type": "string"}}
    return {"name": name, "in": "query", "description": text, "schema": schema}
