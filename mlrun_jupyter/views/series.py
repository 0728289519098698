"""The curves of a run: points thinned for a card, and which of them belong into one chart."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from mlrun_jupyter.views.format import is_number, raw

POINTS = 200
"""Points of a curve that a card carries."""
MAX_SERIES = 40
_ROLE = re.compile(r"(?:^|[_/.\-])(train|training|valid|validation|val|test|eval|dev)(?=$|[_/.\-])", re.IGNORECASE)


class Points(Protocol):
    """What curves are made from: ``db.base.Series`` fits."""

    @property
    def steps(self) -> Sequence[int]: ...
    @property
    def values(self) -> Sequence[float]: ...


class SeriesView(msgspec.Struct):
    """A metric over its steps.

    ``steps`` and ``values`` are equally long, at most 200, thinned so that extremes stay; a value that is not finite is
    null. They are empty when only the summary is known: ``count`` points in all, their ``last``, ``min``, ``max``,
    ``mean``.
    """

    key: str
    count: int = 0
    steps: list[float] = []
    values: list[float | None] = []
    last: Any = None
    min: Any = None
    max: Any = None
    mean: Any = None


def series_views(series: Mapping[str, Points], summaries: Mapping[str, Mapping[str, Any]]) -> list[SeriesView]:
    """The curves of a run, those with points first summarised from the store's own numbers where it has them."""
    names = list(dict.fromkeys([*summaries, *series]))[:MAX_SERIES]
    return [_series(name, series.get(name), summaries.get(name, {})) for name in names]


def _series(key: str, points: Points | None, summary: Mapping[str, Any]) -> SeriesView:
    view = SeriesView(key, **{name: raw(summary[name]) for name in ("last", "min", "max", "mean") if name in summary})
    counted = summary.get("count", 0)
    view.count = int(counted) if is_number(counted) and math.isfinite(counted) else 0
    if points is None:
        return view
    pairs = [(float(step), float(value)) for step, value in zip(points.steps, points.values, strict=False)]
    view.count = max(view.count, int(getattr(points, "count", 0) or 0), len(pairs))
    finite = [value for _, value in pairs if math.isfinite(value)]
    if finite:
        view.min = min(finite) if view.min is None else view.min
        view.max = max(finite) if view.max is None else view.max
        view.mean = math.fsum(finite) / len(finite) if view.mean is None and view.count == len(pairs) else view.mean
    if pairs and view.last is None:
        view.last = raw(pairs[-1][1])
    kept = thin(pairs)
    view.steps = [step for step, _ in kept]
    view.values = [value if math.isfinite(value) else None for _, value in kept]
    return view


def thin(pairs: Sequence[tuple[float, float]], points: int = POINTS) -> list[tuple[float, float]]:
    """At most ``points`` pairs: the first, the last, and the lowest and highest of equal stretches between.

    Example
    -------
    >>> len(thin([(float(i), float(i % 7)) for i in range(10_000)])) <= 200
    True
    """
    if len(pairs) <= points:
        return list(pairs)
    inner = pairs[1:-1]
    stretches = (points - 2) // 2
    kept = [pairs[0]]
    for index in range(stretches):
        stretch = inner[index * len(inner) // stretches : (index + 1) * len(inner) // stretches]
        finite = [pair for pair in stretch if math.isfinite(pair[1])]
        if finite:
            low, high = min(finite, key=_value), max(finite, key=_value)
            kept.extend(sorted({low, high}))
    return [*kept, pairs[-1]]


def _value(pair: tuple[float, float]) -> float:
    return pair[1]


def stem(key: str) -> str:
    """What a series measures, whoever it was measured on.

    Example
    -------
    >>> stem("train_accuracy"), stem("accuracy/val"), stem("latest")
    ('accuracy', 'accuracy', 'latest')
    """
    return _ROLE.sub("", key).strip("_/.-") or key


def charted(series: Sequence[SeriesView], main: str = "", *, most: int = 4) -> list[SeriesView]:
    """The series of the card's chart: the main one (``main``, or the first that is a curve) and those of its stem."""
    curves = [each for each in series if len(each.values) > 1]
    if not curves:
        return []
    first = next((each for each in curves if each.key == main), None)
    first = first or next((each for each in curves if main and stem(each.key) == stem(main)), curves[0])
    others = [each for each in curves if each is not first and stem(each.key) == stem(first.key)]
    return [first, *others][:most]
