"""Counting distinct values of long columns in little memory and one pass."""

from __future__ import annotations

import math
from typing import Any, Final

_FIRST: Final = 0x9E3779B97F4A7C15
_SECOND: Final = 0xBF58476D1CE4E5B9


class Marks:
    """Linear counting: each value marks one of many cells, and the share of empty cells tells how many values there were.

    (Whang, Vander-Zanden and Taylor, "A linear-time probabilistic counting algorithm for database applications", 1990.)
    With four cells a value the estimate is within about 0.1 percent; it stays within 1 percent up to five values a cell.

    Parameters
    ----------
    expected
        How many values may come, at most.
    """

    def __init__(self, expected: int) -> None:
        import numpy as np

        self._bits = min(24, max(16, (4 * max(1, expected) - 1).bit_length()))
        self._cells = np.zeros(1 << self._bits, np.bool_)

    def add(self, values: Any) -> None:
        """Mark the values of an array of 64-bit integers or floats."""
        import numpy as np

        if values.dtype.kind == "f":
            values = values + 0.0  # -0.0 and 0.0 are one value
        keys = np.ascontiguousarray(values).view(np.uint64)
        mixed = keys ^ (keys >> np.uint64(32))
        mixed *= np.uint64(_FIRST)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(_SECOND)
        mixed >>= np.uint64(64 - self._bits)
        self._cells[mixed.view(np.int64)] = True

    def estimate(self, most: int) -> int:
        """How many distinct values were marked; at most ``most``."""
        import numpy as np

        cells = len(self._cells)
        empty = cells - int(np.count_nonzero(self._cells))
        return min(most, round(-cells * math.log(max(empty, 1) / cells)))
