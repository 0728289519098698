"""How far one version of a data set is from another, told from what is recorded of both: the data is not read."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from mlrun_jupyter.model.artifact import ArtifactRecord
from mlrun_jupyter.views.artifact import ArtifactItem, record_item
from mlrun_jupyter.views.dataset import ColumnView, columns
from mlrun_jupyter.views.format import is_number

MODERATE, LARGE = 0.1, 0.25
"""Bounds of the population stability index in use since Siddiqi (2006)."""
_BINS: Final = 10
_LEAST: Final = 1e-4
_ORDER: Final = ("large", "moderate", "changed", "removed", "added", "none", "unknown")

Histogram = tuple[list[float], list[float]]


class ColumnDrift(msgspec.Struct, omit_defaults=True):
    """A column of two versions. ``verdict`` is ``none``, ``moderate`` or ``large`` by the population stability index
    ``psi``; ``added``, ``removed`` or ``changed`` (its type) where there is nothing to compare, ``unknown`` where too
    little is recorded. ``about`` says it in words."""

    name: str
    verdict: str
    psi: float | None = None
    about: str = ""
    old: ColumnView | None = None
    new: ColumnView | None = None


class DatasetDrift(msgspec.Struct):
    """From the version ``old`` to ``new``: the columns, those that moved most first. ``more`` were left out."""

    old: ArtifactItem
    new: ArtifactItem
    columns: list[ColumnDrift] = []
    more: int = 0


def drift(old: ArtifactRecord, new: ArtifactRecord) -> DatasetDrift:
    """Compare the recorded statistics of two versions.

    Parameters
    ----------
    old
        The reference: its tenths are the bins.

    Example
    -------
    >>> def version(high):
    ...     told = {"x": {"count": 40, "type": "number", "hist": [[10, 10, 10, 10], [0, 1, 2, 3, high]]}}
    ...     return ArtifactRecord.from_dict({"spec": {"header": ["x"]}, "status": {"stats": told}})
    >>> drift(version(4), version(4)).columns[0].verdict
    'none'
    """
    items = record_item(old), record_item(new)
    before, after = ({each.name: each for each in columns(version)[0]} for version in (old, new))
    names = list(dict.fromkeys([*before, *after]))
    told = [_column(name, before.get(name), after.get(name), old, new) for name in names]
    told.sort(key=lambda each: (_ORDER.index(each.verdict), -(each.psi or 0.0)))
    hidden = max(columns(old)[1], columns(new)[1])
    return DatasetDrift(*items, told, hidden)


def _column(
    name: str, before: ColumnView | None, after: ColumnView | None, old: ArtifactRecord, new: ArtifactRecord
) -> ColumnDrift:
    told = ColumnDrift(name, "unknown", old=before, new=after)
    if before is None or after is None:
        told.verdict = "added" if before is None else "removed"
        return told
    if before.type and after.type and before.type != after.type:
        told.verdict, told.about = "changed", f"{before.type} → {after.type}"
        return told
    stats = old.status.stats.get(name), new.status.stats.get(name)
    told.psi = _index_of(before, after, *stats)
    if told.psi is not None:
        told.verdict = "none" if told.psi < MODERATE else "moderate" if told.psi < LARGE else "large"
    told.about = _about(before, after)
    return told


def _about(before: ColumnView, after: ColumnView) -> str:
    """What moved, in the words of the tables: the mean in standard deviations, nulls in points."""
    parts = []
    if is_number(before.mean) and is_number(after.mean) and is_number(before.std) and before.std:
        moved = (after.mean - before.mean) / before.std
        if math.isfinite(moved) and abs(moved) >= 0.05:
            parts.append(f"mean {moved:+.2f} std")
    if before.null_share is not None and after.null_share is not None:
        points = 100 * (after.null_share - before.null_share)
        if abs(points) >= 0.1:
            parts.append(f"nulls {points:+.1f} %")
    return ", ".join(parts)


def _index_of(before: ColumnView, after: ColumnView, old: Any, new: Any) -> float | None:
    """Over values where few are all there are, over the reference's tenths of a histogram else."""
    values = _values(old), _values(new)
    if values[0] and values[1] and (not before.histogram or (_whole(old, values[0]) and _whole(new, values[1]))):
        return _of_values(old, new, values[0], values[1])
    if _usable(before) and _usable(after):
        return of_histograms((before.histogram, before.edges), (after.histogram, after.edges))
    return None


def _usable(column: ColumnView) -> bool:
    counts, edges = column.histogram, column.edges
    return len(edges) == len(counts) + 1 and sum(counts) > 0 and all(a <= b for a, b in itertools.pairwise(edges))


def of_histograms(old: Histogram, new: Histogram) -> float:
    """The population stability index of two histograms: values are taken to be even within a bar.

    Example
    -------
    >>> round(of_histograms(([5, 5], [0, 1, 2]), ([5, 5], [0, 1, 2])), 6)
    0.0
    """
    cuts = sorted({_quantile(old, at / _BINS) for at in range(1, _BINS)})
    return _index(_shares(old, cuts), _shares(new, cuts))


def _shares(histogram: Histogram, cuts: Sequence[float]) -> list[float]:
    below = [0.0, *(_share_below(histogram, cut) for cut in cuts), 1.0]
    return [high - low for low, high in itertools.pairwise(below)]


def _share_below(histogram: Histogram, value: float) -> float:
    counts, edges = histogram
    found = 0.0
    for count, (low, high) in zip(counts, itertools.pairwise(edges), strict=True):
        if value >= high:
            found += count
        elif value > low:
            found += count * (value - low) / (high - low)
    return found / sum(counts)


def _quantile(histogram: Histogram, share: float) -> float:
    counts, edges = histogram
    left = share * sum(counts)
    for count, (low, high) in zip(counts, itertools.pairwise(edges), strict=True):
        if count >= left and count > 0:
            return low + (high - low) * left / count
        left -= count
    return edges[-1]


def _values(stats: Any) -> dict[str, float]:
    """The most frequent values with their counts."""
    top = stats.get("top") if isinstance(stats, dict) else None
    pairs = (
        [each for each in top if isinstance(each, (list, tuple)) and len(each) == 2] if isinstance(top, list) else []
    )
    return {str(value): float(count) for value, count in pairs if is_number(count) and count > 0}


def _counted(stats: dict[str, Any], values: dict[str, float]) -> float:
    count: Any = stats.get("count")
    return max(float(count) if is_number(count) else 0.0, sum(values.values()))


def _whole(stats: Any, values: dict[str, float]) -> bool:
    return sum(values.values()) >= _counted(stats, values)


def _of_values(old: Any, new: Any, before: dict[str, float], after: dict[str, float]) -> float:
    """Values that only the other version lists may be rare here, not absent: they count with all others."""
    kept = [name for name in before if name in after or (_whole(new, after))]
    shares = []
    for stats, values in ((old, before), (new, after)):
        total = _counted(stats, values)
        listed = [values.get(name, 0.0) / total for name in kept]
        shares.append([*listed, max(0.0, 1.0 - sum(listed))])
    return _index(shares[0], shares[1])


def _index(before: Sequence[float], after: Sequence[float]) -> float:
    pairs = [(max(p, _LEAST), max(q, _LEAST)) for p, q in zip(before, after, strict=True)]
    return sum((q - p) * math.log(q / p) for p, q in pairs)
