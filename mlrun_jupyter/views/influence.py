"""How much of a result each parameter of a sweep explains by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from mlrun_jupyter.views.format import is_number

FEWEST: Final = 8
"""Iterations below which nothing is said: it would be chance."""
_MOST: Final = 2_000
"""Iterations that are looked at; of more of them an even choice."""
_BINS: Final = 6
_LEAST: Final = 0.005


class Influence(msgspec.Struct):
    """``share`` of a result's variance, from 0 to 1, that goes with the parameter ``name`` alone; ``text`` says it."""

    name: str
    share: float
    text: str


def influences(names: Sequence[str], rows: Sequence[Sequence[Any]], results: Sequence[float | None]) -> list[Influence]:
    """The influences of parameters, the largest first; empty where there is too little to tell them by.

    The variance between groups of like values, without what so many groups would explain by chance. Of numbers with many
    values groups are equally large stretches. Parameters that matter only together are not found.

    Parameters
    ----------
    names
        Of the parameters.
    rows
        A row of their values for each iteration.
    results
        What each iteration came to; None and NaN are left out.

    Example
    -------
    >>> found = influences(["eta", "seed"], [[n % 3, n] for n in range(12)], [float(n % 3) for n in range(12)])
    >>> found[0].name, found[0].text
    ('eta', '100 %')
    """
    known = [
        (row, value)
        for row, value in zip(rows, results, strict=True)
        if value is not None and math.isfinite(value) and abs(value) < 1e100
    ]
    known = known[:: max(1, len(known) // _MOST)]
    if len(known) < FEWEST:
        return []
    values = [value for _, value in known]
    found = []
    for index, name in enumerate(names):
        share = _explained(_groups([row[index] for row, _ in known]), values)
        if share >= _LEAST:
            found.append(Influence(name, round(share, 4), f"{share:.0%}".replace("%", " %")))
    return sorted(found, key=lambda each: -each.share)


def _explained(groups: Sequence[Any], values: Sequence[float]) -> float:
    """The share of the variance between groups, corrected for their number (epsilon squared)."""
    sums: dict[Any, list[float]] = {}
    for group, value in zip(groups, values, strict=True):
        sums.setdefault(group, []).append(value)
    amount, number = len(values), len(sums)
    mean = math.fsum(values) / amount
    total = math.fsum((value - mean) ** 2 for value in values)
    if number < 2 or number >= amount or not total:
        return 0.0
    between = math.fsum(len(each) * (math.fsum(each) / len(each) - mean) ** 2 for each in sums.values())
    within = max(0.0, total - between) / (amount - number)
    return max(0.0, min(1.0, (between - (number - 1) * within) / total))


def _groups(values: Sequence[Any]) -> list[Any]:
    """What each value belongs with: itself, or, of many numbers, a stretch of them."""
    plain = [each if is_number(each) or isinstance(each, (str, bool)) else repr(each)[:80] for each in values]
    if len(set(plain)) <= _BINS or not all(is_number(each) for each in plain):
        return plain
    places = sorted(range(len(plain)), key=lambda index: float(plain[index]))
    groups = [0] * len(plain)
    for rank, index in enumerate(places):
        before = places[rank - 1] if rank else index
        same = rank > 0 and plain[index] == plain[before]
        groups[index] = groups[before] if same else rank * _BINS // len(places)
    return groups
