"""The best iteration so far, kept while a sweep runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlrun_jupyter.sweeps.iteration import Outcome
from mlrun_jupyter.sweeps.selector import Selector


class Best:
    """Compares the iterations that went to their end; of equal ones the first by number wins, in whatever order they end."""

    def __init__(self, selector: str) -> None:
        self._selector = Selector.parse(selector)
        self.value: float | None = None
        self.outcome: Outcome | None = None

    @property
    def wanted(self) -> str:
        """The result that decides; empty when nothing is selected."""
        return self._selector.result if self._selector is not None else ""

    @property
    def lower(self) -> bool:
        """Whether lower is better."""
        return self._selector is not None and self._selector.operator == "min"

    def value_of(self, results: Mapping[str, Any]) -> float | None:
        """The number that decides, or None where there is none."""
        return self._selector.value(results) if self._selector is not None else None

    def compare(self, outcome: Outcome) -> bool:
        """Take an iteration in; True when it is the best now."""
        selector, value = self._selector, self.value_of(outcome.results)
        if selector is None or value is None or outcome.pruned:
            return False
        if self.outcome is not None and self.value is not None:
            tie = value == self.value and outcome.number < self.outcome.number
            if not tie and not selector.better(value, self.value):
                return False
        self.value, self.outcome = value, outcome
        return True
