"""Statistics of texts and categories."""

from __future__ import annotations

from typing import Any, Final

from mlrun_jupyter.artifacts.preview import shown
from mlrun_jupyter.artifacts.stats.distinct import Marks
from mlrun_jupyter.artifacts.stats.numbers import SORTED, TOP

_CUT: Final = 200
_SAMPLE: Final = 2048
_HASHED: Final = 512
"""Bytes of a text that its hash covers."""


def texts(array: Any) -> dict[str, Any]:
    """``distinct``, ``top``, ``length`` and how many are ``empty``, of an Arrow array of text or a dictionary.

    A long column whose values hardly repeat has no frequent ones; its distinct values are estimated.
    """
    import pyarrow as pa  # type: ignore[import-untyped] # it brings no types

    if array.null_count:
        array = array.drop_null()
    if not pa.types.is_dictionary(array.type):
        if len(array) > SORTED and not _repeats(array):
            return _estimated(array)
        array = array.dictionary_encode()
    return _counted(array)


def length_of(lengths: Any, weights: Any = None) -> dict[str, Any]:
    """``length``: ``min, max, mean`` of how long the values are."""
    import numpy as np

    if not len(lengths):
        return {}
    mean = float(np.average(lengths, weights=weights))
    return {"length": {"min": int(lengths.min()), "max": int(lengths.max()), "mean": mean}}


def is_text(kind: Any) -> bool:
    """Whether an Arrow type is one of the three of text."""
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _repeats(array: Any) -> bool:
    import numpy as np
    import pyarrow as pa

    places = pa.array(np.arange(0, len(array), max(1, len(array) // _SAMPLE)))
    sample = array.take(places)
    return len(sample.unique()) * 2 <= len(sample)


def _counted(encoded: Any) -> dict[str, Any]:
    import numpy as np
    import pyarrow.compute as pc  # type: ignore[import-untyped] # as above

    codes = encoded.indices.to_numpy(zero_copy_only=False)
    names = encoded.dictionary
    counts = np.bincount(codes.astype(np.intp, copy=False), minlength=len(names))
    used = np.flatnonzero(counts)
    told: dict[str, Any] = {"distinct": len(used)}
    if len(used) < len(codes) or len(used) <= TOP:
        told["top"] = _most_frequent(names, counts)
    if is_text(names.type):
        lengths = pc.fill_null(pc.utf8_length(names), 0).to_numpy(zero_copy_only=False)[used]
        told.update(length_of(lengths, counts[used]))
        empty = int(counts[used][lengths == 0].sum())
        if empty:
            told["empty"] = empty
    return told


def _most_frequent(names: Any, counts: Any) -> list[list[Any]]:
    import numpy as np

    places = np.flatnonzero(counts)
    if len(places) > TOP:
        least = np.partition(counts[places], len(places) - TOP)[len(places) - TOP]
        places = places[counts[places] >= least][: 100 * TOP]
    pairs = [(shown(names[int(place)].as_py()), int(counts[place])) for place in places]
    pairs.sort(key=lambda pair: (-pair[1], str(pair[0])))
    return [[value[:_CUT] if isinstance(value, str) else value, count] for value, count in pairs[:TOP]]


def _estimated(array: Any) -> dict[str, Any]:
    import pyarrow.compute as pc

    lengths = pc.utf8_length(array).to_numpy(zero_copy_only=False)
    told: dict[str, Any] = {"distinct": _estimate(array), "distinct_approximate": True, **length_of(lengths)}
    empty = int((lengths == 0).sum())
    if empty:
        told["empty"] = empty
    return told


def _estimate(array: Any) -> int:
    """Marks a hash of each text: of its length and of its first 512 and last 8 bytes."""
    import numpy as np
    import pyarrow as pa

    array = array.cast(pa.large_string())
    _validity, offsets_, data = array.buffers()
    offsets = np.frombuffer(offsets_, np.int64)[array.offset : array.offset + len(array) + 1]
    raw = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    raw = np.concatenate([raw, np.zeros(8, np.uint8)])
    words = np.ndarray((len(raw) - 7,), np.uint64, raw, strides=(1,))  # the 8 bytes from each place on
    starts, sizes = offsets[:-1], np.diff(offsets)
    shifts = np.minimum(sizes, 8).astype(np.uint64) * np.uint64(8)
    keep = np.where(sizes >= 8, np.uint64(2**64 - 1), (np.uint64(1) << (shifts % np.uint64(64))) - np.uint64(1))
    hashes = sizes.astype(np.uint64)
    for step in (words[starts] & keep, words[starts + np.maximum(sizes - 8, 0)] & keep):
        hashes = _mixed(hashes, step)
    longer = np.flatnonzero(sizes > 16)
    for place in range(8, _HASHED, 8):
        if not len(longer):
            break
        hashes[longer] = _mixed(hashes[longer], words[starts[longer] + np.minimum(place, sizes[longer] - 8)])
        longer = longer[sizes[longer] > place + 8]
    marks = Marks(len(array))
    marks.add(hashes)
    return marks.estimate(len(array))


def _mixed(hashes: Any, words: Any) -> Any:
    import numpy as np

    hashes ^= hashes >> np.uint64(31)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes += words * np.uint64(0x94D049BB133111EB)
    return hashes
