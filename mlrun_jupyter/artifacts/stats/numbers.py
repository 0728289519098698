"""Statistics of numbers: exact for all but the count of distinct values in long columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from mlrun_jupyter.artifacts.stats.distinct import Marks

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

BINS: Final = 20
QUANTILES: Final = {"5%": 0.05, "25%": 0.25, "50%": 0.5, "75%": 0.75, "95%": 0.95}
TOP: Final = 10
SORTED: Final = 50_000
"""Values up to which everything comes from sorting them."""
_BLOCK: Final = 1 << 16
"""Values worked on at a time: their intermediate results stay in the processor's cache."""
_FINE: Final = BINS * 205
_DENSE: Final = 1 << 16


def numbers(values: Array, *, exact_distinct: bool = False) -> dict[str, Any]:
    """``min, max, mean, std``, quantiles, ``hist`` (``[counts, edges]``), ``distinct`` and ``top`` of an array without NaN.

    Infinite values are counted in ``infinite`` and left out of the rest.

    Parameters
    ----------
    values
        One dimension, integers or floats.
    exact_distinct
        Count distinct values exactly however long that takes.

    Example
    -------
    >>> import numpy
    >>> found = numbers(numpy.array([1, 2, 2, 3]))
    >>> found["mean"], found["50%"], found["distinct"], found["top"][0]
    (2.0, 2.0, 3, [2, 2])
    """
    import numpy as np

    told: dict[str, Any] = {}
    if values.dtype.kind == "f":
        if not sound(values):
            finite = np.isfinite(values)
            infinite = len(values) - int(finite.sum())
            if infinite:
                told["infinite"] = infinite
                values = values[finite]
        if values.dtype.itemsize != 8:
            values = values.astype(np.float64)
    elif values.dtype.itemsize < 8:
        values = values.astype(np.int64)
    if not len(values):
        return told
    with np.errstate(over="ignore", invalid="ignore"):
        if len(values) <= SORTED:
            told.update(_by_sorting(values))
        elif values.dtype.kind in "iu" and int(values.max()) - int(values.min()) < _DENSE:
            told.update(_by_counting(values))
        else:
            told.update(_by_blocks(values, exact_distinct=exact_distinct))
    return told


