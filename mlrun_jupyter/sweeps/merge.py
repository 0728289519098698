"""What the iterations found, put together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from mlrun_jupyter.errors import InvalidArgumentError, nearest
from mlrun_jupyter.sweeps.iteration import Outcome


def _total(values: list[Any]) -> Any:
    if all(isinstance(each, int) for each in values):
        return sum(values)
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):  # infinities, perhaps of both signs
        return sum(values)


MERGES: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "list": list,
    "sum": _total,
    "mean": lambda values: _total(values) / len(values),
    "min": min,
    "max": max,
    "count": len,
}


class Merge:
    """Puts the results of all iterations together, whatever the order in which they end.

    Parameters
    ----------
    how
        ``list`` (each part's, in order), ``sum``, ``mean``, ``min``, ``max`` or ``count``: one for all results, or a
        mapping of results to these, which leaves the others out. Empty: nothing is put together.

    Raises
    ------
    InvalidArgumentError
        An unknown way, with the nearest.

    Example
    -------
    >>> merge = Merge({"rows": "sum"})
    >>> for number in (1, 2):
    ...     merge.add(Outcome(number, "completed", {}, {"rows": number}, []))
    >>> merge.results()
    {'rows': 3}
    """

    def __init__(self, how: str | Mapping[str, str]) -> None:
        self._how = how
        for each in [how] if isinstance(how, str) else how.values():
            if each and each not in MERGES:
                raise InvalidArgumentError(f"results cannot be merged by {each!r}", hint=nearest(str(each), MERGES))
        self._found: dict[str, dict[int, Any]] = {}

    def add(self, outcome: Outcome) -> None:
        """Take an iteration in."""
        if outcome.completed and self._how:
            for name, value in outcome.results.items():
                if self._way(name):
                    self._found.setdefault(name, {})[outcome.number] = value

    def _way(self, name: str) -> str:
        return self._how if isinstance(self._how, str) else self._how.get(name, "")

    def results(self) -> dict[str, Any]:
        """Result to what became of it; numbers only, but for ``list`` and ``count``."""
        merged = {}
        for name, found in self._found.items():
            way = self._way(name)
            values = [found[number] for number in sorted(found)]
            if way not in ("list", "count"):
                values = [each for each in values if isinstance(each, (int, float)) and not isinstance(each, bool)]
            if values:
                merged[name] = MERGES[way](values)
        return merged
