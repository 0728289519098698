"""How far one version of a data set is from another, column by column."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.artifacts.stats.columns import family

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

BINS: Final = 10
MODERATE, LARGE = 0.1, 0.25
"""Bounds of the population stability index in use since Siddiqi (2006): below 0.1 no drift, above 0.25 a large one."""
_ORDERED: Final = ("integer", "number", "datetime", "duration")
_CATEGORIES: Final = 50
_LEAST: Final = 1e-4


def drift(reference: Any, current: Any) -> dict[str, dict[str, Any]]:
    """Column name to ``psi``, its ``verdict`` and, for ordered columns, ``ks`` and ``p_value``.

    Parameters
    ----------
    reference, current
        Arrow tables; columns that only one of them has, or of another kind, are told as ``missing`` or ``changed``.

    Example
    -------
    >>> import pyarrow
    >>> same = pyarrow.table({"x": [1, 2, 3, 4]})
    >>> drift(same, same)["x"]["verdict"]
    'none'
    """
    told: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys([*reference.column_names, *current.column_names]):
        if name not in reference.column_names or name not in current.column_names:
            told[name] = {"missing": "reference" if name not in reference.column_names else "current"}
            continue
        told[name] = _column(reference.column(name), current.column(name))
    return told


def _column(reference: Any, current: Any) -> dict[str, Any]:
    kinds = family(reference.type), family(current.type)
    ordered = all(kind in _ORDERED for kind in kinds)
    if kinds[0] != kinds[1] and not (ordered and {"integer", "number"} == set(kinds)):
        return {"changed": f"{kinds[0]} to {kinds[1]}"}
    if ordered:
        before, after = _numbers(reference), _numbers(current)
        if not len(before) or not len(after):
            return {"empty": True}
        index = psi(before, after)
        distance = ks(before, after)
        told: dict[str, Any] = {"ks": distance, "p_value": ks_p_value(distance, len(before), len(after))}
    elif kinds[0] in ("text", "category", "boolean"):
        index, told = _categories(reference, current), {}
    else:
        return {"unsupported": kinds[0]}
    nulls = (reference.null_count / max(1, len(reference)), current.null_count / max(1, len(current)))
    return {"psi": index, "verdict": verdict(index), **told, "nulls": [nulls[0], nulls[1]]}


def verdict(index: float) -> str:
    """``none``, ``moderate`` or ``large``, by the usual bounds of the index."""
    return "none" if index < MODERATE else "moderate" if index < LARGE else "large"


def psi(reference: Array, current: Array, *, bins: int = BINS) -> float:
    """The population stability index: the sum of ``(q - p) ln(q / p)`` over the reference's quantile bins.

    (Siddiqi, "Credit Risk Scorecards", 2006; the symmetrised Kullback-Leibler divergence, Jeffreys, 1946.) An empty bin
    counts as a share of 0.0001.
    """
    import numpy as np

    cuts = np.unique(np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1]))
    before = np.bincount(np.searchsorted(cuts, reference, side="left"), minlength=len(cuts) + 1)
    after = np.bincount(np.searchsorted(cuts, current, side="left"), minlength=len(cuts) + 1)
    return _index(before / len(reference), after / len(current))


def ks(reference: Array, current: Array) -> float:
    """The two-sample Kolmogorov-Smirnov statistic: the largest distance of the two distributions (Smirnov, 1939)."""
    import numpy as np

    before, after = np.sort(reference), np.sort(current)
    both = np.concatenate([before, after])
    one = np.searchsorted(before, both, side="right") / len(before)
    other = np.searchsorted(after, both, side="right") / len(after)
    return float(np.abs(one - other).max())


def ks_p_value(distance: float, size: int, other: int) -> float:
    """How probable so large a distance is when there is no drift, by Kolmogorov's limit distribution (1933)."""
    scaled = distance * math.sqrt(size * other / (size + other))
    if scaled < 0.2:
        return 1.0
    terms = [(2.0 if index % 2 else -2.0) * math.exp(-2 * (index * scaled) ** 2) for index in range(1, 101)]
    return min(1.0, max(0.0, sum(terms)))


def _index(before: Array, after: Array) -> float:
    import numpy as np

    p, q = np.maximum(before, _LEAST), np.maximum(after, _LEAST)
    return float(((q - p) * np.log(q / p)).sum())


def _categories(reference: Any, current: Any) -> float:
    """Over the reference's 50 most frequent values, and all others as one."""
    import numpy as np
    import pyarrow as pa  # type: ignore[import-untyped] # it brings no types
    import pyarrow.compute as pc  # type: ignore[import-untyped] # as above

    counted = []
    for column in (reference, current):
        plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        found = pc.value_counts(plain.drop_null().combine_chunks())
        counted.append(dict(zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True)))
    before, after = counted
    if not before or not after:
        return 0.0
    kept = sorted(before, key=lambda name: (-before[name], str(name)))[:_CATEGORIES]
    shares = []
    for counts in (before, after):
        listed = [counts.get(name, 0) for name in kept]
        total = sum(counts.values())
        shares.append(np.array([*listed, total - sum(listed)]) / total)
    return _index(*shares)


def _numbers(column: Any) -> Array:
    import numpy as np
    import pyarrow as pa

    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("ms"))
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    values: Array = column.drop_null().to_numpy()
    if values.dtype.kind in "mM":
        values = values.view(np.int64)
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values