def sound(values: Array) -> bool:
    """Whether floats hold neither NaN nor infinities, told by their sum in one pass; False may be a false alarm."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(float(values.sum()))


def plain(value: Any) -> Any:
    """A Python number, None where it is not finite; -0.0 is 0.0."""
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float):
        return (number + 0.0) if math.isfinite(number) else None
    return number


def _by_sorting(values: Array) -> dict[str, Any]:
    import numpy as np

    ordered = np.sort(values)
    low, high = ordered[0], ordered[-1]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    counts = np.diff(np.append(starts, len(ordered)))
    told = _moments(values)
    told.update({name: _interpolated(ordered, share) for name, share in QUANTILES.items()})
    edges = _edges(low, high)
    if edges is not None:
        places = np.searchsorted(ordered, edges[1:-1], side="left")
        bars = np.diff(np.concatenate(([0], places, [len(ordered)])))
        told["hist"] = [bars.tolist(), edges.tolist()]
    told["distinct"] = len(starts)
    if len(starts) < len(ordered) or len(starts) <= TOP:
        told["top"] = top_of(ordered[starts], counts)
    return told


def _by_counting(values: Array) -> dict[str, Any]:
    """Integers in a narrow range: one count for each gives everything."""
    import numpy as np

    low = int(values.min())
    counts = np.zeros(int(values.max()) - low + 1, np.int64)
    for block in _blocks(values):
        counts += np.bincount((block - low).astype(np.intp), minlength=len(counts))
    known = np.flatnonzero(counts)
    until = np.cumsum(counts)
    total = len(values)
    high = low + len(counts) - 1
    told: dict[str, Any] = {"min": low, "max": high}
    numbers_ = known.astype(np.float64)
    shares = counts[known] / total
    mean = float((numbers_ * shares).sum())
    told["mean"] = mean + low
    told["std"] = math.sqrt(float(((numbers_ - mean) ** 2 * shares).sum()) * total / (total - 1)) if total > 1 else None
    for name, share in QUANTILES.items():
        rank = share * (total - 1)
        below, above = (
            int(np.searchsorted(until, math.floor(rank) + 1)),
            int(np.searchsorted(until, math.ceil(rank) + 1)),
        )
        told[name] = low + below + (above - below) * (rank - math.floor(rank))
    edges = _edges(low, high)
    if edges is not None:
        cuts = np.searchsorted(known + low, edges[1:-1], side="left")
        sums = np.concatenate(([0], np.cumsum(counts[known])))
        told["hist"] = [np.diff(np.concatenate(([0], sums[cuts], [total]))).tolist(), edges.tolist()]
    told["distinct"] = len(known)
    told["top"] = top_of(known + low, counts[known])
    return told


def _by_blocks(values: Array, *, exact_distinct: bool) -> dict[str, Any]:
    import numpy as np

    told = _moments(values)
    low, high = values.dtype.type(told["min"]), values.dtype.type(told["max"])
    if low == high:
        same = dict.fromkeys(QUANTILES, plain(low))
        return {**told, **same, "hist": _single(low, len(values)), "distinct": 1, "top": [[plain(low), len(values)]]}
    marks = None if exact_distinct or _repeats(values) else Marks(len(values))
    scale = _FINE / (float(high) - float(low))
    if math.isfinite(scale) and scale > 0:
        places, counts = _binned(values, float(low), scale, marks)
        told.update(_quantiles(values, places, counts))
        edges = _edges(low, high)
        if edges is not None:
            told["hist"] = [counts.reshape(BINS, -1).sum(axis=1).tolist(), edges.tolist()]
    else:  # a range beyond what floats can divide
        shares = np.quantile(values, list(QUANTILES.values()))
        told.update({name: plain(value) for name, value in zip(QUANTILES, shares, strict=True)})
        for block in _blocks(values) if marks else ():
            marks.add(block)  # type: ignore[union-attr] # the loop is empty without marks
    if marks is None:
        return {**told, **_counted(values)}
    return {**told, "distinct": marks.estimate(len(values)), "distinct_approximate": True}


def _binned(values: Array, low: float, scale: float, marks: Marks | None) -> tuple[Array, Array]:
    """The fine slice of each value and how many are in each; marks the values too, while they are at hand."""
    import numpy as np

    places = np.empty(len(values), np.uint16)
    counts = np.zeros(_FINE, np.int64)
    room = np.empty(_BLOCK, np.float64)
    start = 0
    for block in _blocks(values):
        size = len(block)
        away = room[:size]
        np.subtract(
            block, low, out=away, casting="unsafe"
        )  # as floats: a difference of integers may be beyond integers
        np.multiply(away, scale, out=away)
        fine = away.astype(np.intp)
        np.minimum(fine, _FINE - 1, out=fine)
        counts += np.bincount(fine, minlength=_FINE)
        places[start : start + size] = fine
        start += size
        if marks is not None:
            marks.add(block)
    return places, counts


def _quantiles(values: Array, places: Array, counts: Array) -> dict[str, Any]:
    """Exact order statistics: a fine histogram tells in which slice each lies, and only that slice is sorted."""
    import numpy as np

    until = np.cumsum(counts)
    total = len(values)
    ranks = {name: share * (total - 1) for name, share in QUANTILES.items()}
    wanted = sorted({rank for each in ranks.values() for rank in (math.floor(each), math.ceil(each))})
    slices = np.searchsorted(until, np.array(wanted) + 1)
    if counts[slices].sum() > total // 2:  # nearly everything is in one slice: no gain
        found = dict(zip(wanted, np.partition(values, wanted)[wanted].tolist(), strict=True))
    else:
        found = {}
        ordered: dict[int, Array] = {}
        for rank, place in zip(wanted, slices.tolist(), strict=True):
            if place not in ordered:
                ordered[place] = np.sort(values[places == place])
            found[rank] = ordered[place][rank - (int(until[place]) - int(counts[place]))].item()
    told = {}
    for name, exact in ranks.items():
        below, above = found[math.floor(exact)], found[math.ceil(exact)]
        told[name] = plain(below + (above - below) * (exact - math.floor(exact)))
    return told


def _repeats(values: Array) -> bool:
    """Whether there are probably few distinct values, judged by some of them."""
    import numpy as np

    sample = values[:: max(1, len(values) // 2048)]
    return len(np.unique(sample)) * 2 <= len(sample)


def _counted(values: Array) -> dict[str, Any]:
    """Distinct values and the most frequent, by hashing."""
    import pyarrow as pa  # type: ignore[import-untyped] # it brings no types
    import pyarrow.compute as pc  # type: ignore[import-untyped] # as above

    found = pc.value_counts(pa.array(values + 0.0 if values.dtype.kind == "f" else values))
    names, counts = found.field(0).to_numpy(zero_copy_only=False), found.field(1).to_numpy(zero_copy_only=False)
    return {"distinct": len(names), "top": top_of(names, counts)}


def top_of(names: Array, counts: Array) -> list[list[Any]]:
    """The most frequent values with their counts, the most frequent first; ties by value."""
    import numpy as np

    if len(counts) > TOP:
        least = np.partition(counts, len(counts) - TOP)[len(counts) - TOP]
        some = np.flatnonzero(counts >= least)[: 100 * TOP]
    else:
        some = np.arange(len(counts))
    pairs = sorted(zip(counts[some].tolist(), names[some].tolist(), strict=True), key=lambda pair: (-pair[0], pair[1]))
    return [[plain(name), count] for count, name in pairs[:TOP]]


def _moments(values: Array) -> dict[str, Any]:
    """Extremes, mean and sample standard deviation, block by block and merged, so that neither size nor offset costs
    precision."""
    import numpy as np

    count, mean, spread = 0, 0.0, 0.0
    lows, highs = [], []
    for block in _blocks(values):
        lows.append(block.min())
        highs.append(block.max())
        numbers_ = block.astype(np.float64, copy=False)
        size = len(numbers_)
        middle = float(numbers_.mean())
        away = numbers_ - middle
        delta = middle - mean
        total = count + size
        mean += delta * size / total
        spread += float(np.square(away, out=away).sum()) + delta * delta * count * size / total  # dot starts threads
        count = total
    std = math.sqrt(spread / (count - 1)) if count > 1 and math.isfinite(spread) else None
    if not math.isfinite(mean):  # sums beyond what a float holds
        mean = float(np.mean(values / 2.0)) * 2.0
    return {"min": plain(min(lows)), "max": plain(max(highs)), "mean": plain(mean), "std": std}


def _interpolated(ordered: Array, share: float) -> Any:
    rank = share * (len(ordered) - 1)
    below, above = ordered[math.floor(rank)].item(), ordered[math.ceil(rank)].item()
    part = rank - math.floor(rank)
    return plain(
        float(below * (1 - part) + above * part) if isinstance(below, float) else below + (above - below) * part
    )


def _edges(low: Any, high: Any) -> Array | None:
    """The bounds of the bars, as numpy's own histogram sets them; None where the range is beyond floats."""
    import numpy as np

    first, last = float(low), float(high)
    if first == last:
        first, last = first - 0.5, last + 0.5
    if not math.isfinite(last - first):
        return None
    edges = np.linspace(first, last, BINS + 1)
    return edges if np.isfinite(edges).all() else None


def _single(value: Any, count: int) -> list[Any] | None:
    edges = _edges(value, value)
    if edges is None:
        return None
    bars = [0] * BINS
    bars[BINS // 2] = count
    return [bars, edges.tolist()]


def _blocks(values: Array) -> list[Array]:
    return [values[start : start + _BLOCK] for start in range(0, len(values), _BLOCK)]
