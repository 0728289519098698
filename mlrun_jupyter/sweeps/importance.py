"""How much each parameter matters for a result.

The share of the result's variance that a parameter explains by itself: the main effects of the functional analysis of
variance (F. Hutter, H. Hoos, K. Leyton-Brown, "An efficient approach for assessing hyperparameter importance", ICML
2014). No model of the result is learned: an additive one is fitted to the groups of each parameter's values, and what as
many groups would explain by chance is taken off (omega squared, W. L. Hays, "Statistics", 1963). What parameters do only
together is in no share, so the shares need not add up to 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

BINS = 8
"""Groups that the values of a parameter with more different numbers are put into, equally many in each."""

PASSES = 6
"""Rounds in which the effects of several parameters settle; one is enough on a grid."""


def importances(rows: Sequence[tuple[Mapping[str, Any], float]]) -> dict[str, float]:
    """Parameter to its share of the variance, from 0 to 1, the largest first; of parameters that were varied.

    Parameters
    ----------
    rows
        The parameters of each iteration and its result, a finite number.

    Example
    -------
    >>> importances([({"a": a, "b": b}, a) for a in range(9) for b in range(3)])
    {'a': 1.0, 'b': 0.0}
    """
    results = [result for _, result in rows]
    names = dict.fromkeys(name for parameters, _ in rows for name in parameters)
    found = {name: _groups([parameters.get(name) for parameters, _ in rows]) for name in names}
    varied = {name: groups for name, groups in found.items() if len(set(groups)) > 1}
    shares = _shares(varied, results) if varied else {}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _groups(values: Sequence[Any]) -> list[Hashable]:
    """For each value the group that it belongs to: itself, or where there are many numbers, those of its size."""
    numeric = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in values)
    if not numeric or len(set(values)) <= BINS:
        return [each if isinstance(each, (int, float, str)) or each is None else repr(each) for each in values]
    ordered = sorted(values)
    edges = [ordered[len(ordered) * index // BINS] for index in range(1, BINS)]
    return [sum(value >= edge for edge in edges) for value in values]


def _shares(groups: Mapping[str, Sequence[Hashable]], results: Sequence[float]) -> dict[str, float]:
    count = len(results)
    mean = math.fsum(results) / count
    total = math.fsum((each - mean) ** 2 for each in results)
    if not total or not math.isfinite(total):
        return dict.fromkeys(groups, 0.0)
    left = [each - mean for each in results]
    effects: dict[str, dict[Hashable, float]] = {name: dict.fromkeys(of, 0.0) for name, of in groups.items()}
    for _ in range(PASSES if len(groups) > 1 else 1):
        for name, of in groups.items():
            _fit(of, effects[name], left)
    free = count - 1 - sum(len(each) - 1 for each in effects.values())
    chance = math.fsum(each**2 for each in left) / free if free > 0 else 0.0
    return {name: _share(of, effects[name], total, chance) for name, of in groups.items()}


def _fit(groups: Sequence[Hashable], effects: dict[Hashable, float], left: list[float]) -> None:
    """Move what the groups still explain of what is left into their effects."""
    sums: dict[Hashable, float] = dict.fromkeys(effects, 0.0)
    for group, each in zip(groups, left, strict=True):
        sums[group] += each
    sizes = Counter(groups)
    shift = {group: sums[group] / sizes[group] for group in effects}
    for group, change in shift.items():
        effects[group] += change
    for index, group in enumerate(groups):
        left[index] -= shift[group]


def _share(groups: Sequence[Hashable], effects: Mapping[Hashable, float], total: float, chance: float) -> float:
    explained = math.fsum(effects[group] ** 2 for group in groups)
    return round(min(max((explained - (len(effects) - 1) * chance) / total, 0.0), 1.0), 4)
