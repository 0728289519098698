"""What is told about a model: metrics, parameters, its columns, and which of them matter."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.views import format
from mlrun_jupyter.views.base import Section, section
from mlrun_jupyter.views.format import is_number

MAX_FEATURES: Final = 200
SHOWN_FEATURES: Final = 20
"""Features that the HTML shows; the JSON carries 200."""


class ModelColumn(msgspec.Struct):
    """A column that goes in or comes out."""

    name: str
    type: str = ""


class Importance(msgspec.Struct):
    """A feature; ``share`` is its weight's size relative to the largest."""

    name: str
    weight: float
    share: float
    text: str


class ModelView(msgspec.Struct):
    """``importance`` is the largest first; ``more`` features were left out."""

    metrics: Section = msgspec.field(default_factory=Section)
    parameters: Section = msgspec.field(default_factory=Section)
    inputs: list[ModelColumn] = []
    outputs: list[ModelColumn] = []
    importance: list[Importance] = []
    more: int = 0


def model_view(record: ArtifactRecord) -> ModelView | None:
    """None for what is no model.

    Example
    -------
    >>> spec = {"inputs": [{"name": "age"}, {"name": "sex"}], "feature_weights": [1, 4]}
    >>> view = model_view(ArtifactRecord.from_dict({"kind": "model", "spec": spec}))
    >>> [(each.name, each.share) for each in view.importance]
    [('sex', 1.0), ('age', 0.25)]
    """
    if record.kind != "model":
        return None
    more = record.spec.extra
    inputs = _columns(more.get("inputs"))
    importance = _importance(more.get("feature_weights"), [each.name for each in inputs])
    return ModelView(
        metrics=section(_mapping(more.get("metrics"))),
        parameters=section(_mapping(more.get("parameters"))),
        inputs=inputs[:MAX_FEATURES],
        outputs=_columns(more.get("outputs"))[:MAX_FEATURES],
        importance=importance[:MAX_FEATURES],
        more=max(0, len(importance) - MAX_FEATURES),
    )


def _mapping(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _columns(found: Any) -> list[ModelColumn]:
    columns = []
    for each in found if isinstance(found, list) else []:
        told = each if isinstance(each, dict) else {"name": each}
        kind = told.get("value_type") or told.get("type") or ""
        columns.append(ModelColumn(str(told.get("name") or "")[:200], format.cut(str(kind), 24)))
    return columns


def _importance(weights: Any, names: list[str]) -> list[Importance]:
    if isinstance(weights, dict):
        names, weights = [str(name) for name in weights], list(weights.values())
    if not isinstance(weights, list):
        return []
    known = [
        (names[at][:200] if at < len(names) else f"feature {at}", float(each))
        for at, each in enumerate(weights)
        if is_number(each) and abs(each) < float("inf")
    ]
    largest = max((abs(weight) for _name, weight in known), default=0.0)
    known.sort(key=lambda pair: -abs(pair[1]))
    return [
        Importance(name, weight, round(abs(weight) / largest, 4) if largest else 0.0, format.number(weight))
        for name, weight in known
    ]
