"""Points of metrics: their running summary, the chunks they are kept in, and fewer of them for a chart. Pure."""

from __future__ import annotations

import importlib.util
import math
import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

CHUNK: Final = 4096
"""Points in a full chunk."""
_VECTOR: Final = 20_000  # from here on numpy pays for its import
_PROGRESSION: Final = b"\x01"
_EXPLICIT: Final = b"\x00"
THIN: Final = 32
"""Points that stand for a full chunk in a chart of a long series."""


def extended(summary: dict[str, Any] | None, steps: Sequence[int], values: Sequence[float]) -> dict[str, Any]:
    """The summary ``{last, min, max, mean, count, step}`` after more points.

    ``step`` is the greatest step and ``last`` its value. Points that are NaN count, but have no part in ``min``,
    ``max`` and ``mean``; how many they are is then kept as ``nan``.

    Example
    -------
    >>> extended(None, [0, 1], [2.0, 4.0])
    {'last': 4.0, 'min': 2.0, 'max': 4.0, 'mean': 3.0, 'count': 2, 'step': 1}
    """
    total = sum(values)
    numbers = values if total == total else [value for value in values if value == value]
    top = max(steps)
    newest = values[-1] if steps[-1] == top else max(zip(steps, range(len(steps)), values, strict=True))[2]
    low, high, mean = min(numbers, default=math.nan), max(numbers, default=math.nan), math.nan
    if numbers:
        mean = sum(numbers) / len(numbers)
    missing = len(values) - len(numbers)
    count = len(values)
    if summary:
        had = summary["count"] - summary.get("nan", 0)
        if had and numbers:
            every = had + len(numbers)
            mean = summary["mean"] * (had / every) + mean * (len(numbers) / every)
            low, high = min(low, summary["min"]), max(high, summary["max"])
        elif had:
            mean, low, high = summary["mean"], summary["min"], summary["max"]
        if summary["step"] > top:
            top, newest = summary["step"], summary["last"]
        count += summary["count"]
        missing += summary.get("nan", 0)
    new = {"last": newest, "min": low, "max": high, "mean": mean, "count": count, "step": top}
    if missing:
        new["nan"] = missing
    return new


class Track(NamedTuple):
    """Points as three columns of equal length."""

    steps: array[int]
    times: array[float]
    values: array[float]

    @classmethod
    def of(cls, steps: Iterable[int] = (), times: Iterable[float] = (), values: Iterable[float] = ()) -> Track:
        return cls(array("q", steps), array("d", times), array("d", values))

    def extend(self, other: Track) -> None:
        self.steps.extend(other.steps)
        self.times.extend(other.times)
        self.values.extend(other.values)

    def part(self, start: int, stop: int) -> Track:
        return Track(self.steps[start:stop], self.times[start:stop], self.values[start:stop])

    def pick(self, places: Iterable[int]) -> Track:
        chosen = list(places)
        return Track.of(
            (self.steps[i] for i in chosen), (self.times[i] for i in chosen), (self.values[i] for i in chosen)
        )

    def ordered(self) -> Track:
        """In the order of steps; points of one step stay in the order they came."""
        if self.in_order:
            return self
        if _vectors(self.steps):
            import numpy as np

            places: Iterable[int] = np.frombuffer(self.steps, dtype=np.int64).argsort(kind="stable").tolist()
        else:
            places = sorted(range(len(self.steps)), key=self.steps.__getitem__)
        return self.pick(places)

    @property
    def in_order(self) -> bool:
        """Whether the steps never go back."""
        if _vectors(self.steps):
            import numpy as np

            steps = np.frombuffer(self.steps, dtype=np.int64)
            return bool((steps[1:] >= steps[:-1]).all())
        return all(map(int.__le__, self.steps, self.steps[1:]))


def encode(track: Track) -> bytes:
    """A chunk's bytes. Steps at even distances, which nearly all are, take no room."""
    steps = track.steps
    count = len(steps)
    stride = steps[1] - steps[0] if count > 1 else 1
    if abs(stride) < 2**31 and all(map(int.__eq__, steps, range(steps[0], steps[0] + stride * count, stride or 1))):
        head = _PROGRESSION + struct.pack("<qq", steps[0], stride)
    else:
        head = _EXPLICIT + _bytes(steps)
    return head + _bytes(track.times) + _bytes(track.values)


def decode(body: bytes, count: int) -> Track:
    """The points of a chunk's bytes."""
    steps = array("q")
    if body[:1] == _PROGRESSION:
        start, stride = struct.unpack_from("<qq", body, 1)
        steps.extend(range(start, start + stride * count, stride))
        offset = 17
    else:
        offset = 1 + 8 * count
        steps = _array("q", body[1:offset])
    return Track(steps, _array("d", body[offset : offset + 8 * count]), _array("d", body[offset + 8 * count :]))


def downsampled(track: Track, points: int) -> Track:
    """At most ``points`` points (at least 4): the first, the last, and of each stretch between the lowest and highest.

    Peaks and dips stay visible whatever the factor.
    """
    count = len(track.values)
    points = max(points, 4)
    if count <= points:
        return track
    buckets = (points - 2) // 2
    chosen = _vector_places(track.values, buckets) if _vectors(track.values) else _places(track.values, buckets)
    return track.pick(sorted({0, count - 1, *chosen}))


def _vectors(column: Sequence[Any]) -> bool:
    """Whether a column is so long that numpy, where there is one, is worth its import."""
    return len(column) >= _VECTOR and importlib.util.find_spec("numpy") is not None


def _places(values: Sequence[float], buckets: int) -> Iterable[int]:
    count = len(values)
    for bucket in range(buckets):
        stretch = range(bucket * count // buckets, (bucket + 1) * count // buckets)
        numbers = [place for place in stretch if values[place] == values[place]] or stretch[:1]
        if numbers:
            yield min(numbers, key=values.__getitem__)
            yield max(numbers, key=values.__getitem__)


def _vector_places(values: array[float], buckets: int) -> Iterable[int]:
    import numpy as np

    column = np.frombuffer(values, dtype=np.float64)
    width = len(column) // buckets
    even = width * (buckets - 1)
    for start, part in ((0, column[:even].reshape(buckets - 1, width)), (even, column[even:].reshape(1, -1))):
        gaps = np.isnan(part)
        first = start + np.arange(len(part)) * width
        yield from (first + np.where(gaps, np.inf, part).argmin(axis=1)).tolist()
        yield from (first + np.where(gaps, -np.inf, part).argmax(axis=1)).tolist()


def _bytes(column: array[Any]) -> bytes:
    if sys.byteorder == "big":
        column = array(column.typecode, column)
        column.byteswap()
    return column.tobytes()


def _array(code: str, data: bytes) -> array[Any]:
    column: array[Any] = array(code)
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    return column
