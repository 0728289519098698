"""Write ``src/ui/types.ts`` from the presentation models, so that both sides of the wire agree.

``python schema/generate_types.py`` writes it; with ``--check`` it only says whether it is up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from mlrun_jupyter.runs.browse import Deleted, LogPart, Projects
from mlrun_jupyter.runs.changes import Changes
from mlrun_jupyter.runs.content import Content
from mlrun_jupyter.runs.libraries import Library
from mlrun_jupyter.views.catalog import ArtifactPage, FunctionChange, FunctionPage, FunctionView
from mlrun_jupyter.views.compare import CompareView
from mlrun_jupyter.views.dataset import ColumnPage, DatasetView
from mlrun_jupyter.views.drift import DatasetDrift
from mlrun_jupyter.views.overview import Counts, Overview, RunGroups
from mlrun_jupyter.views.run import RunView
from mlrun_jupyter.views.series import SeriesView
from mlrun_jupyter.views.summary import RunPage, RunSummary
from mlrun_jupyter.views.table import TableView

TARGET = Path(__file__).parents[1] / "src" / "ui" / "types.ts"
MODELS = (
    RunView, TableView, DatasetView, CompareView, SeriesView, RunSummary, RunPage, LogPart, Changes, Content, Deleted, Projects,
    Overview, Counts, RunGroups, ArtifactPage, FunctionPage, FunctionView, FunctionChange,
    ColumnPage, DatasetDrift, Library,
)  # fmt: skip
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def typescript() -> str:
    """The whole file."""
    _, components = msgspec.json.schema_components(MODELS)
    optional = {model.__name__: _omitted(model) for model in _structs()}
    parts = [
        f"// Written by schema/{Path(__file__).name} from the presentation models of mlrun_jupyter: `npm run types`."
    ]
    for name in sorted(components):
        parts.append(_interface(name, components[name], optional.get(name, frozenset())))
    return "\n\n".join(parts) + "\n"


def _structs() -> list[type[msgspec.Struct]]:
    found: list[type[msgspec.Struct]] = []
    waiting: list[type[msgspec.Struct]] = [msgspec.Struct]
    while waiting:
        subclasses = waiting.pop().__subclasses__()
        found += subclasses
        waiting += subclasses
    return [each for each in found if each.__module__.startswith("mlrun_jupyter.")]


def _omitted(model: type[msgspec.Struct]) -> frozenset[str]:
    """Fields that are left out of the JSON while they have their default."""
    if not model.__struct_config__.omit_defaults:
        return frozenset()
    return frozenset(field.encode_name for field in msgspec.structs.fields(model) if not field.required)


def _interface(name: str, schema: dict[str, Any], optional: frozenset[str]) -> str:
    told = schema.get("description", "").strip().partition("\n\n")[0].splitlines()
    lines = ["/**", *(f" * {line.strip()}" for line in told), " */"] if told else []
    lines.append(f"export interface I{name} {{")
    for field, kind in schema.get("properties", {}).items():
        lines.append(f"  {field}{'?' if field in optional else ''}: {_type(kind)};")
    return "\n".join([*lines, "}"])


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return "I" + schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    kind = schema.get("type")
    if kind == "array":
        item = _type(schema.get("items", {}))
        return f"({item})[]" if " | " in item else f"{item}[]"
    if kind == "object":
        return f"Record<string, {_type(schema.get('additionalProperties') or {})}>"
    return _PLAIN.get(str(kind), "unknown")


def main() -> int:
    text = typescript()
    if "--check" in sys.argv[1:]:
        current = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
        if current != text:
            print(f"{TARGET.name} is out of date: run `npm run types`")
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
